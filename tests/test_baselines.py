"""Baselines that have never failed have not been tested: faults that handwritten tests and fuzzers have to notice.

Of array merging: each runs in a process of its own, on a copy of testgen in which one line of a merge rule is wrong.
The first two faults are bugs that realm-core really had in 2020. The third merges wrongly but alike on all sides, which
a fuzzer cannot know to be wrong. Of transactions: a client that lies, as for the generated tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bindings import test_mongo_transactions as transactions
from tests.fuzz.ot import guided

REPOSITORY = Path(__file__).resolve().parents[1]
FAULTS = {
    "erase_erase_adjusts_nothing": ("    if i > j:\n        i -= 1\n    else:\n        j -= 1\n", ""),
    "erase_set_drops_every_set": ("if j == i:\n        return Pair((erase,), ())", "return Pair((erase,), ())"),
    "tie_of_move_and_insert_turned_round": ("_is_newer(insert, move)", "_is_newer(move, insert)"),
}
FUZZERS = "tests/fuzz/ot/test_guided.py", "tests/fuzz/ot/test_machine.py"
needs_atheris = pytest.mark.skipif(not guided.is_available(), reason="atheris is not installed")


@pytest.fixture
def wrong(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a copy of testgen that has the fault named by the parameter."""
    right, replacement = FAULTS[request.param]
    shutil.copytree(REPOSITORY / "testgen", tmp_path / "testgen", ignore=shutil.ignore_patterns("__pycache__"))
    rules = tmp_path / "testgen" / "ot" / "rules.py"
    text = rules.read_text(encoding="utf-8")
    assert text.count(right) == 1
    rules.write_text(text.replace(right, replacement), encoding="utf-8")
    return tmp_path


def run(wrong: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(wrong), str(REPOSITORY)])
    return subprocess.run(
        [sys.executable, "-P", "-m", *command],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("wrong", FAULTS, indirect=True)
def test_handwritten_tests_notice(wrong: Path) -> None:
    result = run(wrong, "pytest", "-q", "-p", "no:cacheprovider", "tests/handwritten/ot")
    assert result.returncode == 1, result.stdout
    assert " failed, " in result.stdout


@needs_atheris
@pytest.mark.parametrize("wrong", list(FAULTS)[:2], indirect=True)
def test_the_guided_fuzzer_notices_and_tells_how(wrong: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    result = run(wrong, "tests.fuzz.ot.guided", "--corpus", str(corpus))
    assert result.returncode == 1, result.stdout + result.stderr
    assert "network = Network(" in result.stdout
    again = run(wrong, "tests.fuzz.ot.guided", "--replay", str(corpus))
    assert again.returncode == 1
    assert "network.sync_all_clients()" in again.stdout


@pytest.mark.parametrize("wrong", list(FAULTS)[1:2], indirect=True)
def test_the_state_machine_notices_and_tells_how(wrong: Path) -> None:
    result = run(wrong, "tests.fuzz.ot.machine")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "network = Network(" in result.stdout


@needs_atheris
@pytest.mark.parametrize("wrong", list(FAULTS)[2:], indirect=True)
def test_a_fuzzer_cannot_know_that_a_rule_is_wrong_by_which_all_agree(wrong: Path, tmp_path: Path) -> None:
    result = run(wrong, "tests.fuzz.ot.guided", "--executions", "3000", "--corpus", str(tmp_path / "corpus"))
    assert result.returncode == 0, result.stdout + result.stderr


@needs_atheris
@pytest.mark.parametrize("wrong", list(FAULTS)[:1], indirect=True)
def test_the_fuzz_suite_notices(wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUZZ_SHRINK", "0")
    result = run(wrong, "pytest", "-q", "-p", "no:cacheprovider", *FUZZERS)
    assert "2 failed" in result.stdout


@pytest.mark.mongo
@pytest.mark.parametrize(
    "fault",
    [transactions.EARLY_SNAPSHOT, transactions.CONFLICT_WITH_NOBODY, transactions.COMMIT_LOST],
    ids=["early-snapshot", "conflict-with-nobody", "commit-lost"],
)
def test_handwritten_transactions_notice(fault: str, tmp_path: Path) -> None:
    (tmp_path / "fault.py").write_text(transactions.PRELUDE + fault)
    result = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-p", "fault", "tests/handwritten/transactions")
    assert result.returncode == 1, result.stdout
    assert " failed" in result.stdout
