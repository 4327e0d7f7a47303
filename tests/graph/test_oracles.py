"""The reader against others: a plain one of a few lines, pydot, networkx; on graphs drawn at random."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import pairwise

import pydot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.behavior import behavior_id, make_behaviors
from testgen.graph import StateGraph, dot_states
from testgen.graph.dot import read_dot
from testgen.graph.nx import to_networkx
from testgen.graph.source import Source
from testgen.values import parse_value, split_action
from tests.strategies import HOSTILE, PlainGraph, build, plain_graphs

Randoms = random.Random
randoms = st.randoms(use_true_random=False)
FEWER = settings(max_examples=50)  # drawing graphs of hostile values takes a while
Content = tuple[frozenset[tuple[str, str]], ...]
HOSTILE_LABELS = [
    *(text for text in HOSTILE if "\n" not in text and not text.startswith("line 1")),
    "F(1,{2, 3})",
    'G("x")',
]


def read(text: str) -> StateGraph:
    return read_dot(Source("drawn", text.encode()))


def contents(graph: StateGraph) -> list[frozenset[tuple[str, str]]]:
    return [
        frozenset((name, value.key) for name, value in graph.state(state).items()) for state in range(graph.n_states)
    ]


def plain_contents(graph: PlainGraph) -> list[frozenset[tuple[str, str]]]:
    return [
        frozenset((name, build(term).key) for name, term in zip(graph.variables, values, strict=True))
        for values in graph.values
    ]


def transitions(graph: StateGraph) -> Counter[tuple[object, str, object]]:
    of = contents(graph)
    return Counter(
        (of[source], str(graph.action(number)), of[target])
        for number, (source, target) in enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    )


def shown(label: str) -> str:
    name, arguments = split_action(label)
    return f"{name}({', '.join(argument.key for argument in arguments)})" if arguments else name


@FEWER
@given(plain_graphs(hostile=True, labels=HOSTILE_LABELS), randoms, st.booleans(), st.booleans())
def test_what_is_dumped_is_read(plain: PlainGraph, rng: Randoms, tooltips: bool, shuffled: bool) -> None:
    graph = read(plain.dot(rng, tooltips=tooltips, shuffled=shuffled))
    of = plain_contents(plain)
    assert sorted(map(sorted, contents(graph))) == sorted(map(sorted, of))
    assert {contents(graph)[state] for state in graph.initial} == {of[state] for state in plain.initial}
    expected = {(of[source], shown(label), of[target]) for source, label, target in plain.transitions}
    assert transitions(graph) == Counter(expected)


def read_plainly(text: str) -> tuple[dict[int, dict[str, str]], set[int], Counter[tuple[int, str, int]]]:
    """The slow, obvious reader: one regular expression a line, one scan an escape, one state per dictionary."""
    states: dict[int, dict[str, str]] = {}
    initial: set[int] = set()
    edges: Counter[tuple[int, str, int]] = Counter()
    for line in text.split("\n"):
        if match := re.fullmatch(r'(-?\d+) -> (-?\d+) \[label="((?:[^"\\]|\\.)*)",color=.*', line):
            edges[int(match[1]), unescape(match[3]), int(match[2])] = 1
        elif match := re.fullmatch(r'(-?\d+) \[label="((?:[^"\\]|\\.)*)"(.*)', line):
            variables = re.split(r"\n(?=/\\ )", unescape(match[2]))
            pairs = [variable.removeprefix("/\\ ").split(" = ", 1) for variable in variables]
            states[int(match[1])] = {name: parse_value(value).key for name, value in pairs}
            if match[3] == ",style = filled]":
                initial.add(int(match[1]))
    return states, initial, edges


def unescape(raw: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], raw)


@FEWER
@given(plain_graphs(hostile=True, labels=HOSTILE_LABELS), randoms)
def test_the_fast_reader_reads_as_the_plain_one(plain: PlainGraph, rng: Randoms) -> None:
    text = plain.dot(rng, shuffled=True)
    states, initial, edges = read_plainly(text)
    graph = read(text)
    numbers = graph.fingerprints.tolist()
    found = {numbers[s]: {name: value.key for name, value in graph.state(s).items()} for s in range(graph.n_states)}
    assert found == states
    assert {numbers[state] for state in graph.initial} == initial
    ends = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
    labelled = Counter(
        (numbers[source], str(graph.action(number)), numbers[target]) for number, (source, target) in enumerate(ends)
    )
    assert labelled == Counter({(source, shown(label), target) for source, label, target in edges})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pydot 4.0.1 uses old names of pyparsing 3.3
@settings(max_examples=20)  # it parses a few hundred lines a second
@given(plain_graphs(), randoms)
def test_pydot_sees_the_same_graph(plain: PlainGraph, rng: Randoms) -> None:
    text = plain.dot(rng, negative=False)
    (parsed,) = pydot.graph_from_dot_data(text)
    (cluster,) = parsed.get_subgraphs()
    graph = read(text)
    numbers = graph.fingerprints.tolist()
    nodes = {int(node.get_name()): node for node in cluster.get_nodes()}
    assert sorted(nodes) == sorted(numbers)
    assert {numbers[s] for s in graph.initial} == {n for n, node in nodes.items() if node.get("style") == "filled"}
    edges = {
        (int(edge.get_source()), edge.get("label").strip('"'), int(edge.get_destination()))
        for edge in cluster.get_edges()
    }
    ends = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
    assert edges == {(numbers[s], graph.action(number).name, numbers[t]) for number, (s, t) in enumerate(ends)}


@FEWER
@given(plain_graphs(hostile=True), randoms, randoms)
def test_fingerprints_order_and_spelling_do_not_matter(plain: PlainGraph, one: Randoms, other: Randoms) -> None:
    first = read(plain.dot(one))
    second = read(plain.renumbered(other).dot(other, tooltips=True, shuffled=True))
    assert first.digest == second.digest
    assert [first.state(state) for state in range(first.n_states)] == [
        second.state(state) for state in range(second.n_states)
    ]
    for name in ("offsets", "targets", "labels", "initial", "levels", "ranks"):
        assert getattr(first, name).tolist() == getattr(second, name).tolist(), name
    assert first.actions == second.actions
    for transition in range(first.n_transitions):
        ends = (int(first.sources[transition]), int(first.targets[transition]))
        assert behavior_id(first, ends, (transition,)) == behavior_id(second, ends, (transition,))


@FEWER
@given(plain_graphs(hostile=True), randoms)
def test_behaviors_made_together_have_the_ids_of_each(plain: PlainGraph, rng: Randoms) -> None:
    graph = read(plain.dot(rng))
    paths = []
    for _ in range(4):
        start = place = rng.randrange(graph.n_states)
        transitions: list[int] = []
        while len(transitions) < 5 and (onward := range(*graph.offsets[place : place + 2].tolist())):
            transitions.append(rng.choice(onward))
            place = int(graph.targets[transitions[-1]])
        paths.append((start, transitions))
    for behavior, (start, transitions) in zip(make_behaviors(graph, paths), paths, strict=True):
        assert behavior.transitions == tuple(transitions)
        assert behavior.states == (start, *graph.targets[transitions].tolist())
        assert behavior.id == behavior_id(graph, behavior.states, behavior.transitions)


@FEWER
@given(plain_graphs(), randoms)
def test_another_graph_has_another_digest(plain: PlainGraph, rng: Randoms) -> None:
    digest = read(plain.dot(rng)).digest
    for number in range(len(plain.transitions)):
        source, label, target = plain.transitions[number]
        for changed in ((source, label + "X", target), None):
            kept = [other for position, other in enumerate(plain.transitions) if position != number]
            other = PlainGraph(plain.variables, plain.values, plain.initial, (*kept, *([changed] if changed else [])))
            if other.distinct != plain.distinct:
                assert read(other.dot(rng)).digest != digest
    for state in range(plain.n_states):
        other = PlainGraph(plain.variables, plain.values, plain.initial ^ {state}, plain.transitions)
        if other.initial:
            assert read(other.dot(rng)).digest != digest
        values = list(plain.values)
        values[state] = (("int", 99), *values[state][1:])
        assert (
            read(PlainGraph(plain.variables, tuple(values), plain.initial, plain.transitions).dot(rng)).digest != digest
        )


@FEWER
@given(plain_graphs(hostile=True), randoms)
def test_the_packed_graph_is_in_canonical_order(plain: PlainGraph, rng: Randoms) -> None:
    graph = read(plain.dot(rng, shuffled=True))
    assert list(graph.variables) == sorted(plain.variables)
    reachable = int((graph.levels > 0).sum())
    assert (graph.levels[:reachable] > 0).all()
    rows = [
        (int(graph.levels[state]) or 10**9, [value.order for value in graph.state(state).values()])
        for state in range(graph.n_states)
    ]
    assert rows == sorted(rows)
    assert graph.initial.tolist() == [state for state in range(graph.n_states) if graph.levels[state] == 1]
    steps = list(zip(graph.sources.tolist(), graph.labels.tolist(), graph.targets.tolist(), strict=True))
    assert all(one < other for one, other in pairwise(steps))
    names = [(action.name, [argument.order for argument in action.arguments]) for action in graph.actions]
    assert all(one < other for one, other in pairwise(names))
    assert set(graph.labels.tolist()) == set(range(len(graph.actions)))


@FEWER
@given(plain_graphs(labels=["Set(1)", "Up", ""]), randoms)
def test_networkx_gets_every_state_and_transition(plain: PlainGraph, rng: Randoms) -> None:
    graph = read(plain.dot(rng))
    multigraph = to_networkx(graph)
    assert multigraph.number_of_nodes() == plain.n_states
    assert multigraph.number_of_edges() == len(plain.distinct)
    assert {state for state, marked in multigraph.nodes(data="initial") if marked} == set(graph.initial.tolist())
    position = plain.variables.index("x") if "x" in plain.variables else 0
    wanted = {(plain.values[s][position][1], label, plain.values[t][position][1]) for s, label, t in plain.transitions}
    name = plain.variables[position]
    of = {state: values[name] for state, values in multigraph.nodes(data="values")}
    assert {(of[s], action, of[t]) for s, t, action in multigraph.edges(data="action")} == wanted


@pytest.mark.parametrize("labels", ["BA", "AA", "BB", "AC"])
def test_a_digest_covers_which_action_goes_where(labels: str) -> None:
    states = '1 [label="x = 0",style = filled]\n2 [label="x = 1"];\n3 [label="x = 2"];\n'
    one, other = (
        read(f'digraph G {{\n{states}1 -> 2 [label="{first}"];\n2 -> 3 [label="{second}"];\n}}')
        for first, second in ("AB", labels)
    )
    assert one.digest != other.digest


@FEWER
@given(plain_graphs(), randoms)
def test_states_read_at_once_are_those_read_one_by_one(plain: PlainGraph, rng: Randoms) -> None:
    text = plain.dot(rng)
    at_once = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dot_states, "read_columns", lambda *_: False)
        one_by_one = read(text)
    assert at_once.digest == one_by_one.digest
