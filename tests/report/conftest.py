"""Everything that a report can show, made by the real commands: a shop with two suites, a store whose test fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import store_dot
from tests.coverage.conftest import FEW, MANY, PRICES
from tests.projects import change, make_project, run_pytest


@dataclass(frozen=True)
class Inputs:
    """A folder with compare.json, mutants.json, lies.json, store.dot, the log `runs`, and a report of all of them."""

    folder: Path

    @property
    def arguments(self) -> list[str]:
        return [
            "--compare",
            "compare.json",
            "--mutants",
            "mutants.json",
            "--lies",
            "lies.json",
            "--graph",
            "store.dot",
            "--log",
            "runs",
        ]

    @property
    def report(self) -> Path:
        return self.folder / "coverage.html"

    @property
    def text(self) -> str:
        return self.report.read_text(encoding="utf-8")

    def document(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return document


def testgen(folder: Path, *arguments: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "testgen", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("report")
    dump = folder / "store.dot"
    dump.write_text(store_dot(), encoding="utf-8")
    make_project(folder, dump)
    told = ["lies", "store.dot", "--binding", "bindings/store.py:Store", "--count", "8", "--json"]
    (folder / "lies.json").write_text(testgen(folder, "coverage", *told), encoding="utf-8")
    change(folder, '"value": self.data.pop(key)', '"value": self.data.pop(key) * 7')
    assert "1 failed, 2 passed" in run_pytest(folder, "generated", "--testgen-log", "runs")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "prices.py").write_text(PRICES)
    (folder / "test_few.py").write_text(FEW)
    (folder / "test_many.py").write_text(MANY)
    measured = ["--source", "shop", "--suite", "few=test_few.py", "--suite", "many=test_many.py", "--json"]
    (folder / "compare.json").write_text(testgen(folder, "coverage", "compare", *measured), encoding="utf-8")
    (folder / "mutants.json").write_text(testgen(folder, "coverage", "mutants", *measured), encoding="utf-8")
    (folder / "graph.json").write_text(
        testgen(folder, "coverage", "graph", "store.dot", "--log", "runs", "--json"), encoding="utf-8"
    )
    made = Inputs(folder)
    testgen(folder, "coverage", "report", *made.arguments)
    return made
