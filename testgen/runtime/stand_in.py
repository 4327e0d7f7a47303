"""What a test is given in place of its binding where some of its statements have been performed before it begins.

A generated test is a row of calls of its binding. The first of them can be left out if the system is already where they
would bring it: because the system went there in another test of the same beginning, or was put there.
"""

from __future__ import annotations

from typing import Any

from testgen.bindings.protocol import Binding

__all__ = ["Listener", "StandIn"]

Statement = tuple[str, tuple[Any, ...], dict[str, Any]]
"""Name of the method, and its arguments; Any: whatever methods take."""


class StandIn:
    """A binding to all who call it, but for the first `n_left_out` calls, which do nothing."""

    def __init__(self, binding: Binding, n_left_out: int) -> None:
        self._binding = binding
        self._n_left_out = n_left_out

    def __getattr__(self, name: str) -> Any:  # Any: what the binding has
        found = getattr(self._binding, name)
        if self._n_left_out and callable(found):
            self._n_left_out -= 1
            return _nothing
        return found

    def __repr__(self) -> str:
        return repr(self._binding)  # as pytest shows arguments of a test that failed


class Listener:
    """Notes which calls a test makes, and performs none.

    Attributes:
        statements: In order.
    """

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __getattr__(self, name: str) -> Any:  # Any: a function of whatever signature
        return lambda *args, **kwargs: self.statements.append((name, args, kwargs))


def _nothing(*_: object, **__: object) -> None:
    return None
