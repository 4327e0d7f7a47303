"""The part of a graph that behaviors may walk: what transitions that the user allows reach from an initial state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, StateId, TransitionId
from testgen.graph._kernels import breadth_first_levels

__all__ = ["Part", "Path", "part_of"]

Path = tuple[StateId, list[TransitionId]]
"""The state it begins in, and its transitions."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A graph with numbers of its own, all of whose states can be reached.

    Attributes:
        graph: The part.
        states: Shape (graph.n_states,): each state's number in the whole graph, ascending.
        transitions: Shape (graph.n_transitions,): likewise.
    """

    graph: StateGraph
    states: npt.NDArray[np.int64]
    transitions: npt.NDArray[np.int64]

    def whole(self, path: Path) -> tuple[StateId, tuple[TransitionId, ...]]:
        """The same path in the whole graph's numbers."""
        start, transitions = path
        return int(self.states[start]), tuple(self.transitions[list(transitions)].tolist())


def part_of(graph: StateGraph, allowed: npt.NDArray[np.bool_], welcome: npt.NDArray[np.bool_]) -> Part:
    """Cut from `graph` what cannot be walked.

    Args:
        graph: The whole.
        allowed: Shape (n_transitions,): the transitions that may be taken.
        welcome: Shape (n_states,): the states that may be visited.

    Raises:
        SelectionError: No initial state may be visited.
    """
    initial = graph.initial[welcome[graph.initial]]
    if not len(initial):
        raise SelectionError(
            "no behavior is left: every initial state is avoided",
            location=Location(graph.source),
            hint="let --only and --avoid hold for an initial state",
        )
    kept = np.flatnonzero(allowed & welcome[graph.sources] & welcome[graph.targets])
    offsets = _offsets(graph.sources[kept], graph.n_states)
    levels = breadth_first_levels(offsets, graph.targets[kept], initial)
    states = np.flatnonzero(levels > 0)
    kept = kept[levels[graph.sources[kept]] > 0]
    number = np.zeros(graph.n_states, dtype=np.int32)
    number[states] = np.arange(len(states), dtype=np.int32)
    part = replace(
        graph,
        ranks=graph.ranks[states],
        offsets=_offsets(number[graph.sources[kept]], len(states)),
        targets=number[graph.targets[kept]],
        labels=graph.labels[kept],
        initial=number[initial],
        levels=levels[states],
        fingerprints=graph.fingerprints[states],
    )
    return Part(part, states, kept)


def _offsets(sources: npt.NDArray[np.int32], n_states: int) -> npt.NDArray[np.int64]:
    offsets = np.zeros(n_states + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=n_states), out=offsets[1:])
    return offsets
