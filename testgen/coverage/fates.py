"""What became of each behavior of a suite, step by step, as far as the run logs tell.

A test that passed has executed the steps it tells. One that failed has executed those up to the statement that failed,
and not that one; the suite file says how far each statement gets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from testgen.behavior import Behavior, Telling
from testgen.coverage.evidence import SuiteEvidence
from testgen.coverage.run_log import OUTCOMES, Record

__all__ = [
    "Fate",
    "Fates",
    "TestCount",
    "Walk",
    "best_records",
    "count_tests",
    "has_known_progress",
    "tellings_of",
    "walks_of",
]

Fates = npt.NDArray[np.int8]


class Fate(IntEnum):
    """What became of a step, the best first: of several, that of an obligation is the least."""

    EXECUTED = 0
    FAILED = 1
    REFUSED = 2
    BEHIND = 3
    ERROR = 4
    SKIPPED = 5
    NOT_RUN = 6
    LEFT_OUT = 7
    FILTERED = 8
    NOT_SELECTED = 9

    @property
    def key(self) -> str:
        """As JSON has it: `not-run`."""
        return self.name.lower().replace("_", "-")

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Fate.EXECUTED: "executed",
    Fate.FAILED: "a test failed there",
    Fate.REFUSED: "a test shows that the system refuses it",
    Fate.BEHIND: "a test failed on the way",
    Fate.ERROR: "its test met with an error",
    Fate.SKIPPED: "its test was skipped",
    Fate.NOT_RUN: "its test was not run",
    Fate.LEFT_OUT: "the binding leaves it out",
    Fate.FILTERED: "filtered out by --only or --avoid",
    Fate.NOT_SELECTED: "no behavior was selected for it",
}


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A behavior, and what became of it.

    Attributes:
        behavior: One of a suite.
        fates: Shape (steps + 1,): of the initial state, and of each step.
        planned: Shape (steps + 1,): which of them a test is to perform.
    """

    behavior: Behavior
    fates: Fates
    planned: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TestCount:
    """What came of a suite's tests. A test that was run more than once counts by the best that came of it.

    Attributes:
        tests: How many the suite has.
        outcomes: How many had each outcome of `run_log.OUTCOMES`.
        seconds: All runs of all tests together.
        why: In a few words why tests did not pass, and how many, the most frequent first.
    """

    __test__ = False  # or pytest would try to collect it

    tests: int
    outcomes: Mapping[str, int]
    seconds: float
    why: tuple[tuple[str, int], ...]

    @property
    def not_run(self) -> int:
        return self.tests - sum(self.outcomes.values())


def walks_of(suite: SuiteEvidence, *, has_log: bool) -> tuple[list[Walk], list[str]]:
    """What became of every behavior of a suite.

    Args:
        suite: The suite, with what came of its tests.
        has_log: Whether tests without a record were not run; if not, nothing is known of any.

    Returns:
        The walks, and warnings.
    """
    walks = []
    tests: dict[str, tuple[Walk, Telling]] = {}
    for behavior, telling in zip(suite.suite.behaviors, tellings_of(suite), strict=True):
        fates = np.full(1 + len(behavior.transitions), Fate.LEFT_OUT, dtype=np.int8)
        planned = np.zeros(len(fates), dtype=bool)
        walks.append(walk := Walk(behavior, fates, planned))
        if telling is not None:
            fates[: 1 + telling.n_told] = Fate.NOT_RUN if has_log else Fate.REFUSED
            fates[: 1 + telling.n_performed] = Fate.NOT_RUN
            planned[: 1 + telling.n_performed] = suite.is_planned
            tests.setdefault(telling.test, (walk, telling))  # behaviors told alike begin alike: one counts for all
    records = [record for record in suite.records if record.key in tests]
    is_sound, warnings = _check(suite, records, {key: telling for key, (_, telling) in tests.items()})
    for record in records:
        walk, telling = tests[record.key]
        told = walk.fates[: 1 + telling.n_told]
        np.minimum(told, _fates(record, telling, is_sound=is_sound), out=told)
    return walks, warnings


def count_tests(suite: SuiteEvidence) -> TestCount:
    """Count what came of a suite's tests."""
    tests = {telling.test for telling in tellings_of(suite) if telling is not None}
    best = best_records(suite)
    outcomes = Counter(record.outcome for record in best.values())
    return TestCount(
        tests=len(tests),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        seconds=sum(record.seconds for record in suite.records),
        why=tuple(Counter(record.why for record in best.values() if record.outcome != "passed").most_common()),
    )


def best_records(suite: SuiteEvidence) -> dict[str, Record]:
    """The record of each test that was run, the best of several."""
    tests = {telling.test for telling in tellings_of(suite) if telling is not None}
    best: dict[str, Record] = {}
    for record in suite.records:
        if record.key in tests:
            known = best.get(record.key, record)
            best[record.key] = min(known, record, key=lambda record: OUTCOMES.index(record.outcome))
    return best


def has_known_progress(suite: SuiteEvidence) -> bool:
    """Whether it is known how far its tests came that failed."""
    tests = {telling.test: telling for telling in tellings_of(suite) if telling is not None}
    return _check(suite, [record for record in suite.records if record.key in tests], tests)[0]


def tellings_of(suite: SuiteEvidence) -> tuple[Telling | None, ...]:
    """How each behavior is told; whole, by the test that is named as ever, where the file is older than the tests."""
    behaviors = suite.suite.behaviors
    return suite.suite.tellings or tuple(Telling(b.id[:8], len(b.transitions)) for b in behaviors)


def _check(suite: SuiteEvidence, records: list[Record], tellings: Mapping[str, Telling]) -> tuple[bool, list[str]]:
    """Whether tests that passed have the statements that the suite file tells of, which a template need not give them.

    If not, nobody knows how far a test came that failed.
    """
    warnings = []
    if unknown := len(suite.records) - len(records):
        warnings.append(f"{suite.name}: tests in the log that the suite file does not have: {unknown:,}; built since?")
    for record in records:
        progress = tellings[record.key].progress
        if record.outcome == "passed" and progress is not None and record.done != len(progress):
            warnings.append(
                f"{suite.name}: {record.test} has {record.done} statements, of which the suite file knows "
                f"{len(progress)}; so it is not known how far tests came that failed, and they count for nothing"
            )
            return False, warnings
    return True, warnings


def _fates(record: Record, telling: Telling, *, is_sound: bool) -> Fates:
    """What became of the initial state and of each transition that a test tells."""
    fates = np.full(1 + telling.n_told, Fate.BEHIND, dtype=np.int8)
    progress = telling.progress or ()
    if record.outcome == "passed" or 0 < record.done == record.begun:  # and what went wrong came after it
        fates[:] = Fate.REFUSED
        fates[: 1 + telling.n_performed] = Fate.EXECUTED
    elif record.outcome != "failed":
        fates[:] = Fate.SKIPPED if record.outcome == "skipped" else Fate.ERROR
    elif is_sound and record.begun and record.done < len(progress):
        n_done, n_tried = progress[record.done - 1] if record.done else 0, progress[record.done]
        is_last = record.done == len(progress) - 1
        fates[: 1 + (telling.n_told if is_last else n_tried)] = Fate.FAILED  # the last shows also what is refused
        if record.done or n_tried:  # else it is the statement that makes the initial state
            fates[: 1 + n_done] = Fate.EXECUTED
    return fates
