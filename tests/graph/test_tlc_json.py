"""JSON dumps of MongoDB's forks of TLC: nothing is lost, integers are exact, and what is ambiguous is said."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.errors import GraphError, InputError, ParseError
from testgen.graph import StateGraph, json_stream, load
from testgen.graph.tlc_json_initial import derive_initial
from testgen.values.model import Integer, ModelValue, String
from tests.graph.conftest import DUMPS
from tests.strategies import PlainGraph, plain_graphs

Write = Callable[..., str]
Dump = Callable[[str], StateGraph]
ONE, TWO = DUMPS / "B-json--fork-2025-01.json", DUMPS / "B-json--fork-2025-06"


def document(states: list[dict[str, Any]], edges: list[tuple[int, int, str, dict[str, str]]], **more: Any) -> str:
    """A dump whose first state is initial; a state's number is its place."""
    return json.dumps(
        {
            "states": [{"fp": fp, "val": val, "initial": fp == 0} for fp, val in enumerate(states)],
            "edges": [{"from": s, "to": t, "action": a, "actionParams": p} for s, t, a, p in edges],
            **more,
        }
    )


def test_one_file_and_two_are_the_graph_that_dot_shows(dump: Dump) -> None:
    one, two, dot = load(str(ONE)), load(str(TWO)), dump("B-deadlock--head")
    assert one.digest == two.digest
    assert (one.n_states, one.initial.tolist(), one.levels.tolist()) == (20, [0, 1], dot.levels.tolist())
    assert [str(value) for value in one.sources] == [str(value) for value in dot.sources]
    assert np.array_equal(one.targets, dot.targets)
    assert [one.action(t).name for t in range(30)] == [dot.action(t).name for t in range(30)]
    assert [one.action(t).arguments for t in range(30)] == [dot.action(t).arguments for t in range(30)]
    assert [warning.code for warning in one.warnings] == ["ambiguous-values"]
    assert [warning.code for warning in two.warnings] == ["ambiguous-values", "initial-derived"]


def test_parameters_are_tla_by_name() -> None:
    actions = {str(action): action for action in load(str(ONE)).actions}
    two = actions["Two(a = 1, b = m1)"]
    assert two.parameters == ("a", "b")
    assert [type(value) for value in two.arguments] == [Integer, ModelValue]
    assert actions[r'Str(s = "b\\s")'].arguments == (String("b\\s"),)
    assert "Rec(r = [v |-> 3, w |-> 1])" in actions
    assert "Setp(S = {m1, m2})" in actions


@pytest.mark.parametrize("name", [f"{TWO}-states.json", f"{TWO}-edges.json.gz", f"{TWO}-states.json.gz", f"{TWO}.json"])
def test_each_name_of_a_dump_in_two_files(name: str) -> None:
    graph = load(name)
    assert (graph.source, graph.n_transitions) == (name, 30)


def test_an_empty_file_beside_the_two_stands_for_them(write: Write) -> None:
    for part in ("-states.json", "-edges.json"):
        write(gzip.decompress(Path(f"{TWO}{part}.gz").read_bytes()), f"x{part}")
    assert load(write('{"states":[],"edges":[]}', "x.json")).n_states == 20
    assert load("x").n_states == 20
    Path("x-edges.json").unlink()
    with pytest.raises(GraphError, match="there are no edges"):
        load("x-states.json")


def test_fingerprints_are_exact(write: Write) -> None:
    numbers = [-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1]
    states = [{"fp": fp, "val": {"x": fp}, "initial": fp < -(2**60)} for fp in numbers]
    edges = [{"from": numbers[0], "to": fp, "action": "A", "actionParams": {}} for fp in numbers]
    graph = load(write(json.dumps({"states": states, "edges": edges}), "g.json"))
    assert sorted(graph.fingerprints.tolist()) == sorted(numbers)
    for state, fp in enumerate(graph.fingerprints.tolist()):
        assert graph.state(state)["x"].key == str(fp)


