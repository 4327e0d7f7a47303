"""After a run with failures: the smallest story that fails so, or that the test passes when it runs alone.

For each of the largest groups of failures, the test that is shortest to reach is run once more, alone. If it passes,
something that ran before it left a trace, and the test that did is searched for. If it fails, the shortest behavior of
the graph that ends with the same transition is written beside the suite as a test of its own, and run.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from testgen.runtime.companion import Companion
from testgen.runtime.failure_groups import FailureGroup, ToldFailure
from testgen.runtime.rerun import Verdict, rerun

__all__ = ["Finding", "Shrinker", "TestOrder", "tell_findings"]

GROUPS = 5
"""How many groups are looked into; the rest is told by its shortest test."""
SECONDS = 120.0
"""How long all of it may take: tests that are still to be rerun then are not."""
_ROUNDS = 3
"""How often a story is shortened: to where its transition is reached, then to the first of its steps that fails."""
_TRIED = 20
"""Of how many tests of a group the first diverging step is looked for, where a statement hides it."""
_TESTS_NAMED = 20
"""The most tests that stand in a command to be copied."""
_UNTRIED = "there was not the time to run the shortest behavior that reaches it"
_SKIPPED = "of the shortest behavior that reaches it nothing can be told, as the system takes another outcome there"
_PASSES = "the shortest behavior that reaches it passes: this failure needs the longer history"
_RUN_ALONE = "\n\nrun it alone: "


class TestOrder:
    """A pytest plugin that remembers which tests each process ran before which."""

    __test__ = False  # or pytest would try to collect it

    def __init__(self) -> None:
        self._orders: dict[str, list[str]] = {}
        self._places: dict[str, tuple[str, int]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            worker = getattr(report, "worker_id", "")  # of pytest-xdist
            order = self._orders.setdefault(worker, [])
            self._places[report.nodeid] = worker, len(order)
            order.append(report.nodeid)

    def before(self, test: str) -> list[str]:
        """The tests that ran before it in its process."""
        worker, place = self._places.get(test, ("", 0))
        return self._orders.get(worker, [])[:place]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of looking into a group.

    Attributes:
        group: Which.
        verdict: In a line.
        command: Shows it.
        story: Of the smallest failure, if there is one to tell.
    """

    group: FailureGroup
    verdict: str
    command: str
    story: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a test is: a file of a suite's folder, and digits that end the test's name."""

    file: Path
    key: str

    def question(self) -> dict[str, str]:
        return {"folder": str(self.file.parent), "file": str(self.file), "key": self.key}


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A test written beside the suite that may be smaller than one that failed."""

    place: _Place
    test: str
    in_smaller_steps: bool

    @property
    def argument(self) -> str:
        return f"{self.place.file}::{self.test}"


