"""Transitions of a JSON dump as arrays: most of a file are objects of two numbers and one of a few endings.

    {"from": -34, "to": 7, "action": "Set", "actionParams": {"v": "0"}}

What stands before, between and behind the numbers is compared byte by byte; each distinct ending is decoded once. So
nothing is taken for an object that is none, and what is written in another way is left to be decoded one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.graph._kernels import decode_integers, find_all, intern_ranges, starts_with

__all__ = ["Columns", "Shape", "find_shape"]

_PADDING = b" " * 32
_ZERO = ord("0")
_DIGITS = b"-0123456789"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the elements of an array are written.

    Attributes:
        head: What stands before the first number.
        between: What stands between the two.
        separator: What stands between two elements, up to the first key of the second.
    """

    head: bytes
    between: bytes
    separator: bytes

    def columns(self, content: bytes) -> Columns | None:
        """The elements of `content`, which begins with one and ends with one; None if one is of another shape."""
        text = np.frombuffer(content + _PADDING, dtype=np.uint8)
        gaps = find_all(text, self.separator)
        starts = np.append(0, gaps + self.separator.index(b"{"))
        stops = np.append(gaps + 1, len(content))
        firsts = starts + len(self.head)
        if not starts_with(text, starts, self.head):
            return None
        sources, ends = decode_integers(text, firsts)
        seconds = ends + len(self.between)
        if not starts_with(text, ends, self.between):
            return None
        targets, tails = decode_integers(text, seconds)
        if _is_odd(text, firsts, ends) or _is_odd(text, seconds, tails) or (tails >= stops).any():
            return None
        representatives, kinds = intern_ranges(text, tails, stops)
        spans = zip(tails[representatives].tolist(), stops[representatives].tolist(), strict=True)
        return Columns(np.stack((sources, targets), axis=1), kinds, [content[start:stop] for start, stop in spans])

    def element(self, ending: bytes) -> bytes:
        """An element with this ending."""
        return self.head + b"0" + self.between + b"0" + ending


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Elements of one shape.

    Attributes:
        numbers: Shape (k, 2).
        kinds: Shape (k,): position in `endings` of each.
        endings: What stands behind the numbers.
    """

    numbers: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int32]
    endings: list[bytes]


def find_shape(first: bytes, numbers: tuple[int, int], separator: bytes) -> Shape | None:
    """The shape of an element that begins with two numbers, known to be these; None if it is not so."""
    one, other = (str(number).encode() for number in numbers)
    head, _, rest = first.partition(one)
    between, found, _ = rest.partition(other)
    if not found or head[-1:] in _DIGITS or between[-1:] in _DIGITS or b"{" not in separator:
        return None
    return Shape(head, between, separator)


def _is_odd(text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> bool:
    """Whether there is no number, or one that JSON does not know: with zeros before it."""
    digits = starts + (text[starts] == ord("-"))
    return bool(((ends == starts) | ((text[digits] == _ZERO) & (ends > digits + 1))).any())
