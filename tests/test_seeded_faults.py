"""Suites that have never failed have not been tested: faults put into the reference implementation on purpose.

Each fault is a pytest plugin that replaces a merge rule before the committed two-client suite runs. The first two are
bugs that realm-core really had in 2020.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SUITE = REPOSITORY / "generated" / "ot2"

FAULTS = {
    "erase_erase_adjusts_nothing": (
        "Erase",
        "Erase",
        "lambda left, right: Pair((), ()) if left.ndx == right.ndx else Pair((left,), (right,))",
        6,
        "raised    MergeError: bad merge: Erase: prior_size is 3, but the array has length 2",
    ),
    "erase_set_drops_every_set": (
        "Erase",
        "Set",
        "lambda erase, set_: Pair((erase,), ())",
        12,
        "the array",
    ),
    "tie_of_move_and_insert_turned_round": (
        "Move",
        "Insert",
        "lambda move, insert: rules.move_insert(*exchanged_clients(move, insert))",
        12,
        "the array",
    ),
}

PLUGIN = """
from dataclasses import replace

from testgen.ot import rules
from testgen.ot.operation import Erase, Insert, Move, Set
from testgen.ot.rules import Pair


def exchanged_clients(move, insert):
    return replace(move, client=insert.client), replace(insert, client=move.client)


fault = {fault}
if ({left}, {right}) == (Move, Insert):  # give the operations back to whom they belong
    turned = fault

    def fault(move, insert):
        merged = turned(move, insert)
        return Pair(
            tuple(replace(operation, client=move.client) for operation in merged.left),
            tuple(replace(operation, client=insert.client) for operation in merged.right),
        )


rules.RULES[{left}, {right}] = fault
if {left} is not {right}:
    rules.RULES[{right}, {left}] = rules._mirrored(fault)
"""


def run_suite(suite: Path, *options: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | ({"PYTHONPATH": str(path)} if path else {})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(suite)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=REPOSITORY, check=False)


@pytest.mark.parametrize("name", FAULTS)
def test_the_suite_notices_a_wrong_rule(name: str, tmp_path: Path) -> None:
    left, right, fault, expected, words = FAULTS[name]
    (tmp_path / "seeded_fault.py").write_text(PLUGIN.format(fault=fault, left=left, right=right))
    result = run_suite(SUITE, "-p", "seeded_fault", path=tmp_path)
    assert f"{expected} failed, {289 - expected} passed" in result.stdout
    assert words in result.stdout


def test_the_suite_passes_without_a_fault() -> None:
    assert "289 passed" in run_suite(SUITE).stdout


def test_one_wrong_expected_value_fails_one_test(tmp_path: Path) -> None:
    text = (SUITE / "test_clear.py").read_text(encoding="utf-8")
    wrong, count = re.subn(r"ot\.check_array\(\[\]\)", "ot.check_array([7])", text, count=1)
    assert count == 1
    (tmp_path / "test_wrong.py").write_text(wrong, encoding="utf-8")
    result = run_suite(tmp_path)
    assert "1 failed, 16 passed" in result.stdout
    assert "expected 7, observed nothing" in result.stdout


def test_smallest_story_of_a_wrong_rule_is_told_merge_by_merge(tmp_path: Path) -> None:
    left, right, fault, expected, _ = FAULTS["tie_of_move_and_insert_turned_round"]
    (tmp_path / "seeded_fault.py").write_text(PLUGIN.format(fault=fault, left=left, right=right))
    out = tmp_path / "ot2"
    build = [sys.executable, "-m", "testgen", "build", "graphs/ot2.dot", "--binding", "array_ot", "--out", str(out)]
    subprocess.run(build, check=True, capture_output=True, cwd=REPOSITORY)
    result = run_suite(out, "-p", "seeded_fault", "--testgen-shrink", path=tmp_path)
    assert f"{expected} failed, {289 - expected} passed" in result.stdout
    shown, _, others = result.stdout.partition("= FAILURES =")
    assert ">  4 sync_all_clients()\n" in others
    assert "step 4 stands for 3 transitions: 3 MergeAction\n" in others
    assert re.search(r"^>  5 merge\(client=2\)$", shown, re.MULTILINE)
    assert re.search(r"^    serverState  \[.*\]  →  \[.*\]$", shown, re.MULTILINE)
    (command,) = re.findall(r"^run it alone: pytest (.+/shrunk_\w+\.py::\S+)$", shown, re.MULTILINE)
    (test,) = shlex.split(command)
    alone = run_suite(Path(test), "-p", "seeded_fault", path=tmp_path)
    assert "1 failed in" in alone.stdout
