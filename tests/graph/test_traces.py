"""Traces of Apalache, Quint and TLC: one behavior each, which becomes one test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from testgen.errors import GraphError, ParseError, TestgenError
from testgen.graph import StateGraph, load
from testgen.selection import select_behaviors
from testgen.values import Value, parse_value
from testgen.values.itf import NotItf, itf_value, to_itf
from testgen.values.model import Integer, ModelValue, String
from tests.conftest import Answer
from tests.graph.conftest import DUMPS
from tests.strategies import Term, build, terms

Write = Callable[..., str]
Run = Callable[..., Answer]


def itf(*states: dict[str, Any], **more: Any) -> str:
    shown = [{"#meta": {"index": place}, **state} for place, state in enumerate(states)]
    return json.dumps({"#meta": {"format": "ITF", "time": 1.5}, "vars": list(states[0]), "states": shown, **more})


def only_behavior(graph: StateGraph) -> list[str]:
    """The one behavior's states and actions, in turn, by what `x` is."""
    (behavior,) = select_behaviors(graph).behaviors
    told = [graph.state(behavior.states[0])["x"].key]
    for transition, state in zip(behavior.transitions, behavior.states[1:], strict=True):
        told += [str(graph.action(transition)), graph.state(state)["x"].key]
    return told


@pytest.mark.parametrize("version", ["2.20", "head"])
def test_a_counterexample_of_tlc(version: str) -> None:
    graph = load(str(DUMPS / f"B-dumpTrace--{version}.json"))
    assert only_behavior(graph) == [
        "0", 'Two(a = 1, b = "m1")', "1", r'Str(s = "a\"q")', "2", "Rec(r = [v |-> 3, w |-> 1])", "3", "LETted", "7",
        "Same1", "8",
    ]  # fmt: skip
    assert [warning.code for warning in graph.warnings] == ["ambiguous-values"]


def test_a_trace_that_comes_back_is_still_one_behavior(write: Write) -> None:
    states = [{"x": x, "action_taken": name} for x, name in [(0, "init"), (1, "Up"), (0, "Down"), (0, "Stay")]]
    graph = load(write(itf(*states), "c.itf.json"))
    assert only_behavior(graph) == ["0", "Up", "1", "Down", "0", "Stay", "0"]
    assert graph.warnings == ()
    assert graph.variables == ("action_taken", "x")


def test_quint_tells_actions_in_variables_of_its_own(write: Write) -> None:
    some, none = {"tag": "Some", "value": {"#bigint": "7"}}, {"tag": "None", "value": {"#tup": []}}
    states = [
        {"x": 0, "mbt::actionTaken": "init", "mbt::nondetPicks": {"v": none, "w": none}},
        {"x": 7, "mbt::actionTaken": "set", "mbt::nondetPicks": {"v": some, "w": none}},
    ]
    graph = load(write(itf(*states), "q.itf.json"))
    assert (only_behavior(graph), graph.variables) == (["0", "set(v = 7)", "7"], ("x",))


def test_a_trace_without_actions_says_how_to_tell_them(write: Write, run_testgen: Run, store_binding: str) -> None:
    name = write(itf({"x": 0}, {"x": 1}), "c.itf.json")
    (warning,) = load(name).warnings
    assert warning.code == "no-action-labels"
    assert "--mbt" in warning.message
    answer = run_testgen("build", name, "--binding", store_binding)
    assert answer.code == 2
    assert "--mbt" in answer.err


def test_a_loop_is_told(write: Write) -> None:
    (warning,) = load(write(itf({"x": 0, "action_taken": "a"}, {"x": 1, "action_taken": "b"}, loop=0), "c")).warnings
    assert (warning.code, "goes back to state 0" in warning.message) == ("trace-loop", True)


def tlc(states: list[dict[str, Any]], steps: list[tuple[int, str, int]]) -> str:
    numbered = [[n, state] for n, state in enumerate(states, 1)]
    triples = [[numbered[s - 1], {"name": a}, numbered[t - 1]] for s, a, t in steps]
    return json.dumps({"counterexample": {"state": numbered, "action": triples}, "vars": ["x"]})


