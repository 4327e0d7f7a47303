"""A trace as a graph: the one behavior that a tool has found, a counterexample for instance, so that it can be tested.

The graph is a line: state after state as the trace has them, also where it comes back to an earlier one. A trace that
ends in a loop is a behavior without end, of which a test can only take a part: it goes round once, up to the step that
closes the loop if the trace names that step's action, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from testgen.errors import GraphError, Location, shortened
from testgen.graph.builder import GraphBuilder
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.values import Value

__all__ = ["trace_graph"]


def trace_graph(
    name: str,
    states: Sequence[Mapping[str, Value]],
    actions: Sequence[Action],
    *,
    warnings: Sequence[GraphWarning],
    unnamed_hint: str,
) -> StateGraph:
    """The graph of one behavior.

    Args:
        name: The file.
        states: All with the same variables.
        actions: One for each state but the first; of empty name where the trace does not tell it.
        warnings: What the reader noticed.
        unnamed_hint: How the trace could tell the actions.

    Raises:
        GraphError: There is no state, or one has other variables than the first.
    """
    location = Location(name)
    if not states:
        raise GraphError("the trace has no state", location=location, hint="was the file written whole?")
    names = list(states[0])
    for place, state in enumerate(states):
        if state.keys() != states[0].keys():
            raise GraphError(
                f"state {place} of the trace has the variables {shortened(', '.join(state), 200)}, "
                f"the first has {shortened(', '.join(names), 200)}",
                location=location,
                hint="a trace has the same variables in every state",
            )
    unnamed = sum(not action.name for action in actions)
    if unnamed:
        message = f"{unnamed} of the trace's {len(actions)} steps do not name their action; {unnamed_hint}"
        warnings = [*warnings, GraphWarning("no-action-labels", message)]
    columns: dict[str, dict[str, Value]] = {variable: {} for variable in names}
    for state in states:
        for variable, value in state.items():
            columns[variable].setdefault(value.key, value)
    places = {variable: {key: at for at, key in enumerate(column)} for variable, column in columns.items()}
    rows = [[places[variable][state[variable].key] for variable in names] for state in states]
    builder = GraphBuilder(name, len(states))
    builder.set_columns(
        {variable: list(column.values()) for variable, column in columns.items()},
        np.array(rows, dtype=np.int32).reshape(len(states), len(names)),
    )
    steps = np.arange(len(actions), dtype=np.int64)
    return builder.build(
        initial=np.zeros(1, dtype=np.int64),
        sources=steps,
        targets=steps + 1,
        labels=steps.astype(np.int32),
        label_texts=list(actions),
        fingerprints=np.arange(len(states), dtype=np.int64),
        warnings=warnings,
        is_trace=True,
    )
