"""Read one JSON object whose members are long arrays, a batch of elements at a time.

msgspec decodes ten times as fast as the standard library, and leaves the values inside an element as ranges of bytes,
but it wants the whole text at once. So the text is cut where one element ends and the next begins. Such a place is
guessed: by the bytes that stood between the first two elements. A guess inside a string or a nested array leaves
something unclosed, so that decoding fails; a guess that decodes is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from testgen.errors import Location, ParseError, shortened
from testgen.graph.excerpt import excerpt_at
from testgen.graph.json_faults import find_fault
from testgen.graph.json_text import DECODING_ERRORS, JsonText
from testgen.graph.source import Stream

__all__ = ["Batch", "JsonStream"]

T = TypeVar("T")

_BATCH = 1 << 20
_FEW = 64
"""So many elements are taken one by one when guessing fails."""
_GUESSES = 8
_LARGEST_VALUE = 1 << 28
_SPACE = re.compile(rb"[ \t\n\r]*+")
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_NESTING = re.compile(rb"[^\"\[\]{}]*+(?:(" + _STRING + rb")|([\[{])|([\]}]))", re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}\[{:\"]++|" + _STRING, re.DOTALL)
_SHOWN = 60
_FIRST_KEY = re.compile(rb"\{\s*+" + _STRING, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Some successive elements of an array, and the text they stand in.

    Attributes:
        elements: Decoded.
        content: Their text, with the commas between them.
        name, line, column: Where the text begins.
    """

    elements: list[T]
    content: bytes
    name: str
    line: int
    column: int

    def text(self) -> JsonText:
        """The elements as one JSON array, to tell where in it something is wrong."""
        return JsonText.decode(self.name, b"[" + self.content + b"]", self.line, self.column - 1)

    def check_keys(self, colons: int) -> None:
        """Check that no key stands twice in an object; msgspec takes the last one without a word.

        Args:
            colons: How many colons there are in the members that were decoded. More in the text are those of members
                that were not: repeated ones, or ones of no interest, which only a slow parser tells apart.
        """
        if self.content.count(b":") != colons:
            self.text().parse()


