"""How long tests take: found in a log, and what a budget of seconds makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from testgen.behavior import Telling
from testgen.coverage import measured_rate
from testgen.errors import ExitCode, InputError
from tests.conftest import STORE_BINDING, Answer
from tests.coverage.test_graph_coverage import climb, evidence_of, ladder, record

Run = Callable[..., Answer]


def test_rate_is_what_the_tests_took() -> None:
    suite = climb(ladder())
    suite = replace(suite, tellings=tuple(Telling(str(n), n, None) for n in range(1, 6)))
    rate = measured_rate(
        evidence_of(suite, *(record(str(n), "passed", n, seconds=0.25 + 0.5 * n) for n in range(1, 6)))
    )
    assert rate.seconds_per_test == pytest.approx(0.25)
    assert rate.seconds_per_step == pytest.approx(0.5)


def test_rate_is_never_negative() -> None:
    suite = replace(climb(ladder()), tellings=tuple(Telling(str(n), n, None) for n in range(1, 6)))
    rate = measured_rate(evidence_of(suite, *(record(str(n), "passed", n, seconds=6 - n) for n in range(1, 6))))
    assert (rate.seconds_per_test, rate.seconds_per_step) == (pytest.approx(3), 0)


@pytest.mark.parametrize("outcome", ["failed", "error", "skipped"])
def test_tests_that_did_not_pass_tell_no_rate(outcome: str) -> None:
    with pytest.raises(InputError, match="of no test that passed"):
        measured_rate(evidence_of(climb(ladder()), record("11111111", outcome)))


@pytest.fixture
def log(run_testgen: Run, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of the store's three tests, of which one has two steps, made to take two seconds a step."""
    monkeypatch.chdir(tmp_path)
    assert run_testgen("build", store.name, "--binding", STORE_BINDING).code == ExitCode.DONE
    folder = tmp_path / "runs"
    folder.mkdir()
    content = (tmp_path / "generated" / "store" / "suite.json").read_text(encoding="utf-8")
    (folder / "suite.json").write_text(content, encoding="utf-8")
    suite = json.loads(content)
    lines: list[dict[str, object]] = [{"schema": "testgen.run/1", "testgen": "0", "started": "now", "worker": ""}]
    told = {"graph": suite["graph"][:12], "binding": "store", "folder": "store", "file": "suite.json"}
    lines.append({"kind": "suite", "number": 0, **told})
    for behavior in suite["behaviors"]:
        seconds = 2.0 * len(behavior["transitions"])
        passed = {"outcome": "passed", "begun": 9, "done": 9, "seconds": seconds}
        lines.append({"kind": "test", "suite": 0, "id": behavior["test"], "test": "x", **passed})
    (folder / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_inspect_tells_how_long_suites_take(log: Path, run_testgen: Run, store: Path) -> None:
    answer = run_testgen("inspect", store.name, "--log", str(log), "--json")
    plans = json.loads(answer.out)["criteria"]
    assert plans["behaviors"]["steps"] == 5
    assert plans["behaviors"]["seconds"] == pytest.approx(10)
    assert "10.0 s" in run_testgen("inspect", store.name, "--log", str(log)).out
    assert json.loads(run_testgen("inspect", store.name, "--json").out)["criteria"]["behaviors"]["seconds"] is None


def test_a_budget_of_seconds_keeps_what_fits(log: Path, run_testgen: Run, store: Path) -> None:
    arguments = ["build", store.name, "--criterion", "behaviors", "--plan-only", "--json", "--out", "plan"]
    for seconds, n_tests in ((5, 1), (9, 2), (11, 3)):
        answer = run_testgen(*arguments, "--budget", f"seconds={seconds}", "--log", str(log))
        document = json.loads(answer.out)
        assert (document["tests"], document["uncovered"]) == (n_tests, {"budget": 3 - n_tests} if n_tests < 3 else {})


def test_a_budget_of_seconds_needs_a_log(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("build", str(store), "--plan-only", "--budget", "seconds=4")
    assert answer.code == ExitCode.REQUEST
    assert "say --log DIR" in answer.err
