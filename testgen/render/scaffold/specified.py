"""A graph as bindings see it: its variables, and for each kind of label one step with plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from testgen.bindings import Step
from testgen.bindings.verify import Specified
from testgen.graph import StateGraph, StateId
from testgen.values import Plain, to_plain

__all__ = ["plain_state", "specified"]

_TRIED = 5_000


def specified(graph: StateGraph) -> Specified:
    """What a binding must fit: one example for each action and number and names of arguments, by name."""
    examples: dict[tuple[str, int, tuple[str, ...]], Step] = {}
    for number, transition in _first_transitions(graph):
        action = graph.actions[number]
        kind = action.name, len(action.arguments), action.parameters
        if kind in examples:
            continue
        source, target = int(graph.sources[transition]), int(graph.targets[transition])
        arguments = tuple(to_plain(argument) for argument in action.arguments)
        before, after = plain_state(graph, source), plain_state(graph, target)
        examples[kind] = Step(action.name, arguments, before, after, action.parameters)
    steps = tuple(examples[kind] for kind in sorted(examples))
    return Specified(graph.variables, steps, partial(_some_values, graph))


def _some_values(graph: StateGraph, variable: str) -> Iterator[Plain]:
    """Values that a variable takes; of many, some thousand from all over."""
    values = graph.values[graph.variables.index(variable)]
    return map(to_plain, values[:: 1 + len(values) // _TRIED])


def plain_state(graph: StateGraph, state: StateId) -> Mapping[str, Plain]:
    """The values of all variables in `state`, by name."""
    return {name: to_plain(value) for name, value in graph.state(state).items()}


def _first_transitions(graph: StateGraph) -> list[tuple[int, int]]:
    """Each label that occurs with a transition that it labels: one that changes something, if there is one."""
    moving = np.flatnonzero(~graph.self_loops)
    in_order = np.concatenate([moving, np.flatnonzero(graph.self_loops)])
    labels, places = np.unique(graph.labels[in_order], return_index=True)
    return [(int(label), int(in_order[place])) for label, place in zip(labels, places, strict=True)]
