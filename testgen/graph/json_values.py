"""TLA+ values as TLC's JSON shows them, which does not tell all of them apart.

Writers: MongoDB's forks of TLC (2025) in state graphs, TLC 2.20 and later in `-dumpTrace json`. What they write, and
what is made of it:

| JSON | TLC wrote it for | read as |
|---|---|---|
| number, `true` | integer, boolean | the same |
| string | string, model value | string |
| array | sequence, tuple, set, interval; empty also for an empty function | sequence |
| object | record; function, its arguments turned into text | function; see `_key_reader` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import msgspec

from testgen.errors import shortened
from testgen.values import Value, ValueSyntaxError, parse_value
from testgen.values.model import Boolean, Function, Integer, String, function, sequence

__all__ = ["AMBIGUOUS", "JsonValues", "NotAValue", "check_unique"]

AMBIGUOUS = (
    "this JSON does not tell sets from sequences, model values from strings, or records from functions; "
    "arrays are read as sequences, and strings as strings (`testgen help formats`)"
)
_DEPTH_LIMIT = 100
"""As in TLA+ text."""
_DIGITS_LIMIT = 1000


class NotAValue(Exception):  # noqa: N818 - becomes a ParseError where the file is known
    """Well-formed JSON that TLC writes for no value; `path` leads to it."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class JsonValues:
    """Reads values, each distinct text once, the parts of a value too: a log repeats its entries state after state."""

    def __init__(self) -> None:
        self._known: dict[bytes, Value] = {}
        self._domains: dict[tuple[str, ...], _Domain] = {}
        self._objects = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._arrays = msgspec.json.Decoder(list[msgspec.Raw])
        self._atoms = msgspec.json.Decoder()

    def read(self, text: bytes, depth: int = 0) -> Value:
        """The value that stands in `text`, without space around it.

        Raises:
            NotAValue: It is a real number, `null`, too deep, or has a key twice.
            msgspec.DecodeError: It is not JSON.
        """
        value = self._known.get(text)
        if value is None:
            if depth > _DEPTH_LIMIT:
                raise NotAValue(f"value nested more than {_DEPTH_LIMIT} deep")
            make = {b"{": self._function, b"[": self._sequence}.get(text[:1])
            value = self._atom(text) if make is None else make(text, depth + 1)
            self._known[text] = value
        return value

    def _function(self, text: bytes, depth: int) -> Value:
        members = {key: bytes(raw) for key, raw in self._objects.decode(text).items()}
        # A colon for each key, and those inside of the members: one more, and a key stands twice or holds a colon.
        if text.count(b":") != len(members) + sum(raw.count(b":") for raw in members.values()):
            check_unique(text)
        values = []
        for key, raw in members.items():
            known = self._known.get(raw)
            try:
                values.append(self.read(raw, depth) if known is None else known)
            except NotAValue as error:
                raise NotAValue(error.message, (key, *error.path)) from None
        keys = tuple(members)
        domain = self._domains.get(keys)
        if domain is None:
            domain = self._domains[keys] = _Domain(keys)
        return domain.function(values)

    def _sequence(self, text: bytes, depth: int) -> Value:
        values = []
        for position, raw in enumerate(self._arrays.decode(text)):
            try:
                values.append(self.read(bytes(raw), depth))
            except NotAValue as error:
                raise NotAValue(error.message, (position, *error.path)) from None
        return sequence(values)

    def _atom(self, text: bytes) -> Value:
        if len(text) > _DIGITS_LIMIT and text[:1] != b'"':
            raise NotAValue(f"number of more than {_DIGITS_LIMIT} digits")
        value = self._atoms.decode(text)
        match value:
            case bool():
                return Boolean(value)
            case int():
                return Integer(value)
            case str():
                return String(value)
            case _:
                shown = text[:20].decode(errors="replace")
                raise NotAValue(f"{shown} is not a TLA+ value")


def check_unique(text: bytes) -> None:
    """Raise `NotAValue` if an object in `text` has a key twice; slow."""

    def check(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotAValue(f"key {shortened(key)!r} stands twice in one object")
            seen.add(key)

    json.loads(text, object_pairs_hook=check)


class _Domain:
    """The arguments of all functions whose objects have the same keys in the same order.

    Does what `function` does, but what concerns the keys alone only once: three times as fast on a dump of MongoDB's
    storage model, where 17,190 functions have 24 domains.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        read_key = _key_reader(keys)
        arguments = [read_key(key) for key in keys]
        self._pattern = function((argument, _PLACEHOLDER) for argument in arguments)
        assert len(self._pattern) == len(arguments), "two keys for one argument"
        positions = {argument.key: position for position, argument in enumerate(arguments)}
        self._order = [positions[argument.key] for argument in self._pattern.domain]
        is_record = self._pattern.shape == "record"
        self._left = [f"{key.key[1:-1]} |-> " if is_record else f"{key.key} :> " for key in self._pattern.domain]
        self._open, self._between, self._close = ("[", ", ", "]") if is_record else ("(", " @@ ", ")")

    def function(self, values: list[Value]) -> Value:
        """The function with these values, in the order of the keys."""
        range_ = [values[position] for position in self._order]
        if self._pattern.shape == "sequence":
            return sequence(range_)
        inner = self._between.join([left + value.key for left, value in zip(self._left, range_, strict=True)])
        return Function(self._pattern.domain, tuple(range_), self._pattern.shape, f"{self._open}{inner}{self._close}")


_PLACEHOLDER = Boolean(False)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


def _key_reader(keys: Sequence[str]) -> Callable[[str], Value]:
    """How to read the keys of an object: TLC writes a function's arguments as TLA+ text, a record's fields as such.

    If every key is an integer as TLC writes it, or every one a boolean, or every one a sequence, set, record or
    function, no two of them the same, they are taken for these. Otherwise they are strings, which model values are
    read as too.
    """
    if all(_INTEGER.fullmatch(key) and len(key) <= _DIGITS_LIMIT for key in keys):
        return lambda key: Integer(int(key))
    if all(key in ("TRUE", "FALSE") for key in keys):
        return lambda key: Boolean(key == "TRUE")
    if all(key[:1] in ("<", "{", "[", "(") for key in keys):
        values = [_parsed(key) for key in keys]
        if None not in values and len(set(values)) == len(keys):
            return parse_value
    return String


def _parsed(text: str) -> Value | None:
    try:
        return parse_value(text)
    except ValueSyntaxError:
        return None
