"""Where and why a JSON text is not what testgen reads: found by a plain scan, once a fast parser has failed.

Fast parsers tell too little (no place of a value of the wrong type) or accept too much (a key that stands twice). They
answer "all is well"; when it is not, the scan here goes over the same text again and finds the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from testgen.errors import shortened

__all__ = ["DEPTH_LIMIT", "JsonFault", "find_fault", "offset_of"]

DEPTH_LIMIT = 400
"""Nesting beyond this is refused; the parsers' own recursion ends between 500 and 1,000."""
_DIGITS_LIMIT = 1000
"""As in TLA+ text; Python refuses to read a number of more than 4300 digits."""

Path = tuple[str | int, ...]
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
        (?P<mark>[\[\]{}:,])
      | (?P<string>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")
      | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.]))
      | (?P<word>(?:true|false|null)(?!\w))
    )""",
    re.VERBOSE,
)
_SPACE = re.compile(r"[ \t\n\r]*+")
_BROKEN_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_WORD = re.compile(r"[-+\w.]{1,20}")
_SURROGATE = re.compile(r"\\(?:u[dD]([89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|[c-fC-F])|.)")
_NOT_JSON = {"NaN", "Infinity", "-Infinity"}


class JsonFault(Exception):  # noqa: N818 - becomes a ParseError where the file is known
    """What is wrong, and the character at which it stands."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def find_fault(text: str) -> JsonFault | None:
    """The first thing in `text` that is not one JSON value without repeated keys; None if it is one."""
    try:
        for _ in _values(text):
            pass
    except JsonFault as fault:
        return fault
    return None


def offset_of(text: str, path: Sequence[str | int]) -> int:
    """Where the value at `path` begins, or the last one on the way that there is."""
    best, depth = 0, 0
    try:
        for found, offset in _values(text):
            common = len(found)
            if common > depth and common <= len(path) and found == tuple(path[:common]):
                best, depth = offset, common
                if depth == len(path):
                    break
    except JsonFault:
        pass
    return best


@dataclass(slots=True)
class _Level:
    """An array or object that is open: where it began, and the key or position of the value that stands next."""

    opened: int
    is_array: bool
    label: str | int
    keys: set[str] = field(default_factory=set)


def _values(text: str) -> Iterator[tuple[Path, int]]:
    """Every value's path and offset, in order."""
    levels: list[_Level] = []
    wanted = "value"
    at = 0
    while True:
        if wanted == "end":
            _check_end(text, at)
            return
        kind, found, start, at = _next(text, at)
        if not kind:
            raise JsonFault("the file ends too early", start)
        if wanted == "key" or (wanted == "key or }" and found != "}"):
            at = _read_key(text, levels[-1], kind, found, start, at)
            wanted = "value"
        elif wanted in ("value", "value or ]") and not (wanted == "value or ]" and found == "]"):
            yield tuple(level.label for level in levels), start
            wanted = _begin_value(levels, kind, found, start)
        elif found == "," and wanted == ", or the end":
            level = levels[-1]
            wanted = "value" if level.is_array else "key"
            level.label = level.label + 1 if isinstance(level.label, int) else ""
        elif found == ("]" if levels[-1].is_array else "}"):
            levels.pop()
            wanted = ", or the end" if levels else "end"
        else:
            close = "]" if levels[-1].is_array else "}"
            raise JsonFault(f"expected ',' or '{close}', found {_shown(found)}", start)


def _check_end(text: str, at: int) -> None:
    space = _SPACE.match(text, at)
    assert space is not None
    if space.end() < len(text):
        raise JsonFault("text after the end of the JSON value", space.end())


def _next(text: str, at: int) -> tuple[str, str, int, int]:
    """Kind, text, start and end of the next found; the kind is empty at the end of the text."""
    match = _TOKEN.match(text, at)
    if match is not None:
        kind = str(match.lastgroup)
        start = match.start(kind)
        if kind == "number" and match.end() - start > _DIGITS_LIMIT:
            raise JsonFault(f"number of more than {_DIGITS_LIMIT} digits", start)
        if kind == "string":
            _check_surrogates(match[kind], start)
        return kind, match[kind], start, match.end()
    space = _SPACE.match(text, at)
    assert space is not None
    start = space.end()
    if start == len(text):
        return "", "", start, start
    if text[start] == '"':
        broken = _BROKEN_STRING.match(text, start)
        assert broken is not None
        end = broken.end()
        if end == len(text):
            raise JsonFault("string is not closed", start)
        raise JsonFault("this may not stand in a JSON string", end)
    word = _WORD.match(text, start)
    other = word[0] if word is not None else text[start]
    if other in _NOT_JSON:
        raise JsonFault(f"{other} is not JSON", start)
    raise JsonFault(f"expected a JSON value, found {_shown(other)}", start)


def _check_surrogates(found: str, start: int) -> None:
    if "\\u" in found:
        for escape in _SURROGATE.finditer(found):
            if escape[1] is not None and escape[2] is None:
                raise JsonFault(f"{escape[0][:6]} is half a character", start + escape.start())


def _read_key(text: str, level: _Level, kind: str, found: str, start: int, at: int) -> int:
    if kind != "string":
        raise JsonFault(f"expected a key in quotes, found {_shown(found)}", start)
    key = json.loads(found)
    if key in level.keys:
        raise JsonFault(f"key {_shown(key)} stands twice in one object", start)
    level.keys.add(key)
    level.label = key
    kind, found, start, at = _next(text, at)
    if found != ":":
        raise JsonFault(f"expected ':' after the key, found {_shown(found)}" if kind else "the file ends here", start)
    return at


def _begin_value(levels: list[_Level], kind: str, found: str, start: int) -> str:
    if kind != "mark":
        return ", or the end" if levels else "end"
    if found not in "[{":
        raise JsonFault(f"expected a JSON value, found {_shown(found)}", start)
    if len(levels) == DEPTH_LIMIT:
        raise JsonFault(f"nested more than {DEPTH_LIMIT} deep", start)
    levels.append(_Level(start, found == "[", 0 if found == "[" else ""))
    return "value or ]" if found == "[" else "key or }"


def _shown(found: str) -> str:
    return repr(shortened(found, 40))
