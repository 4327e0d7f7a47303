"""From a handwritten test of the store to the coverage of its graph: recorded, logged, read, found, counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.coverage import Run, find_evidence, measure_graph, read_runs
from testgen.errors import GraphError, ParseError
from testgen.graph import load
from tests.conftest import TESTS, Answer

CONFTEST = """
from testgen.runtime import binding_fixture
from testgen.runtime.recording import recorded
from tests.systems.store import Store

store = binding_fixture(recorded(Store))
plain_store = binding_fixture(type("PlainStore", (Store,), {}))
"""

BY_HAND = """
import pytest

def test_put_and_take(store):
    store.open_store(owners=set())
    store.put("a", 1)
    store.take("a")
    assert store.history() == [{"key": "a", "value": 1}]

def test_fails_after_a_step_that_is_right(store):
    store.put("a", 1)
    assert not store.busy()

def test_leaves_the_graph(store):
    store.put("a", 1)
    store.put("b", 2)
    store.idle()

def test_goes_on_after_an_action_that_raised(store):
    store.put("a", 1)
    with pytest.raises(KeyError):
        store.take("b")
    store.take("a")

def test_of_a_binding_that_does_not_record(plain_store):
    plain_store.put("a", 1)

def test_without_a_binding():
    pass
"""


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    """The log of the tests above, one of which fails."""
    folder = tmp_path / "by_hand"
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_store.py").write_text(BY_HAND)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [*command, "--testgen-log", str(tmp_path / "runs")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 5 passed" in done.stdout, done.stdout + done.stderr
    return read_runs(tmp_path / "runs")


def lines(folder: Path) -> tuple[Path, list[dict[str, object]]]:
    [path] = folder.glob("*.jsonl")
    return path, [json.loads(line) for line in path.read_text().splitlines()]


def test_what_handwritten_tests_did_is_executed(runs: list[Run], store: Path) -> None:
    graph = load(str(store))
    evidence = find_evidence(graph, runs=runs)
    assert [(track.test.outcome, len(track.taken), track.lost_by) for track in evidence.tracks] == [
        ("passed", 2, ""),
        ("failed", 1, ""),
        ("passed", 1, evidence.tracks[2].lost_by),
        ("passed", 1, "was recorded up to where take raised KeyError"),
    ]
    assert evidence.tracks[2].lost_by.startswith(
        'left the graph at step 2: no Put leads to busy = True, entries = {"a"'
    )
    assert len(evidence.warnings) == 2

    coverage = measure_graph(evidence)
    executed = {name: (measured.n_executed, measured.n_planned) for name, measured in coverage.criteria.items()}
    assert executed == {"states": (3, 0), "transitions": (2, 0), "actions": (2, 0), "action-pairs": (1, 0)}
    assert coverage.actions["Take"].executed == 1
    assert not coverage.is_vacuous


def test_the_command_tells_them(
    runs: list[Run], store: Path, run_testgen: Callable[..., Answer], tmp_path: Path
) -> None:
    answer = run_testgen("coverage", "graph", store, "--log", tmp_path / "runs")
    assert answer.code == 0
    assert "recorded by hand: 4 tests, 1 failed, 3 passed\n    5 of 7 steps found" in answer.out
    assert "test_store.py::test_leaves_the_graph left the graph at step 2" in answer.err

    document = json.loads(run_testgen("coverage", "graph", store, "--log", tmp_path / "runs", "--json").out)
    recorded = document["graphs"][0]["recorded"]
    assert recorded.pop("lost")[1] == {
        "test": "test_store.py::test_goes_on_after_an_action_that_raised",
        "why": "was recorded up to where take raised KeyError",
    }
    assert recorded == {"tests": 4, "outcomes": {"failed": 1, "passed": 3}, "steps": 7, "found": 5, "certain": 5}


def test_recorded_tests_of_another_specification_are_refused(runs: list[Run], write_dot: Callable[..., Path]) -> None:
    other = load(str(write_dot([{"entries": "0"}, {"entries": "1"}], [(0, "Put", 1)], name="other.dot")))
    with pytest.raises(GraphError, match=r"recorded tests only of Store, which observe variables that .*other.dot"):
        find_evidence(other, runs=runs)


@pytest.mark.parametrize(
    "damage",
    [
        {"steps": 1},
        {"steps": [{"actions": "Put", "observed": {}}]},
        {"steps": [{"actions": ["Put"], "observed": {"busy": True}}]},
        {"initial": []},
        {"outcome": "fine"},
        {"broken_by": None},
        {"test": 7},
    ],
    ids=str,
)
def test_a_damaged_line_is_an_error(runs: list[Run], tmp_path: Path, damage: dict[str, object]) -> None:
    path, told = lines(tmp_path / "runs")
    told[1] |= damage
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
    with pytest.raises(ParseError, match=r":2: is no line of a run log"):
        read_runs(tmp_path / "runs")
