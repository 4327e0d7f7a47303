"""The TTL bindings: what the stories say, and, on a real server, that suites pass and that faults make them fail."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from testgen.behavior import Suite
from testgen.bindings.mongo_ttl import TTLOrdering
from testgen.bindings.mongo_ttl_impossible import ImpossibleEarlyTTL, ImpossibleReorder
from testgen.bindings.protocol import Step
from testgen.bindings.story import Call, StepStory
from testgen.errors import ServerError
from testgen.graph import load
from testgen.mongo.locate import find_mongod
from testgen.render import render_suite, write_suite
from testgen.selection import select_behaviors

GRAPHS = Path(__file__).parents[2] / "graphs"

State = dict[str, object]


def state(docs: list[tuple[str, str]], oplog: str = "", delivered: str = "", idle: int = 0) -> State:
    """A state; "i1 d1" is the insert of document 1 and its delete, in the order of the oplog."""
    entries = {word: {"ts": ts, "op": word[0], "doc": int(word[1:])} for ts, word in enumerate(oplog.split(), 1)}
    return {
        "docs": [{"createdAt": created_at, "state": shown} for created_at, shown in docs],
        "oplog": list(entries.values()),
        "delivered": [entries[word] for word in delivered.split()],
        "idlePasses": idle,
    }


START = state([])


def steps(*taken: tuple[str, State]) -> list[Step]:
    before = [START, *(after for _, after in taken)]
    return [Step(action, (), old, after) for old, (action, after) in zip(before, taken, strict=False)]


def test_parameters_are_found_from_the_states() -> None:
    behavior = steps(
        ("Stage", state([("past", "staged")])),
        ("Stage", state([("past", "staged"), ("missing", "staged")])),
        ("Commit", state([("past", "staged"), ("missing", "live")], "i2")),
        ("Abort", state([("past", "aborted"), ("missing", "live")], "i2")),
        ("TTLPass", state([("past", "aborted"), ("missing", "live")], "i2", idle=1)),
    )
    story = TTLOrdering.story(START, behavior)
    assert isinstance(story, StepStory)
    assert [(call.method, dict(call.arguments)) for call in story.calls] == [
        ("stage", {"created_at": "past"}),
        ("stage", {"created_at": "missing"}),
        ("commit", {"doc": 2}),
        ("abort", {"doc": 1}),
        ("ttl_pass", {}),
    ]
    assert story.end == Call("check_rest", {"rest": []}, {})  # the filter does not let document 2 through


def test_behavior_that_ends_early_says_what_is_left_to_deliver() -> None:
    story = TTLOrdering.story(
        START, steps(("Stage", state([("past", "staged")])), ("Commit", state([("past", "live")], "i1")))
    )
    assert isinstance(story, StepStory)
    assert story.end == Call("check_rest", {"rest": [{"ts": 1, "op": "i", "doc": 1}]}, {})


def test_story_of_an_early_pass_ends_with_its_refusal() -> None:
    behavior = steps(
        ("Stage", state([("past", "staged")])),
        ("TTLPass", state([("past", "reaped")], "d1")),
        ("Commit", state([("past", "deleted")], "d1 i1")),
    )
    story = ImpossibleEarlyTTL.story(START, behavior)
    assert [call.method for call in story.calls] == ["stage"]
    assert story.end == Call("refuses_to_reap", {"docs": [1]}, {})
    assert story.path == ("stage", "refuses_to_reap")
    assert story.summary == "impossible, and refused: Stage, TTLPass"
    assert (story.n_told, story.progress()) == (2, (1, 1))


def test_story_of_a_delivery_out_of_order_ends_with_its_refusal() -> None:
    behavior = steps(
        ("Stage", state([("past", "staged")])),
        ("Commit", state([("past", "live")], "i1")),
        ("TTLPass", state([("past", "deleted")], "i1 d1")),
        ("Deliver", state([("past", "deleted")], "i1 d1", "d1")),
        ("Deliver", state([("past", "deleted")], "i1 d1", "d1 i1")),
    )
    story = ImpossibleReorder.story(START, behavior)
    assert [call.method for call in story.calls] == ["stage", "commit", "ttl_pass"]
    told = {"event": {"op": "d", "doc": 1}, "before": {"op": "i", "doc": 1}}
    assert story.end == Call("refuses_to_deliver", told, {})


@pytest.mark.parametrize("binding", [ImpossibleEarlyTTL, ImpossibleReorder])
def test_behavior_without_an_impossible_step_is_left_out(
    binding: type[ImpossibleEarlyTTL] | type[ImpossibleReorder],
) -> None:
    told = binding.story(START, steps(("Stage", state([("past", "staged")])), ("Abort", state([("past", "aborted")]))))
    assert told is None


@pytest.fixture
def live() -> None:
    try:
        find_mongod()
    except ServerError as error:
        if os.environ.get("TESTGEN_REQUIRE_LIVE") == "1":
            pytest.fail(f"TESTGEN_REQUIRE_LIVE=1, but: {error}", pytrace=False)
        pytest.skip(str(error))


def build(graph: str, binding: str, folder: Path, n_tests: int = 12) -> None:
    """Some behaviors of a graph, evenly from its first to its last, as tests."""
    suite: Suite = select_behaviors(load(str(GRAPHS / f"{graph}.dot.gz")))
    some = suite.behaviors[:: len(suite.behaviors) // n_tests]
    write_suite(render_suite(replace(suite, behaviors=some), binding, version="0", folder=folder), folder)


def run_pytest(folder: Path, *arguments: str) -> str:
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    return result.stdout + result.stderr


SUITES = [("ttl-small", "mongo_ttl"), ("ttl-early", "mongo_ttl_early"), ("ttl-reorder", "mongo_ttl_reorder")]


@pytest.mark.mongo
@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(("graph", "binding"), SUITES)
def test_real_server_does_what_it_should_and_refuses_what_it_must(graph: str, binding: str, tmp_path: Path) -> None:
    build(graph, binding, tmp_path)
    output = run_pytest(tmp_path)
    assert " passed in" in output
    assert "failed" not in output
    assert "skipped" not in output


@pytest.mark.mongo
@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("days", [-1, 1])
def test_clocks_of_test_and_server_may_differ(days: int, tmp_path: Path) -> None:
    build("ttl-small", "mongo_ttl", tmp_path)
    (tmp_path / "conftest.py").write_text(CLOCK_SET.format(days=days))
    output = run_pytest(tmp_path)
    assert " passed in" in output
    assert "failed" not in output


DROPPED = """
from testgen.bindings.ttl_surroundings import Surroundings

