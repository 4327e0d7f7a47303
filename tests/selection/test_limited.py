"""Suites of tests of a limited length: what they cover, and how few they are, against naive searches."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.behavior import Suite
from testgen.errors import SelectionError
from testgen.graph import StateGraph, load
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import Request, select_behaviors
from testgen.selection.certificate import proven_bound_of_length
from testgen.selection.ground import GROUNDS, Ground
from testgen.selection.nearest import Nearest
from testgen.selection.pieces import Shore, fewest_cuts
from tests.strategies import PlainGraph, plain_graphs

LIMITED = [(criterion, "minimum") for criterion in GROUNDS]
LIMITED += [(criterion, "shortest") for criterion in (*GROUNDS, "actions", "action-pairs")]


def read(plain: PlainGraph, seed: int = 0) -> StateGraph:
    rng = random.Random(seed)
    return read_dot(Source("drawn.dot", plain.renumbered(rng).dot(rng).encode()))


def passed(graph: StateGraph, criterion: str, start: int, walk: tuple[int, ...]) -> set[object]:
    names = [graph.action(transition).name for transition in walk]
    return {
        "states": {start, *(int(graph.targets[transition]) for transition in walk)},
        "transitions": set(walk),
        "transition-pairs": set(pairwise(walk)),
        "actions": set(names),
        "action-pairs": set(pairwise(names)),
    }[criterion]


def near(graph: StateGraph, criterion: str, max_steps: int) -> set[object]:
    """What walks of at most so many steps pass, by their last two steps."""
    found: set[object] = set()
    walks: set[tuple[int, tuple[int, ...]]] = {(start, ()) for start in graph.initial.tolist()}
    seen = set(walks)
    for _ in range(max_steps + 1):
        onward: set[tuple[int, tuple[int, ...]]] = set()
        for start, walk in walks:
            found |= passed(graph, criterion, start, walk)
            state = int(graph.targets[walk[-1]]) if walk else start
            begin = int(graph.targets[walk[-2]]) if len(walk) == 2 else int(graph.sources[walk[-1]]) if walk else start
            onward |= {(begin, (*walk[-1:], move)) for move in range(graph.offsets[state], graph.offsets[state + 1])}
        walks = onward - seen
        seen |= walks
    return found


def assert_keeps(suite: Suite, criterion: str, max_steps: int) -> None:
    """Check that it covers what is near, with real behaviors, none of which is longer."""
    graph = suite.graph
    found: set[object] = set()
    for behavior in suite.behaviors:
        assert behavior.states[0] in graph.initial
        assert len(behavior.transitions) <= max_steps
        for source, transition, target in zip(behavior.states, behavior.transitions, behavior.states[1:], strict=False):
            assert (graph.sources[transition], graph.targets[transition]) == (source, target)
        found |= passed(graph, criterion, behavior.states[0], behavior.transitions)
    assert found == near(graph, criterion, max_steps)
    assert len(found) == suite.obligations - suite.uncovered.get("max-steps", 0)
    assert suite.lower_bound <= len(suite.behaviors)


@pytest.mark.parametrize(("criterion", "strategy"), LIMITED)
@given(plain=plain_graphs(), max_steps=st.integers(1, 9))
def test_all_that_is_near_is_covered_by_tests_that_are_short(
    criterion: str, strategy: str, plain: PlainGraph, max_steps: int
) -> None:
    graph = read(plain)
    if near(graph, criterion, max_steps):
        assert_keeps(select_behaviors(graph, Request(criterion, strategy, max_steps=max_steps)), criterion, max_steps)
        return
    with pytest.raises(SelectionError, match=f"no behavior is left|no {criterion} to cover"):
        select_behaviors(graph, Request(criterion, strategy, max_steps=max_steps))


def fewest(graph: StateGraph, criterion: str, max_steps: int) -> int:
    """The fewest walks that pass all that is near, by trying every walk."""
    gains: set[frozenset[object]] = set()
    walks: list[tuple[int, tuple[int, ...]]] = [(start, ()) for start in graph.initial.tolist()]
    while walks:
        start, walk = walks.pop()
        gains.add(frozenset(passed(graph, criterion, start, walk)))
        if len(walk) < max_steps:
            state = int(graph.targets[walk[-1]]) if walk else start
            walks += [(start, (*walk, move)) for move in range(graph.offsets[state], graph.offsets[state + 1])]
    best = [gain for gain in gains if not any(gain < other for other in gains)]
    everything = near(graph, criterion, max_steps)
    number = 1
    while not any(set().union(*chosen) == everything for chosen in combinations(best, number)):
        number += 1
    return number


@pytest.mark.parametrize("criterion", GROUNDS)
@given(plain=plain_graphs(max_states=4), max_steps=st.integers(1, 4))
def test_the_bound_is_one(criterion: str, plain: PlainGraph, max_steps: int) -> None:
    graph = read(plain)
    if not 0 < len(near(graph, criterion, max_steps)) <= 7:
        return
    suite = select_behaviors(graph, Request(criterion, max_steps=max_steps))
    assert suite.lower_bound <= fewest(graph, criterion, max_steps) <= len(suite.behaviors)


@given(plain=plain_graphs(), max_steps=st.integers(1, 6))
def test_the_same_suite_comes_from_every_dump(plain: PlainGraph, max_steps: int) -> None:
    one, other = read(plain, 1), read(plain, 2)
    if near(one, "transitions", max_steps):
        request = Request("transitions", max_steps=max_steps)
        assert select_behaviors(one, request).behaviors == select_behaviors(other, request).behaviors


@given(plain=plain_graphs())
def test_a_limit_that_nothing_reaches_leaves_the_minimum(plain: PlainGraph) -> None:
    graph = read(plain)
    if near(graph, "transitions", 1):
        whole = select_behaviors(graph, Request("transitions"))
        limited = select_behaviors(graph, Request("transitions", max_steps=10**9))
        assert len(limited.behaviors) == len(whole.behaviors) == limited.lower_bound


@pytest.mark.parametrize(("max_steps", "before", "at_most"), [(10, 608, 300), (40, 584, 80), (400, 494, 16)])
def test_a_walk_goes_on_where_it_is_not_at_its_end(max_steps: int, before: int, at_most: int) -> None:
    """The cache, where walks that stopped as soon as nothing due was at hand took `before` tests."""
    suite = select_behaviors(load("graphs/cache.dot"), Request("transitions", max_steps=max_steps))
    assert_keeps(suite, "transitions", max_steps)
    assert suite.lower_bound <= len(suite.behaviors) <= at_most < before


things = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=9)


@given(things=things, spare=st.integers(0, 9))
def test_cuts_are_the_fewest(things: list[tuple[int, int, int]], spare: int) -> None:
    """Of all ways to cut, one with the fewest pieces, and of such the fewest moves."""
    begins, ends, depths = list[int](), list[int](), list[int]()
    for gap, length, depth in things:
        begins.append((ends[-1] if ends else 0) + gap + (1 - length))
        ends.append(begins[-1] + length)
        depths.append(depth)
    max_moves = 4 + spare

    def price(cuts: list[tuple[int, int]]) -> tuple[int, int] | None:
        moves = [depths[first] + ends[last] - begins[first] for first, last in cuts]
        return (len(cuts), sum(moves)) if max(moves) <= max_moves else None

    def ways(first: int) -> Iterator[list[tuple[int, int]]]:
        if first == len(begins):
            yield []
        for last in range(first, len(begins)):
            for rest in ways(last + 1):
                yield [(first, last), *rest]

    best = min(cost for cuts in ways(0) if (cost := price(cuts)) is not None)
    assert price(fewest_cuts(begins, ends, depths, max_moves)) == best


@pytest.mark.parametrize("criterion", GROUNDS)
@given(plain=plain_graphs(), rng=st.randoms(use_true_random=False))
def test_the_nearest_is_as_near_as_a_search_finds(criterion: str, plain: PlainGraph, rng: random.Random) -> None:
    ground = GROUNDS[criterion](read(plain))
    nearest = Nearest(ground, Shore(ground).depths)
    for move in rng.sample(range(len(ground.targets)), len(ground.targets)):
        start, most = rng.randrange(len(ground.places)), rng.randrange(9)
        way, distance = nearest.way(start, most), searched(ground, nearest, start)
        if way is None:
            assert distance is None or distance > most
        else:
            assert len(way) == distance <= most
            assert [start, *(nearest.targets[m] for m in way[:-1])][: len(way)] == [nearest.sources[m] for m in way]
        nearest.strike_place(nearest.sources[move])
        nearest.strike_move(move)


def searched(ground: Ground, nearest: Nearest, start: int) -> int | None:
    """The distance of the nearest place that is due or that a due move leaves, breadth first."""
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        place, distance = queue.popleft()
        leaving = range(ground.offsets[place], ground.offsets[place + 1])
        if nearest.is_place_due[place] or any(nearest.is_move_due[move] for move in leaving):
            return distance
        for target in ground.targets[list(leaving)].tolist():
            if target not in seen:
                seen.add(target)
                queue.append((target, distance + 1))
    return None


def test_a_proof_with_a_move_that_climbs_too_high_is_noticed() -> None:
    ground = GROUNDS["transitions"](load("graphs/cache.dot"))
    flat = np.zeros(len(ground.places), dtype=np.int64)
    assert proven_bound_of_length(ground, flat, 10) == 110  # 1,092 transitions
    for wrong in (2 * np.arange(len(flat)), flat - 1):
        with pytest.raises(AssertionError, match="climbs too high"):
            proven_bound_of_length(ground, wrong, 10)
