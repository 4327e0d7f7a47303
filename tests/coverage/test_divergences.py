"""Failures in groups: where each test diverges, and which of several runs of a test counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testgen.behavior import Suite, Telling
from testgen.coverage import SuiteEvidence
from testgen.coverage.divergences import FailureGroup, group_failures
from testgen.coverage.run_log import Record
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import select_behaviors
from tests.conftest import dot


@pytest.fixture
def fork() -> StateGraph:
    """Two behaviors: Up, Up, Left and Up, Up, Right, Right."""
    steps = [(0, "Up", 1), (1, "Up", 2), (2, "Left", 3), (2, "Right", 4), (4, "Right", 5)]
    return read_dot(Source("fork.dot", dot([{"x": str(number)} for number in range(6)], steps).encode()))


def groups(graph: StateGraph, *records: Record, progress: tuple[int, ...] | None = (0, 1, 2, 3)) -> list[FailureGroup]:
    """Of a suite whose tests are `left` and `right`; each statement performs a transition, after one that starts."""
    suite: Suite = select_behaviors(graph)
    tellings = []
    for behavior in suite.behaviors:
        name = "left" if len(behavior.transitions) == 3 else "right"
        n_told = len(behavior.transitions)
        steps = progress if progress is None or name == "left" else (*progress, n_told)
        tellings.append(Telling(name, n_told, steps))
    return group_failures(graph, [SuiteEvidence("fork", replace(suite, tellings=tuple(tellings)), True, records)])


def failed(key: str, done: int, why: str = "x differs", *, begun: int | None = None, outcome: str = "failed") -> Record:
    return Record(key, outcome, done + 1 if begun is None else begun, done, 0.1, f"test_{key}", why)


@pytest.mark.parametrize(
    ("done", "action", "transition"),
    [(0, "", None), (1, "Up", 0), (2, "Up", 1), (3, "Left", 2)],
)
def test_a_test_diverges_at_the_statement_that_failed(
    fork: StateGraph, done: int, action: str, transition: int | None
) -> None:
    (group,) = groups(fork, failed("left", done))
    assert (group.outcome, group.why, group.action) == ("failed", "x differs", action)
    assert group.transitions == {transition: 1}


def test_a_statement_of_several_transitions_diverges_at_its_first(fork: StateGraph) -> None:
    (group,) = groups(fork, failed("left", 1), progress=(0, 3))
    assert (group.action, group.transitions) == ("Up", {0: 1})


def test_a_check_that_performs_nothing_blames_what_came_before(fork: StateGraph) -> None:
    (group,) = groups(fork, failed("left", 3), progress=(0, 1, 3, 3))
    assert (group.action, group.transitions) == ("Left", {2: 1})


def test_the_same_words_at_the_same_action_are_one_group_the_shortest_first(fork: StateGraph) -> None:
    (group,) = groups(fork, failed("right", 1), failed("left", 2))
    assert [failure.record.test for failure in group.failures] == ["test_left", "test_right"]
    assert group.transitions == {0: 1, 1: 1}


def test_other_words_or_another_action_are_another_group(fork: StateGraph) -> None:
    assert len(groups(fork, failed("left", 1), failed("right", 1, "y differs"))) == 2
    assert [group.action for group in groups(fork, failed("left", 3), failed("right", 3))] == ["Left", "Right"]


def test_the_better_of_two_runs_counts(fork: StateGraph) -> None:
    assert groups(fork, failed("left", 1), Record("left", "passed", 4, 4, 0.1, "test_left")) == []
    assert len(groups(fork, failed("left", 1), failed("left", 2))) == 1


def test_where_it_is_not_known_is_told_as_such(fork: StateGraph) -> None:
    unsound = Record("right", "passed", 9, 9, 0.1, "test_right")  # has other statements than the suite file tells
    for records, progress in (
        ((failed("left", 1), unsound), (0, 1, 2, 3)),
        ((failed("left", 1),), None),
        ((failed("left", 0, begun=0),), (0, 1, 2, 3)),
        ((failed("left", 0, outcome="error"),), (0, 1, 2, 3)),
    ):
        (group,) = groups(fork, *records, progress=progress)
        assert (group.action, group.transitions) == ("", {None: 1})
