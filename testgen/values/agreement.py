"""When what a system shows agrees with what the specification says: equality of plain values as TLA+ has it.

Python's own equality will not do. `TRUE` is not `1`, though Python's `True == 1`. And a sequence is a function from
1..n: a function over numbers is a `list` in one state and a `dict` in the next, as its domain happens to be, and the
empty function is always an empty list; so `[]` agrees with `{}`, and `["a"]` with `{1: "a"}`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

__all__ = ["agree", "agree_within", "as_function"]


def agree(expected: object, observed: object) -> bool:
    """Whether two plain values are the same TLA+ value. Elements of sets, and keys, are compared as Python does.

    >>> agree([1, {"a": True}], (1, {"a": True})), agree([True], [1]), agree([7], {1: 7})
    (True, False, True)
    """
    # What nearly all values are made of first: a match on abstract base classes takes four times as long.
    if expected is observed:
        return True
    if type(expected) is dict and type(observed) is dict:
        return expected.keys() == observed.keys() and all(agree(expected[key], observed[key]) for key in expected)
    if type(expected) is list and type(observed) is list:
        return len(expected) == len(observed) and all(map(agree, expected, observed))
    if type(expected) is str or (type(expected) is int and type(observed) is int):
        return expected == observed
    if isinstance(expected, bool) != isinstance(observed, bool):
        return False
    match expected, observed:
        case (Mapping(), list() | tuple()) | (list() | tuple(), Mapping()) | (Mapping(), Mapping()):
            one, other = as_function(expected), as_function(observed)
            return one.keys() == other.keys() and all(agree(value, other[key]) for key, value in one.items())
        case (list() | tuple(), list() | tuple()):
            return len(expected) == len(observed) and all(map(agree, expected, observed))
        case _:
            return bool(expected == observed)


def agree_within(expected: object, observed: object, tolerance: float) -> bool:
    """Whether two plain values agree but for numbers that are no farther apart than `tolerance`, wherever they stand.

    Elements of sets, and keys, are compared exactly.

    >>> agree_within({"at": [1, 2]}, {"at": [1.004, 2]}, 0.01), agree_within(1, 1.02, 0.01), agree_within(1, True, 5)
    (True, False, False)
    """
    if _is_number(expected) and _is_number(observed):
        return _apart(expected, observed) <= tolerance
    match expected, observed:
        case (Mapping(), list() | tuple()) | (list() | tuple(), Mapping()) | (Mapping(), Mapping()):
            one, other = as_function(expected), as_function(observed)
            return one.keys() == other.keys() and all(agree_within(one[key], other[key], tolerance) for key in one)
        case (list() | tuple(), list() | tuple()):
            return len(expected) == len(observed) and all(
                agree_within(one, other, tolerance) for one, other in zip(expected, observed, strict=True)
            )
        case _:
            return agree(expected, observed)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal | Fraction) and not isinstance(value, bool)


def _apart(one: object, other: object) -> float:
    """How far two numbers are apart; one that is none is infinitely far from any."""
    assert isinstance(one, int | float | Decimal | Fraction)
    assert isinstance(other, int | float | Decimal | Fraction)
    if isinstance(one, int) and isinstance(other, int):
        return abs(one - other)
    try:
        apart = abs(float(one) - float(other))
    except (OverflowError, ValueError):  # beyond floats; a signaling NaN
        return math.inf
    return math.inf if math.isnan(apart) else apart


def as_function(value: object) -> Mapping[object, object]:
    """A mapping as it is, a sequence as the function from its positions, which TLA+ counts from 1."""
    if isinstance(value, Mapping):
        return value
    assert isinstance(value, list | tuple)
    return dict(enumerate(value, 1))
