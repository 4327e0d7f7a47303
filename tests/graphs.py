"""Small graphs with any names, written as `testgen.graph/1`: DOT dumps cannot say what parameters are called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Label = tuple[str, Sequence[str], Sequence[str]]
"""An action's name, its arguments as TLA+ text, and their names."""


def graph_text(
    states: Sequence[Mapping[str, str]], transitions: Sequence[tuple[int, Label, int]], initial: Sequence[int] = (0,)
) -> str:
    """A graph of states given as TLA+ text by variable."""
    variables = sorted(states[0])
    values = [sorted({state[name] for state in states}) for name in variables]
    labels = sorted(
        {(name, tuple(arguments), tuple(parameters)) for _, (name, arguments, parameters), _ in transitions}
    )
    places = {label: number for number, label in enumerate(labels)}
    document = {
        "schema": "testgen.graph/1",
        "variables": variables,
        "values": values,
        "actions": [{"name": n, "arguments": list(a), "parameters": list(p)} for n, a, p in labels],
        "states": [
            [column.index(state[name]) for name, column in zip(variables, values, strict=True)] for state in states
        ],
        "initial": list(initial),
        "transitions": [[source, places[n, tuple(a), tuple(p)], target] for source, (n, a, p), target in transitions],
        "fingerprints": [str(number) for number in range(len(states))],
        "constrained_out_states": 0,
        "warnings": [],
    }
    return json.dumps(document, ensure_ascii=False)


def write_graph(path: Path, *args: object, **kwargs: object) -> Path:
    """Write `graph_text` into a file."""
    path.write_text(graph_text(*args, **kwargs), encoding="utf-8")  # type: ignore[arg-type]  # passed on as they are
    return path
