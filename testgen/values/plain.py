"""TLA+ values as the plain Python values that tests and bindings work with, and their spelling as Python source.

| TLA+ | Python |
|---|---|
| boolean, integer, string | `bool`, `int`, `str` |
| model value `m1` | `Model("m1")`: not equal to the string |
| sequence | `list`; `tuple` inside a set or as a key |
| record | `dict`; a tuple of pairs inside a set or as a key |
| function | `dict` |
| set | `set`; `frozenset` inside a set or as a key |
| a set too large to list | `Model("SUBSET (1..20)")`, `Model("1..2147483647")` |

Python cannot tell `{TRUE, 1}` from `{1}`; TLC never makes such a set, as it refuses to compare the two.

Stands on both sides of testgen: no import but the value model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from testgen.values.model import Boolean, Function, Integer, ModelValue, SetValue, String, SymbolicSet, Value

__all__ = ["Model", "Plain", "frozen", "python_literal", "to_plain"]

_LISTED_UP_TO = 100_000
"""An interval that a specification uses as a constant can have four thousand million elements."""

Plain = object
"""What `to_plain` returns; Python cannot name the recursive union in a way that helps a reader."""


@dataclass(frozen=True, slots=True, order=True)
class Model:
    """A model value: a name that equals only itself."""

    name: str

    def __repr__(self) -> str:
        return f"Model({python_literal(self.name)})"


def to_plain(value: Value) -> Plain:
    """`value` as plain Python, see the module's table."""
    match value:
        case Integer() | String() | Boolean():  # first, as most values are
            return value.value
        case Function(shape="sequence"):
            return [to_plain(element) for element in value.range]
        case Function():
            return {_hashable(argument): to_plain(result) for argument, result in value.items()}
        case SetValue() if len(value) <= _LISTED_UP_TO:
            return {_hashable(element) for element in value}
        case _:
            return _atom(value)


def _hashable(value: Value) -> Plain:
    match value:
        case String() | Integer() | Boolean():
            return value.value
        case Function(shape="sequence"):
            return tuple(_hashable(element) for element in value.range)
        case Function():
            return tuple((_hashable(argument), _hashable(result)) for argument, result in value.items())
        case SetValue() if len(value) <= _LISTED_UP_TO:
            return frozenset(_hashable(element) for element in value)
        case _:
            return _atom(value)


def _atom(value: Value) -> Plain:
    match value:
        case ModelValue():
            return Model(value.name)
        case SymbolicSet() | SetValue():  # too large to list
            return Model(value.key)
        case _:
            raise AssertionError(f"a kind of value without a plain form: {value!r}")


def frozen(value: Plain) -> Plain:
    """A plain value in the form that it has inside a set or as a key, for observers that make sets of records.

    Of functions whose arguments are sets or functions themselves the order must be right already.

    >>> sorted([frozen({"to": "b", "body": [1, 2]})])
    [(('body', (1, 2)), ('to', 'b'))]
    """
    match value:
        case list() | tuple():
            return tuple(map(frozen, value))
        case dict():
            pairs = [(frozen(key), frozen(item)) for key, item in value.items()]
            return tuple(sorted(pairs, key=lambda pair: _rank(pair[0])))
        case set() | frozenset():
            return frozenset(map(frozen, value))
        case _:
            return value


def _rank(key: Plain) -> tuple[int, int, str]:
    """Sorts keys as a function's domain is in `to_plain`, for which see `Value.order`."""
    match key:
        case bool():
            return 0, 0, str(key)
        case int():
            return 1, key, ""
        case str():
            return 2, 0, String(key).key
        case Model():
            return 3, 0, key.name
        case _:  # stays where it is, as in what `to_plain` gives
            return 4, 0, ""


def python_literal(value: Plain) -> str:
    """Python source for a plain value, which evaluates to an equal one: ASCII, laid out as the formatter does.

    Text from a dump reaches generated files only through here, so nothing in it can end the literal it stands in.

    >>> python_literal({"b": [1, True], "a": {2, 1}})
    '{"b": [1, True], "a": {1, 2}}'
    """
    match value:
        case bool() | int() | None:
            return repr(value)
        case str():
            return _string_literal(value)
        case list():
            return "[" + ", ".join(map(python_literal, value)) + "]"
        case tuple():
            inner = ", ".join(map(python_literal, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case dict():
            return "{" + ", ".join(f"{python_literal(k)}: {python_literal(v)}" for k, v in value.items()) + "}"
        case set():
            return "{" + _sorted_elements(value) + "}" if value else "set()"
        case frozenset():
            return "frozenset({" + _sorted_elements(value) + "})" if value else "frozenset()"
        case _:
            return repr(value)  # Model, and what a binding made of a value: its repr is its constructor


def _sorted_elements(elements: set[object] | frozenset[object]) -> str:
    """The elements' literals: numbers ascending, then the others by spelling.

    Each is spelled once, or nested sets would take time exponential in their depth.
    """
    spelled = [
        (not isinstance(element, int), int(element) if isinstance(element, int) else 0, python_literal(element))
        for element in elements
    ]
    return ", ".join(literal for _, _, literal in sorted(spelled))


_SAFE = re.compile(r"[ !#-\[\]-~]*+")


def _string_literal(text: str) -> str:
    if _SAFE.fullmatch(text):
        return f'"{text}"'
    escaped = text.encode("unicode_escape").decode("ascii")
    quote = "'" if text.count('"') > text.count("'") else '"'  # as the formatter chooses: the one that escapes less
    return quote + escaped.replace(quote, f"\\{quote}") + quote
