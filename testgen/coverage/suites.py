"""Running suites under coverage.py, each in a process and a data file of its own; or taking data measured elsewhere.

One data file a suite, because lines that run on import are recorded once, for whichever suite comes first: in a common
file the others would miss them.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testgen.coverage.source import Source
from testgen.errors import InputError, Location, TestgenError
from testgen.harness import harness_command

__all__ = [
    "REFUSED",
    "SuiteRequest",
    "SuiteRun",
    "TestOutcome",
    "check_requests",
    "log_tail",
    "run_suite",
    "suite_arguments",
]

_LINES_SHOWN = 12
REFUSED = 4
"""pytest's exit code when it does not understand what it is to do."""
_DONE = 0, 1
"""pytest's exit codes when it ran all tests: they passed, or some failed."""


@dataclass(frozen=True, slots=True)
class SuiteRequest:
    """A suite to be compared.

    Attributes:
        name: What it is called in tables.
        tests: What pytest is to run: paths, and options if any.
        data: A data file of coverage.py in place of a run.
    """

    name: str
    tests: str = ""
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test: "passed", "failed", "skipped" or "xfailed", in how many seconds."""

    __test__ = False  # or pytest would try to collect it

    name: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """A suite that was run, or whose data was brought.

    Attributes:
        name: See `SuiteRequest`.
        tests: What pytest was to run, or the data file.
        data_file: Of coverage.py.
        outcomes: Of every test, in the order of the run; None where only data was brought.
        failures: The first tests that failed, and the words of each.
        seconds: Wall time of the run, collecting and measuring included; None where only data was brought.
        imported: Where the measured modules were imported from, of those that were.
    """

    name: str
    tests: str
    data_file: Path
    outcomes: tuple[TestOutcome, ...] | None
    failures: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None
    imported: Mapping[str, str | None] | None = None

    def count(self, *outcomes: str) -> int:
        """How many tests ended in one of `outcomes`."""
        return sum(test.outcome in outcomes for test in self.outcomes or ())

    @property
    def has_failed(self) -> bool:
        return bool(self.failures)


def check_requests(requests: Sequence[SuiteRequest]) -> None:
    """See that every suite is there, and has a name of its own, before the first is run.

    Raises:
        InputError: There is none, or two are named alike.
    """
    names = [request.name for request in requests]
    for request in requests:
        if names.count(request.name) > 1:
            raise InputError(f"two suites are named {request.name!r}")
        if request.data is None:
            suite_arguments(request)
        elif not request.data.is_file():
            where = Location(str(request.data))
            raise InputError(f"suite {request.name!r}: there is no such data file", location=where)


def suite_arguments(request: SuiteRequest) -> list[str]:
    """What pytest is to run, as arguments; a path with spaces in it may be given as it is.

    Raises:
        InputError: The path does not exist, or there is none.
    """
    arguments = [request.tests] if Path(request.tests).exists() else shlex.split(request.tests)
    if not arguments:
        raise InputError(f"suite {request.name!r} names no tests", hint=f"--suite {request.name}=PATH")
    path = arguments[0].partition("::")[0]
    if not path.startswith("-") and not Path(path).exists():
        hint = "generated suites are made by `testgen build`" if path.startswith("generated/") else None
        raise InputError(f"suite {request.name!r}: there is no such file or folder", location=Location(path), hint=hint)
    return arguments


def run_suite(
    request: SuiteRequest, source: Source, folder: Path, *, on_start: Callable[[], None] = lambda: None
) -> SuiteRun:
    """Run a suite with branches measured test by test, in a process of its own.

    Args:
        request: What to run; one with data is taken as it is.
        source: What to measure.
        folder: Where the data file goes, `NAME.coverage`, and what pytest printed, `NAME.log`.
        on_start: Called when the process has been started.

    Raises:
        InputError: There is no such suite, it cannot be collected, or no test of it ran.
        TestgenError: The process ended before it could tell anything.
    """
    if request.data is not None:
        return SuiteRun(request.name, str(request.data), request.data, None)
    arguments = suite_arguments(request)
    data_file, record, log = (folder / f"{request.name}{ending}" for ending in (".coverage", ".json", ".log"))
    order = {
        "suite": request.name,
        "arguments": arguments,
        "folders": [str(path) for path in source.folders],
        "modules": list(source.modules),
        "data_file": str(data_file),
        "record": str(record),
    }
    for path in (data_file, record):
        path.unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environment.setdefault("PYTHONHASHSEED", "0")  # the same branches each time
    with log.open("wb") as output:
        process = subprocess.Popen(
            harness_command("measured", json.dumps(order)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        on_start()
        try:
            process.wait()
        finally:
            process.kill()
            shutil.rmtree(f"{record}.cache", ignore_errors=True)  # of pytest
    return _run_of(request, record, data_file, log, process.returncode)


def _run_of(request: SuiteRequest, record: Path, data_file: Path, log: Path, code: int) -> SuiteRun:
    if not record.is_file():
        raise TestgenError(
            f"suite {request.name!r} ended {_how(code)} before pytest was done:\n{log_tail(log)}",
            hint="run it alone: " + shlex.join(["pytest", *suite_arguments(request)]),
        )
    # Any: JSON
    told: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    record.unlink()
    outcomes = tuple(TestOutcome(*test) for test in told["tests"])
    if told["status"] == REFUSED:
        raise InputError(f"suite {request.name!r}: pytest refuses what it is to run:\n{log_tail(log)}")
    if told["broken_files"]:
        words = "\n".join(f"    {file}: {message}" for file, message in told["broken_files"][:_LINES_SHOWN])
        raise InputError(f"suite {request.name!r} cannot be collected:\n{words}")
    if not outcomes:
        raise InputError(f"suite {request.name!r} has no tests:\n{log_tail(log)}")
    if told["status"] not in _DONE:
        raise InputError(f"suite {request.name!r}: pytest stopped before it was done:\n{log_tail(log)}")
    if all(test.outcome == "skipped" for test in outcomes):
        raise InputError(f"suite {request.name!r}: all {len(outcomes):,} tests were skipped:\n{log_tail(log)}")
    return SuiteRun(
        request.name,
        request.tests,
        data_file,
        outcomes,
        tuple((name, message) for name, message in told["failures"]),
        told["seconds"],
        told["imported"],
    )


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def log_tail(log: Path) -> str:
    """The last lines of what a process has printed, to stand below an error."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LINES_SHOWN:]
    return "\n".join(f"    {line}" for line in lines)
