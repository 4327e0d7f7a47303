"""The part of a JSON file that is being read: where reading has come to, and what stands there."""

from __future__ import annotations

import re
from typing import NoReturn

import numpy as np

from testgen.errors import Location, ParseError
from testgen.graph.excerpt import excerpt_at
from testgen.graph.json_text import JsonText
from testgen.graph.source import Stream

__all__ = ["STRING", "JsonBuffer"]

_BATCH = 1 << 20
_LARGEST_VALUE = 1 << 28
_SHOWN = 60
_NEWLINE = ord("\n")
_SPACE = re.compile(rb"[ \t\n\r]*+")
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
"""A string of JSON, well formed or not."""
_NESTING = re.compile(rb"[^\"\[\]{}]*+(?:(" + STRING + rb")|([\[{])|([\]}]))", re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}\[{:\"]++|" + STRING, re.DOTALL)


class JsonBuffer:
    """Text of a file, filled at its end and dropped at its beginning.

    Attributes:
        name: The file, as the user named it.
        content: What is there of it.
        at: The position in it to which reading has come. Positions stay valid until `drop`.
        line, column: Where `content` begins in the file.
    """

    def __init__(self, stream: Stream) -> None:
        self.name = stream.name
        self.content = b""
        self.at = 0
        self.line = 1
        self.column = 1
        self._stream = stream
        self._ended = False

    def location(self) -> Location:
        """Where reading has come to."""
        return Location(self.name, *self.place(self.at))

    def take(self, mark: bytes) -> bool:
        self.skip_space()
        found = self.content.startswith(mark, self.at)
        self.at += found
        return found

    def expect(self, mark: bytes) -> None:
        if not self.take(mark):
            ended = self.at == len(self.content)
            self.fail("the file ends too early" if ended else f"expected {mark.decode()!r}")

    def skip_space(self) -> None:
        self.at = self.after_space(self.at)

    def after_space(self, at: int) -> int:
        while True:
            match = _SPACE.match(self.content, at)
            assert match is not None
            if match.end() < len(self.content) or self._ended:
                return match.end()
            self.fill_from(match.end(), 1)

    def value_end(self, start: int) -> int:
        """Where the value ends that begins at `start`; whether it is well formed is for a decoder to say."""
        wanted = _BATCH
        while True:
            end = _value_end(self.content, start)
            if end is not None and (end < len(self.content) or self._ended):
                return end
            if self._ended:
                JsonText.decode(self.name, self.content[start:], *self.place(start)).explain(None)
            if wanted > _LARGEST_VALUE:
                self.fail(f"a value of more than {_LARGEST_VALUE >> 20} MiB", start)
            self.fill_from(start, wanted)
            wanted *= 2

    def drop(self) -> None:
        """Forget what was read."""
        self.line, self.column = self.place(self.at)
        self.content = self.content[self.at :]
        self.at = 0

    def fill_from(self, at: int, size: int) -> None:
        """Have `size` bytes from `at` on, if there are so many."""
        parts = [self.content]
        missing = size - (len(self.content) - at)
        while missing > 0 and not self._ended:
            parts.append(self._stream.read())
            missing -= len(parts[-1])
            self._ended = not parts[-1]
        if len(parts) > 1:
            self.content = b"".join(parts)

    def place(self, at: int) -> tuple[int, int]:
        """Line and column in the file."""
        return self.place_in(self.content, at)

    def place_in(self, content: bytes, at: int) -> tuple[int, int]:
        """The same, where `content` is what begins at `line` and `column`."""
        start = content.rfind(b"\n", 0, at) + 1
        column = len(content[start:at].decode(errors="replace")) + (1 if start else self.column)
        return self.line + _count_lines(content, at), column

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        at = self.at if at is None else at
        line = self.content[max(self.content.rfind(b"\n", 0, at) + 1, at - _SHOWN) : at + _SHOWN]
        excerpt, _ = excerpt_at(line.decode(errors="replace").strip(), 0)
        raise ParseError(
            message,
            location=Location(self.name, *self.place(at)),
            excerpt=excerpt or None,
            hint="was the file copied whole? It is not one object of JSON",
        )


def _value_end(text: bytes, start: int) -> int | None:
    """Where the value at `start` ends; None if the text ends before."""
    depth = 0
    at = start
    while True:
        if depth == 0 and text[at : at + 1] not in (b"[", b"{"):
            scalar = _SCALAR.match(text, at)
            if scalar is not None:
                return scalar.end()
            return None if text[at : at + 1] in (b"", b'"') else at
        match = _NESTING.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match.group(1) is None:
            depth += 1 if match.group(2) else -1
            if depth <= 0:
                return at


def _count_lines(text: bytes, end: int) -> int:
    """How many lines end before `end`; by arrays, four times as fast as `bytes.count`."""
    array = np.frombuffer(text, np.uint8)[:end]
    return sum(int(np.count_nonzero(array[at : at + _BATCH] == _NEWLINE)) for at in range(0, end, _BATCH))
