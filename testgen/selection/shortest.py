"""Strategy `shortest`: a shortest behavior to each obligation, of any graph."""

from __future__ import annotations

import numpy as np

from testgen.graph import StateGraph, StateId, TransitionId
from testgen.selection.criteria import NOTHING, Obligations
from testgen.selection.part import Path

__all__ = ["Tree", "shortest_paths"]


class Tree:
    """Shortest ways from the initial states to all others."""

    def __init__(self, graph: StateGraph) -> None:
        came_by = np.full(graph.n_states, -1, dtype=np.int64)
        forward = np.flatnonzero(graph.levels[graph.targets] == graph.levels[graph.sources] + 1)
        came_by[graph.targets[forward[::-1]]] = forward[::-1]  # of several assignments the last counts
        self._came_by: list[TransitionId] = came_by.tolist()
        self._sources: list[StateId] = graph.sources.tolist()

    def way_to(self, state: StateId) -> Path:
        """The first of the shortest."""
        way = []
        while (transition := self._came_by[state]) >= 0:
            way.append(transition)
            state = self._sources[transition]
        return state, way[::-1]


def shortest_paths(graph: StateGraph, obligations: Obligations, max_steps: int | None) -> list[Path]:
    """A shortest path that ends with each obligation, without those that longer ones pass on their way; sorted.

    Obligations that no path of `max_steps` passes are left out.
    """
    tree = Tree(graph)
    ends = obligations.nearest()
    levels: list[int] = graph.levels.tolist()
    farthest_first = sorted(
        range(len(ends)), key=lambda number: (-levels[ends[number][0]] - len(ends[number][1]), number)
    )
    due = bytearray(b"\x01") * obligations.count
    paths: list[Path] = []
    for number in farthest_first:
        if not due[number]:
            continue
        state, end = ends[number]
        if max_steps is not None and levels[state] - 1 + len(end) > max_steps:
            continue
        start, way = tree.way_to(state)
        path = (start, [*way, *end])
        for passed in obligations.along(path):
            if passed != NOTHING:
                due[passed] = 0
        paths.append(path)
    return sorted(paths)
