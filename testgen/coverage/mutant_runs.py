"""Running suites against the same mutants, each in a process that forks for each mutant; see `testgen.harness`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from testgen.coverage.branches import CodeMap
from testgen.coverage.mutant import Mutant
from testgen.coverage.source import Source
from testgen.coverage.suites import REFUSED, SuiteRequest, log_tail, suite_arguments
from testgen.errors import InputError, TestgenError
from testgen.harness import harness_command

__all__ = ["KILLING", "MutatedSuite", "Verdict", "run_mutants"]

_LINES_SHOWN = 12
_FRESH_LEAST_SECONDS, _FRESH_TIMES_AS_LONG = 30, 10

KILLING = "killed", "timeout", "crashed"
"""How a mutant ends that a suite notices: a test fails, a test goes on for ever, the interpreter ends."""

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant in a suite.

    Attributes:
        end: One of `KILLING`; "survived": every test that reaches the mutant passes; "unreached": there is none.
        test: The first test that noticed.
        exception: What it failed of: "AssertionError", "RecursionError", ...
        message: In the first line's words.
        tests_run: How many tests ran on the mutant.
        reaching: How many reach it; None where that was not measured, as for code that runs on import.
    """

    end: str
    test: str | None = None
    exception: str | None = None
    message: str | None = None
    tests_run: int = 0
    reaching: int | None = None

    @property
    def is_kill(self) -> bool:
        return self.end in KILLING


@dataclass(frozen=True, slots=True)
class MutatedSuite:
    """A suite that was run against the mutants.

    Attributes:
        name: What it is called.
        runs: What pytest ran.
        tests: Names, in the order of the suite.
        failing: Those that fail without a mutant, and so were not run on any.
        skipped: How many were skipped.
        verdicts: By the mutant's id.
        seconds: Wall time of all.
        unsound: A test that killed mutants and fails without one too when run in another order, with its message.
    """

    name: str
    runs: str
    tests: tuple[str, ...]
    failing: tuple[str, ...]
    skipped: int
    verdicts: dict[str, Verdict]
    seconds: float
    unsound: tuple[str, str] | None = None


def run_mutants(
    request: SuiteRequest,
    mutants: Sequence[Mutant],
    source: Source,
    code: CodeMap,
    *,
    jobs: int,
    on_progress: Callable[[int], None] = lambda done: None,
) -> MutatedSuite:
    """Run one suite against every mutant.

    Args:
        request: A suite of tests, not of data.
        mutants: Of `code`.
        source: What `code` was mapped from.
        code: The source.
        jobs: How many mutants run at a time.
        on_progress: Called with how many mutants are done.

    Raises:
        InputError: The suite cannot be collected, has no tests, or none of them passes.
        TestgenError: Its process ended before it could tell everything.
    """
    started = perf_counter()
    run = _Run(request, len(mutants), on_progress)
    asked = {
        mutant.id: {
            "id": mutant.id,
            "path": str(code.files[mutant.file].path),
            "function": f"{mutant.file} {mutant.function}",
            "lines": mutant.lines,
            "text": mutant.text,
        }
        for mutant in mutants
    }
    with TemporaryDirectory(prefix="testgen-mutants-") as temporary:
        folder = Path(temporary)
        order: Json = {
            "arguments": suite_arguments(request),
            "folders": [str(path) for path in source.folders],
            "paths": [str(file.path) for file in code.files],
            "jobs": jobs,
            "baseline": str(folder / "baseline.json"),
        }
        for answer in _answers({**order, "mutants": list(asked.values())}, folder, "server"):
            run.take(answer)
        run.check_baseline(folder / "server.log", code.shown)
        early = [asked[name] for name in run.early]
        for answer in _run_fresh(order, early, run.baseline, folder, jobs):
            run.take(answer)
        run.check_verdicts(folder / "server.log")
    return run.result(perf_counter() - started)


