"""What a live suite executed, by two workers of pytest-xdist: each has its part, and merged they have all of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GRAPH = "graphs/arming.dot"


def python(*arguments: object) -> str:
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def measured(log: Path) -> tuple[int, int, int]:
    """How many tests passed, and how many of all transitions were executed."""
    (graph,) = json.loads(python("testgen", "coverage", "graph", GRAPH, "--log", log, "--json"))["graphs"]
    counted = graph["criteria"]["transitions"]
    return graph["suites"][0]["passed"], counted["executed"], counted["obligations"]


@pytest.mark.mongo
@pytest.mark.slow
def test_what_two_workers_execute_is_merged(tmp_path: Path) -> None:
    """Ten seconds: 384 tests, of which each worker runs about a half."""
    suite, log = tmp_path / "arming", tmp_path / "runs"
    python("testgen", "build", GRAPH, "--out", suite)
    ran = python("pytest", "-q", "-p", "no:cacheprovider", suite, "-n", "2", "--testgen-log", log)
    if "skipped" in ran:
        pytest.skip("no MongoDB server: `testgen doctor` says how to get one")
    workers = sorted(log.glob("*.jsonl"))  # by the second at which they began
    assert {path.name.split("-")[1] for path in workers} == {"gw0", "gw1"} and len(workers) == 2
    parts = []
    for path in workers:
        alone = tmp_path / path.stem
        shutil.copytree(log, alone, ignore=shutil.ignore_patterns("*.jsonl"))
        shutil.copy(path, alone)
        parts.append(measured(alone))
    passed, executed, count = measured(log)
    assert executed == count
    assert min(part[0] for part in parts) > 0
    assert passed == sum(part[0] for part in parts) == 384
    assert max(part[1] for part in parts) <= count <= sum(part[1] for part in parts)
