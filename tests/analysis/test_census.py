"""The numbers of a graph, counted again from its definitions; see "The machine-readable answers" in the first issue."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.analysis import count_behaviors, example_cycle, find_shape, take_census, terminal_states
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.values import parse_value
from tests.strategies import PlainGraph, build, plain_graphs

randoms = st.randoms(use_true_random=False)


def read(plain: PlainGraph, rng: random.Random | None = None) -> StateGraph:
    return read_dot(Source("drawn", plain.dot(rng or random.Random(0)).encode()))


def graph_of(initial: set[int], *steps: tuple[int, str, int], n_states: int = 0) -> PlainGraph:
    n_states = max([n_states, *(state + 1 for state in initial), *(max(s, t) + 1 for s, _, t in steps)])
    return PlainGraph(("x",), tuple((("int", state),) for state in range(n_states)), frozenset(initial), steps)


def onward(plain: PlainGraph, state: int) -> list[tuple[int, str, int]]:
    return sorted(step for step in plain.distinct if step[0] == state != step[2])


def levels_of(plain: PlainGraph) -> dict[int, int]:
    levels = dict.fromkeys(plain.initial, 1)
    for _ in range(plain.n_states):
        for source, _, target in plain.distinct:
            if source in levels:
                levels[target] = min(levels.get(target, 10**9), levels[source] + 1)
    return levels


def reaches(plain: PlainGraph, state: int) -> set[int]:
    """The states after one or more steps, self-loops left out."""
    found: set[int] = set()
    waiting = [state]
    while waiting:
        for _, _, target in onward(plain, waiting.pop()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def count_paths(plain: PlainGraph, state: int) -> int:
    steps = onward(plain, state)
    return sum(count_paths(plain, target) for _, _, target in steps) if steps else 1


@given(plain_graphs() | plain_graphs(acyclic=True), randoms)
def test_census_is_what_a_recount_gives(plain: PlainGraph, rng: random.Random) -> None:
    census = take_census(read(plain, rng))
    levels = levels_of(plain)
    assert census.states == plain.n_states
    assert census.initial_states == len(plain.initial)
    assert census.transitions == len(plain.distinct)
    assert census.self_loops == sum(source == target for source, _, target in plain.distinct)
    assert census.terminal_states == sum(not onward(plain, state) for state in range(plain.n_states))
    assert census.depth == max(levels.values())
    assert census.actions == dict(sorted(Counter(label for _, label, _ in plain.distinct).items()))
    assert census.constrained_out_states == 0
    on_cycle = [state for state in range(plain.n_states) if state in reaches(plain, state)]
    assert census.dag == (not on_cycle)
    components = {frozenset(t for t in reaches(plain, s) if s in reaches(plain, t)) for s in on_cycle}
    assert census.cycle_sizes == tuple(sorted(map(len, components), reverse=True))
    if any(state in levels for state in on_cycle):
        assert census.behaviors is None
    else:
        assert census.behaviors == sum(count_paths(plain, state) for state in plain.initial)


@settings(max_examples=50)
@given(plain_graphs(hostile=True), randoms)
def test_variables_are_sampled_with_the_first_value_first(plain: PlainGraph, rng: random.Random) -> None:
    graph = read(plain, rng)
    first = graph.state(0)
    for name, sample in take_census(graph).variables.items():
        column = plain.variables.index(name)
        distinct = {build(values[column]) for values in plain.values}
        assert sample.distinct == len(distinct)
        assert sample.samples[0] == first[name].key
        assert len(sample.samples) == len(set(sample.samples)) == min(3, len(distinct))
        assert {parse_value(text) for text in sample.samples} <= distinct


@pytest.mark.parametrize(
    ("plain", "behaviors", "dag", "terminal", "depth"),
    [
        (graph_of({0}), 1, True, 1, 1),
        (graph_of({0}, (0, "A", 0)), 1, True, 1, 1),
        (graph_of({0, 1}), 2, True, 2, 1),
        (graph_of({0}, (0, "A", 1), (0, "A", 1)), 1, True, 1, 2),
        (graph_of({0}, (0, "A", 1), (0, "B", 1)), 2, True, 1, 2),
        (graph_of({0}, (0, "A", 1), (1, "A", 1)), 1, True, 1, 2),
        (graph_of({0}, (0, "A", 1), (0, "A", 2), (1, "A", 3), (2, "A", 3)), 2, True, 1, 3),
        (graph_of({0, 1}, (0, "A", 1), (1, "A", 2)), 2, True, 1, 2),
        (graph_of({0}, (0, "A", 1), (1, "A", 0)), None, False, 0, 2),
        (graph_of({0}, (0, "A", 1), (1, "A", 2), (2, "A", 1), (2, "A", 3)), None, False, 1, 4),
        (graph_of({0}, (1, "A", 2), (2, "A", 1)), 1, False, 1, 1),  # the cycle is out of reach
    ],
)
def test_small_graphs(plain: PlainGraph, behaviors: int | None, dag: bool, terminal: int, depth: int) -> None:
    census = take_census(read(plain))
    assert (census.behaviors, census.dag, census.terminal_states, census.depth) == (behaviors, dag, terminal, depth)


@pytest.mark.parametrize("rungs", [1, 64, 200])
def test_huge_counts_are_exact(rungs: int) -> None:
    steps = [(rung, label, rung + 1) for rung in range(rungs) for label in ("Left", "Right")]
    assert count_behaviors(read(graph_of({0}, *steps))) == 2**rungs


def test_a_long_chain_needs_no_deep_stack() -> None:
    steps = [(state, "Next", state + 1) for state in range(3000)]
    census = take_census(read(graph_of({0}, *steps)))
    assert (census.behaviors, census.depth, census.cycle_sizes) == (1, 3001, ())


def test_arguments_are_counted_with_their_action() -> None:
    plain = graph_of({0}, (0, "Set(1)", 1), (0, "Set(2)", 2), (1, "Up", 2), (2, "", 2))
    assert take_census(read(plain)).actions == {"": 1, "Set": 2, "Up": 1}


def test_dead_ends_in_a_graph_with_cycles_are_worth_a_warning() -> None:
    cyclic = graph_of({0}, (0, "A", 1), (1, "A", 0), (1, "A", 2))
    assert [warning.code for warning in take_census(read(cyclic)).warnings] == ["terminal-states-in-cyclic-graph"]
    assert take_census(read(graph_of({0}, (0, "A", 1), (1, "A", 0)))).warnings == ()
    assert take_census(read(graph_of({0}, (0, "A", 1)))).warnings == ()


@given(plain_graphs(), randoms)
def test_an_example_of_a_cycle_is_one(plain: PlainGraph, rng: random.Random) -> None:
    graph = read(plain, rng)
    cycle = example_cycle(graph, find_shape(graph))
    assert bool(cycle) == (count_behaviors(graph) is None)
    ends = [(int(graph.sources[transition]), int(graph.targets[transition])) for transition in cycle]
    assert all(one[1] == other[0] for one, other in zip(ends, ends[1:] + ends[:1], strict=True))
    assert all(source != target for source, target in ends)
    assert all(graph.levels[source] > 0 for source, _ in ends)
    assert len({source for source, _ in ends}) == len(ends)


@given(plain_graphs(), randoms)
def test_terminal_states_are_listed_in_order(plain: PlainGraph, rng: random.Random) -> None:
    graph = read(plain, rng)
    moving = {
        source
        for source, target in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
        if source != target
    }
    assert terminal_states(graph).tolist() == [state for state in range(graph.n_states) if state not in moving]
