"""The shortest way to a state, and the test that is made of it."""

import random
from pathlib import Path

from hypothesis import given

from testgen.diagnosis import open_suite, shrink, surroundings
from testgen.diagnosis.shortest import shortest_path
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from tests.projects import make_project
from tests.strategies import PlainGraph, plain_graphs


def read(plain: PlainGraph) -> StateGraph:
    return read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))


@given(plain=plain_graphs())
def test_shortest_path_leads_from_an_initial_state_in_the_fewest_steps(plain: PlainGraph) -> None:
    graph = read(plain)
    for state in range(graph.n_states):
        if not graph.levels[state]:
            continue
        start, transitions = shortest_path(graph, state)
        assert start in graph.initial
        assert len(transitions) == graph.levels[state] - 1
        for transition in transitions:
            assert graph.sources[transition] == start
            start = graph.targets[transition]
        assert start == state


def test_course_says_which_transition_each_statement_performs(store: Path, tmp_path: Path) -> None:
    suite = open_suite(make_project(tmp_path / "project", store) / "generated")
    for behavior, telling in zip(suite.suite.behaviors, suite.suite.tellings, strict=True):
        assert telling is not None
        course = suite.course(Path("test_all.py"), telling.test)
        assert (course.states, course.transitions) == (behavior.states, behavior.transitions)
        spans = [course.span(begun) for begun in range(len(behavior.transitions) + 3)]
        assert spans == [None, (0, 0), *((n, n + 1) for n in range(len(behavior.transitions))), None]
        for begun in range(1, len(behavior.transitions) + 2):
            found = surroundings(suite, course, begun)
            assert found is not None
            assert found.depth == max(begun - 2, 0)


def test_shortest_test_of_its_kind_is_not_written_again(store: Path, tmp_path: Path) -> None:
    suite = open_suite(make_project(tmp_path / "project", store) / "generated")
    key = next(told.test for told in suite.suite.tellings if told is not None and told.n_told == 2)
    course = suite.course(Path("test_all.py"), key)
    assert shrink(suite, course, 3) is None
    assert shrink(suite, course, 2) is None
    shorter = shrink(suite, course, 2, cut=True)
    assert shorter is not None
    assert (shorter.course.transitions, shorter.in_smaller_steps) == (course.transitions[:1], False)
    assert suite.course(suite.folder / shorter.file, shorter.key) == shorter.course