class JsonStream:
    """The members of the object that a file holds, in the file's order, each read as it comes."""

    def __init__(self, stream: Stream) -> None:
        """Begin to read `stream`."""
        self.name = stream.name
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._line = 1
        self._column = 1
        self._ended = False
        self._keys: set[str] = set()

    def members(self) -> Iterator[str]:
        """The keys; before the next one is asked for, the value must be read by `elements` or `value`."""
        self._expect(b"{")
        more = not self._take(b"}")
        while more:
            text = self.value()
            key = text.parse()
            if not isinstance(key, str):
                text.fail("expected a key in quotes", 0)
            if key in self._keys:
                text.fail(f"key {shortened(key)!r} stands twice in one object", 0)
            self._keys.add(key)
            self._expect(b":")
            yield key
            more = self._take(b",")
            if not more:
                self._expect(b"}")
        self._skip_space()
        if self._at < len(self._buffer):
            self._fail("text after the end of the JSON value")

    def value(self) -> JsonText:
        """The next value, whole."""
        self._skip_space()
        start, end = self._at, self._value_end(self._at)
        if start == end:
            self._fail("expected a JSON value")
        self._at = end
        return JsonText.decode(self.name, self._buffer[start:end], *self._place(start))

    def elements(self, choose: Callable[[bytes], type[T]]) -> Iterator[Batch[T]]:
        """The elements of the next value, an array, in batches.

        Args:
            choose: Finds the type to decode from the text of the first element.
        """
        self._expect(b"[")
        if self._take(b"]"):
            return
        self._skip_space()
        first = self._buffer[self._at : self._value_end(self._at)]
        decoder = msgspec.json.Decoder(list[choose(first)])  # type: ignore[misc]  # known when it runs
        separator = self._separator(self._at + len(first))
        while True:
            yield self._guessed_batch(decoder, separator) or self._exact_batch(decoder)
            if self._take(b"]"):
                return
            self._expect(b",")
            self._skip_space()

    def _separator(self, end: int) -> bytes:
        """What stands between the first element, which ends at `end`, and the first value of the second."""
        comma = self._after_space(end)
        start = self._after_space(comma + 1)
        self._fill_from(start, 2)
        if self._buffer[start : start + 1] != b"{":
            return b""
        self._value_end(start)  # so that all of the key is there
        key = _FIRST_KEY.match(self._buffer, start)
        return self._buffer[end - 1 : key.end()] if key is not None else b""

    def _guessed_batch(self, decoder: msgspec.json.Decoder[list[T]], separator: bytes) -> Batch[T] | None:
        self._drop()
        self._fill_from(0, _BATCH)
        end = len(self._buffer)
        for _ in range(_GUESSES if separator else 0):
            cut = self._buffer.rfind(separator, 0, end)
            if cut < 0:
                break
            content = self._buffer[: cut + 1]
            try:
                batch = Batch(decoder.decode(b"[" + content + b"]"), content, self.name, self._line, self._column)
            except DECODING_ERRORS:
                end = cut + len(separator) - 1
                continue
            self._at = cut + 1
            return batch
        return None

    def _exact_batch(self, decoder: msgspec.json.Decoder[list[T]]) -> Batch[T]:
        """A few elements, by looking for the end of each; the first of them that is wrong is an error."""
        self._drop()
        elements: list[T] = []
        start = end = 0
        for _ in range(_FEW):
            end = self._value_end(start)
            if end == start:
                self._fail("expected a JSON value", start)
            content = self._buffer[start:end]
            try:
                elements += decoder.decode(b"[" + content + b"]")
            except DECODING_ERRORS as error:
                _explain(Batch([], content, self.name, *self._place(start)), error)
            following = self._after_space(end)
            if self._buffer[following : following + 1] != b",":
                break
            start = self._after_space(following + 1)
        self._at = end
        return Batch(elements, self._buffer[:end], self.name, self._line, self._column)

    # Lexical part. Positions count in the buffer and stay valid until `_drop`.

    def _take(self, mark: bytes) -> bool:
        self._skip_space()
        found = self._buffer.startswith(mark, self._at)
        self._at += found
        return found

    def _expect(self, mark: bytes) -> None:
        if not self._take(mark):
            ended = self._at == len(self._buffer)
            self._fail("the file ends too early" if ended else f"expected {mark.decode()!r}")

    def _skip_space(self) -> None:
        self._at = self._after_space(self._at)

    def _after_space(self, at: int) -> int:
        while True:
            match = _SPACE.match(self._buffer, at)
            assert match is not None
            if match.end() < len(self._buffer) or self._ended:
                return match.end()
            self._fill_from(match.end(), 1)

    def _value_end(self, start: int) -> int:
        """Where the value ends that begins at `start`; whether it is well formed is for a decoder to say."""
        wanted = _BATCH
        while True:
            end = _value_end(self._buffer, start)
            if end is not None and (end < len(self._buffer) or self._ended):
                return end
            if self._ended:
                JsonText.decode(self.name, self._buffer[start:], *self._place(start)).explain(None)
            if wanted > _LARGEST_VALUE:
                self._fail(f"a value of more than {_LARGEST_VALUE >> 20} MiB", start)
            self._fill_from(start, wanted)
            wanted *= 2

    def _drop(self) -> None:
        """Forget what was read."""
        self._line, self._column = self._place(self._at)
        self._buffer = self._buffer[self._at :]
        self._at = 0

    def _fill_from(self, at: int, size: int) -> None:
        """Have `size` bytes from `at` on, if there are so many."""
        parts = [self._buffer]
        missing = size - (len(self._buffer) - at)
        while missing > 0 and not self._ended:
            parts.append(self._stream.read())
            missing -= len(parts[-1])
            self._ended = not parts[-1]
        if len(parts) > 1:
            self._buffer = b"".join(parts)

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column in the file."""
        start = self._buffer.rfind(b"\n", 0, at) + 1
        column = len(self._buffer[start:at].decode(errors="replace")) + (1 if start else self._column)
        return self._line + self._buffer.count(b"\n", 0, at), column

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        at = self._at if at is None else at
        line = self._buffer[max(self._buffer.rfind(b"\n", 0, at) + 1, at - _SHOWN) : at + _SHOWN]
        excerpt, _ = excerpt_at(line.decode(errors="replace").strip(), 0)
        raise ParseError(
            message,
            location=Location(self.name, *self._place(at)),
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


def _explain(batch: Batch[Any], error: Exception) -> NoReturn:
    """Raise what is wrong with the only element of `batch`: its syntax, or the type at the path that msgspec tells."""
    text = batch.text()
    if find_fault(text.text) is not None or not isinstance(error, msgspec.ValidationError):
        text.explain(error)
    text.fail_invalid(error, within=[0], hint="is this a dump of TLC?")