def test_the_step_that_closes_a_loop_is_taken_once(write: Write) -> None:
    graph = load(write(tlc([{"x": 0}, {"x": 1}], [(1, "Up", 2), (2, "Down", 1)]), "c.json"))
    assert only_behavior(graph) == ["0", "Up", "1", "Down", "0"]
    assert [warning.code for warning in graph.warnings] == ["ambiguous-values", "trace-loop"]


def test_a_counterexample_becomes_a_test(write: Write, run_testgen: Run, store_binding: str) -> None:
    owners = {"#set": ["o1", "o2"]}
    first = {"entries": {"#map": []}, "history": [], "owners": owners, "busy": False, "mbt::actionTaken": "init"}
    then = {**first, "entries": {"a": 1}, "busy": True, "mbt::actionTaken": "Put"}
    picks = {"key": {"tag": "Some", "value": "a"}, "value": {"tag": "Some", "value": {"#bigint": "1"}}}
    states = [{**first, "mbt::nondetPicks": {}}, {**then, "mbt::nondetPicks": picks}]
    answer = run_testgen("build", write(itf(*states), "found.itf.json"), "--binding", store_binding, "--json")
    assert answer.code == 0, answer.err
    built = json.loads(answer.out)
    assert (built["tests"], built["steps"], built["out"]) == (1, 1, "generated/found")


BAD = [
    (itf({"x": 1.5}), "1.5 is not a TLA+ value (in the value of 'x')"),
    (itf({"x": None}), "None is not a TLA+ value"),
    (itf({"x": {"#bigint": "x"}}), "'x' is no content of '#bigint'"),
    (itf({"x": {"#bigint": "9" * 5000}}), "is no content of '#bigint'"),
    (itf({"x": {"#set": 1}}), "1 is no content of '#set'"),
    (itf({"x": {"#map": [[1]]}}), "an array of two"),
    (itf({"x": {"#map": [[1, 2], [1, 3]]}}), "an argument stands twice in one function (in the value of 'x')"),
    (itf({"x": {"#odd": 1}}), "unknown key '#odd'"),
    (itf({"x": {"#set": [], "a": 1}}), "'#set' stands beside other keys"),
    (itf({"x": {"#unserializable": "Nat \\ {0}"}}), "a value that could not be written"),
    (itf({"x": 1}, loop=1), "loop is not the place of a state"),
    (itf({"x": 1}, loop=True), "loop is not the place of a state"),
    (itf({"x": 1}, vars=["x", "y"]), "this state lacks the variable y"),
    (itf({"x": 1}, vars="x"), "vars is not an array of names"),
    (itf({"x": 1}, states=[1]), "a state is an object"),
    (itf({"x": 1}, states={}), "ITF has an array of states"),
    (itf({"x": 1}).replace('"x": 1', '"x": ' + "[" * 300 + "]" * 300), "nested more than 100 deep"),
    (itf({"x": 1}).replace('"x": 1', '"x": ' + "[" * 10**5), "nested more than 400 deep"),
    (itf({"x": 1}).replace('"x": 1', '"x": {"#bigint": ' + "[" * 350 + "]" * 350 + "}"), "an array is no content"),
    (itf({"x": 1})[:-1], "too early"),
    (itf({"x": 1}) + "x", "text after the end"),
    (itf({"x": 1}).replace('"x": 1', '"x": 1, "x": 1'), "key 'x' stands twice"),
    ('{"state": [[1, {"x": 0}]], "action": [[[1, {}], {}, [1, {}]]]}', "this object lacks the key name"),
    ('{"state": [[2, {"x": 0}]], "action": []}', "states are not numbered from 1 on"),
    ('{"state": [[1, {"x": 0.5}]], "action": []}', "0.5 is not a TLA+ value (in the value of 'x')"),
    ('{"state": [[1, {"x": 1e400}]], "action": []}', "the value of 'x' cannot be read"),
    ('{"state": {}, "action": []}', "expected array, got object"),
    ('{"counterexample": 1}', "expected object, got int"),
    (tlc([{"x": 0}, {"x": 1}, {"x": 2}], [(2, "Down", 1)]), "a step from state 2 to 1, which the trace does not take"),
    ('{"state": [[1, {"x": 0}]], "action": [[[1, {}], {"name": "A"}, [2, {}]]]}', "a step from state 1 to 2 of 1"),
    (
        '{"state": [[1, {"x": 0}]], "action": [[[1, {}], {"name": "A", "parameters": ["p"]}, [1, {}]]]}',
        "no value for the parameter 'p'",
    ),
]


