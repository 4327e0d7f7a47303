"""`compare_suites`: what each suite reaches of the same source, what it alone reaches, and what none does."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from testgen.coverage.branches import CodeMap, Function, Reach, map_source, read_reach
from testgen.coverage.formats import write_formats
from testgen.coverage.growth import Growth, grow_greedily, grow_in_order
from testgen.coverage.source import Source
from testgen.coverage.suites import SuiteRequest, SuiteRun, check_requests, run_suite

__all__ = ["Comparison", "MeasuredSuite", "compare_suites"]


@dataclass(frozen=True, slots=True)
class MeasuredSuite:
    """A suite with what it reaches.

    Attributes:
        run: What was run, and what became of its tests.
        reach: Of the comparison's code.
        in_order: Growth by tests as they ran; None where tests were not measured apart, or have no order.
        greedy: Growth by the best test first; None where tests were not measured apart.
    """

    run: SuiteRun
    reach: Reach
    in_order: Growth | None
    greedy: Growth | None

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def n_tests(self) -> int | None:
        """How many tests it has, as far as is known."""
        if self.run.outcomes is not None:
            return len(self.run.outcomes)
        return None if self.reach.by_test is None else len(self.reach.by_test)


@dataclass(frozen=True)
class Comparison:
    """Suites side by side.

    Attributes:
        source: What was measured.
        code: Its statements and branches.
        suites: In the order asked for.
    """

    source: Source
    code: CodeMap
    suites: tuple[MeasuredSuite, ...]

    def only(self, suite: MeasuredSuite) -> frozenset[int]:
        """The branches that `suite` reaches and no other."""
        return suite.reach.branches.difference(*(other.reach.branches for other in self.suites if other is not suite))

    @cached_property
    def unreached(self) -> frozenset[int]:
        """The branches that no suite reaches."""
        every = frozenset(range(len(self.code.branches)))
        return every.difference(*(suite.reach.branches for suite in self.suites))

    def percent(self, suite: MeasuredSuite) -> float:
        """How many of 100 branches `suite` reaches; of statements where the source has no branch."""
        if self.code.branches:
            return 100 * len(suite.reach.branches) / len(self.code.branches)
        return 100 * len(suite.reach.statements) / len(self.code.statements)

    def counts(self, function: Function) -> tuple[int, ...]:
        """How many branches of `function` each suite reaches."""
        return tuple(len(function.branches & suite.reach.branches) for suite in self.suites)

    @property
    def versions(self) -> dict[str, str]:
        """Of what the figures depend on."""
        return {"coverage": version("coverage"), "pytest": version("pytest"), "python": platform.python_version()}


def compare_suites(
    requests: Sequence[SuiteRequest],
    source: Source,
    *,
    lcov: Path | None = None,
    xml: Path | None = None,
    keep: Path | None = None,
    on_suite: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Run every suite in a process and data file of its own, and compare what they reach.

    Args:
        requests: At least one; their names differ.
        source: What to measure.
        lcov: A folder for coverage.py's LCOV reports, one a suite.
        xml: A folder for its Cobertura reports.
        keep: A folder for the data files.
        on_suite: Called with the name of each suite before it runs.

    Raises:
        InputError: A suite cannot be run or read; see `run_suite`, `read_reach`.
    """
    check_requests(requests)
    code = map_source(source)
    suites = []
    with TemporaryDirectory(prefix="testgen-compare-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for request in requests:
            on_suite(request.name)
            run = run_suite(request, source, folder)
            suites.append(_measured(run, read_reach(run, code)))
            write_formats(run, code, lcov=lcov, xml=xml)
    return Comparison(source, code, tuple(suites))


def _measured(run: SuiteRun, reach: Reach) -> MeasuredSuite:
    by_test = reach.by_test
    if by_test is None:
        return MeasuredSuite(run, reach, None, None)
    in_order = None if run.outcomes is None else grow_in_order(by_test, reach.before)
    return MeasuredSuite(run, reach, in_order, grow_greedily(by_test, reach.before))
