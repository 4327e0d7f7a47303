"""Putting paths in an order in which a prefix is worth the most."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import compress

from testgen.selection.criteria import NOTHING, Obligations
from testgen.selection.part import Path

__all__ = ["most_first", "spread"]

_GOLDEN = (5**0.5 - 1) / 2
_ROUNDS = 100
"""After so many paths through everything, those that are left come as they are."""


def most_first(paths: Sequence[Path], obligations: Obligations) -> list[Path]:
    """Order `paths` by what each adds to those before it, most first (of equals the first).

    A path ends where it adds nothing more, and is left out if it adds nothing at all.
    """
    along = [obligations.along(path) for path in paths]
    ordered: list[Path] = []
    for number, last in _round(range(len(paths)), along, obligations):
        start, transitions = paths[number]
        ordered.append((start, transitions[:last]))
    return ordered


def spread(paths: Sequence[Path], obligations: Obligations) -> Iterator[Path]:
    """All `paths`, whole, by what each adds to those before it; once nothing is new, as if there were none before.

    Of those that add as much, not neighbors, which begin alike: multiples of the golden ratio lie far apart.
    """
    paths = [paths[number] for number in sorted(range(len(paths)), key=lambda number: number * _GOLDEN % 1)]
    along = [obligations.along(path) for path in paths]
    left = dict.fromkeys(range(len(paths)))
    for _ in range(_ROUNDS):
        for number, _ in _round(list(left), along, obligations):
            del left[number]
            yield paths[number]
    for number in left:
        yield paths[number]


def _round(
    numbers: Sequence[int], along: Sequence[Sequence[int]], obligations: Obligations
) -> Iterator[tuple[int, int]]:
    """Those of `numbers` whose paths add something, most first, with the step of each that last did."""
    due = _all_due(obligations)

    def added(number: int) -> int:
        """How many obligations a path passes that are due."""
        return len(set(compress(along[number], map(due.__getitem__, along[number]))))

    heap = [(-added(number), number) for number in numbers]
    heapq.heapify(heap)
    while heap:
        _, number = heapq.heappop(heap)
        count = added(number)
        if count == 0:
            continue
        if heap and (-count, number) > heap[0]:
            heapq.heappush(heap, (-count, number))
            continue
        yield number, _strike(due, along[number])


def _all_due(obligations: Obligations) -> bytearray:
    """For each obligation that it is due; and at the end that `NOTHING`, which is -1, is not."""
    assert NOTHING == -1
    return bytearray(b"\x01") * obligations.count + b"\x00"


def _strike(due: bytearray, passed: Sequence[int]) -> int:
    """Note that these are due no more; the position of the last that was."""
    last = 0
    for position, obligation in enumerate(passed):
        if due[obligation]:
            due[obligation] = 0
            last = position
    return last
