"""Read one JSON object whose members are long arrays, a batch of elements at a time.

msgspec decodes ten times as fast as the standard library, and leaves the values inside an element as ranges of bytes,
but it wants the whole text at once. So the text is cut where one element ends and the next begins. Such a place is
guessed: by the bytes that stood between the first two elements. A guess inside a string or a nested array leaves
something unclosed, so that decoding fails; a guess that decodes is right.

Elements that are written alike need no decoding one by one: see `AtOnce` and `json_columns`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from testgen.errors import shortened
from testgen.graph.json_buffer import STRING, JsonBuffer
from testgen.graph.json_columns import BEHIND, Piece
from testgen.graph.json_faults import find_fault
from testgen.graph.json_text import DECODING_ERRORS, JsonText
from testgen.graph.side_by_side import side_by_side
from testgen.graph.source import Stream

__all__ = ["AtOnce", "Batch", "JsonStream"]

T = TypeVar("T")

_BATCH = 1 << 20
_PIECE = 1 << 22
"""Read at once: large enough for arrays to pay, small enough for what is computed of it to stay in the cache."""
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


@dataclass(frozen=True, slots=True)
class AtOnce(Generic[T]):
    """How to take many elements of an array at once, without decoding each.

    Attributes:
        read: Finds what the elements of a piece say, in any thread; None if one is not written as the first one is.
        take: Takes that, in the order of the file; False, having taken nothing, if something is wrong with it.
    """

    read: Callable[[Piece], T | None]
    take: Callable[[T], bool]


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
        self, choose: Callable[[bytes], Any], prepare: Callable[[bytes, bytes], AtOnce[Any] | None] = lambda *_: None
    ) -> Iterator[Batch[Any]]:
        """The elements of the next value, an array, in batches.

        Args:
            choose: Finds the type to decode from the text of the first element.
            prepare: Finds how to take elements at once, which are in no batch then, from the text of the first one and
                from what stands between the first two and up to the key of the second.
        """
        self.expect(b"[")
        if self.take(b"]"):
            return
        self.skip_space()
        first = self.content[self.at : self.value_end(self.at)]
        decoder = msgspec.json.Decoder(list[choose(first)])  # type: ignore[misc]  # a type known when it runs
        separator = self._separator(self.at + len(first))
        at_once = prepare(first, separator) if b"{" in separator else None
        pause = left = 0  # batches to decode before elements are taken at once again, and those of them to come
        while True:
            if at_once is not None and left == 0:
                pause = 0 if self._take_at_once(separator, at_once) else 2 * pause + 1
                left = pause
            left = max(0, left - 1)
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

    def _take_at_once(self, separator: bytes, at_once: AtOnce[Any]) -> bool:
        """Take elements from the next one on, as many as can be, but not the last one; whether some were taken."""
        self.drop()
        taken = False
        ahead: deque[tuple[bytes, int]] = deque()
        pieces = self._pieces(separator, ahead)
        for reading in chain(map(at_once.read, islice(pieces, 1)), side_by_side(at_once.read, pieces)):
            if reading is None or not at_once.take(reading):
                break
            self.line, self.column = self.place_in(*ahead.popleft())
            taken = True
        self.content = b"".join([*(content[:end] for content, end in ahead), self.content])
        return taken

    def _pieces(self, separator: bytes, ahead: deque[tuple[bytes, int]]) -> Iterator[Piece]:
        """Cut off pieces, each up to where its last element ends; to `ahead` up to where the next one begins."""
        size = _BATCH  # of the first one, so that little is lost if it is of another shape
        while True:
            self.fill_from(0, size)
            cut = self.content.rfind(separator, 0, max(0, min(2 * size, len(self.content) - BEHIND)))
            if cut < size >> 6:  # so few are decoded sooner
                return
            content, following = self.content, cut + separator.index(b"{")
            self.content = content[following:]
            ahead.append((content, following))
            yield Piece(content, cut + 1)
            size = _PIECE

    def _guessed_batch(self, decoder: msgspec.json.Decoder[list[T]], separator: bytes) -> Batch[T] | None:
        self.drop()
        self.fill_from(0, _BATCH)
        end = min(_BATCH, len(self.content))
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
