"""Where something stands, as a person sees it: from the folder in which they are."""

from __future__ import annotations

import os
from typing import Any

from testgen.errors import Location

__all__ = ["path_seen", "place_of"]


def path_seen(path: str) -> str:
    """A file's path, from here if it is below."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the folder has gone; another drive
        return path
    return path if relative.startswith("..") else relative


def place_of(function: Any) -> Location | None:  # Any: a function, or what a decorator made of one
    """Where a function begins, its decorators included; None if it was not written in Python."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return None if code is None else Location(path_seen(code.co_filename), code.co_firstlineno)
