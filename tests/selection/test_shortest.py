"""A shortest behavior to each transition, compared with naive counts on random graphs."""

from __future__ import annotations

import random
from collections import deque

import pytest
from hypothesis import given

from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import Request, select_behaviors
from tests.strategies import PlainGraph, plain_graphs


def read(plain: PlainGraph) -> StateGraph:
    return read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))


def naive_levels(graph: StateGraph) -> dict[int, int]:
    """Breadth-first, state by state."""
    levels = dict.fromkeys(graph.initial.tolist(), 1)
    queue = deque(levels)
    while queue:
        state = queue.popleft()
        for source, target in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True):
            if source == state and target not in levels:
                levels[target] = levels[state] + 1
                queue.append(target)
    return levels


@given(plain_graphs())
def test_every_reachable_transition_is_passed_and_ends_of_behaviors_are_shortest(plain: PlainGraph) -> None:
    graph = read(plain)
    levels = naive_levels(graph)
    wanted = {t for t, source in enumerate(graph.sources.tolist()) if source in levels}
    if not wanted:
        with pytest.raises(SelectionError, match="no transition"):
            select_behaviors(graph, Request("transitions", "shortest", limit=10_000))
        return
    suite = select_behaviors(graph, Request("transitions", "shortest", limit=10_000))
    passed = set()
    for behavior in suite.behaviors:
        assert behavior.states[0] in graph.initial
        for source, transition, target in zip(behavior.states, behavior.transitions, behavior.states[1:], strict=False):
            assert (graph.sources[transition], graph.targets[transition]) == (source, target)
        assert len(behavior.transitions) == levels[behavior.states[-2]]
        passed |= set(behavior.transitions)
    assert passed == wanted
    assert len({behavior.id for behavior in suite.behaviors}) == len(suite.behaviors)
    assert suite.lower_bound <= len(suite.behaviors)


@given(plain_graphs(acyclic=True))
def test_the_bound_holds_for_every_suite(plain: PlainGraph) -> None:
    """All behaviors together pass every transition but the self-loops, so no bound may exceed their number."""
    graph = read(plain)
    if (graph.levels[graph.sources] > 0).any() and not graph.self_loops.any():
        assert select_behaviors(graph, Request("transitions", "shortest", limit=10_000)).lower_bound <= len(
            select_behaviors(graph).behaviors
        )


def test_a_cycle_is_no_obstacle() -> None:
    steps = ((0, "Go", 1), (1, "Back", 0), (1, "Stay", 1))
    graph = read(PlainGraph(("x",), ((("int", 0),), (("int", 1),)), frozenset({0}), steps))
    suite = select_behaviors(graph, Request("transitions", "shortest", limit=10))
    assert [len(behavior.transitions) for behavior in suite.behaviors] == [2, 2]


def test_more_than_the_limit_is_refused_politely() -> None:
    steps = tuple((0, f"A{number}", 1) for number in range(5))
    graph = read(PlainGraph(("x",), ((("int", 0),), (("int", 1),)), frozenset({0}), steps))
    with pytest.raises(SelectionError, match="need 5 behaviors, more than the limit of 4"):
        select_behaviors(graph, Request("transitions", "shortest", limit=4))
