"""Saying field by field where a system and its specification differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from testgen.values.agreement import agree, agree_within, as_function
from testgen.values.plain import python_literal

__all__ = ["differences"]

_MISSING = object()


def differences(expected: object, observed: object, path: str = "", *, tolerance: float = 0) -> Iterator[str]:
    """Tell field by field where two plain values differ: the path to the field, then both sides.

    Args:
        expected: By the specification.
        observed: Of the system.
        path: To these values.
        tolerance: Numbers that are no farther apart do not differ.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3]}))
    ['["a"][1]: expected 2, observed 3']
    """
    if agree_within(expected, observed, tolerance) if tolerance else agree(expected, observed):
        return
    match expected, observed:
        case (Mapping(), Mapping() | list() | tuple()) | (list() | tuple(), Mapping()):
            one, other = as_function(expected), as_function(observed)
            for key in [*one, *(key for key in other if key not in one)]:
                here = f"{path}[{python_literal(key)}]"
                yield from differences(one.get(key, _MISSING), other.get(key, _MISSING), here, tolerance=tolerance)
        case (list() | tuple(), list() | tuple()):
            for position in range(max(len(expected), len(observed))):
                here = f"{path}[{position}]"
                yield from differences(_at(expected, position), _at(observed, position), here, tolerance=tolerance)
        case Set(), Set():
            missing, unexpected = set(expected - observed), set(observed - expected)
            if missing:
                yield f"{path or 'value'}: {python_literal(missing)} missing"
            if unexpected:
                yield f"{path or 'value'}: {python_literal(unexpected)} unexpected"
        case _:
            yield f"{path or 'value'}: expected {_shown(expected)}, observed {_shown(observed)}"


def _at(values: Sequence[object], position: int) -> object:
    return values[position] if position < len(values) else _MISSING


def _shown(value: object) -> str:
    return "nothing" if value is _MISSING else python_literal(value)
