"""Strategy `shortest` for criterion `transitions`: a shortest behavior to each transition, of any graph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from testgen.analysis import find_shape
from testgen.behavior import Behavior, Suite, behavior_id
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["select_shortest"]


def select_shortest(graph: StateGraph, *, limit: int) -> Suite:
    """A shortest behavior that ends in each reachable transition, without those that others pass on their way.

    No guarantee on the number of tests; the suite's `lower_bound` says how far from the fewest it can be.

    Raises:
        SelectionError: More than `limit` behaviors are needed, or no transition can be reached.
    """
    came_by = _breadth_first_tree(graph)
    reachable = np.flatnonzero(graph.levels[graph.sources] > 0)
    if not len(reachable):
        raise SelectionError("the graph has no transition to cover", location=Location(graph.source))
    farthest_first = reachable[np.argsort(-graph.levels[graph.sources[reachable]], kind="stable")]
    covered = np.zeros(graph.n_transitions, dtype=bool)
    chosen: list[list[TransitionId]] = []
    for last in farthest_first.tolist():
        if covered[last]:
            continue
        path = [last]
        while (before := came_by[int(graph.sources[path[-1]])]) >= 0:
            path.append(before)
        path.reverse()
        covered[path] = True
        chosen.append(path)
    if len(chosen) > limit:
        raise SelectionError(
            f"the transitions need {len(chosen):,} behaviors, more than the limit of {limit:,}",
            location=Location(graph.source),
            hint=f"--limit {len(chosen)} takes them all",
        )
    behaviors = tuple(_behavior(graph, path) for path in sorted(chosen))
    return Suite(graph, "transitions", "shortest", behaviors, lower_bound=_fewest(graph))


def _breadth_first_tree(graph: StateGraph) -> npt.NDArray[np.int64]:
    """For each state the first transition that reaches it from the level before; -1 for an initial state."""
    came_by = np.full(graph.n_states, -1, dtype=np.int64)
    forward = np.flatnonzero(
        (graph.levels[graph.sources] > 0) & (graph.levels[graph.targets] == graph.levels[graph.sources] + 1)
    )
    came_by[graph.targets[forward[::-1]]] = forward[::-1]  # of several assignments the last counts
    return came_by


def _behavior(graph: StateGraph, path: list[TransitionId]) -> Behavior:
    transitions = tuple(path)
    states: tuple[StateId, ...] = (int(graph.sources[path[0]]), *graph.targets[path].tolist())
    return Behavior(behavior_id(graph, states, transitions), states, transitions)


def _fewest(graph: StateGraph) -> int:
    """A bound no suite can beat: of transitions that cross from one half of the graph to the other, and none back, a
    behavior takes at most one. (Such a cut is the dual of a minimum flow; the best of the layers' cuts is taken.)
    """
    shape = find_shape(graph)
    crossing = (shape.components[graph.sources] != shape.components[graph.targets]) & (graph.levels[graph.sources] > 0)
    sources, targets = graph.sources[crossing], graph.targets[crossing]
    layers = np.zeros(graph.n_states, dtype=np.int64)
    per_component = np.zeros(int(shape.components.max()) + 1, dtype=np.int64)
    while True:  # longest paths between components, as many rounds as the longest
        np.maximum.at(per_component, shape.components[targets], per_component[shape.components[sources]] + 1)
        relaxed = per_component[shape.components]
        if np.array_equal(relaxed, layers):
            break
        layers = relaxed
    if not len(sources):
        return 1
    steps = np.zeros(int(layers.max()) + 1, dtype=np.int64)
    np.add.at(steps, layers[sources], 1)
    np.add.at(steps, layers[targets], -1)
    return max(1, int(np.cumsum(steps).max()))
