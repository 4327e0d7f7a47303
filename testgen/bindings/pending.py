"""What a binding does not do yet: `raise NotImplementedYet("Deposit")` stands where the code is going to be.

Tests that come to such a line are skipped, not failed, and pytest's summary tells once for each action how many wait
for it. A variable whose observer is not there yet is left out of every comparison.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import CodeType
from typing import Any

__all__ = ["NotImplementedYet", "is_pending", "pending_line"]


class NotImplementedYet(NotImplementedError):  # noqa: N818 - a state of things, told as the reason of a skip
    """Raised in place of what is still to be written.

    Attributes:
        name: Of the action or the variable, as the specification spells it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not implemented yet")
        self.name = name


def is_pending(method: Callable[..., Any]) -> bool:
    """Whether a method does nothing but raise `NotImplementedYet`. Its code is looked at, not run."""
    code = _code(method)
    return code is not None and code.co_names == (NotImplementedYet.__name__,)


def pending_line(method: Callable[..., Any]) -> tuple[str, int]:
    """File and line of the `raise` of a pending method: what is to be replaced."""
    code = _code(method)
    assert code is not None, "a pending method is written in Python"
    return code.co_filename, max(line for _, _, line in code.co_lines() if line is not None)


def _code(method: Callable[..., Any]) -> CodeType | None:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return code if isinstance(code, CodeType) else None
