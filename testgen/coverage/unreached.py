"""What was never reached: each obligation in words, why, and a shortest behavior that would reach it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testgen.coverage.fates import Fate
from testgen.coverage.graph_coverage import GraphCoverage
from testgen.graph import StateGraph, StateId, TransitionId
from testgen.selection.shortest import Tree

__all__ = ["Unreached", "nearest_unreached"]

_SORTED_UP_TO = 10_000


@dataclass(frozen=True, slots=True)
class Unreached:
    """An obligation that is not covered.

    Attributes:
        what: In words, states by their numbers in the graph.
        why: What became of it.
        behavior: Actions with arguments, as few as lead there from an initial state.
        states: The states on the way, one more.
    """

    what: str
    why: Fate
    behavior: tuple[str, ...]
    states: tuple[StateId, ...]


def nearest_unreached(coverage: GraphCoverage, criterion: str, *, limit: int) -> list[Unreached]:
    """The obligations of a criterion that were not executed, or without a log not planned; the nearest first.

    Args:
        coverage: What was measured.
        criterion: One of those that were.
        limit: The most to tell.
    """
    measured = coverage.criteria[criterion]
    # Of states, transitions and their pairs there can be millions; but their numbers go by level already.
    numbers = np.flatnonzero(coverage.missed(criterion))[: max(limit, _SORTED_UP_TO)].tolist()
    graph, levels = coverage.evidence.graph, coverage.part.graph.levels
    ends = list(zip(numbers, measured.obligations.nearest(numbers), strict=True))
    ends.sort(key=lambda pair: (int(levels[pair[1][0]]) + len(pair[1][1]), pair[0]))
    tree = Tree(coverage.part.graph)
    told = []
    for number, (state, end) in ends[:limit]:
        start, way = tree.way_to(state)
        first, transitions = coverage.part.whole((start, [*way, *end]))
        told.append(
            Unreached(
                what=_words(graph, criterion, first, transitions),
                why=Fate(int(measured.fates[number])),
                behavior=tuple(str(graph.action(transition)) for transition in transitions),
                states=(first, *graph.targets[list(transitions)].tolist()),
            )
        )
    return told


def _words(graph: StateGraph, criterion: str, first: StateId, way: tuple[TransitionId, ...]) -> str:
    """What the way to an obligation ends with."""
    actions = [graph.action(transition) for transition in way[-2:]]
    match criterion:
        case "states":
            return f"state {graph.targets[way[-1]] if way else first}"
        case "transitions":
            return f"{actions[-1]} from state {graph.sources[way[-1]]} to {graph.targets[way[-1]]}"
        case "actions":
            return actions[-1].name
        case "action-pairs":
            return f"{actions[0].name}, {actions[1].name}"
        case _:
            return f"{actions[0]}, {actions[1]} through state {graph.sources[way[-1]]}"
