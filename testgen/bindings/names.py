"""Names of a specification in Python's spelling: of methods, of parameters, of anything that must be an identifier."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

__all__ = ["distinct_names", "method_name", "parameter_names", "python_name"]

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^0-9A-Za-z]+")


def method_name(name: str) -> str:
    """The Python spelling of a specification's name.

    >>> method_name("StartTransaction"), method_name("TTLExpire"), method_name("S!Inc")
    ('start_transaction', 'ttl_expire', 's_inc')
    """
    return _WORD_START.sub("_", name).strip("_").lower()


def python_name(name: str) -> str:
    """`method_name`, made an identifier that Python lets stand anywhere.

    >>> python_name("Class"), python_name("2pc"), python_name("--"), python_name("StartTransaction")
    ('class_', '_2pc', 'unnamed', 'start_transaction')
    """
    spelled = method_name(name) or "unnamed"
    return f"_{spelled}" if spelled[0].isdecimal() else f"{spelled}_" if keyword.iskeyword(spelled) else spelled


def parameter_names(names: Iterable[str]) -> list[str]:
    """The Python spelling of an action's parameters: none is `self`, and no two are alike.

    >>> parameter_names(["readTs", "class", "self", "Key", "key"])
    ['read_ts', 'class_', 'self_', 'key', 'key_2']
    """
    return distinct_names(names, taken=["self"])


def distinct_names(names: Iterable[str], *, taken: Iterable[str] = ()) -> list[str]:
    """`python_name` of each, with `_` behind it where that is taken and a number where one before it has it."""
    reserved = frozenset(taken)
    used: set[str] = set(reserved)
    result = []
    for name in names:
        plain = python_name(name)
        plain = f"{plain}_" if plain in reserved else plain
        spelled, number = plain, 1
        while spelled in used:
            number += 1
            spelled = f"{plain.rstrip('_')}_{number}"
        used.add(spelled)
        result.append(spelled)
    return result