def test_values_of_every_kind(write: Write) -> None:
    values = {
        "array": [1, [], [True, "a"]],
        "record": {"b": 1, "a": {"c": []}},
        "function": {"2": "b", "10": "c"},
        "from_one": {"2": "b", "1": "a"},
        "booleans": {"TRUE": 1, "FALSE": 0},
        "tuples": {"<<1, 2>>": 1, "<<0, 5>>": 2},
        "mixed": {"1": 1, "a": 2},
        "not_numbers": {"1": 1, "01": 2},
        "not_tuples": {"<<1>>": 1, "<< 1 >>": 2},
        "names": {"k 1": 1, "TRUE": 2},
        "big": 10**30,
        "text": 'q"\\\n\u65e5',
    }
    graph = load(write(document([values], []), "g.json"))
    assert {name: value.key for name, value in graph.state(0).items()} == {
        "array": '<<1, <<>>, <<TRUE, "a">>>>',
        "record": "[a |-> [c |-> <<>>], b |-> 1]",
        "function": '(2 :> "b" @@ 10 :> "c")',
        "from_one": '<<"a", "b">>',
        "booleans": "(FALSE :> 0 @@ TRUE :> 1)",
        "tuples": "(<<0, 5>> :> 2 @@ <<1, 2>> :> 1)",
        "mixed": '("1" :> 1 @@ "a" :> 2)',
        "not_numbers": '("01" :> 2 @@ "1" :> 1)',
        "not_tuples": '("<< 1 >>" :> 2 @@ "<<1>>" :> 1)',
        "names": '("TRUE" :> 2 @@ "k 1" :> 1)',
        "big": str(10**30),
        "text": '"q\\"\\\\\\n\u65e5"',
    }


@pytest.mark.parametrize("name", ["V", "W"])
def test_tlc_s_values_but_for_what_json_cannot_tell(name: str, dump: Dump) -> None:
    """Where a variable's value holds no set, model value or tuple of such, JSON and DOT agree."""
    of_json, of_dot = load(str(DUMPS / f"{name}-json--fork-2025-01.json")), dump(f"{name}-values--head")
    assert (of_json.variables, of_json.n_states) == (of_dot.variables, of_dot.n_states)
    told = {name for name, value in of_json.state(0).items() if value == of_dot.state(0)[name]}
    lossless = {
        "V": {"n", "s", "b", "rec", "fun", "fun0", "esc", "uni", "lam", "strfun", "e1", "e2"},
        "W": {*"n ws wq bad bad2 mixedkeys kw deep longseq longstr tupfcn bsr seqrec".split()},
    }  # fmt: skip
    assert told == lossless[name] - ({"rec"} if name == "V" else set())


