"""Every behavior of an acyclic graph, each once, in an order and under ids that no dump can change."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.analysis import count_behaviors
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import DEFAULT_LIMIT, Request, select_behaviors
from tests.strategies import PlainGraph, plain_graphs

randoms = st.randoms(use_true_random=False)
Path = tuple[tuple[int, ...], tuple[str, ...]]

BEHAVIORS = Request("behaviors")


def read(plain: PlainGraph, rng: random.Random | None = None, *, shuffled: bool = False) -> StateGraph:
    return read_dot(Source("drawn.dot", plain.dot(rng or random.Random(0), shuffled=shuffled).encode()))


def graph_of(*steps: tuple[int, str, int]) -> PlainGraph:
    n_states = max(max(source, target) for source, _, target in steps) + 1
    return PlainGraph(("x",), tuple((("int", state),) for state in range(n_states)), frozenset({0}), steps)


def paths_from(plain: PlainGraph, state: int) -> list[Path]:
    steps = [step for step in plain.distinct if step[0] == state != step[2]]
    if not steps:
        return [((state,), ())]
    return [
        ((state, *states), (label, *labels))
        for _, label, target in steps
        for states, labels in paths_from(plain, target)
    ]


def number_of(graph: StateGraph, plain: PlainGraph) -> list[int]:
    """For each state of `graph` its number in `plain`, known by its first value."""
    column = plain.variables[0]
    by_key = {str(values[0][1]): number for number, values in enumerate(plain.values)}
    return [by_key[graph.state(state)[column].key] for state in range(graph.n_states)]


@given(plain_graphs(acyclic=True), randoms)
def test_each_behavior_is_selected_once(plain: PlainGraph, rng: random.Random) -> None:
    graph = read(plain, rng)
    suite = select_behaviors(graph)
    numbers = number_of(graph, plain)
    found = [
        (tuple(numbers[s] for s in behavior.states), tuple(graph.action(t).name for t in behavior.transitions))
        for behavior in suite.behaviors
    ]
    assert sorted(found) == sorted(path for state in plain.initial for path in paths_from(plain, state))
    assert len(suite.behaviors) == suite.lower_bound == count_behaviors(graph)
    assert suite.n_steps == sum(len(labels) for _, labels in found)
    assert (suite.criterion, suite.strategy) == ("behaviors", "all")


@given(plain_graphs(acyclic=True), randoms)
def test_behaviors_are_connected_paths_in_canonical_order(plain: PlainGraph, rng: random.Random) -> None:
    graph = read(plain, rng)
    behaviors = select_behaviors(graph).behaviors
    for behavior in behaviors:
        for transition, source, target in zip(
            behavior.transitions, behavior.states[:-1], behavior.states[1:], strict=True
        ):
            assert (int(graph.sources[transition]), int(graph.targets[transition])) == (source, target)
        assert behavior.states[0] in graph.initial
    order = [(behavior.states[0], behavior.transitions) for behavior in behaviors]
    assert order == sorted(order)


@settings(max_examples=50)
@given(plain_graphs(acyclic=True), randoms, randoms)
def test_ids_are_unique_and_the_same_in_every_dump(plain: PlainGraph, one: random.Random, other: random.Random) -> None:
    first = select_behaviors(read(plain, one)).behaviors
    second = select_behaviors(read(plain.renumbered(other), other, shuffled=True)).behaviors
    ids = [behavior.id for behavior in first]
    assert ids == [behavior.id for behavior in second]
    assert len(set(ids)) == len(ids)
    assert all(len(text) == 32 and set(text) <= set("0123456789abcdef") for text in ids)


@settings(max_examples=50)
@given(plain_graphs(acyclic=True, labels=["A", "B"]), randoms)
def test_a_behavior_keeps_its_id_when_others_change(plain: PlainGraph, rng: random.Random) -> None:
    """Dropping one transition leaves the ids of all behaviors that do not take it."""
    before = select_behaviors(read(plain, rng))
    for dropped in plain.distinct:
        steps = tuple(step for step in plain.transitions if step != dropped)
        after = select_behaviors(read(PlainGraph(plain.variables, plain.values, plain.initial, steps), rng))
        numbers = number_of(before.graph, plain)
        kept = {
            behavior.id
            for behavior in before.behaviors
            if dropped not in {
                (numbers[s], before.graph.action(t).name, numbers[int(before.graph.targets[t])])
                for s, t in zip(behavior.states, behavior.transitions, strict=False)
            }
        }  # fmt: skip
        assert kept <= {behavior.id for behavior in after.behaviors}


def test_a_new_initial_state_leaves_the_other_ids_as_they_were() -> None:
    """Though every state gets another number."""
    values = tuple((("int", number),) for number in (5, 6, 1))
    one, other = (
        {
            behavior.id
            for behavior in select_behaviors(read(PlainGraph(("x",), values, initial, ((0, "A", 1),)))).behaviors
        }
        for initial in (frozenset({0}), frozenset({0, 2}))
    )
    assert len(one) == 1
    assert len(other) == 2
    assert one < other


def test_ids_tell_actions_arguments_and_states_apart() -> None:
    variants = [
        graph_of((0, "A", 1)),
        graph_of((0, "B", 1)),
        graph_of((0, "A(1)", 1)),
        graph_of((0, 'A("1")', 1)),
        graph_of((0, "A(m1)", 1)),
        graph_of((0, 'A("m1")', 1)),
        graph_of((0, "A", 1), (1, "A", 2)),
        graph_of((0, "A", 2)),
        PlainGraph(("x",), ((("int", 7),), (("int", 1),)), frozenset({0}), ((0, "A", 1),)),
        PlainGraph(("y",), ((("int", 0),), (("int", 1),)), frozenset({0}), ((0, "A", 1),)),
        PlainGraph(("x",), ((("int", 0),), (("str", "1"),)), frozenset({0}), ((0, "A", 1),)),
        PlainGraph(("x",), ((("int", 0),), (("bool", True),)), frozenset({0}), ((0, "A", 1),)),
    ]
    ids = [behavior.id for plain in variants for behavior in select_behaviors(read(plain)).behaviors]
    assert len(set(ids)) == len(ids) == len(variants)


def test_the_limit_is_kept_politely() -> None:
    plain = graph_of(*[(0, f"A{number}", 1) for number in range(7)])
    graph = read(plain)
    assert len(select_behaviors(graph, Request(limit=7)).behaviors) == 7
    with pytest.raises(SelectionError, match="the graph has 7 behaviors, more than the limit of 6") as caught:
        select_behaviors(graph, Request(limit=6))
    assert caught.value.hint == "--limit 7 takes them all"
    assert str(caught.value.location) == "drawn.dot"


def test_too_many_behaviors_are_counted_but_never_walked() -> None:
    graph = read(graph_of(*[(rung, label, rung + 1) for rung in range(200) for label in ("L", "R")]))
    with pytest.raises(
        SelectionError, match=f"{2**200:,} behaviors, more than the limit of {DEFAULT_LIMIT:,}"
    ) as caught:
        select_behaviors(graph, BEHAVIORS)
    assert "--limit" not in str(caught.value.hint)


def test_a_cycle_is_told_by_its_actions() -> None:
    graph = read(graph_of((0, "Start", 1), (1, "Up(1)", 2), (2, "Down", 1), (2, "Stop", 3)))
    with pytest.raises(SelectionError) as caught:
        select_behaviors(graph, BEHAVIORS)
    assert "it goes round a cycle of 2 transitions (Up(1), Down)" in caught.value.message
    assert "--criterion transitions" in str(caught.value.hint)


def test_a_long_cycle_is_told_in_part() -> None:
    graph = read(graph_of(*[(state, f"A{state}", (state + 1) % 9) for state in range(9)]))
    with pytest.raises(SelectionError, match=r"a cycle of 9 transitions \(A0, A1, A2, A3, A4, A5, \.\.\.\)"):
        select_behaviors(graph, BEHAVIORS)


def test_a_cycle_of_unlabelled_actions_is_told() -> None:
    with pytest.raises(SelectionError, match=r"\(\(unlabelled\), \(unlabelled\)\)"):
        select_behaviors(read(graph_of((0, "", 1), (1, "", 0))), BEHAVIORS)


def test_by_default_too_many_behaviors_or_endless_ones_give_way_to_transitions() -> None:
    many = select_behaviors(read(graph_of(*[(rung, label, rung + 1) for rung in range(14) for label in ("L", "R")])))
    assert (many.criterion, many.strategy, len(many.behaviors)) == ("transitions", "minimum", 2)
    assert many.because == "the graph has 16,384 behaviors"
    endless = select_behaviors(read(graph_of((0, "Up", 1), (1, "Down", 0))))
    assert (endless.criterion, endless.strategy, len(endless.behaviors)) == ("transitions", "minimum", 1)
    assert endless.because == "the graph has cycles, and so infinitely many behaviors"


def test_by_default_all_behaviors_are_taken_as_far_as_the_limit_was_raised() -> None:
    graph = read(graph_of(*[(rung, label, rung + 1) for rung in range(14) for label in ("L", "R")]))
    suite = select_behaviors(graph, Request(limit=16_384))
    assert (suite.criterion, len(suite.behaviors), suite.because) == ("behaviors", 16_384, "")


@pytest.mark.parametrize("request_", [Request(strategy="shortest"), Request(has_least_steps=True)])
def test_a_strategy_without_a_criterion_is_for_transitions(request_: Request) -> None:
    assert select_behaviors(read(graph_of((0, "A", 1), (0, "B", 1))), request_).criterion == "transitions"


def test_a_cycle_out_of_reach_does_not_matter() -> None:
    plain = PlainGraph(
        ("x",), tuple((("int", state),) for state in range(3)), frozenset({0}), ((1, "A", 2), (2, "A", 1))
    )
    assert [behavior.states for behavior in select_behaviors(read(plain)).behaviors] == [(0,)]
