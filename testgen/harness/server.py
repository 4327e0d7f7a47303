"""A plugin of pytest that runs mutants in place of the tests, once pytest has collected these.

Each mutant is a fork of this process, in which the mutated functions get other code and the tests that reach the
mutated lines run until one fails. A fork costs milliseconds where a new process would import and collect again.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import random
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import coverage
import pytest

from testgen.harness.exchange import LiveFunctions
from testgen.harness.forks import Running, fork, limit_memory, limit_time, ready, wait_limit
from testgen.harness.outcomes import FirstFailure, Outcomes, measuring, run_tests

__all__ = ["Server"]

_OVERHEAD_SECONDS = 0.01
"""Of pytest for each test, about; it keeps hundredths of a second from deciding which test comes first."""

Json = dict[str, Any]  # Any: JSON


class Server:
    """A pytest plugin that runs the mutants once pytest has collected the tests, in place of running the tests."""

    def __init__(self, order: Json, early: coverage.Coverage) -> None:
        self._order = order
        self._early = early
        self._failure = FirstFailure()
        self._killers: dict[str, Counter[int]] = defaultdict(Counter)
        self.broken_files: list[tuple[str, str]] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            lines = report.longreprtext.strip().splitlines()
            self.broken_files.append((report.nodeid, lines[-1] if lines else ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._early.stop()
        if self.broken_files or not session.items:
            return True
        data = self._early.get_data()
        early = {path: set(data.lines(path) or ()) for path in self._order["paths"]}
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        session.config.pluginmanager.unregister(reporter)  # nobody reads it, and it takes its time for each test
        self._items = session.items
        self._functions = LiveFunctions(self._order["paths"])
        gc.collect()
        gc.freeze()  # a fork copies only what it changes: keep the collector from touching everything
        baseline = self._baseline(session)
        if baseline is None:
            return True
        self._seconds = baseline["seconds"]
        told = {key: baseline[key] for key in ("names", "outcomes", "seconds", "wall")}
        self._answer({"baseline": {**told, "reaches": any(baseline["lines"].values())}})
        sound = {n for n, outcome in enumerate(baseline["outcomes"]) if outcome in ("passed", "xfailed")}
        self._run_all(baseline["lines"], early, sound)
        self._control(session)
        return True

    def _answer(self, answer: Json) -> None:
        os.write(self._order["answers"], (json.dumps(answer) + "\n").encode())

    def _baseline(self, session: pytest.Session) -> Json | None:
        """Run everything once without a mutant, in a fork as the mutants; None if that ends badly."""
        file = Path(self._order["baseline"])

        def work() -> None:
            measured = measuring(self._order)
            outcomes = Outcomes(measured)
            session.config.pluginmanager.register(outcomes)
            started = time.perf_counter()
            measured.start()
            run_tests(self._items, range(len(self._items)), lambda position: False)
            measured.stop()
            wall = time.perf_counter() - started
            names = [item.nodeid for item in self._items]
            numbers = {name: number for number, name in enumerate(names)}
            data = measured.get_data()
            lines = {
                path: {
                    line: sorted(numbers[name] for name in contexts if name in numbers)
                    for line, contexts in data.contexts_by_lineno(path).items()
                }
                for path in self._order["paths"]
            }
            baseline = {
                "names": names,
                "outcomes": [outcomes.outcomes.get(name, "skipped") for name in names],
                "seconds": [outcomes.seconds[name] for name in names],
                "wall": wall,
                "lines": lines,
            }
            file.write_text(json.dumps(baseline), encoding="utf-8")

        pid = fork(work)
        _, status = os.waitpid(pid, 0)
        if not file.is_file():
            self._answer({"broken": f"the run without a mutant ended with status {status}"})
            return None
        baseline: Json = json.loads(file.read_text(encoding="utf-8"))
        return baseline

    def _run_all(self, lines: Json, early: dict[str, set[int]], sound: set[int]) -> None:
        """Run the mutants, `jobs` at a time."""
        running: dict[int, Running] = {}
        try:
            for mutant in self._order["mutants"]:
                while len(running) >= self._order["jobs"]:
                    self._finish_some(running)
                started = self._started(mutant, lines, early, sound)
                if started is not None:
                    running[started.pipe] = started
            while running:
                self._finish_some(running)
        finally:
            for one in running.values():
                one.stop()

    def _started(self, mutant: Json, lines: Json, early: dict[str, set[int]], sound: set[int]) -> Running | None:
        """Start the mutant's process, or tell at once that it needs none, or one of another kind."""
        tests = self._reaching(mutant, lines[mutant["path"]], sound)
        is_early = not early[mutant["path"]].isdisjoint(mutant["lines"])
        if not (tests or is_early):
            self._answer({"mutant": mutant["id"], "end": "unreached"})
            return None
        exchanges = None if is_early else self._functions.exchanges(mutant["path"], mutant["text"])
        if exchanges is None:
            self._answer({"mutant": mutant["id"], "end": "early"})
            return None
        return self._start(mutant, tests, exchanges)

    def _finish_some(self, running: dict[int, Running]) -> None:
        for pipe in ready(running):
            self._finish(running.pop(pipe))

    def _reaching(self, mutant: Json, lines: dict[str, list[int]], sound: set[int]) -> list[int]:
        """The tests that run a mutated line: those first that killed most in this function, for the time they take."""
        reaching = sorted({test for line in mutant["lines"] for test in lines.get(str(line), ())} & sound)
        random.Random(0).shuffle(reaching)  # tests that stand together are alike  # noqa: S311 - not for secrets
        kills = self._killers[mutant["function"]]
        return sorted(reaching, key=lambda test: -(kills[test] + 0.5) / (self._seconds[test] + _OVERHEAD_SECONDS))

    def _start(self, mutant: Json, tests: list[int], exchanges: list[tuple[FunctionType, CodeType]]) -> Running:
        reading, writing = os.pipe()
        progress = mmap.mmap(-1, 8)
        here = os.getpid()

        def work() -> None:
            for function, code in exchanges:
                function.__code__ = code
            self._items[0].config.pluginmanager.register(self._failure)
            limit_memory()

            def before(position: int) -> bool:
                progress[:8] = position.to_bytes(8, "little")
                limit_time(self._seconds[tests[position]])
                return self._failure.told is not None or os.getppid() != here

            done = run_tests(self._items, tests, before)
            end = {"end": "survived"} if self._failure.told is None else {"end": "killed", **self._failure.told}
            os.write(writing, (json.dumps({**end, "tests_run": done}) + "\n").encode())

        pid = fork(work)
        os.close(writing)
        deadline = sum(wait_limit(self._seconds[test]) for test in tests)
        return Running(mutant, tests, pid, reading, progress, time.monotonic() + deadline)

    def _finish(self, running: Running) -> None:
        """Tell what became of a mutant, and remember which test noticed."""
        mutant, answer = running.mutant, running.answer()
        if answer["end"] in ("killed", "timeout", "crashed"):
            test = running.tests[min(answer["tests_run"], len(running.tests)) - 1]
            answer["test"] = self._items[test].nodeid
            self._killers[mutant["function"]][test] += 1
        self._answer({"mutant": mutant["id"], "reaching": len(running.tests), **answer})

    def _control(self, session: pytest.Session) -> None:
        """Run every test that killed, in the order of its number of kills, without a mutant: all must pass."""
        counts: Counter[int] = sum(self._killers.values(), Counter())
        tests = [test for test, _ in counts.most_common()]
        if not tests:
            return
        reading, writing = os.pipe()

        def work() -> None:
            session.config.pluginmanager.register(self._failure)
            run_tests(self._items, tests, lambda position: self._failure.told is not None)
            os.write(writing, json.dumps(self._failure.told).encode())

        pid = fork(work)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            text = file.read()
        os.waitpid(pid, 0)
        self._answer({"control": json.loads(text) if text else {"test": "", "message": "it ended without an answer"}})
