"""States and transitions of a JSON dump as arrays: in most of a file they are objects written as the first one is.

    {"fp": -34, "val": {"x": 0, "log": [1, 2]}, "initial": true}
    {"from": -34, "to": 7, "action": "Set", "actionParams": {"v": "0"}}

What stands before, between and behind numbers and values is compared byte by byte; each distinct value of a variable,
and each distinct ending of a transition, is decoded once. So nothing is taken for an object that is none: what stands
between the right bytes may be anything, but then it is no JSON value, and all is left to be decoded one by one, as is
what is written in another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.graph._kernels import decode_integers, find_all, intern_ranges, starting
from testgen.graph.json_buffer import STRING

__all__ = [
    "BEHIND",
    "Piece",
    "StateColumns",
    "StateShape",
    "TransitionColumns",
    "TransitionShape",
    "find_states",
    "find_transitions",
]

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

BEHIND = 32
"""So many bytes kernels may look at behind the end."""
_ZERO = ord("0")
_DIGITS = b"-0123456789"
_BEFORE_VALUE = re.compile(rb"\s*+[{,]\s*+" + STRING + rb"\s*+:\s*+", re.DOTALL)
_LONG = 512
"""Bytes, from which on values are mostly of many lengths, so that comparing them as arrays does not pay."""


class Piece(NamedTuple):
    """Some elements of an array.

    Attributes:
        content: Begins with the first one.
        end: Where the last one ends; behind that there are `BEHIND` bytes or more.
    """

    content: bytes
    end: int


@dataclass(frozen=True, slots=True)
class TransitionShape:
    """How the transitions of an array are written.

    Attributes:
        head: What stands before the first number.
        between: What stands between the two.
        separator: What stands between two elements, up to the first key of the second.
    """

    head: bytes
    between: bytes
    separator: bytes

    def columns(self, piece: Piece) -> TransitionColumns | None:
        """The transitions of `piece`; None if one is of another shape."""
        text, starts, stops = _cut(piece, self.separator)
        sources = _numbers_behind(text, starts, self.head)
        targets = sources and _numbers_behind(text, sources[1], self.between)
        if sources is None or targets is None or (targets[1] >= stops).any():
            return None
        firsts, kinds = intern_ranges(text, targets[1], stops)
        endings = _texts(piece.content, targets[1][firsts], stops[firsts])
        return TransitionColumns(np.stack((sources[0], targets[0]), axis=1), kinds, endings)

    def element(self, ending: bytes) -> bytes:
        """An element with this ending."""
        return self.head + b"0" + self.between + b"0" + ending


@dataclass(frozen=True, slots=True, eq=False)
class TransitionColumns:
    """Transitions of one shape.

    Attributes:
        numbers: Shape (k, 2).
        kinds: Shape (k,): position in `endings` of each.
        endings: What stands behind the numbers.
    """

    numbers: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int32]
    endings: list[bytes]


def find_transitions(first: bytes, numbers: tuple[int, int], separator: bytes) -> TransitionShape | None:
    """The shape of an element that begins with two numbers, known to be these; None if it is not so."""
    one, other = (str(number).encode() for number in numbers)
    head, _, rest = first.partition(one)
    between, found, _ = rest.partition(other)
    if not found or head[-1:] in _DIGITS or between[-1:] in _DIGITS or b"{" not in separator:
        return None
    return TransitionShape(head, between, separator)


@dataclass(frozen=True, slots=True)
class StateShape:
    """How the states of an array are written.

    Attributes:
        head: What stands before the number.
        before: What stands before each value.
        lead: What they begin with, except for the first one.
        initial, other: What stands behind the last value, of a state that is initial and of one that is not.
        separator: As in `TransitionShape`.
    """

    head: bytes
    before: tuple[bytes, ...]
    lead: bytes
    initial: bytes
    other: bytes
    separator: bytes

    def columns(self, piece: Piece) -> StateColumns | None:
        """The states of `piece`; None if one is of another shape; whether values are such is left to be found out."""
        text, starts, stops = _cut(piece, self.separator)
        numbers = _numbers_behind(text, starts, self.head)
        if numbers is None or not starting(text, numbers[1], self.before[0]).all():
            return None
        marks = [numbers[1]]
        found = find_all(text[: piece.end], self.lead)
        for before in self.before[1:]:
            marks.append(found[starting(text, found, before)])
        initial, other = (starting(text, stops - len(behind), behind) for behind in (self.initial, self.other))
        if not (initial ^ other).all():
            return None
        marks.append(stops - np.where(initial, len(self.initial), len(self.other)))
        if any(len(mark) != len(starts) for mark in marks):
            return None
        spans = [(mark + len(before), stop) for before, (mark, stop) in zip(self.before, pairwise(marks), strict=True)]
        if not all(_are_short(*span) for span in spans):
            return None
        return StateColumns(numbers[0], initial, [_values(piece.content, text, *span) for span in spans])


@dataclass(frozen=True, slots=True, eq=False)
class StateColumns:
    """States of one shape.

    Attributes:
        numbers: Shape (k,).
        initial: Shape (k,).
        values: For each variable some texts, and for each state the position of its own.
    """

    numbers: npt.NDArray[np.int64]
    initial: npt.NDArray[np.bool_]
    values: list[tuple[list[bytes], npt.NDArray[np.int32]]]


def find_states(first: bytes, separator: bytes) -> StateShape | None:
    """The shape of a state known to be well formed; None if its members stand in another order, or it has no values.

    Raises:
        msgspec.DecodeError: It is no state.
    """
    members = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    if list(members) != ["fp", "val", "initial"] or b"{" not in separator:
        return None
    outer, inner = _around_values(first), _around_values(bytes(members["val"]))
    if outer is None or inner is None or len(inner) == 1:
        return None
    head, before_values, before_initial, end = outer
    *before, behind = inner
    lead = before[-1][: before[-1].index(b'"') + 1]
    if not all(mark.startswith(lead) for mark in before[1:]):
        return None
    before[0] = before_values + before[0]
    initial, other = (behind + before_initial + word + end for word in (b"true", b"false"))
    return StateShape(head, tuple(before), lead, initial, other, separator)


def _around_values(text: bytes) -> list[bytes] | None:
    """What stands before each value of an object, and behind the last one; None if a key stands twice."""
    around, at = [], 0
    for raw in msgspec.json.decode(text, type=dict[str, msgspec.Raw]).values():
        before = _BEFORE_VALUE.match(text, at)
        if before is None or not text.startswith(bytes(raw), before.end()):
            return None
        around.append(before[0])
        at = before.end() + len(bytes(raw))
    return [*around, text[at:]] if text[at:].strip() == b"}" else None


def _cut(piece: Piece, separator: bytes) -> tuple[Bytes, Positions, Positions]:
    """The text, and where in it each element begins and ends."""
    text = np.frombuffer(piece.content, dtype=np.uint8)
    gaps = find_all(text[: piece.end], separator)
    return text, np.append(0, gaps + separator.index(b"{")), np.append(gaps + 1, piece.end)


def _numbers_behind(text: Bytes, at: Positions, mark: bytes) -> tuple[npt.NDArray[np.int64], Positions] | None:
    """The numbers that stand behind `mark`, and where they end; None if one is none, or none that JSON knows."""
    if not starting(text, at, mark).all():
        return None
    starts = at + len(mark)
    if (starts > len(text) - BEHIND).any():
        return None
    numbers, ends = decode_integers(text, starts)
    digits = starts + (text[starts] == ord("-"))
    is_odd = (ends == starts) | ((text[digits] == _ZERO) & (ends > digits + 1))  # zeros before it
    return None if is_odd.any() else (numbers, ends)


def _are_short(starts: Positions, ends: Positions) -> bool:
    lengths = ends - starts
    return bool((lengths > 0).all() and (lengths < _LONG).all())


def _values(
    content: bytes, text: Bytes, starts: Positions, ends: Positions
) -> tuple[list[bytes], npt.NDArray[np.int32]]:
    firsts, numbers = intern_ranges(text, starts, ends)
    return _texts(content, starts[firsts], ends[firsts]), numbers


def _texts(content: bytes, starts: Positions, ends: Positions) -> list[bytes]:
    return [content[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
