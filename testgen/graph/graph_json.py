"""testgen's own JSON of a state graph, schema `testgen.graph/1`: whatever the graph came from, nothing is lost.

    {
    "schema": "testgen.graph/1",
    "variables": ["log", "x"],                                         alphabetical
    "values": [["<<>>", "<<m1>>"], ["0", "1"]],                        of each variable, as TLA+ text
    "actions": [{"name": "Add", "arguments": ["m1"], "parameters": []}],
    "initial": [0],                                                    places in `states`
    "states": [[0, 0], [1, 1]],                                        for each variable a place in its `values`
    "transitions": [[0, 0, 1]],                                        source, action, target: places
    "fingerprints": ["-34", "7"],                                      TLC's numbers, exact as text
    "constrained_out_states": 0,
    "warnings": [{"code": "...", "message": "..."}]
    }

TLA+ text tells all values apart, and is the one spelling that equal values share (`values.model`). Keys may be added in
one version of the schema; a reader passes over those it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.graph.builder import GraphBuilder
from testgen.graph.json_text import JsonText
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.values import Value, ValueReader, ValueSyntaxError

__all__ = ["SCHEMA", "graph_document", "read_graph_json"]

SCHEMA = "testgen.graph/1"
_FOUND_AGAIN = {"equal-states", "unreachable-states"}
_HINT = "`testgen inspect GRAPH --export FILE` writes this format, and `testgen help formats` tells it"

Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class _Action(msgspec.Struct):
    name: str
    arguments: list[str]
    parameters: list[str]


class _Warning(msgspec.Struct):
    code: str
    message: str


class _Document(msgspec.Struct):
    variables: list[str]
    values: list[list[str]]
    actions: list[_Action]
    initial: list[Number]
    states: list[list[Number]]
    transitions: list[tuple[Number, Number, Number]]
    fingerprints: list[str]
    constrained_out_states: Number
    warnings: list[_Warning]


def graph_document(graph: StateGraph) -> Iterator[bytes]:
    """The document of `graph`, piece by piece: a function of the graph alone, one state or transition a line."""
    encode = msgspec.json.encode
    actions = [
        _Action(action.name, [argument.key for argument in action.arguments], list(action.parameters))
        for action in graph.actions
    ]
    yield b'{\n"schema": ' + encode(SCHEMA)
    yield b',\n"variables": ' + encode(graph.variables)
    yield from _lines("values", ([value.key for value in column] for column in graph.values))
    yield from _lines("actions", actions)
    yield b',\n"initial": ' + encode(graph.initial.tolist())
    yield from _lines("states", graph.ranks.tolist())
    rows = zip(graph.sources.tolist(), graph.labels.tolist(), graph.targets.tolist(), strict=True)
    yield from _lines("transitions", rows)
    yield b',\n"fingerprints": ' + encode([str(number) for number in graph.fingerprints.tolist()])
    yield b',\n"constrained_out_states": ' + encode(graph.constrained_out_states)
    yield from _lines("warnings", [_Warning(warning.code, warning.message) for warning in graph.warnings])
    yield b"\n}\n"


def _lines(key: str, rows: Iterable[object]) -> Iterator[bytes]:
    yield f',\n"{key}": ['.encode()
    separator = b"\n"
    for row in rows:
        yield separator + msgspec.json.encode(row)
        separator = b",\n"
    yield b"\n]"


def read_graph_json(text: JsonText, document: dict[str, Any]) -> StateGraph:
    """The graph in `document`, which is `text` parsed.

    Raises:
        ParseError: It is not of the schema.
        GraphError: There is no state, or none is initial.
    """
    schema = document.get("schema")
    if schema != SCHEMA:
        shown = repr(schema)[:80] if isinstance(schema, str | int) else "no name"
        text.fail_at(f"is of schema {shown}; this testgen reads {SCHEMA}", ["schema"], hint=_HINT)
    try:
        found = msgspec.convert(document, _Document)
    except msgspec.ValidationError as error:
        text.fail_invalid(error, hint=_HINT)
    _check_shape(text, found)
    return _Reading(text, found).graph()


def _check_shape(text: JsonText, found: _Document) -> None:
    lengths = {
        "values": (len(found.values), len(found.variables), "variables"),
        "fingerprints": (len(found.fingerprints), len(found.states), "states"),
    }
    for key, (length, wanted, things) in lengths.items():
        if length != wanted:
            text.fail_at(f"{length:,} {key} for {wanted:,} {things}", [key], hint=_HINT)
    if len(set(found.variables)) < len(found.variables):
        text.fail_at("a variable stands twice", ["variables"], hint=_HINT)
    for place, row in enumerate(found.states):
        if len(row) != len(found.variables):
            message = f"{len(row)} values for {len(found.variables)} variables"
            text.fail_at(message, ["states", place], hint=_HINT)
    for place, action in enumerate(found.actions):
        if action.parameters and len(action.parameters) != len(action.arguments):
            message = f"{len(action.parameters)} parameters for {len(action.arguments)} arguments"
            text.fail_at(message, ["actions", place], hint=_HINT)


class _Reading:
    """One document on its way to a graph."""

    def __init__(self, text: JsonText, found: _Document) -> None:
        self._text = text
        self._found = found
        self._reader = ValueReader()

    def graph(self) -> StateGraph:
        found = self._found
        n_states = len(found.states)
        ranks = np.array(found.states, dtype=np.int32).reshape(n_states, len(found.variables))
        rows = np.array(found.transitions, dtype=np.int64).reshape(-1, 3)
        initial = np.array(found.initial, dtype=np.int64)
        for column, values in enumerate(found.values):
            self._check_places(ranks[:, column], len(values), "values", lambda at, to=column: ["states", at, to])
        for column, (limit, things) in enumerate(
            [(n_states, "states"), (len(found.actions), "actions"), (n_states, "states")]
        ):
            self._check_places(rows[:, column], limit, things, lambda at, to=column: ["transitions", at, to])
        self._check_places(initial, n_states, "states", lambda at: ["initial", at])
        builder = GraphBuilder(self._text.name, n_states)
        columns = {
            name: [self._value(text, "values", at, to) for to, text in enumerate(texts)]
            for at, (name, texts) in enumerate(zip(found.variables, found.values, strict=True))
        }
        builder.set_columns(columns, ranks)
        return builder.build(
            initial=np.unique(initial),
            sources=rows[:, 0],
            targets=rows[:, 2],
            labels=rows[:, 1].astype(np.int32),
            label_texts=[self._action(at, action) for at, action in enumerate(found.actions)],
            fingerprints=self._fingerprints(),
            constrained_out_states=found.constrained_out_states,
            warnings=[GraphWarning(w.code, w.message) for w in found.warnings if w.code not in _FOUND_AGAIN],
        )

    def _check_places(self, places: npt.NDArray[Any], limit: int, things: str, path: Any) -> None:  # Any: a lambda
        beyond = np.flatnonzero(places >= limit)
        if len(beyond):
            at = int(beyond[0])
            self._text.fail_at(f"{places[at]} is no place in {limit:,} {things}", path(at), hint=_HINT)

    def _value(self, text: str, *path: str | int) -> Value:
        try:
            return self._reader.read(text)
        except ValueSyntaxError as error:
            self._text.fail_at(f"{error.message} in this value", path, hint="values are TLA+ text")

    def _action(self, at: int, action: _Action) -> Action:
        arguments = (self._value(text, "actions", at, "arguments", to) for to, text in enumerate(action.arguments))
        return Action(action.name, tuple(arguments), tuple(action.parameters))

    def _fingerprints(self) -> npt.NDArray[np.int64]:
        numbers = np.empty(len(self._found.fingerprints), dtype=np.int64)
        for place, text in enumerate(self._found.fingerprints):
            try:
                numbers[place] = int(text) if len(text) <= 20 else 2**64
            except (ValueError, OverflowError):
                self._text.fail_at("is not a number of 64 bits", ["fingerprints", place], hint=_HINT)
        return numbers
