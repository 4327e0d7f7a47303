"""What a step changed in a variable: where to find the arguments that a dump does not print.

TLC before 2025-02 prints no arguments. `Hold(seat)` of `status' = [status EXCEPT ![seat] = "held"]` has its seat where
`status` changed:

    @action("Hold", parameters=lambda before, after: {"seat": changed_key(before["status"], after["status"])})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testgen.values.agreement import agree, as_function

__all__ = ["changed_element", "changed_key"]

_NOTHING = object()


def changed_key(before: object, after: object) -> Any:  # Any: a key is of whatever kind the specification has
    """The only argument at which a function, a record or a sequence changed; a sequence counts from 1, as in TLA+.

    >>> changed_key({"ann": 1, "bob": 2}, {"ann": 1, "bob": 5}), changed_key(["free", "free"], ["free", "held"])
    ('bob', 2)

    Raises:
        ValueError: It changed at several or nowhere, or is nothing that has any.
    """
    old, new = _function(before), _function(after)
    keys = [key for key in {**old, **new} if not _is_alike(old.get(key, _NOTHING), new.get(key, _NOTHING))]
    return _only(keys, "keys")


def changed_element(before: object, after: object) -> Any:  # Any: as above
    """The only element that a set or a sequence gained or lost.

    >>> changed_element({1, 2}, {1}), changed_element([1, 2], [2]), changed_element(["a"], ["a", "b"])
    (2, 1, 'b')

    Raises:
        ValueError: It was several or none, or they are neither two sets nor two sequences.
    """
    match before, after:
        case (set() | frozenset(), set() | frozenset()):
            return _only(list(before ^ after), "elements")
        case (list() | tuple(), list() | tuple()):
            longer, shorter = (before, after) if len(before) > len(after) else (after, before)
            for place, element in enumerate(longer):
                if agree([*longer[:place], *longer[place + 1 :]], shorter):
                    return element
            raise ValueError("not one element came or went")
        case _:
            kinds = f"{type(before).__name__} and {type(after).__name__}"
            raise ValueError(f"{kinds} are neither two sets nor two sequences")


def _function(value: object) -> Mapping[Any, Any]:  # Any: as above
    if isinstance(value, Mapping | list | tuple):
        return as_function(value)
    raise ValueError(f"{type(value).__name__} is neither a function nor a sequence")


def _is_alike(old: object, new: object) -> bool:
    return old is not _NOTHING and new is not _NOTHING and agree(old, new)


def _only(changed: list[Any], what: str) -> Any:  # Any: as above
    if len(changed) != 1:
        told = ", ".join(sorted(map(repr, changed)))
        raise ValueError(f"{len(changed)} {what} changed, {told}" if changed else f"none of its {what} changed")
    return changed[0]
