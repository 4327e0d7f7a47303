"""Python's garbage collector, which makes work on large graphs slow for nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Spare the search for cycles: values and behaviors hold none, and millions of them are looked at again and again.

    A JSON dump of 490,400 states took 71 s of a busy machine with it, 38 s without; to choose behaviors of 4.0 million
    steps takes 12.2 s with it, 10.5 s without. As a decorator it pauses during the function.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
