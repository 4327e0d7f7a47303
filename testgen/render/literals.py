"""Values as text of other languages than Python, whose literals are the business of `values`.

Text from a dump reaches generated files only through such a spelling, all printable ASCII, so nothing in it can end the
literal it stands in. They take values of the specification, plain values, and what a binding made of them: of instances
of data classes the fields that differ from their defaults.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping

import jinja2

from testgen.values import Model, Plain, Value, to_plain
from testgen.values.itf import EXACT, to_itf

__all__ = ["cpp_literal", "json_literal"]


def json_literal(value: Plain) -> str:
    """JSON on one line: values of TLA+ as in ITF, an instance of a class as an object with one key, the class's name.

    >>> json_literal({"b": [True, 2**53], "a": {Model("m")}})
    '{"b": [true, {"#bigint": "9007199254740992"}], "a": {"#set": [{"#unserializable": "m"}]}}'
    """
    return json.dumps(_itf(value))


def _itf(value: Plain) -> object:
    match value:
        case Value():
            return to_itf(value)
        case bool() | str() | None:
            return value
        case int():
            return value if abs(value) <= EXACT else {"#bigint": str(value)}
        case Model(name=name):
            return {"#unserializable": name}
        case list() | tuple():
            return [_itf(element) for element in value]
        case set() | frozenset():
            return {"#set": sorted((_itf(element) for element in value), key=_order)}
        case Mapping() if all(isinstance(key, str) and not key.startswith("#") for key in value):
            return {key: _itf(field) for key, field in value.items()}
        case Mapping():
            return {"#map": [[_itf(key), _itf(result)] for key, result in value.items()]}
        case _ if (fields := _fields(value)) is not None:
            return {type(value).__name__: {name: _itf(field) for name, field in fields.items()}}
        case _:
            return {"#unserializable": _repr(value)}


def _order(node: object) -> tuple[bool, int, str]:
    """Numbers ascending, then the others by spelling."""
    return (False, node, "") if isinstance(node, int) else (True, 0, json.dumps(node))


def cpp_literal(value: Plain) -> str:
    """A C++20 initializer: lists, sets and functions in braces, data classes with their fields named.

    >>> cpp_literal([1, "a", [], {"k": True}])
    '{1, "a", {}, {{"k", true}}}'
    """
    match value:
        case Value():
            return cpp_literal(to_plain(value))
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _cpp_string(value)
        case None:
            return "nullptr"
        case Model(name=name):
            return _cpp_string(name)
        case list() | tuple():
            return _braced(map(cpp_literal, value))
        case set() | frozenset():
            numbers = sorted(element for element in value if isinstance(element, int))
            others = sorted(cpp_literal(element) for element in value if not isinstance(element, int))
            return _braced([*map(cpp_literal, numbers), *others])
        case Mapping():
            return _braced(_braced([cpp_literal(key), cpp_literal(result)]) for key, result in value.items())
        case _ if (fields := _fields(value)) is not None:
            return type(value).__name__ + _braced(f".{name} = {cpp_literal(field)}" for name, field in fields.items())
        case _:
            return _cpp_string(_repr(value))


def _braced(items: Iterable[str]) -> str:
    return "{" + ", ".join(items) + "}"


def _cpp_string(text: str) -> str:
    """A string in UTF-8, whose bytes beyond ASCII have three octal digits: no digit behind them can join them."""
    shown = (
        f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
        for byte in text.encode(errors="surrogatepass")
    )
    return f'"{"".join(shown)}"'


def _repr(value: object) -> str:
    if isinstance(value, jinja2.Undefined):  # inside of a list, where Jinja2 does not see that it is used
        str(value)  # raises
    return repr(value)


def _fields(value: object) -> dict[str, object] | None:
    """What tells an instance of a data class from others: fields that differ from their defaults."""
    if not dataclasses.is_dataclass(value):
        return None
    # In the order of the constructor, as C++ initializers must be, too.
    parts = sorted(dataclasses.fields(value), key=lambda part: part.kw_only is True)
    shown = {part.name: (getattr(value, part.name), part.default) for part in parts if part.compare}
    return {name: field for name, (field, default) in shown.items() if field != default}
