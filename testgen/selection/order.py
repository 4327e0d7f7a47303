"""Putting paths in an order in which a prefix is worth the most, and cutting them to a length."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import compress

from testgen.graph import StateGraph
from testgen.selection.criteria import NOTHING, Obligations
from testgen.selection.part import Path
from testgen.selection.shortest import Tree

__all__ = ["cut_to", "most_first"]


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


def cut_to(paths: Sequence[Path], max_steps: int, graph: StateGraph, obligations: Obligations) -> list[Path]:
    """Let no path have more than `max_steps`; what then is not passed, others pass, as far as it is near enough.

    These begin with a shortest way to something due, and go on with due transitions as long as there are any.
    """
    kept = [(start, transitions[:max_steps]) for start, transitions in paths]
    due = _all_due(obligations)
    for path in kept:
        _strike(due, obligations.along(path))
    if not any(due):
        return kept
    tree = Tree(graph)
    offsets: list[int] = graph.offsets.tolist()
    targets: list[int] = graph.targets.tolist()
    for obligation, (state, end) in enumerate(obligations.nearest()):
        if not due[obligation]:
            continue
        start, way = tree.way_to(state)
        walk = [*way, *end]
        if len(walk) > max_steps:
            continue
        _strike(due, obligations.along((start, walk)))
        place = targets[walk[-1]] if walk else start
        onward: int | None = -1
        while onward is not None and len(walk) < max_steps:
            onward = None
            for transition in range(offsets[place], offsets[place + 1]):
                passed = obligations.along((start, [*walk[-1:], transition]))[-1]
                if due[passed]:
                    onward, place = transition, targets[transition]
                    due[passed] = 0
                    walk.append(transition)
                    break
        kept.append((start, walk))
    return kept


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
