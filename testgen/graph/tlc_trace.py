"""Read the counterexamples that TLC writes by `-dumpTrace json FILE` (2.20 of 2024-12 and later).

    {"state": [[1, {"x": 0}], ...],
     "action": [[[1, {"x": 0}], {"name": "Set", "context": {"v": 1}, "parameters": ["v"]}, [2, {"x": 1}]], ...]}

Since 2026 these two stand in a member `counterexample`. The values are as ambiguous as in other JSON of TLC.
"""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec

from testgen.errors import shortened
from testgen.graph.json_text import DECODING_ERRORS, JsonText
from testgen.graph.json_values import AMBIGUOUS, JsonValues, NotAValue
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.graph.trace import trace_graph
from testgen.values import Value

__all__ = ["read_tlc_trace"]

_HINT = "TLC's -dumpTrace json writes `state` and `action`"
_UNNAMED = "TLC names them in `action`; was the file edited?"


class _Step(msgspec.Struct):
    """What TLC tells of an action; `parameters` are in the specification's order."""

    name: str
    context: dict[str, msgspec.Raw] = {}
    parameters: list[str] = []


_State = tuple[int, dict[str, msgspec.Raw]]


class _Trace(msgspec.Struct):
    state: list[_State]
    action: list[tuple[_State, _Step, _State]] = []


class _Counterexample(msgspec.Struct):
    counterexample: _Trace


def read_tlc_trace(text: JsonText, document: dict[str, Any]) -> StateGraph:
    """The behavior in `document`, which is `text` parsed.

    Raises:
        ParseError: It is not of this shape.
        GraphError: It has no state.
    """
    is_wrapped = "counterexample" in document
    try:
        if is_wrapped:
            trace = msgspec.json.decode(text.text, type=_Counterexample).counterexample
        else:
            trace = msgspec.json.decode(text.text, type=_Trace)
    except DECODING_ERRORS as error:
        if isinstance(error, msgspec.ValidationError):
            text.fail_invalid(error, hint=_HINT)
        text.explain(error)
    return _Reading(text, ("counterexample",) if is_wrapped else ()).graph(trace)


class _Reading:
    """One trace on its way to a graph."""

    def __init__(self, text: JsonText, path: tuple[str, ...]) -> None:
        self._text = text
        self._path = path
        self._values = JsonValues()

    def graph(self, trace: _Trace) -> StateGraph:
        numbers = [number for number, _ in trace.state]
        if numbers != list(range(1, len(numbers) + 1)):
            self._fail("states are not numbered from 1 on", "state")
        states = [self._members(raw, "state", place, 1) for place, (_, raw) in enumerate(trace.state)]
        actions = [Action("")] * (len(states) - 1)
        warnings = [GraphWarning("ambiguous-values", AMBIGUOUS)]
        for place, ((source, _), step, (target, _)) in enumerate(trace.action):
            if not (1 <= source <= len(numbers) and 1 <= target <= len(numbers)):
                self._fail(f"a step from state {source} to {target} of {len(numbers)}", "action", place)
            action = self._action(step, place)
            if target == source + 1:
                actions[source - 1] = action
            elif source == len(numbers):  # the step that closes a loop; the last one if several are told
                states[len(numbers) :] = [states[target - 1]]
                actions[len(numbers) - 1 :] = [action]
                warnings[1:] = [GraphWarning("trace-loop", _loop(target))]
            else:
                self._fail(f"a step from state {source} to {target}, which the trace does not take", "action", place)
        return trace_graph(self._text.name, states, actions, warnings=warnings, unnamed_hint=_UNNAMED)

    def _action(self, step: _Step, place: int) -> Action:
        values = self._members(step.context, "action", place, 1, "context")
        missing = [name for name in step.parameters if name not in values]
        if missing:
            self._fail(f"no value for the parameter {shortened(missing[0])!r}", "action", place, 1)
        return Action(step.name, tuple(values[name] for name in step.parameters), tuple(step.parameters))

    def _members(self, members: dict[str, msgspec.Raw], *path: str | int) -> dict[str, Value]:
        values = {}
        for name, raw in members.items():
            try:
                values[name] = self._values.read(bytes(raw))
            except NotAValue as error:
                self._fail(f"{error.message} (in the value of {shortened(name)!r})", *path, name, *error.path)
            except DECODING_ERRORS as error:
                self._fail(f"the value of {shortened(name)!r} cannot be read ({error})", *path, name)
        return values

    def _fail(self, message: str, *path: str | int) -> NoReturn:
        self._text.fail_at(message, [*self._path, *path], hint=_HINT)


def _loop(target: int) -> str:
    return (
        f"the trace goes back to state {target} after its last one, for ever; a test of it goes round once, and ends "
        "when it is back"
    )
