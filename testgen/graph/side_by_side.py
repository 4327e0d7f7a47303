"""Work on pieces of a file in several threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["side_by_side"]

_MOST_THREADS = 4
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def side_by_side(work: Callable[[_In], _Out], pieces: Iterator[_In]) -> Iterator[_Out]:
    """Work on pieces in as many threads as there are processors; most of the time is numpy's, which lets others run.

    The answers come in the order of the pieces, of which a few more are held than there are threads.
    """
    n_threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(n_threads) as pool:
        begun: deque[Future[_Out]] = deque()
        for piece in pieces:
            begun.append(pool.submit(work, piece))
            if len(begun) > n_threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
