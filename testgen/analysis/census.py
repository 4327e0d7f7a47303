"""The census of a graph: every number that `testgen inspect` tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testgen.analysis.shape import count_behaviors, find_shape, terminal_states
from testgen.graph import GraphWarning, StateGraph

__all__ = ["Census", "VariableSample", "naming_warnings", "take_census"]

_NEXT = "Next"
"""What nearly every specification calls its next-state relation; no step of it should need that name."""
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class VariableSample:
    """How many values a variable takes, and a few of them as TLA+ text: the initial one first."""

    distinct: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Census:
    """What is in a graph.

    Attributes:
        depth: Breadth-first levels; an initial state alone is 1.
        cycle_sizes: Number of states in each strongly connected component with a cycle, largest first.
        behaviors: Number of maximal paths; None if there are infinitely many.
        actions: Transitions of each action name, by name.
        warnings: Those of the dump, those of its names, and those of its shape.
    """

    states: int
    initial_states: int
    transitions: int
    self_loops: int
    terminal_states: int
    constrained_out_states: int
    depth: int
    dag: bool
    cycle_sizes: tuple[int, ...]
    behaviors: int | None
    actions: dict[str, int]
    variables: dict[str, VariableSample]
    warnings: tuple[GraphWarning, ...]


def take_census(graph: StateGraph) -> Census:
    """Count everything. Linear in states + transitions."""
    shape = find_shape(graph)
    terminal = terminal_states(graph)
    return Census(
        states=graph.n_states,
        initial_states=len(graph.initial),
        transitions=graph.n_transitions,
        self_loops=int(graph.self_loops.sum()),
        terminal_states=len(terminal),
        constrained_out_states=graph.constrained_out_states,
        depth=int(graph.levels.max()),
        dag=shape.is_dag,
        cycle_sizes=shape.cycle_sizes,
        behaviors=count_behaviors(graph),
        actions=_count_actions(graph),
        variables=_sample_variables(graph),
        warnings=(*graph.warnings, *naming_warnings(graph), *_shape_warnings(shape.is_dag, len(terminal))),
    )


def naming_warnings(graph: StateGraph) -> list[GraphWarning]:
    r"""Tell of steps that TLC could not name.

    It looks for a definition through disjunctions and through quantifiers over constant sets, and no further: `\E m \in
    msgs : Receive(m)` in the midst of `Next` is called `Next`. Seen in 2.15.
    """
    if not any(action.name == _NEXT for action in graph.actions):
        return []
    message = (
        f"steps are called {_NEXT!r}, as TLC calls those that are quantified over a set that depends on the state: "
        r"it may stand for several actions. Name them, as in Deliver == \E m \in msgs : Receive(m), "
        f"for {_NEXT} to consist of"
    )
    return [GraphWarning("steps-without-a-name", message)]


def _count_actions(graph: StateGraph) -> dict[str, int]:
    counts: dict[str, int] = {}
    per_label = np.bincount(graph.labels, minlength=len(graph.actions)).tolist()
    for action, count in zip(graph.actions, per_label, strict=True):
        if count:
            counts[action.name] = counts.get(action.name, 0) + count
    return counts


def _sample_variables(graph: StateGraph) -> dict[str, VariableSample]:
    """The initial state's value, then values spread over the others."""
    first = graph.state(int(graph.initial[0]))
    result = {}
    for name, values in zip(graph.variables, graph.values, strict=True):
        others = [value.key for value in values if value != first[name]]
        chosen = [others[len(others) * number // (_SAMPLES - 1)] for number in range(min(_SAMPLES - 1, len(others)))]
        result[name] = VariableSample(len(values), (first[name].key, *chosen))
    return result


def _shape_warnings(is_dag: bool, terminal: int) -> list[GraphWarning]:
    if is_dag or not terminal:
        return []
    message = (
        f"the graph has cycles and also terminal states ({terminal:,}): deadlocks, or states that TLC had not expanded "
        "when it stopped"
    )
    return [GraphWarning("terminal-states-in-cyclic-graph", message)]
