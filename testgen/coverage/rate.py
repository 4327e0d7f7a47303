"""How long tests take, by what a log says of those that were run."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from testgen.coverage.evidence import Evidence
from testgen.errors import InputError, Location
from testgen.selection import Rate

__all__ = ["measured_rate"]


def measured_rate(evidence: Evidence) -> Rate:
    """Seconds per test and per step, both not negative, that fit the tests that passed best (least squares).

    Only the tests themselves are counted, not what pytest needs around each, about a millisecond.

    Raises:
        InputError: No test passed that a suite tells.
    """
    told: list[tuple[int, float]] = []
    for suite in evidence.suites:
        n_steps = {telling.test: telling.n_performed for telling in suite.suite.tellings if telling is not None}
        told += [
            (n_steps[record.key], record.seconds)
            for record in suite.records
            if record.outcome == "passed" and record.key in n_steps
        ]
    if not told:
        raise InputError(
            "of no test that passed it is known how long it took",
            location=Location(", ".join(sorted({str(run.path.parent) for run in evidence.runs}))),
            hint="run a few: pytest generated/NAME --testgen-log DIR",
        )
    steps, seconds = np.array(told).T
    (per_test, per_step), _ = nnls(np.stack((np.ones(len(steps)), steps), axis=1), seconds)
    return Rate(float(per_test), float(per_step))
