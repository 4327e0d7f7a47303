"""The smallest suites, against a bound from another theorem (Dilworth 1950) on small random graphs."""

from __future__ import annotations

import heapq
import random
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.behavior import Suite
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import Request, select_behaviors
from testgen.selection.certificate import Cut, proven_bound
from testgen.selection.ground import GROUNDS
from testgen.selection.minimum import component_flow
from tests.strategies import PlainGraph, plain_graphs

Item = tuple[int, int, object]
"""Something to pass: the state before it, the state after it, and what it is."""


def read(plain: PlainGraph, seed: int = 0) -> StateGraph:
    rng = random.Random(seed)
    return read_dot(Source("drawn.dot", plain.renumbered(rng).dot(rng).encode()))


def items_of(graph: StateGraph, criterion: str) -> list[Item]:
    """What is to be passed, from the arrays of the graph alone."""
    reached = set(graph.initial.tolist())
    steps = list(enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)))
    for _ in range(graph.n_states):
        reached |= {target for _, (source, target) in steps if source in reached}
    steps = [(number, step) for number, step in steps if step[0] in reached]
    if criterion == "states":
        return [(state, state, state) for state in reached]
    if criterion == "transitions":
        return [(*step, number) for number, step in steps]
    return [(one[0], two[1], (first, second)) for first, one in steps for second, two in steps if one[1] == two[0]]


