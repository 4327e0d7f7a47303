"""testgen's own JSON of a state graph, schema `testgen.graph/1`: whatever the graph came from, nothing is lost.

    {
    "schema": "testgen.graph/1",
    "variables": ["log", "x"],                                         alphabetical
    "values": [["<<>>", "<<m1>>"], ["0", "1"]],                        of each variable, as TLA+ text
    "actions": [{"name": "Add", "arguments": ["m1"], "parameters": []}],
    "states": [[0, 0], [1, 1]],                                        for each variable a place in its `values`
    "initial": [0],                                                    places in `states`
    "transitions": [[0, 0, 1]],                                        source, action, target: places
    "fingerprints": ["-34", "7"],                                      TLC's numbers, exact as text
    "constrained_out_states": 0,
    "warnings": [{"code": "...", "message": "..."}]
    }

TLA+ text tells all values apart, and is the one spelling that equal values share (`values.model`). The members stand in
this order, so that a reader can check each as it comes. Members may be added in one version of the schema; a reader
passes over those it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.errors import Location, ParseError, shortened
from testgen.graph.builder import GraphBuilder
from testgen.graph.json_stream import Batch, JsonStream
from testgen.graph.json_text import JsonText
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.graph.source import Stream
from testgen.values import Value, ValueReader, ValueSyntaxError

__all__ = ["SCHEMA", "read_graph_json"]

SCHEMA = "testgen.graph/1"
_DIGITS = 20
_FOUND_AGAIN = {"equal-states", "unreachable-states"}
_HINT = "`testgen inspect GRAPH --export FILE` writes this format"
_BEFORE = {
    "values": ["variables"],
    "states": ["variables", "values"],
    "initial": ["states"],
    "transitions": ["actions", "states"],
    "fingerprints": ["states"],
}
"""What must be known for a member to be checked."""

Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Row = tuple[Number, Number, Number]


class _Action(msgspec.Struct):
    name: str
    arguments: list[str]
    parameters: list[str]


class _Warning(msgspec.Struct):
    code: str
    message: str


def read_graph_json(stream: Stream) -> StateGraph:
    """Read a graph of this schema; the file is read once, a megabyte at a time.

    Raises:
        ParseError: It is malformed, or not of the schema.
        GraphError: There is no state, or none is initial.
    """
    reading = _Reading(JsonStream(stream))
    return reading.graph()


class _Reading:
    """One document on its way to a graph."""

    def __init__(self, reader: JsonStream) -> None:
        self._reader = reader
        self._values = ValueReader()
        self._variables: list[str] = []
        self._columns: list[list[Value]] = []
        self._actions: list[Action] = []
        self._initial: list[int] = []
        self._ranks: list[npt.NDArray[np.int32]] = []
        self._rows: list[npt.NDArray[np.int64]] = []
        self._fingerprints: list[npt.NDArray[np.int64]] = []
        self._n_states = 0
        self._constrained_out_states = 0
        self._warnings: list[GraphWarning] = []

    def graph(self) -> StateGraph:
        members = {
            "schema": self._read_schema,
            "variables": self._read_variables,
            "values": self._read_values,
            "actions": self._read_actions,
            "states": self._read_states,
            "initial": self._read_initial,
            "transitions": self._read_transitions,
            "fingerprints": self._read_fingerprints,
            "constrained_out_states": self._read_constrained_out_states,
            "warnings": self._read_warnings,
        }
        read: set[str] = set()
        for key in self._reader.members():
            missing = [other for other in _BEFORE.get(key, []) if other not in read]
            if missing:
                self._reader.value().fail(f"{key!r} stands before {missing[0]!r}", 0, hint=_HINT)
            members.get(key, self._pass_over)()
            read.add(key)
        for key in members:
            if key not in read:
                raise ParseError(f"there is no {key!r}", location=Location(self._reader.name, 1), hint=_HINT)
        return self._assemble()

    def _assemble(self) -> StateGraph:
        rows = np.concatenate([np.empty((0, 3), dtype=np.int64), *self._rows])
        ranks = np.concatenate([np.empty((0, len(self._variables)), dtype=np.int32), *self._ranks])
        builder = GraphBuilder(self._reader.name, self._n_states)
        builder.set_columns(dict(zip(self._variables, self._columns, strict=True)), ranks)
        return builder.build(
            initial=np.unique(np.array(self._initial, dtype=np.int64)),
            sources=rows[:, 0],
            targets=rows[:, 2],
            labels=rows[:, 1].astype(np.int32),
            label_texts=self._actions,
            fingerprints=np.concatenate([np.empty(0, dtype=np.int64), *self._fingerprints]),
            constrained_out_states=self._constrained_out_states,
            warnings=self._warnings,
        )

    def _pass_over(self) -> None:
        self._reader.value().parse()

    # The members, in their order

    def _read_schema(self) -> None:
        text = self._reader.value()
        schema = text.parse()
        if schema != SCHEMA:
            shown = repr(shortened(schema)) if isinstance(schema, str) else "no name"
            text.fail(f"is of schema {shown}; this testgen reads {SCHEMA}", 0, hint=_HINT)

    def _read_variables(self) -> None:
        text, self._variables = self._small(list[str])
        if len(set(self._variables)) < len(self._variables):
            text.fail("a variable stands twice", 0, hint=_HINT)

    def _read_values(self) -> None:
        for _ in self._reader.items():
            column: list[Value] = []
            for batch in self._reader.elements(lambda _: str):
                column += [self._value(text, batch.text, place) for place, text in enumerate(batch.elements)]
            self._columns.append(column)
        if len(self._columns) != len(self._variables):
            message = f"values of {len(self._columns)} variables, of which there are {len(self._variables)}"
            raise ParseError(message, location=self._reader.location(), hint=_HINT)

    def _read_actions(self) -> None:
        text, actions = self._small(list[_Action])
        for place, action in enumerate(actions):
            if action.parameters and len(action.parameters) != len(action.arguments):
                message = f"{len(action.parameters)} parameters for {len(action.arguments)} arguments"
                text.fail_at(message, [place], hint=_HINT)
            arguments = [
                self._value(argument, lambda: text, place, "arguments", to)
                for to, argument in enumerate(action.arguments)
            ]
            self._actions.append(Action(action.name, tuple(arguments), tuple(action.parameters)))

    def _read_states(self) -> None:
        limits = [(len(column), "values") for column in self._columns]
        for batch in self._reader.elements(lambda _: list[Number]):
            for place, row in enumerate(batch.elements):
                if len(row) != len(limits):
                    message = f"{len(row)} values for {len(limits)} variables"
                    batch.text().fail_at(message, [place], hint=_HINT)
            ranks = np.array(batch.elements, dtype=np.int32).reshape(len(batch.elements), len(limits))
            self._check_places(batch, ranks, limits)
            self._ranks.append(ranks)
            self._n_states += len(ranks)

    def _read_initial(self) -> None:
        text, self._initial = self._small(list[Number])
        for place, state in enumerate(self._initial):
            if state >= self._n_states:
                text.fail_at(f"{state} is no place in {self._n_states:,} states", [place], hint=_HINT)

    def _read_transitions(self) -> None:
        states, actions = (self._n_states, "states"), (len(self._actions), "actions")
        for batch in self._reader.elements(lambda _: _Row):
            rows = np.array(batch.elements, dtype=np.int64).reshape(-1, 3)
            self._check_places(batch, rows, [states, actions, states])
            self._rows.append(rows)

    def _read_fingerprints(self) -> None:
        for batch in self._reader.elements(lambda _: str):
            numbers = np.empty(len(batch.elements), dtype=np.int64)
            for place, text in enumerate(batch.elements):
                try:
                    numbers[place] = int(text) if len(text) <= _DIGITS else 2**64
                except (ValueError, OverflowError):
                    batch.text().fail_at("is not a number of 64 bits", [place], hint=_HINT)
            self._fingerprints.append(numbers)
        length = sum(map(len, self._fingerprints))
        if length != self._n_states:
            message = f"{length:,} fingerprints for {self._n_states:,} states"
            raise ParseError(message, location=self._reader.location(), hint=_HINT)

    def _read_constrained_out_states(self) -> None:
        self._constrained_out_states = self._small(Number)[1]

    def _read_warnings(self) -> None:
        found: list[_Warning] = self._small(list[_Warning])[1]
        self._warnings = [GraphWarning(w.code, w.message) for w in found if w.code not in _FOUND_AGAIN]

    # Their parts

    def _small(self, kind: Any) -> tuple[JsonText, Any]:  # Any: a type, and what is of it
        text = self._reader.value()
        try:
            return text, msgspec.convert(text.parse(), kind)
        except msgspec.ValidationError as error:
            text.fail_invalid(error, hint=_HINT)

    def _value(self, text: str, where: Callable[[], JsonText], *path: str | int) -> Value:
        try:
            return self._values.read(text)
        except ValueSyntaxError as error:
            where().fail_at(f"{error.message} in this value", path, hint="values are TLA+ text")

    def _check_places(self, batch: Batch[Any], rows: npt.NDArray[Any], limits: list[tuple[int, str]]) -> None:
        beyond = np.argwhere(rows >= np.array([limit for limit, _ in limits]))
        if len(beyond):
            place, column = beyond[0].tolist()
            limit, things = limits[column]
            message = f"{rows[place, column]} is no place in {limit:,} {things}"
            batch.text().fail_at(message, [place, column], hint=_HINT)
