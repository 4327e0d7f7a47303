"""Running a few tests once more, in a pytest process of their own: what came of each, and its story.

The process is started where and as this one was, without what selects tests, spreads them over workers, or writes
reports that are there already. Options of a project's own belong in `addopts` or `PYTEST_ADDOPTS` to get there too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from testgen.runtime.surroundings import BRIEF

__all__ = ["VERDICTS", "Verdict", "VerdictWriter", "rerun"]

VERDICTS = "TESTGEN_VERDICTS"
"""The file into which the process writes; its being set tells the plugin that it is in one."""

_GOODBYE_SECONDS = 10.0
_NOT_THERE = ("TESTGEN_LOG", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "COVERAGE_PROCESS_START", "COV_CORE_SOURCE")
_DISABLED = {"xdist": ("-n", "0"), "_cov": ("--no-cov",), "randomly": ("-p", "no:randomly")}
"""Plugins that would run the tests otherwise than asked, and how each is told not to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test.

    Attributes:
        test: Its node id.
        outcome: As pytest names it.
        kind: See the grouping of failures; empty if it has not failed as a test of a binding does.
        begun: How many statements it began.
        story: What is told of its failure.
        file: Of the test whose statement failed, as in `ToldFailure`.
        key: Digits that end the name of that test.
    """

    test: str
    outcome: str
    kind: str = ""
    begun: int = 0
    story: str = ""
    file: str = ""
    key: str = ""


class VerdictWriter:
    """A pytest plugin that writes a line for each test as soon as it is known what came of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        told = getattr(report, "testgen", None) or {}
        place = {name: told[name] for name in ("kind", "file", "key") if name in told}
        verdict = Verdict(report.nodeid, report.outcome, begun=told.get("steps", 0), story=report.longreprtext, **place)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")


def rerun(config: pytest.Config, tests: Sequence[str], *, timeout_seconds: float) -> list[Verdict]:
    """Run tests in this order.

    Args:
        config: Of the run that they were part of.
        tests: Each a path and, behind `::`, a name.
        timeout_seconds: How long that may take.

    Returns:
        Of those that were run, in order: none if pytest could not be started, fewer if there was not the time.
    """
    with tempfile.TemporaryDirectory(prefix="testgen-rerun-") as folder:
        verdicts, arguments = Path(folder, "verdicts.jsonl"), Path(folder, "tests.txt")
        arguments.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_THERE}
        environment |= {VERDICTS: str(verdicts), BRIEF: "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *_options(config, Path(folder)), f"@{arguments}"],
            cwd=config.invocation_params.dir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(max(timeout_seconds, 0.0))
        except subprocess.TimeoutExpired:
            _end(process)
        except BaseException:
            _end(process)
            raise
        lines = verdicts.read_text(encoding="utf-8").splitlines() if verdicts.exists() else []
        return _last_word(Verdict(**json.loads(line)) for line in lines)


def _last_word(verdicts: Any) -> list[Verdict]:  # Any: an iterable, of which mypy cannot infer the type of a generator
    """One verdict a test: a failure in its tear-down outdoes that it passed."""
    by_test: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = by_test.get(verdict.test)
        if known is None or (known.outcome == "passed" and verdict.outcome == "failed"):
            by_test[verdict.test] = verdict
    return list(by_test.values())


def _options(config: pytest.Config, folder: Path) -> list[str]:
    """What makes a process like this one run the tests it is given, and no more."""
    options = ["-q", f"--rootdir={config.rootpath}", f"--import-mode={config.getoption('importmode')}"]
    if config.inipath is not None:
        options += ["-c", str(config.inipath)]
    for name in config.getoption("plugins") or ():
        options += ["-p", name]
    for setting in config.getoption("override_ini") or ():
        options += ["-o", setting]
    for warning in config.getoption("pythonwarnings") or ():
        options += ["-W", warning]
    if (confcutdir := config.getoption("confcutdir")) is not None:
        options += [f"--confcutdir={confcutdir}"]
    if config.getoption("noconftest"):
        options += ["--noconftest"]
    if config.getoption("testgen_share"):  # what a snapshot leaks shows only with it
        options += ["--testgen-share"]
    for plugin, disabling in _DISABLED.items():
        if config.pluginmanager.hasplugin(plugin):
            options += disabling
    if config.pluginmanager.hasplugin("junitxml"):
        options += [f"--junitxml={folder / 'junit.xml'}"]  # or one that the project's own settings name is overwritten
    return [*options, "-k", "", "-m", "", "--maxfail=0"]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let pytest clean up, as its servers need, and end it if it will not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
