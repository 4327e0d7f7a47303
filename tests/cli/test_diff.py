"""`testgen build --plan-only` and `testgen diff`: what a change of the specification does to a suite."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from tests.conftest import STORE_BINDING, Answer

Run = Callable[..., Answer]
Plan = Callable[..., str]
STEPS = [(0, "Put", 1), (0, "Take", 2), (1, "Idle", 3)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plan(run_testgen: Run, write_dot: Callable[..., Path]) -> Plan:
    """Select the behaviors of a graph whose states have these values; the suite file's name."""

    def plan(name: str, values: Sequence[int], steps: Sequence[tuple[int, str, int]]) -> str:
        dump = write_dot([{"x": str(value)} for value in values], steps, name=f"{name}.dot")
        answer = run_testgen("build", dump.name, "--plan-only", "--json")
        assert answer.code == ExitCode.DONE, answer.err
        document = json.loads(answer.out)
        assert (document["binding"], document["files"], document["changed"]) == (None, 1, ["suite.json"])
        assert document["tests"] == document["lower_bound"] == len(document["changed"]) * 2
        return f"generated/{name}/suite.json"

    return plan


def test_the_same_suite_has_no_difference(plan: Plan, run_testgen: Run) -> None:
    old, new = plan("old", [0, 1, 2, 3], STEPS), plan("new", [0, 1, 2, 3], STEPS)
    answer = run_testgen("diff", old, new)
    assert (answer.code, answer.out) == (ExitCode.DONE, "2 behaviors are the same\n")


def test_what_appeared_vanished_and_changed_is_told(plan: Plan, run_testgen: Run) -> None:
    old = plan("old", [0, 1, 2, 3], STEPS)
    new = plan("new", [0, 1, 4, 3], [(0, "Put", 1), (0, "Take", 2), (1, "Stop", 3)])
    answer = run_testgen("diff", old, new)
    assert answer.code == ExitCode.NO
    lines = answer.out.splitlines()
    assert lines[0] == "0 behaviors are the same"
    assert [line for line in lines if not line.startswith(" ") and line][1:] == [
        "1 appeared",
        "1 vanished",
        "1 changed",
    ]
    assert lines[3].endswith("  Put, Stop")
    assert lines[6].endswith("  Put, Idle")
    assert lines[9].endswith("  Take, from step 1 on")
    document = json.loads(run_testgen("diff", old, new, "--json").out)
    assert (document["schema"], document["same"]) == ("testgen.diff/1", 0)
    assert [told["actions"] for told in document["appeared"]] == [["Put", "Stop"]]
    assert [told["actions"] for told in document["vanished"]] == [["Put", "Idle"]]
    assert [(told["actions"], told["first_step"]) for told in document["changed"]] == [(["Take"], 1)]


def test_a_missing_suite_file_is_told(run_testgen: Run) -> None:
    answer = run_testgen("diff", "old.json", "new.json")
    assert answer.code == ExitCode.REQUEST
    assert "old.json: cannot be read: No such file or directory" in answer.err


def test_a_suite_file_is_rendered_as_the_selection_would_be(run_testgen: Run, store: Path, here: Path) -> None:
    select = ("--criterion", "states", "--budget", "tests=2")
    assert run_testgen("build", store.name, "--plan-only", *select, "--out", "plan").code == ExitCode.DONE
    build = ("build", store.name, "--binding", STORE_BINDING)
    assert run_testgen(*build, *select, "--out", "one").code == ExitCode.DONE
    assert run_testgen(*build, "--suite", "plan/suite.json", "--out", "two").code == ExitCode.DONE
    assert (here / "one" / "test_all.py").read_bytes() == (here / "two" / "test_all.py").read_bytes()
    assert "minimum states, at most 2 tests" in (here / "two" / "test_all.py").read_text()


@pytest.mark.parametrize(
    "flag", [("--criterion", "states"), ("--budget", "tests=1"), ("--shard", "1/2"), ("--seed", "1")]
)
def test_a_suite_file_leaves_nothing_to_select(flag: tuple[str, str], run_testgen: Run, store: Path) -> None:
    assert run_testgen("build", store.name, "--plan-only", "--out", "plan").code == ExitCode.DONE
    answer = run_testgen("build", store.name, "--plan-only", "--suite", "plan/suite.json", "--out", "two", *flag)
    assert answer.code == ExitCode.REQUEST
    assert f"{flag[0]} would say it again" in answer.err


def test_a_shard_says_so(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("build", store.name, "--plan-only", "--shard", "1/2", "--out", "plan")
    assert "(shard 1 of 2 of every behavior)" in answer.out
