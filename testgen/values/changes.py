"""Saying field by field what became of a value, for those of which the whole would be too long to read."""

from __future__ import annotations

from collections.abc import Iterator

from testgen.errors import shortened
from testgen.values.agreement import agree, as_function
from testgen.values.plain import Plain, python_literal

__all__ = ["changed_fields"]

_WIDTH = 300
_NOTHING = object()


def changed_fields(before: Plain, after: Plain, path: str = "", *, arrow: str = "  →  ") -> Iterator[str]:
    """Tell where two values differ, innermost: the path to the field and both sides; of a set, what it gains and loses.

    >>> list(changed_fields({"a": [1, 2], "b": {3}, "c": 0}, {"a": [1, 5], "b": {3, 4}, "c": 0}, "x", arrow=" -> "))
    ['x["a"][1]: 2 -> 5', 'x["b"]: gains 4']
    """
    if isinstance(before, set | frozenset) and isinstance(after, set | frozenset):
        for word, elements in (("loses", before - after), ("gains", after - before)):
            if elements:
                yield f"{path}: " * bool(path) + f"{word} {_elements(elements)}"
        return
    if not (_has_fields(before) and _has_fields(after)):
        yield f"{path}: " * bool(path) + f"{_shown(before)}{arrow}{_shown(after)}"
        return
    if isinstance(before, list) and isinstance(after, list):
        longest = max(len(before), len(after))
        pairs = [
            (number, *(side[number] if number < len(side) else _NOTHING for side in (before, after)))
            for number in range(longest)
        ]
    else:
        left, right = as_function(before), as_function(after)
        keys = [*left, *(key for key in right if key not in left)]
        pairs = [(key, left.get(key, _NOTHING), right.get(key, _NOTHING)) for key in keys]
    for key, old, new in pairs:
        if old is _NOTHING or new is _NOTHING or not agree(old, new):
            yield from changed_fields(old, new, f"{path}[{python_literal(key)}]", arrow=arrow)


def _has_fields(value: Plain) -> bool:
    return isinstance(value, list | dict)


def _elements(elements: set[Plain] | frozenset[Plain]) -> str:
    """In the order in which a set spells them."""
    spelled = python_literal(set(elements))
    return shortened(spelled[1:-1], _WIDTH)


def _shown(value: Plain) -> str:
    return "nothing" if value is _NOTHING else shortened(python_literal(value), _WIDTH)
