"""A graph as bindings see it: its variables, and for each kind of label some steps with plain values."""

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
    """What a binding must fit: for each action and number and names of arguments steps that change different variables.

    Such as a message that reaches a node which has it already: what tells the arguments of the others may stay there.
    """
    examples: dict[tuple[tuple[str, int, tuple[str, ...]], frozenset[str]], Step] = {}
    for number, transition in _some_transitions(graph):
        action = graph.actions[number]
        source, target = int(graph.sources[transition]), int(graph.targets[transition])
        ranks = zip(graph.variables, graph.ranks[source].tolist(), graph.ranks[target].tolist(), strict=True)
        kind = action.name, len(action.arguments), action.parameters
        changed = frozenset(variable for variable, one, other in ranks if one != other)
        if (kind, changed) in examples:
            continue
        arguments = tuple(to_plain(argument) for argument in action.arguments)
        before, after = plain_state(graph, source), plain_state(graph, target)
        examples[kind, changed] = Step(action.name, arguments, before, after, action.parameters)
    steps = [example for _, example in sorted(examples.items(), key=lambda item: (item[0][0], -len(item[0][1])))]
    return Specified(graph.variables, tuple(steps), partial(_some_values, graph))


def _some_values(graph: StateGraph, variable: str) -> Iterator[Plain]:
    """Values that a variable takes; of many, some thousand from all over."""
    values = graph.values[graph.variables.index(variable)]
    return map(to_plain, values[:: 1 + len(values) // _TRIED])


def plain_state(graph: StateGraph, state: StateId) -> Mapping[str, Plain]:
    """The values of all variables in `state`, by name."""
    return {name: to_plain(value) for name, value in graph.state(state).items()}


def _some_transitions(graph: StateGraph) -> Iterator[tuple[int, int]]:
    """Labels with a transition of each; first every label that occurs, with one that changes something if there is one.

    Then any others; of many, some from all over.
    """
    moving = np.flatnonzero(~graph.self_loops)
    in_order = np.concatenate([moving, np.flatnonzero(graph.self_loops)])
    labels, places = np.unique(graph.labels[in_order], return_index=True)
    yield from zip(labels.tolist(), in_order[places].tolist(), strict=True)
    further = in_order[:: 1 + len(in_order) // _TRIED]
    yield from zip(graph.labels[further].tolist(), further.tolist(), strict=True)
