"""Places joined by moves: the graph whose paths must pass something, for the minimum.

For states and transitions it is the state graph. For pairs of transitions it is the one in which transitions are the
places, and pairs the moves between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from testgen.graph import StateGraph
from testgen.graph._kernels import breadth_first_levels
from testgen.selection.criteria import successive_transitions
from testgen.selection.part import Path

__all__ = ["GROUNDS", "Ground", "within"]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Places joined by moves, and which of them must be passed. Every place can be reached.

    Attributes:
        offsets: Shape (n + 1,): the moves that leave place p are `offsets[p]` … `offsets[p + 1] - 1`.
        targets: Shape (m,): the place to which each move leads.
        starts: Places where a behavior can begin, ascending.
        places: Shape (n,): whether each must be passed.
        moves: Shape (m,): likewise.
        path_along: The path in the state graph that begins at a place and takes these moves.
        steps_to_start: How many steps that path has before the first move.
    """

    offsets: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    places: npt.NDArray[np.bool_]
    moves: npt.NDArray[np.bool_]
    path_along: Callable[[int, list[int]], Path]
    steps_to_start: int = 0

    @property
    def sources(self) -> npt.NDArray[np.int64]:
        """Shape (m,): the place that each move leaves."""
        return np.repeat(np.arange(len(self.places)), np.diff(self.offsets))


def _of_states(graph: StateGraph) -> Ground:
    return _of_graph(graph, are_places_due=True)


def _of_transitions(graph: StateGraph) -> Ground:
    return _of_graph(graph, are_places_due=False)


def _of_graph(graph: StateGraph, *, are_places_due: bool) -> Ground:
    return Ground(
        offsets=graph.offsets,
        targets=graph.targets.astype(np.int64),
        starts=graph.initial.astype(np.int64),
        places=np.full(graph.n_states, are_places_due),
        moves=np.full(graph.n_transitions, not are_places_due),
        path_along=lambda start, moves: (start, moves),
    )


def _of_transition_pairs(graph: StateGraph) -> Ground:
    firsts, seconds = successive_transitions(graph)
    offsets = np.zeros(graph.n_transitions + 1, dtype=np.int64)
    np.cumsum(np.bincount(firsts, minlength=graph.n_transitions), out=offsets[1:])
    return Ground(
        offsets=offsets,
        targets=seconds,
        starts=np.flatnonzero(np.isin(graph.sources, graph.initial)),
        places=np.zeros(graph.n_transitions, dtype=bool),
        moves=np.ones(len(seconds), dtype=bool),
        path_along=lambda start, moves: (int(graph.sources[start]), [start, *seconds[moves].tolist()]),
        steps_to_start=1,
    )


def within(ground: Ground, max_moves: int) -> Ground:
    """What walks of at most `max_moves` from where behaviors begin can pass, renumbered."""
    levels = breadth_first_levels(ground.offsets, ground.targets, ground.starts)
    if levels.max(initial=0) <= max_moves:
        return ground
    kept = np.flatnonzero(levels[ground.sources] <= max_moves)
    places = np.flatnonzero(levels <= max_moves + 1)
    number = np.cumsum(levels <= max_moves + 1) - 1
    offsets = np.zeros(len(places) + 1, dtype=np.int64)
    np.cumsum(np.bincount(number[ground.sources[kept]], minlength=len(places)), out=offsets[1:])
    return replace(
        ground,
        offsets=offsets,
        targets=number[ground.targets[kept]],
        starts=number[ground.starts],
        places=ground.places[places],
        moves=ground.moves[kept],
        path_along=lambda start, moves: ground.path_along(int(places[start]), kept[moves].tolist()),
    )


GROUNDS: dict[str, Callable[[StateGraph], Ground]] = {
    "states": _of_states,
    "transitions": _of_transitions,
    "transition-pairs": _of_transition_pairs,
}
"""By the criterion's name: those for which the fewest behaviors can be found."""