class _Run:
    """What the processes of one suite have answered so far."""

    def __init__(self, request: SuiteRequest, n_mutants: int, on_progress: Callable[[int], None]) -> None:
        self._request = request
        self._n_mutants = n_mutants
        self._on_progress = on_progress
        self._told: Json = {}
        self._verdicts: dict[str, Verdict] = {}
        self.early: list[str] = []

    @property
    def baseline(self) -> Json:
        """The run without a mutant; empty if there was none."""
        baseline: Json = self._told.get("baseline", {})
        return baseline

    def take(self, answer: Json) -> None:
        """Take in one line."""
        if "mutant" not in answer:
            self._told |= answer
        elif answer["end"] == "early":
            self.early.append(answer["mutant"])
        else:
            self._verdicts[answer["mutant"]] = _verdict(answer)
            self._on_progress(len(self._verdicts))

    def check_baseline(self, log: Path, source: str) -> None:
        """See that the suite was collected, that a test passes without a mutant, and that the source is run."""
        told, name = self._told, self._request.name
        if told.get("broken_files"):
            words = "\n".join(f"    {path}: {message}" for path, message in told["broken_files"][:_LINES_SHOWN])
            raise InputError(f"suite {name!r} cannot be collected:\n{words}")
        if told.get("status") == REFUSED:
            raise InputError(f"suite {name!r}: pytest refuses what it is to run:\n{log_tail(log)}")
        if not self.baseline:
            if "broken" not in told and "status" in told:
                raise InputError(f"suite {name!r} has no tests:\n{log_tail(log)}")
            how = told.get("broken", "its process ended")
            raise TestgenError(f"suite {name!r} cannot be run: {how}\n{log_tail(log)}")
        if not set(self.baseline["outcomes"]) & {"passed", "xfailed"}:
            n_tests = len(self.baseline["names"])
            raise InputError(f"suite {name!r}: none of its {n_tests:,} tests passes without a mutant")
        if not self.baseline["reaches"]:
            raise InputError(f"suite {name!r} runs no line of {source}", hint="do its tests import it in this process?")

    def check_verdicts(self, log: Path) -> None:
        """See that every mutant has a verdict."""
        missing = self._n_mutants - len(self._verdicts)
        if missing:
            raise TestgenError(
                f"suite {self._request.name!r}: its process ended before {missing:,} of {self._n_mutants:,} mutants "
                f"were run:\n{log_tail(log)}"
            )

    def result(self, seconds: float) -> MutatedSuite:
        named = list(zip(self.baseline["names"], self.baseline["outcomes"], strict=True))
        control = self._told.get("control")
        return MutatedSuite(
            self._request.name,
            self._request.tests,
            tuple(self.baseline["names"]),
            tuple(name for name, outcome in named if outcome == "failed"),
            sum(outcome == "skipped" for _, outcome in named),
            self._verdicts,
            seconds,
            (control["test"], control["message"]) if control else None,
        )


def _verdict(answer: Json) -> Verdict:
    return Verdict(
        answer["end"],
        answer.get("test"),
        answer.get("exception"),
        answer.get("message"),
        answer.get("tests_run", 0),
        answer.get("reaching", 0 if answer["end"] == "unreached" else None),
    )


def _run_fresh(order: Json, early: Sequence[Json], baseline: Json, folder: Path, jobs: int) -> Iterator[Json]:
    """Run mutants of code that runs on import, each in a process of its own."""
    sound = [
        name
        for name, outcome in zip(baseline["names"], baseline["outcomes"], strict=True)
        if outcome in ("passed", "xfailed")
    ]
    limit = max(_FRESH_LEAST_SECONDS, _FRESH_TIMES_AS_LONG * baseline["wall"])

    def run(mutant: Json) -> Json:
        fresh = {**mutant, "tests": sound}
        try:
            answers = list(_answers({**order, "fresh": fresh}, folder, f"fresh-{mutant['id']}", limit))
        except subprocess.TimeoutExpired:
            return {"mutant": mutant["id"], "end": "timeout"}
        return answers[0] if answers else {"mutant": mutant["id"], "end": "crashed"}

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(run, early)


def _answers(order: Json, folder: Path, name: str, limit: float | None = None) -> Iterator[Json]:
    """Start a process with `order`, and yield what it answers until it ends."""
    reading, writing = os.pipe()
    file = folder / f"{name}.order"
    file.write_text(json.dumps({**order, "answers": writing}), encoding="utf-8")
    with (folder / f"{name}.log").open("wb") as output, os.fdopen(reading, encoding="utf-8") as answers:
        process = subprocess.Popen(
            harness_command("mutated", str(file)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(folder),
            pass_fds=[writing],
        )
        os.close(writing)
        with _ended(process):
            if limit is not None:
                process.wait(limit)
            for line in answers:
                yield json.loads(line)
            process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """The same order of sets for each mutant, and no examples that Hypothesis remembers of another."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environment.pop("TESTGEN_LOG", None)  # what runs on a mutant is no evidence of the system
    return {"PYTHONHASHSEED": "0", **environment, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()
