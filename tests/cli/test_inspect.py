"""`testgen inspect`: every number of the contract, and a report to read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from tests.conftest import Answer

Run = Callable[..., Answer]
CONTRACT = {
    "schema", "states", "initial_states", "transitions", "self_loops", "terminal_states", "constrained_out_states",
    "depth", "dag", "behaviors", "actions", "variables", "warnings",
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_json_has_the_keys_and_numbers_of_the_contract(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("inspect", "store.dot", "--json")
    document = json.loads(answer.out)
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert set(document) >= CONTRACT
    numbers = CONTRACT - {"variables", "warnings"}
    assert {key: document[key] for key in numbers} == {
        "schema": "testgen.inspect/1",
        "states": 5,
        "initial_states": 1,
        "transitions": 5,
        "self_loops": 1,
        "terminal_states": 3,
        "constrained_out_states": 0,
        "depth": 3,
        "dag": True,
        "behaviors": "3",
        "actions": {"Idle": 1, "Put": 3, "Take": 1},
    }
    assert document["warnings"] == []
    plans = document["criteria"]
    planned = {"obligations": 5, "tests": 3, "steps": 6, "strategy": "minimum", "seconds": None}
    assert plans["transitions"] == planned
    assert {name: plans[name]["obligations"] for name in ("behaviors", "states", "actions")} == {
        "behaviors": 3, "states": 5, "actions": 3,
    }  # fmt: skip
    assert set(document["variables"]) == {"busy", "entries", "history", "owners"}
    assert document["variables"]["busy"] == {"distinct": 2, "samples": ["FALSE", "TRUE"]}


def test_infinitely_many_behaviors_are_null(run_testgen: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": "1"}, {"x": "2"}, {"x": "3"}], [(0, "Go", 1), (1, "Back", 0), (1, "End", 2)], name="c.dot")
    document = json.loads(run_testgen("inspect", "c.dot", "--json").out)
    assert (document["behaviors"], document["dag"], document["cycle_sizes"]) == (None, False, [2])
    (warning,) = document["warnings"]
    assert set(warning) == {"code", "message"}


def test_warnings_go_to_stderr_and_the_report_to_stdout(run_testgen: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": "1"}, {"x": "2"}, {"x": "3"}], [(0, "Go", 1), (1, "Back", 0), (1, "End", 2)], name="c.dot")
    answer = run_testgen("inspect", "c.dot")
    assert answer.code == ExitCode.DONE
    assert "behaviors    infinitely many" in answer.out
    assert "cycles       1 component with cycles, of 2 states" in answer.out
    assert "warning" not in answer.out
    assert answer.err.startswith("warning: ")


def test_report_names_states_actions_and_variables(run_testgen: Run, store: Path) -> None:
    lines = run_testgen("inspect", "store.dot").out.splitlines()
    assert lines[0] == "store.dot"
    assert "states       5  (1 initial, 3 terminal)" in lines
    assert "transitions  5  (1 self-loop)" in lines
    assert "behaviors    3" in lines
    assert "Put           3" in lines
    assert "busy  2 values" in lines
    assert max(map(len, lines)) <= 80


def test_self_loops_alone_are_no_cycle(run_testgen: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": "1"}], [(0, "Stay", 0)], name="loop.dot")
    answer = run_testgen("inspect", "loop.dot")
    assert "cycles       none: every behavior ends" in answer.out
    assert "behaviors    1" in answer.out


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"digraph x", b"strict digraph DiskGraph {\n", b"{}", b"\xff\xfe"]
)
def test_file_that_is_no_dump_is_told(content: bytes, run_testgen: Run, here: Path) -> None:
    (here / "g.dot").write_bytes(content)
    answer = run_testgen("inspect", "g.dot", "--json")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert answer.err.startswith("error: g.dot")
    assert "Traceback" not in answer.err


def test_text_of_a_dump_does_nothing_to_the_terminal(run_testgen: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": '"\x1b[2J\u202e"'}, {"x": '"é"'}], [(0, "Go\x1b[31m", 1)], name="g.dot")
    answer = run_testgen("inspect", "g.dot")
    assert "\x1b" not in answer.out
    assert "Go\\x1b[31m" in answer.out
    assert '    "\\x1b[2J\\u202e"' in answer.out
    assert '    "é"' in answer.out
    answer = run_testgen("build", "g.dot", "--binding", "array_ot")
    assert answer.code == ExitCode.REQUEST
    assert "\x1b" not in answer.err


@pytest.mark.parametrize("name", ["g.json", "g.json.gz", "g.json.zst"])
def test_an_exported_graph_is_the_same_graph(run_testgen: Run, store: Path, name: str) -> None:
    assert run_testgen("inspect", "store.dot", "--export", name).code == ExitCode.DONE
    one, other = (json.loads(run_testgen("inspect", graph, "--json").out) for graph in ("store.dot", name))
    assert one.pop("graph") != other.pop("graph")
    assert one == other


def test_an_export_says_by_its_name_what_it_is(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("inspect", "store.dot", "--export", "g.dot")
    assert answer.code == ExitCode.REQUEST
    assert "ends in .json, .json.gz or .json.zst" in answer.err


DUMPS = Path(__file__).parent.parent / "data" / "dumps"


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("B-json--fork-2025-01.json", 20),
        ("B-json--fork-2025-06", 20),
        ("B-dumpTrace--head.json.gz", 6),
        ("V-values--head.dot", 3),
    ],
)
def test_the_contract_holds_for_every_format(name: str, states: int, run_testgen: Run) -> None:
    graph = str(DUMPS / name)
    answer = run_testgen("inspect", graph, "--json", "--export", "g.json")
    document = json.loads(answer.out)
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert set(document) >= CONTRACT
    assert (document["graph"], document["states"]) == (graph, states)
    assert sum(document["actions"].values()) == document["transitions"]
    again = json.loads(run_testgen("inspect", "g.json", "--json").out)
    assert again | {"graph": graph} == document