def fewest(graph: StateGraph, items: list[Item]) -> int:
    """By Dilworth's theorem, from a matching: how many chains it takes to hold all items, if A is before B where a path
    leads from the end of A to the start of B. (For pairs, that path also may begin with the pair's second transition.)
    """
    ways = nx.MultiDiGraph(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    ways.add_nodes_from(range(graph.n_states))
    reach = {state: {state} | nx.descendants(ways, state) for state in ways}

    def before(one: Item, other: Item) -> bool:
        if isinstance(one[2], tuple) and isinstance(other[2], tuple) and one[2][1] == other[2][0]:
            return True
        return other[0] in reach[one[1]]

    order = nx.DiGraph((a, b) for a in range(len(items)) for b in range(len(items)) if before(items[a], items[b]))
    order.add_nodes_from(range(len(items)))
    classes = nx.transitive_closure_dag(nx.condensation(nx.transitive_closure(order)))
    left = {("left", node) for node in classes}
    halves = nx.Graph((("left", a), ("right", b)) for a, b in classes.edges)
    halves.add_nodes_from(left)
    return len(classes) - len(nx.bipartite.maximum_matching(halves, top_nodes=left)) // 2


def passed(suite: Suite, criterion: str) -> set[object]:
    found: set[object] = set()
    for behavior in suite.behaviors:
        assert behavior.states[0] in suite.graph.initial
        for source, transition, target in zip(behavior.states, behavior.transitions, behavior.states[1:], strict=False):
            assert (suite.graph.sources[transition], suite.graph.targets[transition]) == (source, target)
        found |= {
            "states": set(behavior.states),
            "transitions": set(behavior.transitions),
            "transition-pairs": set(pairwise(behavior.transitions)),
        }[criterion]
    return found


@pytest.mark.parametrize("criterion", GROUNDS)
@given(plain=plain_graphs())
def test_suite_passes_everything_with_provably_fewest_behaviors(criterion: str, plain: PlainGraph) -> None:
    graph = read(plain)
    items = items_of(graph, criterion)
    if not items:
        with pytest.raises(SelectionError, match="to cover"):
            select_behaviors(graph, Request(criterion, "minimum"))
        return
    suite = select_behaviors(graph, Request(criterion, "minimum"))
    assert passed(suite, criterion) == {item[2] for item in items}
    assert len(suite.behaviors) == suite.lower_bound == fewest(graph, items)
    assert len({behavior.id for behavior in suite.behaviors}) == len(suite.behaviors)


@pytest.mark.parametrize("criterion", GROUNDS)
@given(plain=plain_graphs())
def test_prefix_is_worth_the_most_and_no_behavior_ends_with_what_is_known(criterion: str, plain: PlainGraph) -> None:
    graph = read(plain)
    if not items_of(graph, criterion):
        return
    suite = select_behaviors(graph, Request(criterion, "minimum"))
    known: set[object] = set()
    gains = []
    for behavior in suite.behaviors:
        one = Suite(graph, criterion, "", (behavior,), 1)
        gains.append(len(passed(one, criterion) - known))
        if behavior.transitions and len(behavior.transitions) > (criterion == "transition-pairs"):
            last = {
                "states": behavior.states[-1],
                "transitions": behavior.transitions[-1],
                "transition-pairs": behavior.transitions[-2:],
            }[criterion]
            assert last not in known
        known |= passed(one, criterion)
    assert all(gains)


@given(plain=plain_graphs())
def test_the_same_suite_comes_from_every_dump(plain: PlainGraph) -> None:
    one, other = read(plain, 1), read(plain, 2)
    if items_of(one, "transitions"):
        suites = [select_behaviors(graph, Request("transitions")) for graph in (one, other)]
        assert suites[0].behaviors == suites[1].behaviors


def best(graph: StateGraph, criterion: str) -> tuple[int, int]:
    """The fewest tests, and among those the fewest steps, by trying: cheapest first over what has been passed."""
    due = {item[2]: number for number, item in enumerate(items_of(graph, criterion))}
    everything = (1 << len(due)) - 1
    leaving: dict[int, list[int]] = {}
    for number, source in enumerate(graph.sources.tolist()):
        leaving.setdefault(source, []).append(number)
    starts = [(state, None, 1 << due[state] if criterion == "states" else 0) for state in graph.initial.tolist()]
    queue = [(1, 0, number, *start) for number, start in enumerate(starts)]
    seen = set()
    while queue:
        n_walks, n_steps, _, state, last, passed = heapq.heappop(queue)
        if passed == everything:
            return n_walks, n_steps
        if (state, last, passed) in seen:
            continue
        seen.add((state, last, passed))
        onward = [(n_walks + 1, n_steps, state, None, passed | gained) for state, _, gained in starts]
        for number in leaving.get(state, ()):
            target = int(graph.targets[number])
            item = {"states": target, "transitions": number}.get(criterion, (last, number))
            gained = passed | (1 << due[item] if item in due else 0)
            onward.append((n_walks, n_steps + 1, target, number, gained))
        for walks, steps, *rest in onward:
            heapq.heappush(queue, (walks, steps, len(queue) + len(seen) * 1000, *rest))
    raise AssertionError("unreachable")


@pytest.mark.parametrize("criterion", ["states", "transitions", "transition-pairs"])
@settings(max_examples=150)
@given(data=st.data())
def test_steps_are_the_fewest_of_all_smallest_suites(criterion: str, data: st.DataObject) -> None:
    graph = read(data.draw(plain_graphs(acyclic=criterion == "states")))
    if not 0 < len(items_of(graph, criterion)) <= 8:
        return
    suite = select_behaviors(graph, Request(criterion, has_least_steps=True))
    assert passed(suite, criterion) == {item[2] for item in items_of(graph, criterion)}
    assert (len(suite.behaviors), suite.n_steps) == best(graph, criterion)
    assert suite.least_steps == suite.n_steps


def test_fewest_steps_through_states_are_not_for_cycles() -> None:
    there_and_back = PlainGraph(("x",), ((("int", 0),), (("int", 1),)), (0,), ((0, "Go", 1), (1, "Back", 0)))
    with pytest.raises(SelectionError, match="every state cannot be found where the graph has cycles"):
        select_behaviors(read(there_and_back), Request("states", has_least_steps=True))


def test_more_behaviors_than_the_limit_are_refused() -> None:
    graph = read(star(5))
    assert len(select_behaviors(graph, Request("states", limit=5)).behaviors) == 5
    with pytest.raises(SelectionError, match="the states need 5 behaviors, more than the limit of 4"):
        select_behaviors(graph, Request("states", limit=4))


def test_a_cut_that_a_behavior_could_cross_twice_is_noticed() -> None:
    ground = GROUNDS["transitions"](read(star(5)))
    flow = component_flow(ground)
    cut = flow.cut
    assert proven_bound(ground, cut) == flow.n_paths == 5
    everywhere = np.ones_like(cut.entered)
    for wrong in (Cut(everywhere, ~everywhere, cut.groups), Cut(~cut.entered, ~cut.left, cut.groups)):
        with pytest.raises(AssertionError, match="leads back over the cut"):
            proven_bound(ground, wrong)


def star(n_rays: int) -> PlainGraph:
    """One initial state and a transition from there to each other."""
    values = tuple((("int", number),) for number in range(n_rays + 1))
    return PlainGraph(("x",), values, (0,), tuple((0, "Go", ray) for ray in range(1, n_rays + 1)))
