"""Putting paths in an order in which a prefix is worth the most."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import compress

from testgen.selection.criteria import NOTHING, Obligations
from testgen.selection.part import Path

__all__ = ["most_first"]


def most_first(paths: Sequence[Path], obligations: Obligations) -> list[Path]:
    """Order `paths` by what each adds to those before it, most first (of equals the first).

    A path ends where it adds nothing more, and is left out if it adds nothing at all.
    """
    due = _all_due(obligations)
    along = [obligations.along(path) for path in paths]

    def added(number: int) -> int:
        """How many obligations a path passes that are due."""
        return len(set(compress(along[number], map(due.__getitem__, along[number]))))

    heap = [(-added(number), number) for number in range(len(paths))]
    heapq.heapify(heap)
    ordered: list[Path] = []
    while heap:
        _, number = heapq.heappop(heap)
        count = added(number)
        if count == 0:
            continue
        if heap and (-count, number) > heap[0]:
            heapq.heappush(heap, (-count, number))
            continue
        last = _strike(due, along[number])
        start, transitions = paths[number]
        ordered.append((start, transitions[:last]))
    return ordered


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
