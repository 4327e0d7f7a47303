"""A pytest plugin of `compare.py`: runs a share of the tests, and writes what became of each into a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_outcomes: list[dict[str, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, help="where they are written, as JSON")
    parser.addoption("--each", type=int, help="how many tests to run, evenly spaced")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--each") or len(items)
    items[:] = [items[number * len(items) // wanted] for number in range(min(wanted, len(items)))]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.passed:
        return
    outcome: dict[str, Any] = {"outcome": report.outcome}
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        outcome["reason"] = reason.removeprefix("Skipped: ").partition("\n")[0]
    elif report.failed:
        divergence = getattr(report, "testgen", None)  # see testgen.runtime.plugin
        outcome |= divergence or {"outcome": "error", "reason": report.longreprtext.rpartition("\n")[2]}
    _outcomes.append(outcome)


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.getoption("--outcomes").write_text(json.dumps(_outcomes), encoding="utf-8")
