"""Saying field by field where a system and its specification differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from testgen.values.plain import python_literal

__all__ = ["differences"]

_MISSING = object()


def differences(expected: object, observed: object, path: str = "") -> Iterator[str]:
    """Tell field by field where two plain values differ: the path to the field, then both sides.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3]}))
    ['["a"][1]: expected 2, observed 3']
    """
    if expected == observed:
        return
    match expected, observed:
        case Mapping(), Mapping():
            for key in [*expected, *(key for key in observed if key not in expected)]:
                here = f"{path}[{python_literal(key)}]"
                yield from differences(expected.get(key, _MISSING), observed.get(key, _MISSING), here)
        case (list() | tuple(), list() | tuple()):
            assert isinstance(expected, Sequence) and isinstance(observed, Sequence)
            for position in range(max(len(expected), len(observed))):
                here = f"{path}[{position}]"
                yield from differences(_at(expected, position), _at(observed, position), here)
        case _:
            yield f"{path or 'value'}: expected {_shown(expected)}, observed {_shown(observed)}"


def _at(values: Sequence[object], position: int) -> object:
    return values[position] if position < len(values) else _MISSING


def _shown(value: object) -> str:
    return "nothing" if value is _MISSING else python_literal(value)
