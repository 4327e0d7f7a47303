"""Saying field by field where a system and its specification differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from testgen.values.agreement import agree, as_function
from testgen.values.plain import python_literal

__all__ = ["differences"]

_MISSING = object()


def differences(expected: object, observed: object, path: str = "") -> Iterator[str]:
    """Tell field by field where two plain values differ: the path to the field, then both sides.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3]}))
    ['["a"][1]: expected 2, observed 3']
    """
    if agree(expected, observed):
        return
    match expected, observed:
        case (Mapping(), Mapping() | list() | tuple()) | (list() | tuple(), Mapping()):
            one, other = as_function(expected), as_function(observed)
            for key in [*one, *(key for key in other if key not in one)]:
                here = f"{path}[{python_literal(key)}]"
                yield from differences(one.get(key, _MISSING), other.get(key, _MISSING), here)
        case (list() | tuple(), list() | tuple()):
            for position in range(max(len(expected), len(observed))):
                here = f"{path}[{position}]"
                yield from differences(_at(expected, position), _at(observed, position), here)
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