@settings(max_examples=60)
@given(plain_graphs(labels=["Set", "Up", "S!Inc"]), st.randoms(use_true_random=False), st.integers(20, 400))
def test_equal_to_the_graph_that_dot_shows_however_it_is_cut(plain: PlainGraph, rng: random.Random, size: int) -> None:
    """`size` is that of a batch, so that batches end everywhere, and pieces that are read at once do."""
    from testgen.graph.dot import read_dot
    from testgen.graph.source import Source

    states = [
        {"fp": number * 7919, "val": {n: v[1] for n, v in zip(plain.variables, values, strict=True)}, "initial": first}
        for number, values in enumerate(plain.values)
        for first in [number in plain.initial]
    ]
    edges = [
        {"from": s * 7919, "to": t * 7919, "action": label, "actionParams": {}} for s, label, t in plain.transitions
    ]
    text = json.dumps({"states": states, "edges": edges}, indent=rng.choice([None, 0, 2]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_BATCH", size)
        patch.setattr(json_stream, "_PIECE", rng.randint(100, 600))
        graph = read(text.encode(), step=rng.randint(1, 50))
    assert graph.digest == read_dot(Source("g", plain.dot(rng).encode())).digest


def read(content: bytes, step: int) -> StateGraph:
    from testgen.graph.tlc_json import read_tlc_json

    class Slow:
        name = "g.json"
        at = 0

        def read(self) -> bytes:
            self.at += step
            return content[self.at - step : self.at]

    return read_tlc_json("g.json", [Slow()])  # type: ignore[list-item]  # it reads, which is all that is asked


BAD = [
    ('{"states": [', ParseError, "1:13", "too early"),
    ('{"states": [{"fp": 1, "val": {"x": 1}, "initial": tru', ParseError, "1:51", "expected a JSON value, found 'tru'"),
    ('{"states":[{"fp":NaN,"val":{"x":1},"initial":true}]}', ParseError, "1:18", "NaN is not JSON"),
    ('{"states":[{"fp":1,"val":{"x":-Infinity},"initial":true}]}', ParseError, "1:31", "-Infinity is not JSON"),
    ('{"states":[{"fp":1.0,"val":{"x":1},"initial":true}]}', ParseError, "1:18", "expected int, got float"),
    ('{"states":[{"fp":9223372036854775808,"val":{"x":1},"initial":true}]}', ParseError, "1:18", "expected int <= 92"),
    ('{"states":[{"fp":"1","val":{"x":1},"initial":true}]}', ParseError, "1:18", "expected int, got str"),
    ('{"states":[{"fp":1,"val":[1],"initial":true}]}', ParseError, "1:26", "expected object, got array"),
    ('{"states":[{"fp":1,"initial":true}]}', ParseError, "1:12", "this object lacks the key val"),
    ('{"states":[{"fp":1,"fp":2,"val":{"x":1},"initial":true}]}', ParseError, "1:20", "key 'fp' stands twice"),
    ('{"states":[{"fp":1,"val":{"x":1,"x":1},"initial":true}]}', ParseError, "1:33", "key 'x' stands twice"),
    ('{"states":[{"fp":1,"val":{"x":{"a":1,"a":1}},"initial":true}]}', ParseError, "1:38", "key 'a' stands twice"),
    ('{"states":[{"fp":1,"val":{"x":1.5},"initial":true}]}', ParseError, "1:31", "1.5 is not a TLA+ value"),
    ('{"states":[{"fp":1,"val":{"x":[1,null]},"initial":true}]}', ParseError, "1:34", "null is not a TLA+ value"),
    ('{"states":[{"fp":1,"val":{"x":"\\ud800"},"initial":true}]}', ParseError, "1:32", "half a character"),
    ('{"states":[{"fp":1,"val":{"x":%s},"initial":true}]}' % ("[" * 150 + "]" * 150), ParseError, "1:132", "nested"),
    ('{"states":[{"fp":1,"val":{"x":%s},"initial":true}]}' % ("[" * 10**5), ParseError, "1:429", "more than 400 deep"),
    ('{"states":[{"fp":1,"val":{"x":%s},"initial":true}]}' % ("9" * 5000), ParseError, "1:31", "digits"),
    ('{"states":[{"fp":1,"val":{"x":1},"initial":true},]}', ParseError, "1:50", "expected a JSON value"),
    ('{"states":[{"fp":1,"val":{"x":1},"initial":true}]} x', ParseError, "1:52", "text after the end"),
    ('{"states":[{"fp":1,"val":{"x":1},"initial":true}],"states":[]}', ParseError, "1:51", "'states' stands twice"),
    ('{"states":[],"odd":[1,}],"edges":[]}', ParseError, "1:23", "expected a JSON value, found '}'"),
    ('{"states":[],"odd":{"a":1,"a":2},"edges":[]}', ParseError, "1:27", "'a' stands twice"),
    ('{"states":[{"fp":1,"val":{"x":1},"initial":true}]}', GraphError, "", "there are no edges"),
    ('{"edges":[]}', GraphError, "", "there are no states"),
    ('{"states":[],"edges":[]}', GraphError, "", "has no state"),
    (document([{"x": 1}], [(0, 1, "A", {})]), GraphError, "1:87", "to state 1, which the file does not declare"),
    (document([{"x": 1}, {"y": 1}], []), GraphError, "1:75", "this state has the variables y, earlier ones have x"),
    (document([{"x": 1}, {"x": 1, "y": 1}], []), GraphError, "1:75", "variables x, y, earlier ones have x"),
    (document([{}, {"x": 1}], []), GraphError, "1:69", "this state has the variables x, earlier ones have"),
    (document([{}, *[{"x": 1}] * 40], []), GraphError, "1:69", "this state has the variables x, earlier ones have"),
    (document([{"x": 1}], [(0, 0, "A", {"p": "<<1"})]), ParseError, "1:121", "not closed in the parameter 'p'"),
    ('{"states":[{"fp":1,"val":{"x":1},"initial":false}],"edges":[]}', GraphError, "", "no state is marked initial"),
    (
        '{"states":[{"fp":1,"val":{"x":1},"initial":true},{"fp":1,"val":{"x":2},"initial":true}],"edges":[]}',
        GraphError,
        "",
        "state 1 is declared again: x is 1, then 2",
    ),
]


@pytest.mark.parametrize(("content", "kind", "place", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_has_one_error_at_its_place(
    content: str, kind: type[InputError], place: str, words: str, write: Write
) -> None:
    with pytest.raises(kind) as caught:
        load(write(content, "g.json"))
    error = caught.value
    assert words in error.message
    assert str(error.location) == ":".join(filter(None, ["g.json", place]))
    assert error.hint
    assert len(str(error)) < 600


@pytest.mark.parametrize("line", [1, 500, 999])
def test_the_line_is_told_in_a_long_file(line: int, write: Write) -> None:
    states = [f'{{"fp":{n},"val":{{"x":{n}}},"initial":{"true" if n == 0 else "false"}}}' for n in range(1000)]
    states[line] = states[line].replace("}", ',"x":1}', 1)
    with pytest.raises(ParseError, match="'x' stands twice") as caught:
        load(write('{"states":[\n' + ",\n".join(states) + '],"edges":[]}', "g.json"))
    assert caught.value.location is not None
    assert caught.value.location.line == line + 2


def test_members_of_no_interest_and_odd_space_are_passed_over(write: Write) -> None:
    text = document([{"x": n} for n in range(200)], [(0, n, "A", {}) for n in range(200)], more={"states": [1.5]})
    one = load(write(text, "g.json"))
    other = load(write(text.replace(", ", " ,\n\t ", 150).replace('"fp"', '"q":[], "fp"', 99), "h.json"))
    assert one.digest == other.digest
    assert one.n_transitions == 200


def test_a_hundred_thousand_initial_states_and_a_long_label(write: Write) -> None:
    states = [{"fp": n, "val": {"x": n}, "initial": True} for n in range(100_000)]
    edges = [{"from": 0, "to": 0, "action": "A" * 10**6, "actionParams": {}}]
    graph = load(write(json.dumps({"states": states, "edges": edges}), "g.json"))
    assert (len(graph.initial), graph.n_transitions, len(graph.action(0).name)) == (100_000, 1, 10**6)


@pytest.mark.parametrize(
    ("ends", "n_states", "initial"),
    [
        ([(0, 1), (1, 2)], 3, [0]),
        ([(0, 2), (1, 2), (1, 3)], 4, [0, 1]),
        ([(0, 2), (2, 1)], 3, [0, 1]),
        ([(0, 0), (0, 1)], 2, [0]),
        ([], 3, [0, 1, 2]),
        ([(1, 2), (0, 2)], 3, [0, 1]),
        ([(2, 1), (1, 2), (0, 0)], 3, [0, 1]),
    ],
)
def test_initial_states_are_found_from_the_order(
    ends: list[tuple[int, int]], n_states: int, initial: list[int]
) -> None:
    found = derive_initial(np.array(ends, dtype=np.int64).reshape(-1, 2), n_states)
    assert found.tolist() == initial


@settings(max_examples=200)
@given(plain_graphs())
def test_derived_initial_states_lead_everywhere(plain: PlainGraph) -> None:
    ends = np.array([(s, t) for s, _, t in plain.transitions], dtype=np.int64).reshape(-1, 2)
    for order in (ends, ends[np.argsort(ends[:, 0], kind="stable")]):
        reached = set(derive_initial(order, plain.n_states).tolist())
        for _ in range(plain.n_states):
            reached |= {t for s, t in order.tolist() if s in reached}
        assert reached == set(range(plain.n_states))
