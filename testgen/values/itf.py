"""TLA+ values in the Informal Trace Format (ITF) of Apalache and Quint, as Apalache's ADR 015 describes it.

| JSON | TLA+ |
|---|---|
| `true`, `"text"` | boolean, string |
| `{"#bigint": "-12"}`, and a number, which older files have | integer |
| `[1, 2]`, `{"#tup": [1, 2]}` | sequence |
| `{"#set": [...]}`, `{"#map": [[k, v], ...]}` | set, function |
| any other object | record |
| `{"#unserializable": "Int"}` | what its text spells |

Uninterpreted constants are strings such as `"c1_OF_PERSON"`; model values do not occur. Where this module writes ITF,
model values and sets too large to list are `#unserializable`, and integers are numbers up to 2^53 - 1, which every
reader of JSON takes exactly. Knows no files.
"""

from __future__ import annotations

from testgen.values.model import (
    Boolean,
    Function,
    Integer,
    SetValue,
    String,
    Value,
    function,
    record,
    sequence,
    set_of,
)
from testgen.values.parse import ValueSyntaxError, parse_value

__all__ = ["EXACT", "NotItf", "itf_value", "to_itf"]

EXACT = 2**53 - 1
"""The largest integer that JSON readers which know only floating-point numbers take exactly."""
_LISTED_UP_TO = 100_000
"""As in Python's spelling of a set."""

_DEPTH_LIMIT = 100
"""As in TLA+ text."""
_DIGITS_LIMIT = 1000


class NotItf(Exception):  # noqa: N818 - becomes a ParseError where the file is known
    """JSON that is no value of ITF; `path` leads to it."""

    def __init__(self, message: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def itf_value(node: object, path: tuple[str | int, ...] = ()) -> Value:
    """The value that `node`, parsed JSON, stands for.

    Args:
        node: As `json.loads` gives it.
        path: Where it stands, for errors.

    Raises:
        NotItf: It stands for none.

    >>> itf_value({"#set": [{"#bigint": "2"}, 1]}).key
    '{1, 2}'
    """
    if len(path) > 2 * _DEPTH_LIMIT:  # a level of TLA+ takes two of JSON
        raise NotItf(f"value nested more than {_DEPTH_LIMIT} deep", path)
    match node:
        case bool():
            return Boolean(node)
        case int():
            return Integer(node)
        case str():
            return String(node)
        case list():
            return sequence(_values(node, path))
        case dict():
            return _object(node, path)
        case _:
            raise NotItf(f"{_shown(node)} is not a TLA+ value", path)


def to_itf(value: Value) -> object:
    """`value` as JSON, as `json.dumps` takes it; `itf_value` reads it back.

    >>> to_itf(set_of([sequence([Integer(2), String("a")])]))
    {'#set': [[2, 'a']]}
    """
    match value:
        case Boolean() | String():
            return value.value
        case Integer():
            return value.value if abs(value.value) <= EXACT else {"#bigint": str(value.value)}
        case SetValue() if len(value) <= _LISTED_UP_TO:
            return {"#set": [to_itf(element) for element in value]}
        case Function(shape="sequence"):
            return [to_itf(element) for element in value.range]
        case Function(shape="record"):
            return {name.value: to_itf(field) for name, field in value.items() if isinstance(name, String)}
        case Function():
            return {"#map": [[to_itf(argument), to_itf(result)] for argument, result in value.items()]}
        case _:  # a model value, or a set too large to list
            return {"#unserializable": value.key}


def _object(node: dict[str, object], path: tuple[str | int, ...]) -> Value:
    special = [key for key in node if key.startswith("#")]
    if not special:
        return record({name: itf_value(value, (*path, name)) for name, value in node.items()})
    if len(node) > 1:
        raise NotItf(f"{_shown(special[0])} stands beside other keys", path)
    key, content = special[0], node[special[0]]
    inner = (*path, key)
    match key, content:
        case "#bigint", str() if _is_integer(content):
            return Integer(int(content))
        case "#tup", list():
            return sequence(_values(content, inner))
        case "#set", list():
            return set_of(_values(content, inner))
        case "#map", list():
            mapped = function(_pair(pair, (*inner, place)) for place, pair in enumerate(content))
            if len(mapped) < len(content):
                raise NotItf("an argument stands twice in one function", inner)
            return mapped
        case "#unserializable", str():
            return _spelled(content, inner)
    known = key in ("#bigint", "#tup", "#set", "#map", "#unserializable")
    raise NotItf(f"{_shown(content)} is no content of {key!r}" if known else f"unknown key {_shown(key)}", inner)


def _values(nodes: list[object], path: tuple[str | int, ...]) -> list[Value]:
    return [itf_value(node, (*path, place)) for place, node in enumerate(nodes)]


def _pair(pair: object, path: tuple[str | int, ...]) -> tuple[Value, Value]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise NotItf("a function's argument and value are an array of two", path)
    return itf_value(pair[0], (*path, 0)), itf_value(pair[1], (*path, 1))


def _is_integer(text: str) -> bool:
    return len(text) <= _DIGITS_LIMIT and text.isascii() and text.removeprefix("-").isdecimal()


def _spelled(text: str, path: tuple[str | int, ...]) -> Value:
    try:
        return parse_value(text)
    except ValueSyntaxError as error:
        raise NotItf(f"a value that could not be written, {_shown(text)}", path) from error


def _shown(node: object) -> str:
    if isinstance(node, list | dict):  # which may be too deep to be shown
        return "an array" if isinstance(node, list) else "an object"
    text = repr(node)
    return text if len(text) <= 40 else text[:37] + "..."
