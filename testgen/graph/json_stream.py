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

from testgen.errors import shortened
from testgen.graph.json_buffer import STRING, JsonBuffer
from testgen.graph.json_faults import find_fault
from testgen.graph.json_text import DECODING_ERRORS, JsonText
from testgen.graph.source import Stream

__all__ = ["Batch", "JsonStream"]

T = TypeVar("T")

_BATCH = 1 << 20
_FEW = 64
"""So many elements are taken one by one when guessing fails."""
_GUESSES = 12
_FIRST_KEY = re.compile(rb"\{\s*+" + STRING, re.DOTALL)


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


class JsonStream(JsonBuffer):
    """The members of the object that a file holds, in the file's order, each read as it comes."""

    def __init__(self, stream: Stream) -> None:
        """Begin to read `stream`."""
        super().__init__(stream)
        self._keys: set[str] = set()

    def members(self) -> Iterator[str]:
        """The keys; before the next one is asked for, the value must be read by `elements` or `value`."""
        self.expect(b"{")
        more = not self.take(b"}")
        while more:
            text = self.value()
            key = text.parse()
            if not isinstance(key, str):
                text.fail("expected a key in quotes", 0)
            if key in self._keys:
                text.fail(f"key {shortened(key)!r} stands twice in one object", 0)
            self._keys.add(key)
            self.expect(b":")
            yield key
            more = self.take(b",")
            if not more:
                self.expect(b"}")
        self.skip_space()
        if self.at < len(self.content):
            self.fail("text after the end of the JSON value")

    def value(self) -> JsonText:
        """The next value, whole."""
        self.skip_space()
        start, end = self.at, self.value_end(self.at)
        if start == end:
            self.fail("expected a JSON value")
        self.at = end
        return JsonText.decode(self.name, self.content[start:end], *self.place(start))

    def items(self) -> Iterator[None]:
        """Stop before each element of the next value, an array; it must be read by `elements` or `value`."""
        self.expect(b"[")
        more = not self.take(b"]")
        while more:
            yield
            more = self.take(b",")
            if not more:
                self.expect(b"]")

    def elements(
        self, choose: Callable[[bytes], Any], read_at_once: Callable[[bytes, bytes], bool] = lambda *_: False
    ) -> Iterator[Batch[Any]]:
        """The elements of the next value, an array, in batches.

        Args:
            choose: Finds the type to decode from the text of the first element.
            read_at_once: Given some elements, and what stands between the first two and up to the key of the second,
                takes them all, or none; those that it takes are in no batch.
        """
        self.expect(b"[")
        if self.take(b"]"):
            return
        self.skip_space()
        first = self.content[self.at : self.value_end(self.at)]
        decoder = msgspec.json.Decoder(list[choose(first)])  # type: ignore[misc]  # a type known when it runs
        separator = self._separator(self.at + len(first))
        while True:
            if not self._taken_at_once(separator, read_at_once):
                yield self._guessed_batch(decoder, separator) or self._exact_batch(decoder)
            if self.take(b"]"):
                return
            self.expect(b",")
            self.skip_space()

    def _separator(self, end: int) -> bytes:
        """What stands between the first element, which ends at `end`, and the first value of the second."""
        comma = self.after_space(end)
        start = self.after_space(comma + 1)
        self.fill_from(start, 2)
        if self.content[comma : comma + 1] != b",":
            return b""
        self.value_end(start)  # so that all of the key is there
        key = _FIRST_KEY.match(self.content, start)
        return self.content[end - 1 : start + 1 if key is None else key.end()]

    def _taken_at_once(self, separator: bytes, read_at_once: Callable[[bytes, bytes], bool]) -> bool:
        self.drop()
        self.fill_from(0, _BATCH)
        cut = self.content.rfind(separator) if separator else -1
        if cut < 0 or not read_at_once(self.content[: cut + 1], separator):
            return False
        self.at = cut + 1
        return True

    def _guessed_batch(self, decoder: msgspec.json.Decoder[list[T]], separator: bytes) -> Batch[T] | None:
        self.drop()
        self.fill_from(0, _BATCH)
        end = len(self.content)
        for _ in range(_GUESSES if separator else 0):
            cut = self.content.rfind(separator, 0, end)
            if cut < 0:
                break
            content = self.content[: cut + 1]
            try:
                batch = Batch(decoder.decode(b"[" + content + b"]"), content, self.name, self.line, self.column)
            except DECODING_ERRORS:
                end = cut // 2  # the array may end long before, and another with the same separator follow
                continue
            self.at = cut + 1
            return batch
        return None

    def _exact_batch(self, decoder: msgspec.json.Decoder[list[T]]) -> Batch[T]:
        """A few elements, by looking for the end of each; the first of them that is wrong is an error."""
        self.drop()
        elements: list[T] = []
        start = end = 0
        for _ in range(_FEW):
            end = self.value_end(start)
            if end == start:
                self.fail("expected a JSON value", start)
            content = self.content[start:end]
            try:
                elements += decoder.decode(b"[" + content + b"]")
            except DECODING_ERRORS as error:
                _explain(Batch([], content, self.name, *self.place(start)), error)
            following = self.after_space(end)
            if self.content[following : following + 1] != b",":
                break
            start = self.after_space(following + 1)
        self.at = end
        return Batch(elements, self.content[:end], self.name, self.line, self.column)


def _explain(batch: Batch[Any], error: Exception) -> NoReturn:
    """Raise what is wrong with the only element of `batch`: its syntax, or the type at the path that msgspec tells."""
    text = batch.text()
    if find_fault(text.text) is not None or not isinstance(error, msgspec.ValidationError):
        text.explain(error)
    text.fail_invalid(error, within=[0], hint="is this a dump of TLC?")
