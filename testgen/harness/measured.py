"""Runs a suite under coverage.py, in a process of its own. The order is JSON.

Each test's branches are kept apart, in one run: coverage.py switches its dynamic context when a test begins, and back
when it ends. What a fixture of wider scope does counts for the test that needed it first.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

from testgen.harness.outcomes import pytest_arguments

__all__ = ["main"]

_MESSAGE_CHARACTERS = 500
_FAILURES_KEPT = 100


class _Recorder:
    """A pytest plugin: tells coverage.py which test is running, and keeps what became of each."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring
        self.tests: dict[str, tuple[str, float]] = {}
        self.failures: list[tuple[str, str]] = []
        self.broken_files: list[tuple[str, str]] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._measuring.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._measuring.switch_context("")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken_files.append((report.nodeid, _message(report)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome, seconds = self.tests.get(report.nodeid, ("passed", 0.0))
        if report.failed:
            outcome = "failed"
            if len(self.failures) < _FAILURES_KEPT:
                self.failures.append((report.nodeid, _message(report)))
        elif report.skipped and outcome != "failed":
            outcome = "xfailed" if hasattr(report, "wasxfail") else "skipped"
        self.tests[report.nodeid] = outcome, seconds + report.duration


def _message(report: pytest.CollectReport | pytest.TestReport) -> str:
    """The last line of what pytest says: the exception, where there is one."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = [crash.message] if crash is not None else report.longreprtext.strip().splitlines()[-1:]
    return "".join(lines)[:_MESSAGE_CHARACTERS]


def _imported(names: list[str]) -> dict[str, str | None]:
    """Where the modules `names` were imported from, for those that were."""
    return {name: getattr(sys.modules[name], "__file__", None) for name in names if name in sys.modules}


def main(text: str) -> None:
    """Run the suite, save the data file, and write down what happened."""
    order: dict[str, Any] = json.loads(text)  # Any: JSON
    measuring = coverage.Coverage(
        data_file=order["data_file"],
        data_suffix=False,
        branch=True,
        source_dirs=order["folders"],
        context=order["suite"],
    )
    measuring.set_option("run:dynamic_context", None)
    measuring.set_option("run:core", "ctrace")
    measuring.set_option("run:relative_files", False)
    measuring.set_option("run:disable_warnings", ["no-data-collected"])  # we tell that ourselves
    recorder = _Recorder(measuring)
    arguments = pytest_arguments(order["arguments"], f"{order['record']}.cache", "--tb=short")
    started = time.perf_counter()
    measuring.start()
    try:
        status = pytest.main(arguments, plugins=[recorder])
    finally:
        measuring.stop()
    seconds = time.perf_counter() - started
    measuring.save()
    record = {
        "status": int(status),
        "seconds": seconds,
        "tests": [[name, outcome, spent] for name, (outcome, spent) in recorder.tests.items()],
        "failures": recorder.failures,
        "broken_files": recorder.broken_files,
        "imported": _imported(order["modules"]),
        "versions": {"coverage": coverage.__version__, "pytest": pytest.__version__},
    }
    Path(order["record"]).write_text(json.dumps(record), encoding="utf-8")
