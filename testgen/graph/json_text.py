"""A whole JSON text, parsed strictly: no key twice, no NaN, bounded depth, integers exact, a place for every error."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from testgen.errors import Location, ParseError, shortened
from testgen.graph.excerpt import excerpt_at
from testgen.graph.json_faults import find_fault, offset_of
from testgen.graph.source import Source

__all__ = ["DECODING_ERRORS", "JsonText"]

DECODING_ERRORS = msgspec.DecodeError, UnicodeDecodeError, RecursionError
"""What msgspec raises for malformed input."""
_STEP = re.compile(r"\[(\d+)\]|\.(\w+)")
_CUT_HINT = "was the file copied whole? Write it again if it ends too early"


@dataclass(frozen=True, slots=True)
class JsonText:
    """A text of JSON, and where it begins in its file.

    Attributes:
        name: The file, as the user named it.
        text: What is parsed.
        line: The line of the file in which it begins.
        column: The column of that line.
    """

    name: str
    text: str
    line: int = 1
    column: int = 1

    @classmethod
    def of(cls, source: Source) -> JsonText:
        """The text of a whole file.

        Raises:
            ParseError: It is not UTF-8.
        """
        return cls.decode(source.name, source.content)

    @classmethod
    def decode(cls, name: str, content: bytes, line: int = 1, column: int = 1) -> JsonText:
        try:
            return cls(name, content.decode(), line, column)
        except UnicodeDecodeError as error:
            before = cls(name, content[: error.start].decode(errors="replace"), line, column)
            location = before.location(len(before.text))
            raise ParseError(
                f"is not UTF-8: {error.reason}", location=location, hint="run TLC with `java -Dfile.encoding=UTF-8`"
            ) from error

    def parse(self) -> Any:  # Any: JSON
        """The value. Real numbers, of which TLA+ values have none, are left as their text in a `float`.

        Raises:
            ParseError: The text is not one JSON value, or is one that a reader could misunderstand.
        """
        try:
            value = json.loads(self.text, parse_constant=_refuse, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            self.explain(error)
        if re.search(r"\\u[dD][89a-fA-F]", self.text):  # half a character, perhaps, which cannot be written again
            self.check()
        return value

    def check(self) -> None:
        """Raise what is wrong with this text, if something is; slow."""
        if find_fault(self.text) is not None:
            self.explain(None)

    def explain(self, cause: Exception | None) -> NoReturn:
        """Raise what is wrong with this text, at its place."""
        fault = find_fault(self.text)
        if fault is None:
            self.fail(f"cannot be read ({cause})", 0)
        self.fail(fault.message, fault.offset, cause=cause)

    def fail(self, message: str, offset: int, *, hint: str = _CUT_HINT, cause: Exception | None = None) -> NoReturn:
        excerpt, column = excerpt_at(self.text, offset)
        raise ParseError(
            message, location=self.location(offset), excerpt=excerpt, excerpt_column=column, hint=hint
        ) from cause

    def fail_at(self, message: str, path: Sequence[str | int], *, hint: str) -> NoReturn:
        """Raise an error about the value at `path`."""
        self.fail(message, offset_of(self.text, path), hint=hint)

    def fail_invalid(
        self, error: msgspec.ValidationError, *, hint: str, within: Sequence[str | int] | None = None
    ) -> NoReturn:
        """Raise what msgspec says of a value of the wrong type.

        Args:
            error: Its message ends in the path of that value.
            hint: See `TestgenError`.
            within: Stands for the first step of the path, if the text holds only a part of what was converted.
        """
        message, _, path = str(error).partition(" - at ")
        steps: list[str | int] = [int(index) if index else key for index, key in _STEP.findall(path)]
        message = message.replace("`", "").replace("Object missing required field", "this object lacks the key")
        self.fail_at(
            shortened(message[:1].lower() + message[1:]), [*within, *steps[1:]] if within else steps, hint=hint
        )

    def location_of(self, path: Sequence[str | int]) -> Location:
        """Where the value at `path` stands."""
        return self.location(offset_of(self.text, path))

    def location(self, offset: int) -> Location:
        start = self.text.rfind("\n", 0, offset) + 1
        line = self.line + self.text.count("\n", 0, offset)
        return Location(self.name, line, offset - start + (self.column if start == 0 else 1))


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice")
    return result
