"""Failures of generated tests, grouped by where system and specification part: one bug that 400 tests see reads as one.

A test that failed diverges at the first transition of the statement that failed, or after the last one performed if the
statement performs none. Tests with the same words after the same action have probably one cause, however many
transitions of the graph that is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from testgen.behavior import Behavior, Telling
from testgen.coverage.evidence import SuiteEvidence
from testgen.coverage.fates import best_records, has_known_progress, tellings_of
from testgen.coverage.run_log import Record
from testgen.graph import StateGraph, TransitionId

__all__ = ["Failure", "FailureGroup", "group_failures"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that did not pass.

    Attributes:
        record: What the log says of it.
        behavior: What it tells.
        transition: Where it diverges; None if at its initial state, or if that is not known.
    """

    record: Record
    behavior: Behavior
    transition: TransitionId | None


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures with the same words at the same action.

    Attributes:
        outcome: "failed" or "error".
        why: The words; they may be empty.
        action: The action's name; empty for the start, or if it is not known.
        failures: By the number of steps of their behaviors, so that the one to look at is the first.
    """

    outcome: str
    why: str
    action: str
    failures: tuple[Failure, ...]

    @property
    def transitions(self) -> dict[TransitionId | None, int]:
        """How many tests diverge at each transition, the most first."""
        counts: dict[TransitionId | None, int] = defaultdict(int)
        for failure in self.failures:
            counts[failure.transition] += 1
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], -1 if pair[0] is None else pair[0])))


def group_failures(graph: StateGraph, suites: Sequence[SuiteEvidence]) -> list[FailureGroup]:
    """Group what failed in all suites, the largest group first; of a test that was run twice the better run counts."""
    groups: dict[tuple[str, str, str], list[Failure]] = defaultdict(list)
    for suite in suites:
        best = best_records(suite)
        is_known = has_known_progress(suite)
        for behavior, telling in zip(suite.suite.behaviors, tellings_of(suite), strict=True):
            record = best.pop(telling.test, None) if telling is not None else None
            if telling is None or record is None or record.outcome not in ("failed", "error"):
                continue
            at = _diverging(behavior, telling, record) if is_known and record.outcome == "failed" else None
            name = "" if at is None else graph.action(at).name
            groups[record.outcome, record.why, name].append(Failure(record, behavior, at))
    found = [
        FailureGroup(outcome, why, action, tuple(sorted(failures, key=_length)))
        for (outcome, why, action), failures in groups.items()
    ]
    return sorted(found, key=lambda group: (-len(group.failures), group.outcome, group.action, group.why))


def _diverging(behavior: Behavior, telling: Telling, record: Record) -> TransitionId | None:
    progress = telling.progress or ()
    if not record.begun or record.done >= len(progress):
        return None
    n_done, n_tried = (progress[record.done - 1] if record.done else 0), progress[record.done]
    is_last = record.done == len(progress) - 1
    if n_tried > n_done or (is_last and telling.n_told > n_done):  # the last shows also what is refused
        return behavior.transitions[n_done]
    return behavior.transitions[n_done - 1] if n_done else None


def _length(failure: Failure) -> tuple[int, str]:
    return len(failure.behavior.transitions), failure.record.test
