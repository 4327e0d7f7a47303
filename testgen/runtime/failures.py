"""What is done about failures beside telling each: shuffled runs that provoke them, groups, and smaller stories."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from testgen.runtime.alike import AlikeKeptBack
from testgen.runtime.companion import Companion
from testgen.runtime.failure_groups import group_failures, summarize_groups
from testgen.runtime.rerun import VERDICTS, VerdictWriter
from testgen.runtime.shrink import Shrinker, TestOrder, tell_findings
from testgen.runtime.shuffle import WORKER_SEED, seed_of, shuffle_generated
from testgen.runtime.surroundings import COMPANION

__all__ = ["add_failure_options", "configure_failures"]

_SHUFFLED = (
    "shuffled: what passes in another order fails of state that leaks; --testgen-shrink tells which test leaves it"
)
_COMMANDS = pytest.StashKey[dict[str, str]]()
"""For groups of failures that were looked into, the command that shows the smallest."""


def add_failure_options(parser: pytest.Parser) -> None:
    """Say which options there are."""
    group = parser.getgroup("testgen")
    group.addoption(
        "--testgen-shrink",
        action="store_true",
        help="After a run with failures of generated tests, look for the smallest story that fails so, and for tests "
        "that fail only after others. See `testgen help failures`.",
    )
    group.addoption(
        "--testgen-shuffle",
        metavar="SEED",
        help="Run generated tests in another order, which must not change what comes of them: a number, or `random`.",
    )


def configure_failures(config: pytest.Config) -> None:
    """Register what the options ask for.

    Raises:
        pytest.UsageError: The seed is none.
    """
    if (verdicts := os.environ.get(VERDICTS)) is not None:  # rerun by another process, which has the options
        config.pluginmanager.register(VerdictWriter(Path(verdicts)), "testgen verdicts")
        return
    if (seed := seed_of(config)) is not None:
        config.pluginmanager.register(_Shuffling(seed), "testgen shuffling")
    config.pluginmanager.register(AlikeKeptBack(), "testgen alike kept back")
    config.pluginmanager.register(_ShortestFirst(), "testgen shortest first")  # before the others are kept back
    config.pluginmanager.register(_Summary(), "testgen summary of failures")
    if config.getoption("testgen_shrink") and not hasattr(config, "workerinput"):  # workers only run
        config.pluginmanager.register(_Shrinking(config), "testgen shrinking")


class _Shuffling:
    """A pytest plugin: generated tests in another order, told in the report's header."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # Any: pytest-xdist need not be there
        node.workerinput[WORKER_SEED] = self._seed

    def pytest_report_header(self) -> str:
        return f"testgen: generated tests are shuffled; the same order again: --testgen-shuffle {self._seed}"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        shuffle_generated(items, self._seed)


class _ShortestFirst:
    """A pytest plugin: of failed generated tests shows those with the fewest steps first, after all other tests."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:  # Any: as above
        terminalreporter.stats.get("failed", []).sort(
            key=lambda report: getattr(report, "testgen", {}).get("steps", -1)
        )
        return (yield)


class _Summary:
    """A pytest plugin: groups the failures of generated tests by kind, the shortest behavior of each first.

    At the very end, as pytest's own list of what failed may be longer than a screen.
    """

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:  # Any: as above
        result = yield
        config = terminalreporter.config
        has_groups = summarize_groups(terminalreporter, config.stash.get(_COMMANDS, {}))
        is_shuffled = config.pluginmanager.has_plugin("testgen shuffling")
        if has_groups and is_shuffled and not config.getoption("testgen_shrink"):
            terminalreporter.write_line(_SHUFFLED)
        return result


class _Shrinking(TestOrder):
    """A pytest plugin: looks into failures when all tests have run, and tells what it found before all of them."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__()
        self._config = config
        self._stops_itself = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a run that stops itself, as with -x under pytest-xdist or --stepwise, from one that somebody ends."""
        self._stops_itself = isinstance(excinfo.value, KeyboardInterrupt) and excinfo.type is not KeyboardInterrupt

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self,
        terminalreporter: Any,  # Any: as above
        exitstatus: int,
    ) -> Generator[None, None, None]:
        groups = group_failures(terminalreporter.stats.get("failed", ()))
        is_over = exitstatus == pytest.ExitCode.TESTS_FAILED or self._stops_itself
        if groups and is_over:  # whoever interrupts a run does not want more of it
            companion = self._config.stash.setdefault(COMPANION, Companion())
            findings = Shrinker(self._config, companion, self).look_into(groups)
            tell_findings(findings, terminalreporter.write_sep, terminalreporter.write_line)
            self._config.stash[_COMMANDS] = {finding.group.kind: finding.command for finding in findings}
        return (yield)
