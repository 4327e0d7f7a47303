"""Array-in, array-out work for reading and ordering large graphs.

Each has a plain version beside it in the tests, compared on random input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Ascending",
    "breadth_first_levels",
    "decode_integers",
    "equals_before",
    "escaped_evenly",
    "find_all",
    "intern_ranges",
    "line_bounds",
    "sorted_rows",
    "starting",
]

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_CHUNK = 1 << 24
_BATCH = 1 << 18
"""Positions looked at together: few enough for what is computed of them to stay in the cache."""
_FEW = 32
_SIGN = np.uint64(1 << 63)
"""Flipped, it makes the order of signed numbers that of unsigned ones."""
_NEWLINE, _RETURN, _MINUS, _BACKSLASH = b"\n\r-\\"
_EIGHT_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_DIGIT_WORDS = 3
_POWERS = np.array([10**power for power in range(9)], dtype=np.uint64)
_DIGITS = 20
"""One more than a 64-bit decimal needs, so that a longer number is seen to be too long."""


def line_bounds(text: Bytes) -> tuple[Positions, Positions]:
    """Starts and ends of the lines of `text`, line ends (LF or CRLF) left out; no empty line after a last LF."""
    parts = [np.flatnonzero(text[start : start + _CHUNK] == _NEWLINE) + start for start in range(0, len(text), _CHUNK)]
    newlines = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    starts = np.concatenate(([0], newlines + 1))
    ends = np.concatenate((newlines, [len(text)]))
    if starts[-1] == len(text):
        starts, ends = starts[:-1], ends[:-1]
    with_return = (ends > starts) & (text[np.maximum(ends - 1, 0)] == _RETURN)
    return starts, ends - with_return


def decode_integers(text: Bytes, starts: Positions) -> tuple[npt.NDArray[np.int64], Positions]:
    """Read a signed decimal at each of `starts`, eight digits at a time.

    Args:
        text: Ends in at least 32 bytes that are no digits.
        starts: Shape (k,).

    Returns:
        The numbers, and where each ends: equal to its start where no number stands or it exceeds 64 bits.
    """
    numbers = np.empty(len(starts), dtype=np.int64)
    ends = np.empty(len(starts), dtype=np.int64)
    words = _words(text)
    for first in range(0, len(starts), _BATCH):
        batch = slice(first, first + _BATCH)
        negative = text[starts[batch]] == _MINUS
        at = starts[batch] + negative
        magnitude = np.zeros(len(at), dtype=np.uint64)
        length = np.zeros(len(at), dtype=np.int64)
        for word in range(_DIGIT_WORDS):
            value, count = _leading_digits(words[at + 8 * word])
            count[length < 8 * word] = 0  # the number has ended before
            magnitude = magnitude * _POWERS[count] + np.where(count > 0, value, 0).astype(np.uint64)
            length += count
        limit = np.uint64(2**63 - 1) + negative.astype(np.uint64)
        valid = (length > 0) & (length < _DIGITS) & (magnitude <= limit)
        values = magnitude.astype(np.int64)  # 2**63 wraps to -2**63, whose negation is itself
        numbers[batch] = np.where(negative, -values, values)
        ends[batch] = np.where(valid, at + length, starts[batch])
    return numbers, ends


def _words(text: Bytes) -> npt.NDArray[np.uint64]:
    """The eight bytes that begin at each position, the first one lowest."""
    shape = (max(0, len(text) - 7),)
    return np.ndarray(shape, dtype="<u8", buffer=text.data, strides=(1,))


def _leading_digits(words: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The number that the digits at the beginning of each word make, and how many there are (Lamport 1975)."""
    digits = words ^ _EIGHT_ZEROS  # a digit's byte becomes its value; others exceed 9
    others = ((digits + _OVER_NINE) | digits) & _HIGH_BITS
    lowest = others & (~others + np.uint64(1))
    count = np.full(len(words), 8, dtype=np.int64)
    found = lowest != 0
    count[found] = np.bitwise_count(lowest[found] - np.uint64(1)).astype(np.int64) >> 3
    # Digits to the high end, zeros before them; a shift by 64 is not defined, so in two.
    shift = (8 - count).astype(np.uint64) << np.uint64(2)
    digits = (digits << shift) << shift
    digits = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    digits = (digits * np.uint64(100) + (digits >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    digits = (digits * np.uint64(10000) + (digits >> np.uint64(32))) & np.uint64(0x00000000FFFFFFFF)
    return digits, count


def intern_ranges(text: Bytes, starts: Positions, ends: Positions) -> tuple[Positions, npt.NDArray[np.int32]]:
    """Find which byte ranges are equal, eight bytes at a time.

    Returns:
        `firsts`, for each distinct range the position in `starts` of its first occurrence; and for every range the
        position in `firsts` of its content. Linear but for a sort of one number a range; exact (hashes are verified).
    """
    numbers = np.zeros(len(starts), dtype=np.int32)
    firsts: list[Positions] = []
    known = 0
    for length, members in _by_length(ends - starts):
        at = starts[members]
        first, inverse = _intern_equally_long(text, at, length)
        numbers[members] = inverse + known
        firsts.append(members[first])
        known += len(first)
    return (np.concatenate(firsts) if firsts else np.empty(0, dtype=np.int64)), numbers


def _by_length(lengths: Positions) -> Iterator[tuple[int, Positions]]:
    """Each length with the positions in `lengths` where it stands, ascending."""
    if lengths.max(initial=0) >> 16:
        order = np.argsort(lengths, kind="stable")
        distinct, begins = np.unique(lengths[order], return_index=True)
    else:
        order = np.argsort(lengths.astype(np.uint16), kind="stable")  # a radix sort
        counts = np.bincount(lengths)
        distinct = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[distinct]
    return zip(distinct.tolist(), np.split(order, begins)[1:], strict=True)


def _intern_equally_long(text: Bytes, at: Positions, length: int) -> tuple[Positions, Positions]:
    """Find which of the ranges of one length are equal: the first of each content, and for every range its content.

    Words that are the same in all of them are compared once and need no hashing; in TLC's labels most are.
    """
    if len(at) < _FEW:
        return _intern_plain([text[start : start + length].tobytes() for start in at])
    pieces = [(source, offset) for source, offset in _pieces(text, length) if not _all_equal(source, at + offset)]
    if not pieces:
        return np.zeros(1, dtype=np.int64), np.zeros(len(at), dtype=np.int64)
    hashes = np.zeros(len(at), dtype=np.uint64)
    for begin in range(0, len(at), _BATCH):
        batch = slice(begin, begin + _BATCH)
        for source, offset in pieces:
            mixed = (hashes[batch] ^ source[at[batch] + offset]) * np.uint64(0x9E3779B97F4A7C15)
            hashes[batch] = mixed ^ (mixed >> np.uint64(29))
    first, inverse = _number_equals(hashes)
    representatives = at[first]
    for begin in range(0, len(at), _BATCH):
        batch = slice(begin, begin + _BATCH)
        for source, offset in pieces:
            expected = source[representatives + offset][inverse[batch]]
            if not (source[at[batch] + offset] == expected).all():
                # A collision of 64-bit hashes: tell them apart the plain way.
                return _intern_plain([text[start : start + length].tobytes() for start in at])
    return first, inverse


def _all_equal(source: npt.NDArray[np.uint64] | Bytes, at: Positions) -> bool:
    """Whether `source` has the same everywhere `at`; that it has not is mostly seen at once."""
    few = source[at[:_FEW]]
    return bool((few == few[0]).all()) and bool((source[at] == few[0]).all())


def _number_equals(values: npt.NDArray[np.uint64]) -> tuple[Positions, Positions]:
    """The first position of each distinct value, and for every value the position in that: no order promised.

    The most common case is that there are few, which are taken out one by one; the rest is sorted.
    """
    inverse = np.empty(len(values), dtype=np.int64)
    rest = np.arange(len(values))
    firsts: list[int] = []
    while len(rest) and len(firsts) < _FEW:
        equal = values[rest] == values[rest[0]]
        inverse[rest[equal]] = len(firsts)
        firsts.append(int(rest[0]))
        rest = rest[~equal]
    _, first, inverse[rest] = np.unique(values[rest], return_index=True, return_inverse=True)
    inverse[rest] += len(firsts)
    return np.concatenate((np.array(firsts, dtype=np.int64), rest[first])), inverse


class Ascending:
    """Numbers in which others are sought; evenly spread ones, as fingerprints are, are found in one or two steps."""

    def __init__(self, keys: npt.NDArray[np.int64]) -> None:
        """Prepare `keys`, ascending and without repeats."""
        self.keys = keys
        self._shift = np.uint64(64 - max(1, min(24, len(keys).bit_length())))
        sizes = np.bincount(self._buckets(keys), minlength=1 << (64 - int(self._shift)))
        self._begins = np.cumsum(sizes) - sizes
        self._is_crowded = bool(sizes.max() > _FEW)

    def find(self, wanted: npt.NDArray[np.int64]) -> Positions:
        """The position among the keys of each of `wanted`, of any shape; -1 where it is not there."""
        if not len(self.keys):
            return np.full(wanted.shape, -1, dtype=np.int64)
        flat = wanted.reshape(-1)
        positions = np.empty(len(flat), dtype=np.int64)
        for first in range(0, len(flat), _BATCH):
            batch = flat[first : first + _BATCH]
            at = np.searchsorted(self.keys, batch) if self._is_crowded else self._places(batch)
            at = np.minimum(at, len(self.keys) - 1)
            positions[first : first + _BATCH] = np.where(self.keys[at] == batch, at, -1)
        return positions.reshape(wanted.shape)

    def _places(self, wanted: npt.NDArray[np.int64]) -> Positions:
        """Where each would have to be inserted: from where its bucket begins, a few steps on."""
        at = self._begins[self._buckets(wanted)]
        open_ = np.flatnonzero(self.keys[np.minimum(at, len(self.keys) - 1)] < wanted)
        while len(open_):
            at[open_] += 1
            open_ = open_[at[open_] < len(self.keys)]
            open_ = open_[self.keys[at[open_]] < wanted[open_]]
        return at

    def _buckets(self, numbers: npt.NDArray[np.int64]) -> Positions:
        return ((numbers.astype(np.uint64) ^ _SIGN) >> self._shift).astype(np.int64)


def _pieces(text: Bytes, length: int) -> list[tuple[npt.NDArray[np.uint64] | Bytes, int]]:
    """What to read of a range of this length, and at which offsets, so that every byte is read and none behind it."""
    if length < 8:
        return [(text, offset) for offset in range(length)]
    offsets = [*range(0, length - 7, 8), *([length - 8] if length % 8 else [])]
    words = _words(text)
    return [(words, offset) for offset in offsets]


def escaped_evenly(text: Bytes, at: Positions) -> npt.NDArray[np.bool_]:
    """Whether an even number of backslashes stands before each of the positions: then the byte there is not escaped."""
    even = np.ones(len(at), dtype=bool)
    open_ = np.arange(len(at))
    back = at - 1
    while len(open_):
        more = (back >= 0) & (text[np.maximum(back, 0)] == _BACKSLASH)
        open_, back = open_[more], back[more] - 1
        even[open_] ^= True
    return even


def find_all(text: Bytes, pattern: bytes) -> Positions:
    """Where `pattern` begins, in a `text` whose last 32 bytes are not of it; found by its brace, if it has one."""
    rarest = max(0, pattern.find(b"{"))
    found = np.flatnonzero(text[: max(0, len(text) - len(pattern))] == pattern[rarest]) - rarest
    found = found[found >= 0]
    for source, offset in _pieces(text, len(pattern)):
        found = found[source[found + offset] == _wanted(source, pattern, offset)]
    return found


def starting(text: Bytes, at: Positions, pattern: bytes) -> npt.NDArray[np.bool_]:
    """Whether `pattern` stands at each of the positions, which may be outside of the text."""
    last = len(text) - len(pattern)
    found = (at >= 0) & (at <= last)
    if not found.all():
        found[found] = starting(text, at[found], pattern)
        return found
    for source, offset in _pieces(text, len(pattern)):
        found &= source[at + offset] == _wanted(source, pattern, offset)
    return found


def _wanted(source: npt.NDArray[np.uint64] | Bytes, pattern: bytes, offset: int) -> int:
    """What `source`, one of `_pieces`, has where `pattern` stands."""
    return int.from_bytes(pattern[offset : offset + source.dtype.itemsize], "little")


def _intern_plain(items: list[bytes]) -> tuple[Positions, Positions]:
    numbers: dict[bytes, int] = {}
    firsts: list[int] = []
    inverse = np.zeros(len(items), dtype=np.int64)
    for position, item in enumerate(items):
        if item not in numbers:
            numbers[item] = len(firsts)
            firsts.append(position)
        inverse[position] = numbers[item]
    return np.array(firsts, dtype=np.int64), inverse


def sorted_rows(*columns: npt.NDArray[np.integer[Any]]) -> list[npt.NDArray[Any]]:  # Any: each keeps its type
    """Sort the rows of a table of natural numbers, the first column counting most.

    As one number a row if that fits, which is sorted several times as fast as positions are.

    Args:
        columns: Each of shape (n,).
    """
    widths = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(widths) >= 64:
        order = np.lexsort(columns[::-1])
        return [column[order] for column in columns]
    rows = np.zeros(len(columns[0]), dtype=np.int64)
    result = [np.empty_like(column) for column in columns]
    batches = [slice(first, first + _BATCH) for first in range(0, len(rows), _BATCH)]
    for batch in batches:
        for column, width in zip(columns, widths, strict=True):
            rows[batch] <<= width
            rows[batch] |= column[batch]
    rows.sort()
    for batch in batches:
        for column, width in zip(result[::-1], widths[::-1], strict=True):
            column[batch] = rows[batch] & ((1 << width) - 1)
            rows[batch] >>= width
    return result


def equals_before(columns: Sequence[npt.NDArray[np.integer[Any]]]) -> npt.NDArray[np.bool_]:
    """Whether each row of a table equals the one before it; the first does not.

    Args:
        columns: Each of shape (n,).
    """
    equals = np.ones(len(columns[0]), dtype=bool)
    equals[:1] = False
    for column in columns:
        equals[1:] &= column[1:] == column[:-1]
    return equals


def breadth_first_levels(
    offsets: npt.NDArray[np.int64], targets: npt.NDArray[np.integer[Any]], initial: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.int32]:
    """Level of each state counted from 1 at the initial ones; 0 where no path leads."""
    levels = np.zeros(len(offsets) - 1, dtype=np.int32)
    place = np.zeros(len(levels), dtype=np.int64)
    frontier = initial.astype(np.int64)
    level = 0
    while len(frontier):
        level += 1
        frontier = frontier[levels[frontier] == 0]
        levels[frontier] = level
        place[frontier] = np.arange(len(frontier))  # of several equal ones the last counts
        frontier = frontier[place[frontier] == np.arange(len(frontier))]
        frontier = targets[successor_positions(offsets, frontier)].astype(np.int64)
    return levels


def successor_positions(offsets: npt.NDArray[np.int64], states: npt.NDArray[np.int64]) -> Positions:
    """The transition numbers that leave any of `states`, in order of `states`."""
    counts = offsets[states + 1] - offsets[states]
    total = int(counts.sum())
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    positions: Positions = np.repeat(offsets[states], counts) + within
    return positions