sort = Surroundings._sort
Surroundings._sort = lambda self, events: sort(
    self, [event for event in events if event["operationType"] != "delete"]
)
"""
SWAPPED = """
from testgen.bindings.ttl_surroundings import Surroundings

sort = Surroundings._sort


def swapping(self, events):
    sort(self, events)
    for queue in self._events.values():
        if len(queue) > 1:
            queue[0], queue[1] = queue[1], queue[0]


Surroundings._sort = swapping
"""
DUPLICATED = """
from testgen.bindings.ttl_surroundings import Surroundings

sort = Surroundings._sort
Surroundings._sort = lambda self, events: sort(self, [event for event in events for _ in range(2)])
"""
CLOCK_SET = """
import datetime as library
from testgen.bindings import mongo_ttl


class SetClock(library.datetime):
    @classmethod
    def now(cls, zone):
        return library.datetime.now(zone) + library.timedelta(days={days})


mongo_ttl.datetime = SetClock
"""
GATE_OPEN_TOO_LONG = """
from testgen.mongo import TTLGate

let_one_pass = TTLGate.let_one_pass


def leaving_it_open_for_another(self):
    passes = let_one_pass(self)
    self._failpoint.off()
    self._wait_for_pass(passes, 10)
    self._failpoint.arm()
    return passes


TTLGate.let_one_pass = leaving_it_open_for_another
"""


@pytest.mark.mongo
@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("fault", "graph", "binding", "told"),
    [
        (DROPPED, "ttl-small", "mongo_ttl", "whether there is an event to deliver"),
        (DROPPED, "ttl-early", "mongo_ttl_early", "all events that were delivered"),
        (SWAPPED, "ttl-small", "mongo_ttl", "variable delivered"),
        (SWAPPED, "ttl-reorder", "mongo_ttl_reorder", "the next event that is delivered"),
        (DUPLICATED, "ttl-small", "mongo_ttl", "variable delivered"),
        (GATE_OPEN_TOO_LONG, "ttl-small", "mongo_ttl", "the TTL monitor made 1 passes too many"),
    ],
)
def test_fault_is_caught_and_told(fault: str, graph: str, binding: str, told: str, tmp_path: Path) -> None:
    build(graph, binding, tmp_path)
    (tmp_path / "conftest.py").write_text(fault)
    output = run_pytest(tmp_path, "--tb=short")
    assert " failed" in output
    assert told in output
    assert "run it alone: pytest " in output
