"""What must be covered, by criterion: the obligations, over a graph whose paths are the behaviors.

For states and transitions that graph is the state graph. For pairs of successive transitions it is the one in which
transitions are the places and pairs the moves between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.behavior import Behavior, behavior_id
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["OBLIGATIONS", "Obligations", "behavior_along"]

_PAIRS_LIMIT = 50_000_000
"""Arrays of more would not fit into the memory of a laptop."""


@dataclass(frozen=True, slots=True, eq=False)
class Obligations:
    """Places joined by moves, and which of them a suite must pass. What cannot be reached is not in it.

    Attributes:
        offsets: Shape (n + 1,): the moves that leave place p are `offsets[p]` … `offsets[p + 1] - 1`.
        targets: Shape (m,): the place to which each move leads.
        starts: Places where a behavior can begin, ascending.
        places: Shape (n,): whether each must be passed.
        moves: Shape (m,): likewise.
        path_along: The first state and the transitions of the path that begins at a place and takes these moves.
    """

    offsets: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    places: npt.NDArray[np.bool_]
    moves: npt.NDArray[np.bool_]
    path_along: Callable[[int, Sequence[int]], tuple[StateId, list[TransitionId]]]

    @property
    def sources(self) -> npt.NDArray[np.int64]:
        """Shape (m,): the place that each move leaves."""
        return np.repeat(np.arange(len(self.places)), np.diff(self.offsets))

    @property
    def count(self) -> int:
        return int(self.places.sum() + self.moves.sum())


def _of_states(graph: StateGraph) -> Obligations:
    return _on_states(graph, places=True)


def _of_transitions(graph: StateGraph) -> Obligations:
    return _on_states(graph, places=False)


def _on_states(graph: StateGraph, *, places: bool) -> Obligations:
    n_states = int((graph.levels > 0).sum())  # reachable states have the first numbers
    offsets = graph.offsets[: n_states + 1]
    targets = graph.targets[: offsets[-1]].astype(np.int64)
    return Obligations(
        offsets=offsets,
        targets=targets,
        starts=graph.initial.astype(np.int64),
        places=np.full(n_states, places),
        moves=np.full(len(targets), not places),
        path_along=lambda start, moves: (start, list(moves)),
    )


def _of_transition_pairs(graph: StateGraph) -> Obligations:
    reached = _of_transitions(graph)
    sources = reached.sources
    degrees = np.diff(reached.offsets)
    counts = degrees[reached.targets]
    if (total := int(counts.sum())) > _PAIRS_LIMIT:
        raise SelectionError(
            f"the graph has {total:,} pairs of successive transitions, more than {_PAIRS_LIMIT:,}",
            location=Location(graph.source),
            hint="cover transitions instead, or cut the model",
        )
    offsets = np.concatenate(([0], np.cumsum(counts)))
    within = np.arange(total) - np.repeat(offsets[:-1], counts)
    targets = np.repeat(reached.offsets[reached.targets], counts) + within
    return Obligations(
        offsets=offsets,
        targets=targets,
        starts=np.flatnonzero(np.isin(sources, reached.starts)),
        places=np.zeros(len(reached.targets), dtype=bool),
        moves=np.ones(total, dtype=bool),
        path_along=lambda start, moves: (int(sources[start]), [start, *targets[list(moves)].tolist()]),
    )


OBLIGATIONS: dict[str, Callable[[StateGraph], Obligations]] = {
    "states": _of_states,
    "transitions": _of_transitions,
    "transition-pairs": _of_transition_pairs,
}
"""By the criterion's name."""


def behavior_along(graph: StateGraph, start: StateId, transitions: Sequence[TransitionId]) -> Behavior:
    """The behavior that begins in `start` and takes `transitions`."""
    states: tuple[StateId, ...] = (start, *graph.targets[list(transitions)].tolist())
    return Behavior(behavior_id(graph, states, tuple(transitions)), states, tuple(transitions))
