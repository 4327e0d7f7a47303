"""The text of a DOT dump: its lines, where things stand in them, and how to tell the user that one is wrong."""

from __future__ import annotations

import re
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from testgen.errors import Location, ParseError
from testgen.graph._kernels import line_bounds
from testgen.graph.model import GraphWarning
from testgen.graph.source import Source

__all__ = ["QUOTED", "DotText", "Positions", "unescape", "unescaped_offset_in"]

Positions = npt.NDArray[np.int64]

QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
"""A quoted text of DOT; its content is group 1."""
_PADDING = b" " * 32
"""So that kernels may look a number's length beyond the end."""
_ESCAPE = re.compile(r'\\[\\n"]')
_NUMBERS = re.compile(rb"(-?\d+)(?: -> (-?\d+))?(?= |\[|;|$)")
_LONGEST = len(str(-(2**63)))
_EXCERPT_WIDTH = 160
_SHAPES_HINT = 'expected a state `N [label="..."]`, a transition `N -> M [label="..."]`, a rank or a brace'
_CUT_HINT = "was TLC stopped while writing it? Dump again, or read what is there with --allow-cut"


class DotText:
    """A dump cut into lines, numbered from 0.

    Attributes:
        name: The file as the user named it.
        content: The bytes, with padding behind the last line.
        array: The same as an array.
        starts, ends: Where each line begins and ends in them, without its line end.
        is_cut: Whether the file was found to be unfinished, and the user allows that.
        warnings: What is odd about the dump.
    """

    def __init__(self, source: Source, *, allow_cut: bool) -> None:
        """Find the lines of `source`; with `allow_cut`, an unfinished last one is left out."""
        self.name = source.name
        self.content = source.content + _PADDING
        self.array = np.frombuffer(self.content, dtype=np.uint8)
        self.starts, self.ends = line_bounds(self.array[: len(source.content)])
        self.is_cut = False
        self.warnings: list[GraphWarning] = []
        self._allow_cut = allow_cut
        self._check_last_line()

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, line: int) -> bytes:
        return self.content[self.starts[line] : self.ends[line]]

    def _check_last_line(self) -> None:
        """Only the last brace stands without a line end: TLC wrote no more than a part of any other such line."""
        last = len(self) - 1
        if self.ends[last] < len(self.content) - len(_PADDING) or not self.line(last).strip(b" }"):
            return
        self.cut_at(last, "the file ends in the middle of this line")
        self.starts, self.ends = self.starts[:-1], self.ends[:-1]

    # Where and how it failed

    def location(self, line: int, column: int | None = None) -> Location:
        return Location(self.name, line + 1, column)

    def column(self, line: int, position: int) -> int:
        """The column, in characters from 1, of the byte at `position` in the file."""
        return len(self.content[self.starts[line] : position].decode(errors="replace")) + 1

    def excerpt(self, line: int) -> str:
        """The line as a terminal can show it."""
        text = self.line(line)[: 4 * _EXCERPT_WIDTH].decode(errors="replace")
        text = "".join(character if character.isprintable() else "\ufffd" for character in text)
        return text if len(text) <= _EXCERPT_WIDTH else text[: _EXCERPT_WIDTH - 3] + "..."

    def fail(self, line: int, message: str = "not a line that TLC writes", hint: str = _SHAPES_HINT) -> NoReturn:
        if _is_beyond_64_bits(self.line(line)):
            message, hint = "the number of a state has more than 64 bits", "TLC's have 64; was the file edited by hand?"
        raise ParseError(message, location=self.location(line, 1), excerpt=self.excerpt(line), hint=hint)

    def cut_at(self, line: int, message: str) -> None:
        """Take note that the file ends too early, after `line`; an error unless the user allows it."""
        if self.is_cut:
            return
        if not self._allow_cut:
            column = self.column(line, int(self.ends[line]))
            raise ParseError(message, location=self.location(line, column), excerpt=self.excerpt(line), hint=_CUT_HINT)
        self.is_cut = True
        self.warnings.append(GraphWarning("cut-dump", f"{message} (line {line + 1}); states may lack successors"))

    def unescape(self, line: int, start: int, end: int) -> str:
        """The text that stands escaped from `start` to `end` in the file, in `line`."""
        try:
            return unescape(self.content[start:end].decode())
        except UnicodeDecodeError as error:
            raise ParseError(
                f"a label is not UTF-8: {error.reason}",
                location=self.location(line, self.column(line, start + error.start)),
                hint="run TLC with `java -Dfile.encoding=UTF-8`",
            ) from error


def unescape(raw: str) -> str:
    r"""Undo DOT's escapes in one pass from left to right; replacing them one kind after the other corrupts data.

    >>> print(unescape(r'/\\ s = \"a\\n\"\n/\\ t = 1'))
    /\ s = "a\n"
    /\ t = 1
    """
    # Within a run of backslashes each second one is escaped, so pairs cut the text as a scan would.
    pieces = raw.split("\\\\")
    return "\\".join(piece.replace("\\n", "\n").replace('\\"', '"') for piece in pieces)


def unescaped_offset_in(raw: str, offset: int) -> int:
    """Where character `offset` of the unescaped text stands in `raw`."""
    at = 0
    for _ in range(offset):
        at += 2 if _ESCAPE.match(raw, at) else 1
    return at


def _is_beyond_64_bits(line: bytes) -> bool:
    """Whether the line begins with the number of a state, or two, that TLC could not have written."""
    found = _NUMBERS.match(line)
    numbers = [number for number in found.groups() if number] if found else []
    return any(len(number) > _LONGEST or not -(2**63) <= int(number) < 2**63 for number in numbers)