@pytest.mark.parametrize(("content", "words"), BAD, ids=range(len(BAD)))
def test_bad_traces_have_one_error_with_a_place(content: str, words: str, write: Write) -> None:
    with pytest.raises(ParseError) as caught:
        load(write(content, "c.json"))
    assert words in caught.value.message
    assert caught.value.location is not None
    assert caught.value.location.column is not None
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (itf({"x": 1}, states=[], vars=[]), "the trace has no state"),
        ('{"state": [], "action": []}', "the trace has no state"),
        (tlc([{"x": 0}, {"y": 0}], []), "state 1 of the trace has the variables y, the first has x"),
    ],
)
def test_traces_that_are_no_behavior(content: str, words: str, write: Write) -> None:
    with pytest.raises(GraphError, match=words):
        load(write(content, "c.json"))


def as_itf(term: Term) -> object:
    kind, content = term
    match kind:
        case "bool" | "str":
            return content
        case "int":
            return {"#bigint": str(content)} if content % 2 else content
        case "set":
            return {"#set": [as_itf(item) for item in content]}
        case "seq":
            return {"#tup": [as_itf(item) for item in content]} if len(content) % 2 else [*map(as_itf, content)]
        case "rec":
            return {name: as_itf(item) for name, item in content.items()}
        case "fun":
            pairs = {build(key): [as_itf(key), as_itf(value)] for key, value in reversed(content)}  # the first counts
            return {"#map": [*pairs.values()]}
        case _:
            return {"#unserializable": content}


@given(terms())
def test_itf_tells_every_value(term: Term) -> None:
    assert itf_value(json.loads(json.dumps(as_itf(term)))) == build(term)


@given(terms())
def test_values_written_as_itf_are_read_back(term: Term) -> None:
    assert itf_value(json.loads(json.dumps(to_itf(build(term))))) == build(term)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740992", '{"#bigint": "-9007199254740992"}'),
        ("m1", '{"#unserializable": "m1"}'),
        ("SUBSET (1..20)", '{"#unserializable": "SUBSET (1..20)"}'),
        ("1..2147483647", '{"#unserializable": "1..2147483647"}'),
        ("[a |-> {TRUE}, b |-> <<>>]", '{"a": {"#set": [true]}, "b": []}'),
        ('("k 1" :> 1)', '{"#map": [["k 1", 1]]}'),
        ("{[a |-> 1]}", '{"#set": [{"a": 1}]}'),
    ],
)
def test_spelling_of_values_in_json(text: str, spelled: str) -> None:
    assert json.dumps(to_itf(parse_value(text))) == spelled
    assert itf_value(json.loads(spelled)) == parse_value(text)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (10**30, Integer(10**30)),
        ({"#unserializable": "Int"}, ModelValue("Int")),
        ("c1_OF_PERSON", String("c1_OF_PERSON")),
    ],
)
def test_itf_values(node: object, value: Value) -> None:
    assert itf_value(node) == value


def test_itf_errors_know_the_way() -> None:
    with pytest.raises(NotItf) as caught:
        itf_value({"a": [1, {"#set": [None]}]})
    assert caught.value.path == ("a", 1, "#set", 0)
    assert not isinstance(caught.value, TestgenError)
