"""What an operation does to an array.

Arrays are not changed in place: applying returns a new one.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import assert_never

from testgen.ot.operation import Clear, Erase, Insert, Move, Operation, OperationError, Set, Swap

__all__ = ["apply_operation", "check_fits"]


def apply_operation(array: Sequence[object], operation: Operation) -> list[object]:
    """Return `array` as it is after `operation`.

    Raises:
        OperationError: The operation does not fit the array.
    """
    check_fits(array, operation)
    result = list(array)
    match operation:
        case Set(ndx, value):
            result[ndx] = value
        case Insert(ndx, value):
            result.insert(ndx, value)
        case Move(from_ndx, to_ndx):
            result.insert(to_ndx, result.pop(from_ndx))
        case Erase(ndx):
            del result[ndx]
        case Clear():
            result.clear()
        case Swap(ndx_1, ndx_2):
            result[ndx_1], result[ndx_2] = result[ndx_2], result[ndx_1]
        case _:
            assert_never(operation)
    return result


def check_fits(array: Sequence[object], operation: Operation) -> None:
    """Check that `operation` may be applied to `array`: its kind, its `prior_size` if it has one, its indices.

    Raises:
        OperationError: It may not; the message says why.
    """
    if not isinstance(operation, Operation):
        raise OperationError(f"expected a Set, Insert, Move, Erase, Clear, or Swap, not {reprlib.repr(operation)}")
    if isinstance(operation, Clear):
        return
    name, size = type(operation).__name__, len(array)
    if operation.prior_size not in (None, size):
        prior_size = reprlib.repr(operation.prior_size)
        raise OperationError(f"{name}: prior_size is {prior_size}, but the array has length {size}")
    end = size + 1 if isinstance(operation, Insert) else size
    for ndx in operation.indices:
        if ndx >= end:
            allowed = f"0 to {end - 1}" if end else "none"
            raise OperationError(
                f"{name}: index {reprlib.repr(ndx)} is out of range for an array of length {size} (allowed: {allowed})"
            )
