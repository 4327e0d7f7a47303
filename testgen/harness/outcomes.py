"""pytest's tests run from within, one after another, and what becomes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import coverage
import pytest

__all__ = ["FirstFailure", "Outcomes", "measuring", "pytest_arguments", "run_tests"]

_UNWANTED = {"xdist": ("-n", "0"), "pytest_cov": ("--no-cov",), "pytest_randomly": ("-p", "no:randomly")}
"""Plugins that would run tests out of our sight, measure in our place, or change the order; how to stop them."""
_MESSAGE_CHARACTERS = 300

Json = dict[str, Any]  # Any: JSON


def pytest_arguments(arguments: Sequence[str], cache: str, *options: str) -> list[str]:
    """What pytest is to run, without the plugins that we cannot use, and with a cache that is not the project's."""
    unwanted = [option for module, stop in _UNWANTED.items() if find_spec(module) is not None for option in stop]
    return [*arguments, "-o", f"cache_dir={cache}", "-q", *options, *unwanted]


class FirstFailure:
    """Remembers what the first failed test of this process failed of."""

    def __init__(self) -> None:
        self.told: Json | None = None
        self._report: pytest.TestReport | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Comes first, and knows no exception: an unexpected pass has none."""
        if report.failed and self.told is None:
            self._report = report
            self._tell(report.nodeid, AssertionError, "passes where it is expected to fail")

    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: Any) -> None:  # Any: of either kind
        if call.excinfo is not None and self._report is not None and report is self._report:
            self._tell(self._report.nodeid, call.excinfo.type, call.excinfo.value)

    def _tell(self, test: str, kind: type[BaseException], value: object) -> None:
        try:
            message = str(value).strip().split("\n", 1)[0]
        except Exception as error:  # a mutant's exception may be broken as well
            message = f"{type(error).__name__} while its message was made"
        by_assertion = issubclass(kind, (AssertionError, pytest.fail.Exception))
        self.told = {
            "test": test,
            "exception": "AssertionError" if by_assertion else kind.__name__,
            "message": message[:_MESSAGE_CHARACTERS],
        }


class Outcomes:
    """Keeps the outcome and the seconds of each test, in the run without a mutant."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._measuring.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        if report.failed:
            before = "failed"
        elif report.skipped and before == "passed":
            before = "xfailed" if hasattr(report, "wasxfail") else "skipped"
        self.outcomes[report.nodeid] = before
        self.seconds[report.nodeid] += report.duration


def run_tests(items: list[pytest.Item], order: Sequence[int], before: Callable[[int], bool]) -> int:
    """Run the items in `order` until `before` says so; how many were run. What fixtures hold is let go in any case."""
    position = 0
    for position, number in enumerate(order):
        if before(position):
            break
        item = items[number]
        is_last = position + 1 == len(order)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None if is_last else items[order[position + 1]])
    else:
        return len(order)
    with suppress(Exception):  # of a test that has failed anyway
        items[0].session._setupstate.teardown_exact(None)
    return position


def measuring(order: Json) -> coverage.Coverage:
    """Measures lines in the folders of the source, test by test."""
    measured = coverage.Coverage(data_file=None, config_file=False, source_dirs=order["folders"])
    measured.set_option("run:core", "ctrace")
    measured.set_option("run:disable_warnings", ["no-data-collected", "module-not-measured", "already-imported"])
    return measured
