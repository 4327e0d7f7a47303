"""The pytest plugin: a failed generated test reads as a story, not as a stack of calls; on request runs are logged.

Loaded through the entry point `pytest11` wherever testgen is installed; does nothing for other tests.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import OtherOutcome
from testgen.bindings.time_limit import suspend_limits, tell_last_words_to
from testgen.runtime.alike import bring_back
from testgen.runtime.compiling import compiling_as_it_stands
from testgen.runtime.failure_story import tell_failure
from testgen.runtime.failures import add_failure_options, configure_failures
from testgen.runtime.fixtures import BINDING, FAILED, MISSING
from testgen.runtime.following import ATTEMPTS, CATEGORY, OTHERWISE, begin_anew, go_on_otherwise, summarize_outcomes
from testgen.runtime.generated import is_generated
from testgen.runtime.instances import instances
from testgen.runtime.junit import note_behavior
from testgen.runtime.lockstep import call_in_lockstep, close_prepared, seconds_taken
from testgen.runtime.pending import PENDING, skip_pending, skip_vacuous, summarize_pending
from testgen.runtime.run_log import WORKER_FOLDER, RunLog
from testgen.runtime.sharing import Sharing
from testgen.runtime.surroundings import COMPANION
from testgen.runtime.told import restore_told, tell
from testgen.runtime.trouble import note_trouble, tell_collection

__all__ = [
    "LOG_FOLDER",
    "instances",
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_collectreport",
    "pytest_configure",
    "pytest_enter_pdb",
    "pytest_make_collect_report",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_runtest_call",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]

LOG_FOLDER = "TESTGEN_LOG"
"""Set to a folder, it is what `--testgen-log` is unless that is given."""

_MANY_TESTS = 1000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("testgen").addoption(
        "--testgen-log",
        metavar="DIR",
        help=f"Write into DIR what came of each generated test, for `testgen coverage graph`; also ${LOG_FOLDER}.",
    )
    parser.getgroup("testgen").addoption(
        "--testgen-share",
        action="store_true",
        help="Perform the steps that generated tests begin with in common once, and go back there by the binding's "
        "`snapshot` and `restore`.",
    )
    add_failure_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Start the run log, if one is wanted.

    Raises:
        pytest.UsageError: Its folder cannot be made, or not written.
    """
    if config.getoption("testgen_share"):
        config.pluginmanager.register(Sharing(), "testgen sharing")
    configure_failures(config)
    if not float(config.getini("faulthandler_timeout") or 0):  # it and a time limit would need the same one alarm
        _keep_stderr(config)
    worker: dict[str, str] = getattr(config, "workerinput", {})  # of pytest-xdist
    given = worker.get(WORKER_FOLDER) or config.getoption("testgen_log")
    if given == "":  # a variable of a script that is not set, most likely
        raise pytest.UsageError("--testgen-log: it is empty")
    if not (name := given or os.environ.get(LOG_FOLDER)):
        return
    folder = (config.invocation_params.dir / name).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise pytest.UsageError(f"--testgen-log {name}: cannot be written: {error.strerror}") from None
    config.pluginmanager.register(RunLog(folder, worker.get("workerid")), "testgen run log")


def _keep_stderr(config: pytest.Config) -> None:
    """Keep the way to the terminal: what tests print is captured, and would be lost with a process that ends."""
    with suppress(OSError):  # there is none
        descriptor = os.dup(2)
        tell_last_words_to(descriptor)
        config.add_cleanup(partial(os.close, descriptor))
        config.add_cleanup(partial(tell_last_words_to, None))  # called first


