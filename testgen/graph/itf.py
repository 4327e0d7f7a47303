"""Read traces in the Informal Trace Format (`.itf.json`) of Apalache and Quint; see `values.itf` for the values.

    {"#meta": {...}, "vars": ["x"], "states": [{"#meta": {"index": 0}, "x": {"#bigint": "1"}}, ...], "loop": 0}

ITF has no place for action names. Quint's `--mbt` writes them into variables of its own; a specification for Apalache
can keep the last action's name in a variable, which is then read from one of `ACTION_VARIABLES`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from testgen.errors import shortened
from testgen.graph.json_text import JsonText
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.graph.trace import trace_graph
from testgen.values import Value
from testgen.values.itf import NotItf, itf_value
from testgen.values.model import Function, String

__all__ = ["ACTION_VARIABLES", "read_itf"]

_QUINT_ACTION, _QUINT_PICKS = "mbt::actionTaken", "mbt::nondetPicks"
ACTION_VARIABLES = _QUINT_ACTION, "action_taken", "actionTaken", "last_action", "lastAction"
_HINT = "was the file written by Apalache or Quint?"
_UNNAMED = "run Quint with --mbt, or keep the action's name in a variable `action_taken` of the specification"


def read_itf(text: JsonText, document: dict[str, Any]) -> StateGraph:
    """The behavior in `document`, which is `text` parsed.

    Raises:
        ParseError: It is not ITF.
        GraphError: It has no state.
    """
    nodes = document.get("states")
    if not isinstance(nodes, list):
        text.fail_at("ITF has an array of states", ["states"], hint=_HINT)
    states = [_state(text, node, place) for place, node in enumerate(nodes)]
    names = document.get("vars", list(states[0]) if states else [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        text.fail_at("vars is not an array of names", ["vars"], hint=_HINT)
    for place, state in enumerate(states):
        missing = [name for name in names if name not in state]
        if missing:
            text.fail_at(f"this state lacks the variable {shortened(missing[0])}", ["states", place], hint=_HINT)
    actions = _actions(states)
    warnings = _loop(text, document.get("loop"), len(states))
    kept = [{name: value for name, value in state.items() if not name.startswith("mbt::")} for state in states]
    return trace_graph(text.name, kept, actions, warnings=warnings, unnamed_hint=_UNNAMED)


def _state(text: JsonText, node: object, place: int) -> dict[str, Value]:
    if not isinstance(node, dict):
        text.fail_at("a state is an object", ["states", place], hint=_HINT)
    state = {}
    for name, value in node.items():
        if name == "#meta":
            continue
        try:
            state[name] = itf_value(value)
        except NotItf as error:
            _fail(text, error, ("states", place, name))
    return state


def _fail(text: JsonText, error: NotItf, path: tuple[str | int, ...]) -> NoReturn:
    text.fail_at(f"{error.message} (in the value of {shortened(str(path[-1]))!r})", [*path, *error.path], hint=_HINT)


def _actions(states: list[dict[str, Value]]) -> list[Action]:
    """The action of each step, from the state after it."""
    for name in ACTION_VARIABLES:
        if states and all(isinstance(state.get(name), String) for state in states):
            return [_action(name, state) for state in states[1:]]
    return [Action("")] * (len(states) - 1)


def _action(variable: str, state: dict[str, Value]) -> Action:
    name = state[variable]
    assert isinstance(name, String)
    picks = state.get(_QUINT_PICKS)
    if variable != _QUINT_ACTION or not isinstance(picks, Function):
        return Action(name.value)
    chosen = {}
    for parameter, option in picks.items():
        value = _some(option)
        if isinstance(parameter, String) and value is not None:
            chosen[parameter.value] = value
    return Action(name.value, tuple(chosen.values()), tuple(chosen))


def _some(option: Value) -> Value | None:
    """What Quint's `Some(value)` holds: the record `[tag |-> "Some", value |-> ...]`."""
    if not isinstance(option, Function):
        return None
    fields = {name.key: value for name, value in option.items()}
    return fields.get('"value"') if fields.get('"tag"') == String("Some") else None


def _loop(text: JsonText, loop: object, n_states: int) -> list[GraphWarning]:
    if loop is None:
        return []
    if not isinstance(loop, int) or isinstance(loop, bool) or not 0 <= loop < n_states:
        text.fail_at("loop is not the place of a state", ["loop"], hint=_HINT)
    message = (
        f"the trace goes back to state {loop} after its last one, for ever; a test of it ends with the last, as the "
        "trace does not name the step back"
    )
    return [GraphWarning("trace-loop", message)]
