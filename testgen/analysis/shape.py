"""The shape of a graph: terminal states, cycles, an order in which sources come before targets, and path counts.

Self-loops are left out throughout: they neither make a graph cyclic nor a state less terminal.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["Shape", "behaviors_from", "count_behaviors", "example_cycle", "find_shape", "terminal_states"]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Where a graph goes round.

    Attributes:
        components: Shape (n_states,): the strongly connected component of each state, numbered arbitrarily.
        cyclic: Shape (n_states,): whether a cycle other than a self-loop goes through the state.
        cycle_sizes: Number of states in each component that has a cycle, largest first.
    """

    components: npt.NDArray[np.int32]
    cyclic: BoolArray
    cycle_sizes: tuple[int, ...]

    @property
    def is_dag(self) -> bool:
        return not self.cycle_sizes


def find_shape(graph: StateGraph) -> Shape:
    """Find the strongly connected components. Linear in states + transitions (Pearce 2005, by scipy)."""
    ones = np.ones(graph.n_transitions, dtype=np.int8)
    matrix = csr_array((ones, graph.targets, graph.offsets), shape=(graph.n_states, graph.n_states))
    _, components = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(components)
    return Shape(
        components=components,
        cyclic=sizes[components] > 1,
        cycle_sizes=tuple(sorted(sizes[sizes > 1].tolist(), reverse=True)),
    )


def terminal_states(graph: StateGraph) -> npt.NDArray[np.int64]:
    """The states without a transition to another state, ascending."""
    leaves = np.bincount(graph.sources[~graph.self_loops], minlength=graph.n_states)
    return np.flatnonzero(leaves == 0)


def count_behaviors(graph: StateGraph) -> int | None:
    """The number of maximal paths from the initial states, as sequences of transitions; None if it is infinite.

    Exact, in big integers: 3e29 is not rare. Linear in the reachable states + transitions.
    """
    order = _topological_order(graph)
    if order is None:
        return None
    paths = _behaviors_from(graph, order)
    starts: list[int] = graph.initial.tolist()
    return sum(paths[state] for state in starts)


def behaviors_from(graph: StateGraph) -> list[int]:
    """The number of maximal paths from each state of an acyclic graph, self-loops left out; 0 if out of reach."""
    order = _topological_order(graph)
    assert order is not None, "the graph has a cycle"
    return _behaviors_from(graph, order)


def _behaviors_from(graph: StateGraph, order: list[StateId]) -> list[int]:
    offsets: list[int] = graph.offsets.tolist()
    targets: list[int] = graph.targets.tolist()
    paths: list[int] = [0] * graph.n_states
    for state in reversed(order):
        onward = [paths[target] for target in targets[offsets[state] : offsets[state + 1]] if target != state]
        paths[state] = sum(onward) if onward else 1
    return paths


def _topological_order(graph: StateGraph) -> list[StateId] | None:
    """The reachable states, sources before targets; None if there is a cycle among them (Kahn 1962)."""
    reachable = graph.levels > 0
    inner = ~graph.self_loops & reachable[graph.sources]
    waiting = np.bincount(graph.targets[inner], minlength=graph.n_states).tolist()
    offsets, targets = graph.offsets.tolist(), graph.targets.tolist()
    ready = [state for state in np.flatnonzero(reachable).tolist() if waiting[state] == 0]
    order: list[StateId] = []
    while ready:
        state = ready.pop()
        order.append(state)
        for target in targets[offsets[state] : offsets[state + 1]]:
            if target != state:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
    return order if len(order) == int(reachable.sum()) else None


def example_cycle(graph: StateGraph, shape: Shape) -> list[TransitionId]:
    """The transitions of a shortest cycle through the first reachable state that has one; empty without a cycle."""
    starts = np.flatnonzero(shape.cyclic & (graph.levels > 0))
    if len(starts) == 0:
        return []
    start = int(starts[0])
    came_by: dict[StateId, TransitionId] = {}
    queue = deque([start])
    while start not in came_by:
        state = queue.popleft()
        for transition in range(int(graph.offsets[state]), int(graph.offsets[state + 1])):
            target = int(graph.targets[transition])
            if target != state and target not in came_by and shape.components[target] == shape.components[start]:
                came_by[target] = transition
                queue.append(target)
    cycle = [came_by[start]]
    while (state := int(graph.sources[cycle[-1]])) != start:
        cycle.append(came_by[state])
    return cycle[::-1]
