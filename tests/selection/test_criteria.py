"""Obligations in arrays are those along each path."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection.criteria import CRITERIA, NOTHING
from testgen.selection.filters import allowed_by
from testgen.selection.part import Path, part_of
from tests.strategies import PlainGraph, plain_graphs


def reachable(plain: PlainGraph) -> StateGraph:
    graph = read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))
    return part_of(graph, *allowed_by(graph, (), ())).graph


def walk(graph: StateGraph, rng: random.Random) -> Path:
    state = start = rng.choice(graph.initial.tolist())
    transitions: list[int] = []
    for _ in range(rng.randrange(6)):
        leaving = range(graph.offsets[state], graph.offsets[state + 1])
        if leaving:
            transitions.append(rng.choice(leaving))
            state = int(graph.targets[transitions[-1]])
    return start, transitions


@pytest.mark.parametrize("criterion", CRITERIA)
@given(plain=plain_graphs(), seed=st.integers(0, 99))
def test_obligations_passed_at_once_are_those_along_each_path(criterion: str, plain: PlainGraph, seed: int) -> None:
    graph, rng = reachable(plain), random.Random(seed)
    obligations = CRITERIA[criterion](graph)
    paths = [walk(graph, rng) for _ in range(4)]
    along = [number for path in paths for number in obligations.along(path) if number != NOTHING]
    taken = [transition for _, transitions in paths for transition in transitions]
    after = [before for _, transitions in paths for before in [NOTHING, *transitions][: len(transitions)]]
    arrays = (np.array(numbers, dtype=np.int64) for numbers in ([start for start, _ in paths], taken, after))
    assert sorted(obligations.passed(*arrays).tolist()) == sorted(along)


@pytest.mark.parametrize("criterion", CRITERIA)
@given(plain=plain_graphs(), seed=st.integers(0, 99))
def test_some_of_the_nearest_are_those_of_all(criterion: str, plain: PlainGraph, seed: int) -> None:
    obligations = CRITERIA[criterion](reachable(plain))
    numbers = random.Random(seed).sample(range(obligations.count), obligations.count // 2)
    everywhere = obligations.nearest()
    assert obligations.nearest(numbers) == [everywhere[number] for number in numbers]
    for number, end in enumerate(everywhere):
        assert obligations.along(end)[-1] == number
