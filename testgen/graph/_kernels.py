"""Array-in, array-out work for reading and ordering large graphs.

Each has a plain version beside it in the tests, compared on random input.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["breadth_first_levels", "decode_integers", "intern_ranges", "line_bounds"]

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

_CHUNK = 1 << 24
_NEWLINE, _RETURN, _MINUS, _ZERO = b"\n\r-0"
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
    """Read a signed decimal at each of `starts`.

    Args:
        text: Ends in at least 21 bytes that are no digits.
        starts: Shape (k,).

    Returns:
        The numbers, and where each ends: equal to its start where no number stands or it exceeds 64 bits.
    """
    negative = text[starts] == _MINUS
    at = starts + negative
    magnitude = np.zeros(len(starts), dtype=np.uint64)
    reading = np.ones(len(starts), dtype=bool)
    length = np.zeros(len(starts), dtype=np.int64)
    for _ in range(_DIGITS):
        digit = text[at] - np.uint8(_ZERO)  # wraps below "0", so one comparison tells a digit
        reading &= digit < 10
        if not reading.any():
            break
        magnitude = np.where(reading, magnitude * np.uint64(10) + digit, magnitude)
        at += reading
        length += reading
    limit = np.uint64(2**63 - 1) + negative.astype(np.uint64)
    valid = (length > 0) & (length < _DIGITS) & (magnitude <= limit)
    values = magnitude.astype(np.int64)  # 2**63 wraps to -2**63, whose negation is itself
    return np.where(negative, -values, values), np.where(valid, at, starts)


def intern_ranges(text: Bytes, starts: Positions, ends: Positions) -> tuple[Positions, npt.NDArray[np.int32]]:
    """Find which byte ranges are equal.

    Returns:
        `firsts`, for each distinct range the position in `starts` of its first occurrence; and for every range the
        position in `firsts` of its content. Linear but for a sort of one number a range; exact (hashes are verified).
    """
    lengths = ends - starts
    numbers = np.zeros(len(starts), dtype=np.int32)
    firsts: list[Positions] = []
    known = 0
    for length in np.unique(lengths):
        members = np.flatnonzero(lengths == length)
        at = starts[members]
        hashes = np.zeros(len(members), dtype=np.uint64)
        for column in range(length):
            hashes = hashes * np.uint64(0x100000001B3) ^ text[at + column]
            hashes ^= hashes >> np.uint64(29)
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        representatives = at[first][inverse]
        same = np.ones(len(members), dtype=bool)
        for column in range(length):
            same &= text[at + column] == text[representatives + column]
        if not same.all():  # a collision of 64-bit hashes: tell them apart the plain way
            first, inverse = _intern_plain([text[start : start + length].tobytes() for start in at])
        numbers[members] = inverse + known
        firsts.append(members[first])
        known += len(first)
    return (np.concatenate(firsts) if firsts else np.empty(0, dtype=np.int64)), numbers


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


def breadth_first_levels(
    offsets: npt.NDArray[np.int64], targets: npt.NDArray[np.int32], initial: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Level of each state counted from 1 at the initial ones; 0 where no path leads."""
    levels = np.zeros(len(offsets) - 1, dtype=np.int32)
    frontier = np.unique(initial).astype(np.int64)
    level = 1
    while len(frontier):
        levels[frontier] = level
        reached = np.unique(targets[successor_positions(offsets, frontier)])
        frontier = reached[levels[reached] == 0].astype(np.int64)
        level += 1
    return levels


def successor_positions(offsets: npt.NDArray[np.int64], states: npt.NDArray[np.int64]) -> Positions:
    """The transition numbers that leave any of `states`, in order of `states`."""
    counts = offsets[states + 1] - offsets[states]
    total = int(counts.sum())
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    positions: Positions = np.repeat(offsets[states], counts) + within
    return positions