@dataclass
class Shrinker:
    """Looks into groups of failures, one after the other, until its time is over."""

    config: pytest.Config
    companion: Companion
    order: TestOrder
    seconds: float = SECONDS
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def look_into(self, groups: Sequence[FailureGroup]) -> list[Finding]:
        """A finding for each of the largest groups, as far as the time goes."""
        telling = [group for group in groups if not group.shortest.is_broken_off][:GROUPS]
        return [self._finding(group) for group in telling if self._seconds_left() > 0]

    def _finding(self, group: FailureGroup) -> Finding:
        test = group.nearest
        alone = self._run([test.test])
        if alone is None:
            return Finding(group, "could not be run once more: no time, or pytest did not start", test.command)
        if alone.outcome == "passed":
            return self._leak(group)
        if alone.outcome != "failed":
            return Finding(group, f"alone it is {alone.outcome}", test.command)
        return self._shortest(group, alone)

    def _shortest(self, group: FailureGroup, alone: Verdict) -> Finding:
        """The smallest story of a test that fails alone."""
        test = group.nearest
        told = self._told(alone)
        best = Finding(group, "no shorter behavior reaches it", test.command, told)
        attempts, trouble = self._attempts(group)
        if trouble:
            return replace(best, verdict=f"not shrunk: {trouble}")
        kept: _Attempt | None = None
        for _ in range(_ROUNDS):
            if not attempts:
                break
            verdicts = self._verdicts([attempt.argument for attempt in attempts])
            failed = [attempt for attempt in attempts if _fails(verdicts.get(attempt.test))]
            if not failed and kept is None:
                best = replace(best, verdict=_why_not(verdicts.values()))
            smallest = min(failed, key=lambda attempt: verdicts[attempt.test].begun, default=kept)
            for attempt in [*attempts, *([kept] if kept else [])]:
                if attempt != smallest:
                    attempt.place.file.unlink(missing_ok=True)
            kept = smallest
            if not failed or smallest is None:
                break
            verdict = verdicts[smallest.test]
            same = "" if verdict.kind == group.kind else f"; it shows there as: {verdict.kind}"
            command = f"pytest {shlex.quote(f'{self._shown(smallest.place.file)}::{smallest.test}')}"
            words = f"the shortest behavior that reaches it fails too{same}"
            best = Finding(group, words, command, self._told(verdict))
            shorter = self._attempt(smallest.place, verdict.begun, cut=True)
            attempts = [shorter] if isinstance(shorter, _Attempt) else []
        return best

    def _attempts(self, group: FailureGroup) -> tuple[list[_Attempt], str]:
        """Tests that may be smaller than the group's shortest, or why there are none.

        Where a statement stands for many transitions, nobody knows which of the group fails first: a few are tried.
        """
        test = group.nearest
        first = self._attempt(_Place(Path(test.file), test.key), test.steps)
        if not isinstance(first, _Attempt):
            return [], first
        if not first.in_smaller_steps:
            return [first], ""
        failures = [told for told in group.failures if told != test]
        some = failures[:: max(len(failures) // _TRIED, 1)][: _TRIED - 1]
        others = [self._attempt(_Place(Path(told.file), told.key), told.steps) for told in some]
        folder = first.place.file.parent
        return [first, *(a for a in others if isinstance(a, _Attempt) and a.place.file.parent == folder)], ""

    def _attempt(self, place: _Place, begun: int, *, cut: bool = False) -> _Attempt | str:
        """The shortest test that ends where one failed; if there is none, why, which is empty if it is that test."""
        found = self.companion.ask(ask="shrink", **place.question(), begun=begun, cut=cut)
        if "file" not in found:
            return str(found.get("missing", ""))
        file = place.file.with_name(found["file"])
        return _Attempt(_Place(file, found["key"]), found["test"], found["in_smaller_steps"])

    def _leak(self, group: FailureGroup) -> Finding:
        """Which test makes one fail that passes alone."""
        test = group.nearest
        before = self.order.before(test.test)
        culprits = self._culprits(test, before)
        shares = bool(self.config.getoption("testgen_share"))
        leaks = "state leaks between tests" + ", as a snapshot may" * shares
        if culprits is None:
            last = f"; it failed after {before[-1]}" if before else ""
            words = f"{leaks}, or it fails by chance; no time to find out{last}"
        elif culprits:
            many = f"{len(culprits)} tests, the last of them " if len(culprits) > 1 else ""
            words = f"{leaks}; it fails after {many}{culprits[-1]}"
        elif before:
            words = f"it fails by chance, as it passes also after all that ran before it ({len(before)})"
        else:
            words = "it fails by chance, as no test ran before it"
        tests = [*culprits, test.test] if culprits and len(culprits) <= _TESTS_NAMED else []
        named = "--testgen-share " * shares + " ".join(shlex.quote(self._argument(name)) for name in tests)
        return Finding(group, f"passes alone: {words}", f"pytest {named}" if tests else test.command)

    def _culprits(self, test: ToldFailure, before: list[str]) -> list[str] | None:
        """The tests of those before it, as few as can be found, after which it fails; None if time ran out."""
        if not before:
            return []
        if self._fails_after(before[-1:], test):
            return before[-1:]
        if len(before) == 1 or not self._fails_after(before, test):
            return [] if self._seconds_left() > 0 else None
        while len(before) > 1:
            middle = len(before) // 2
            half = next((half for half in (before[middle:], before[:middle]) if self._fails_after(half, test)), None)
            if half is None:
                break
            before = half
        return before

    def _fails_after(self, before: Sequence[str], test: ToldFailure) -> bool:
        verdict = self._run([*before, test.test])
        return verdict is not None and verdict.outcome == "failed"

    def _run(self, tests: Sequence[str]) -> Verdict | None:
        """What comes of the last of these tests, run in order; None if it was not run."""
        return self._verdicts(tests).get(tests[-1].partition("::")[2])

    def _verdicts(self, tests: Sequence[str]) -> dict[str, Verdict]:
        """What comes of tests run in this order, by their names, the last of those with one name."""
        if self._seconds_left() <= 0:
            return {}
        paths = [self._absolute(test) for test in tests]
        verdicts = rerun(self.config, paths, timeout_seconds=self._seconds_left())
        return {verdict.test.partition("::")[2]: verdict for verdict in verdicts}

    def _told(self, verdict: Verdict) -> str:
        """A story with what the graph says of it."""
        story, marker, command = verdict.story.partition(_RUN_ALONE)
        place = _Place(Path(verdict.file), verdict.key)
        answer = self.companion.ask(ask="surroundings", **place.question(), begun=verdict.begun)
        lines = answer.get("lines") or [f"the state before is not told: {answer.get('missing', '')}"]
        return "\n".join([story, "", *lines]) + marker + command

    def _absolute(self, test: str) -> str:
        path, colons, name = test.partition("::")
        return f"{self.config.rootpath / path}{colons}{name}"

    def _argument(self, test: str) -> str:
        path, colons, name = self._absolute(test).partition("::")
        return f"{self._shown(Path(path))}{colons}{name}"

    def _shown(self, path: Path) -> str:
        with suppress(ValueError):
            return path.relative_to(self.config.invocation_params.dir).as_posix()
        return str(path)

    def _seconds_left(self) -> float:
        return self._end - time.monotonic()


def _why_not(verdicts: Collection[Verdict]) -> str:
    """What is said of the shortest behaviors if none of them fails."""
    if any(verdict.outcome == "passed" for verdict in verdicts):
        return _PASSES
    return _SKIPPED if verdicts else _UNTRIED


def _fails(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.outcome == "failed" and verdict.begun > 0


def tell_findings(findings: Sequence[Finding], write_sep: Callable[..., Any], write_line: Callable[[str], Any]) -> None:
    """Show the smallest failing stories, before all the others."""
    if not findings:
        return
    write_sep("=", "smallest failing stories")
    for finding in findings:
        count = len(finding.group.failures)
        write_line(f"{count} {'failure' if count == 1 else 'failures'}: {finding.group.kind}")
        write_line(f"  {finding.verdict}")
        if finding.story:
            write_line("")
            write_line(finding.story)
        else:
            write_line(f"  {finding.command}")
        write_line("")