def pytest_enter_pdb() -> None:
    """Nobody debugs within seconds."""
    suspend_limits()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Compile a generated file as it stands, unless there is an `assert` in it for pytest to rewrite.

    What is wrong with its binding is told without a traceback.
    """
    if not isinstance(collector, pytest.Module) or not is_generated(collector.path):
        return (yield)
    if b"assert" in collector.path.read_bytes():
        report = yield
    else:
        with compiling_as_it_stands(collector.path, collector.config):
            report = yield
    tell_collection(collector, report)
    return report


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the garbage collector leave alone what thousands of tests are made of, which lives as long as the run.

    It would look at all of it again and again: a seventh of the time (4,913 tests of array OT: 4.4 s with it and 3.8 s
    without, CPython 3.11).
    """
    is_large = len(session.items) >= _MANY_TESTS and gc.isenabled()
    if is_large and any(is_generated(path) for path in {item.path for item in session.items}):
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a generated test that needs what its binding does not do yet, or could compare nothing for want of it.

    One whose system took another outcome that the specification allows is tried again, or follows it.
    """
    binding = item.stash.get(BINDING, None)
    if binding is None:
        return (yield)
    __tracebackhide__ = True
    begin_anew(item)
    item.stash[FAILED] = True
    other: OtherOutcome | None = None
    try:
        try:
            yield
        except OtherOutcome as taken:
            other = taken
        if other is not None:
            go_on_otherwise(item, other)
    except NotImplementedYet as pending:
        skip_pending(item, type(binding), pending)
    skip_vacuous(item, item.stash[BINDING])
    del item.stash[FAILED]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the behavior's story in place of the traceback when a generated test fails."""
    note_behavior(item, call.when)
    story = tell_failure(item, call)
    if story is not None and story.is_complete:
        # Told before pytest shows the traceback, which nobody will see: it parses the whole file for it, 0.2 s a test.
        item.repr_failure = lambda *_, **__: story  # type: ignore[method-assign, assignment]  # of this item
    try:
        report = yield
    finally:
        item.__dict__.pop("repr_failure", None)
    if call.when == "call" and (seconds := seconds_taken(item)) is not None:
        report.duration = seconds
    # Attributes of plain values, which pytest-xdist carries over from its workers.
    if MISSING in item.stash and report.skipped:
        report.testgen_missing = item.stash[MISSING]  # type: ignore[attr-defined]  # reports take any attribute
    if PENDING in item.stash and call.when != "teardown":
        report.testgen_pending = item.stash[PENDING]  # type: ignore[attr-defined]  # as above
    if call.when == "call" and OTHERWISE in item.stash and report.skipped:
        report.testgen_otherwise = item.stash[OTHERWISE]  # type: ignore[attr-defined]  # as above
    if call.when == "call" and ATTEMPTS in item.stash:
        report.testgen_attempts = item.stash[ATTEMPTS]  # type: ignore[attr-defined]  # as above
    note_trouble(item, call, report)
    if story is not None and report.failed:
        if not story.is_complete:  # the system raised: its own traceback is of use as well
            story.add(report.longreprtext)
        tell(report, story)
        report.testgen = story.summary  # type: ignore[attr-defined]  # as above
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Show what workers of pytest-xdist have told as if it were told here."""
    restore_told(report)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> None:
    """As of tests, so of files that could not be collected."""
    restore_told(report)


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Count tests apart whose systems took another outcome."""
    return (CATEGORY, "o", CATEGORY.upper()) if hasattr(report, "testgen_otherwise") else None


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
    """Say why generated tests were skipped, and which outcomes they met."""
    bring_back(terminalreporter)
    _summarize_missing(terminalreporter)
    summarize_pending(terminalreporter)
    summarize_outcomes(terminalreporter)
    _tell_log_trouble(terminalreporter)


def _summarize_missing(terminalreporter: Any) -> None:  # Any: as above
    """Say what the tests that were skipped would need, which pytest does only if asked."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(told for report in skipped if (told := getattr(report, "testgen_missing", None)) is not None)
    for reason, count in reasons.most_common():
        terminalreporter.write_sep("=", f"{count} generated {'test' if count == 1 else 'tests'} skipped")
        terminalreporter.write_line(reason)


def _tell_log_trouble(terminalreporter: Any) -> None:  # Any: as above
    """Say that a run log ends early, by which coverage would be told too low."""
    reports = (report for category in terminalreporter.stats.values() for report in category)
    for trouble in sorted({report.testgen_log for report in reports if hasattr(report, "testgen_log")}):
        terminalreporter.write_sep("=", "the run log ends early: tests after this are not in it")
        terminalreporter.write_line(trouble)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that share costly steps in lock-step; leave the others to pytest."""
    __tracebackhide__ = True
    return call_in_lockstep(pyfuncitem)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close what tests hold that were run in lock-step with others and then not asked for."""
    close_prepared(getattr(session, "items", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what looks into the graph, MongoDB, and what bindings left running; leave to pytest what it may find."""
    if (companion := config.stash.get(COMPANION, None)) is not None:
        companion.close()
    shared = sys.modules.get("testgen.mongo.shared")  # not imported here: most suites need no pymongo
    if shared is not None:
        shared.stop_shared_server()
    if (processes := sys.modules.get("testgen.systems.process")) is not None:
        processes.end_processes()
    if gc.get_freeze_count():  # of a large run: pytest collects garbage five times in the end, after this
        gc.collect()
        gc.freeze()
