"""Finding recorded tests in graphs, compared with the plain way: all paths, and those that fit."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.coverage import RecordedStep, RecordedTest, Tracker
from testgen.coverage.recorded import Ints
from testgen.errors import TraceError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.values import python_literal, to_plain
from tests.conftest import dot
from tests.strategies import PlainGraph, plain_graphs


def graph(
    states: list[dict[str, str]], transitions: list[tuple[int, str, int]], initial: tuple[int, ...]
) -> StateGraph:
    return read_dot(Source("small.dot", dot(states, transitions, initial).encode()))


def by_hand(*steps: tuple[str, str], start: str = "0") -> RecordedTest:
    """A test that saw only x: the action and x after it, for each step."""
    told = tuple(RecordedStep(tuple(names.split("|")), {"x": value}) for names, value in steps)
    return RecordedTest("test_by_hand", {"x": start}, told)


def fork() -> StateGraph:
    """Go leads to x = 1 in two ways, which only the next step tells apart; y is never seen."""
    states = [
        {"x": "0", "y": "0"},
        {"x": "1", "y": "1"},
        {"x": "1", "y": "2"},
        {"x": "2", "y": "0"},
        {"x": "3", "y": "0"},
    ]
    transitions = [(0, "Go", 1), (0, "Go", 2), (1, "Left", 3), (2, "Right", 4), (3, "Stay", 3), (3, "Rest", 3)]
    return graph(states, transitions, (0,))


def named(found: StateGraph, transitions: Ints) -> list[str]:
    """Transitions by action and the y that they lead to."""
    return [f"{found.action(t).name}>{found.state(int(found.targets[t]))['y'].key}" for t in transitions.tolist()]


def test_a_later_step_tells_which_it_was() -> None:
    small = fork()
    track = Tracker(small).track(by_hand(("Go", "1"), ("Left|Right", "3")))
    assert [named(small, taken) for taken in track.taken] == [["Go>2"], ["Right>0"]]
    assert track.left_by == ""
    assert None not in track.certain


def test_what_is_not_told_apart_is_not_certain() -> None:
    small = fork()
    track = Tracker(small).track(by_hand(("Go", "1")))
    assert [named(small, taken) for taken in track.taken] == [["Go>1", "Go>2"]]
    assert track.certain == [None]


def test_the_name_of_the_action_counts() -> None:
    small = fork()
    track = Tracker(small).track(by_hand(("Go", "1"), ("Left", "2"), ("Stay", "2")))
    assert named(small, track.taken[2]) == ["Stay>0"]


def test_where_a_test_leaves_the_graph_is_told_and_what_it_did_before_counts() -> None:
    small = fork()
    track = Tracker(small).track(by_hand(("Go", "1"), ("Left", "2"), ("Left", "3"), ("Stay", "2")))
    assert [named(small, taken) for taken in track.taken] == [["Go>1"], ["Left>0"]]
    assert track.left_by == "step 3: no Left leads to x = 3"


def test_a_test_that_begins_elsewhere_is_not_found() -> None:
    track = Tracker(fork()).track(by_hand(("Go", "1"), start="7"))
    assert (track.starts.size, track.taken, track.left_by) == (0, (), "no initial state has x = 7")


def test_a_test_without_a_step_has_begun() -> None:
    track = Tracker(fork()).track(by_hand())
    assert (track.starts.tolist(), track.taken, track.left_by) == ([0], (), "")


def test_of_several_initial_states_the_one_that_leads_on() -> None:
    states = [{"x": "0", "y": "0"}, {"x": "0", "y": "1"}, {"x": "1", "y": "0"}]
    small = graph(states, [(1, "Go", 2)], (0, 1))
    track = Tracker(small).track(by_hand(("Go", "1")))
    assert [small.state(state)["y"].key for state in track.starts.tolist()] == ["1"]


def test_true_is_not_one() -> None:
    small = graph([{"x": "0"}, {"x": "TRUE"}], [(0, "Go", 1)], (0,))
    assert Tracker(small).track(by_hand(("Go", "1"))).taken == ()
    assert len(Tracker(small).track(by_hand(("Go", "True"))).taken) == 1


def test_a_variable_that_the_graph_does_not_have_is_an_error() -> None:
    with pytest.raises(TraceError, match=r"observes 'z', a variable that small\.dot does not have"):
        Tracker(fork()).track(RecordedTest("test_by_hand", {"z": "0"}, ()))


def test_what_is_no_value_is_an_error() -> None:
    with pytest.raises(TraceError, match="x was observed as what is no value"):
        Tracker(fork()).track(by_hand(start="exit()"))


def paths(drawn: StateGraph, steps: int) -> Iterator[tuple[int, list[int]]]:
    """Every path of so many steps from an initial state: the state, and the transitions."""
    found: list[tuple[int, int, list[int]]] = [(state, state, []) for state in drawn.initial.tolist()]
    for _ in range(steps):
        found = [
            (start, int(drawn.targets[t]), [*taken, t])
            for start, state, taken in found
            for t in range(*drawn.offsets[state : state + 2].tolist())
        ]
    return ((start, taken) for start, _, taken in found)


def seen(drawn: StateGraph, state: int, variables: set[str]) -> dict[str, str]:
    return {name: python_literal(to_plain(drawn.state(state)[name])) for name in variables}


@given(plain_graphs(max_states=5), st.data())
def test_the_transitions_possible_are_those_of_all_paths_that_fit(plain: PlainGraph, data: st.DataObject) -> None:
    drawn = read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))
    every = [list(paths(drawn, steps)) for steps in range(4)]
    start, taken = data.draw(st.sampled_from([path for found in every for path in found]))
    variables = data.draw(st.sets(st.sampled_from(drawn.variables)))

    def told(state: int, transitions: list[int]) -> tuple[object, ...]:
        steps = [(drawn.action(t).name, seen(drawn, int(drawn.targets[t]), variables)) for t in transitions]
        return seen(drawn, state, variables), steps

    steps = tuple(RecordedStep((drawn.action(t).name,), seen(drawn, int(drawn.targets[t]), variables)) for t in taken)
    track = Tracker(drawn).track(RecordedTest("drawn", seen(drawn, start, variables), steps))

    fitting = [path for path in every[len(taken)] if told(*path) == told(start, taken)]
    assert track.starts.tolist() == sorted({state for state, _ in fitting})
    columns = [sorted({transitions[number] for _, transitions in fitting}) for number in range(len(taken))]
    assert [possible.tolist() for possible in track.taken] == columns
    assert track.left_by == ""
