"""The pytest plugin: a failed generated test reads as a story, not as a stack of calls; on request runs are logged.

Loaded through the entry point `pytest11` wherever testgen is installed; does nothing for other tests.
"""

from __future__ import annotations

import errno
import gc
import linecache
import os
import re
import shlex
import sys
import traceback
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding, Divergence, OtherOutcome
from testgen.bindings.time_limit import Overdue, suspend_limits, tell_last_words_to
from testgen.errors import BindingError, ServerError
from testgen.runtime.compiling import compiling_as_it_stands
from testgen.runtime.conformance import differences
from testgen.runtime.failure_groups import ToldFailure
from testgen.runtime.failures import add_failure_options, configure_failures, summarize_failures
from testgen.runtime.fixtures import BINDING, FAILED, MISSING
from testgen.runtime.following import (
    ATTEMPTS,
    CATEGORY,
    OTHERWISE,
    go_on_otherwise,
    summarize_outcomes,
)
from testgen.runtime.generated import is_generated, performed_test
from testgen.runtime.instances import instances
from testgen.runtime.junit import note_behavior, note_divergence
from testgen.runtime.lockstep import call_in_lockstep, close_prepared, seconds_taken
from testgen.runtime.pending import PENDING, skip_pending, skip_vacuous, summarize_pending
from testgen.runtime.run_log import WORKER_FOLDER, RunLog
from testgen.runtime.sharing import Sharing
from testgen.runtime.surroundings import COMPANION, Surroundings, surroundings_of
from testgen.values.plain import python_literal

__all__ = [
    "LOG_FOLDER",
    "describe_failure",
    "instances",
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_configure",
    "pytest_enter_pdb",
    "pytest_make_collect_report",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]

LOG_FOLDER = "TESTGEN_LOG"
"""Set to a folder, it is what `--testgen-log` is unless that is given."""

_TROUBLE = ServerError, BindingError
"""Not of the system's making: a test that meets it says nothing of conformance."""
_BEHAVIOR_ID = re.compile(r"_([0-9a-f]{8,32})(?:_\d{1,4})?$")
_SUMMARY_START = re.compile(r"^Behavior [0-9a-f]+: ")
_CLIPPED_AT = 1000
_FIELDS_SHOWN = 12
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
    """Compile a generated file as it stands, unless there is an `assert` in it for pytest to rewrite."""
    is_ours = isinstance(collector, pytest.Module) and is_generated(collector.path)
    if not is_ours or b"assert" in collector.path.read_bytes():
        return (yield)
    with compiling_as_it_stands(collector.path, collector.config):
        return (yield)


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
    story = _story(item, call)
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
    if story is not None and report.failed:
        if not story.is_complete:  # the system raised: its own traceback is of use as well
            story.add(report.longreprtext)
        told: Any = story  # Any: pytest names no protocol for this
        report.longrepr = told
        report.testgen = story.summary  # type: ignore[attr-defined]  # as above
    return report


def _story(item: pytest.Item, call: pytest.CallInfo[None]) -> _ToldFailure | None:
    """The story of a generated test that has failed; None for any other."""
    binding = item.stash.get(BINDING, None)
    if binding is None or call.when != "call" or call.excinfo is None:
        return None
    if isinstance(call.excinfo.value, pytest.skip.Exception):
        return None
    try:
        return _ToldFailure(item, binding, call.excinfo)
    except Exception as error:  # what a system shows can be anything; a report must not end the run
        words = f"cannot tell this failure as a story: {type(error).__name__}: {error}"
        item.add_report_section("call", "testgen", words)
        return None


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Count tests apart whose systems took another outcome."""
    return (CATEGORY, "o", CATEGORY.upper()) if hasattr(report, "testgen_otherwise") else None


def pytest_terminal_summary(terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
    """Say why generated tests were skipped; group their failures by what differed after which step."""
    _summarize_missing(terminalreporter)
    summarize_pending(terminalreporter)
    summarize_outcomes(terminalreporter)
    summarize_failures(terminalreporter)
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


def describe_failure(
    item: pytest.Item,
    binding: Binding,
    excinfo: pytest.ExceptionInfo[BaseException],
    *,
    around: Sequence[str] = (),
) -> str:
    """Behavior, step, expectation and observation of a failed test, and how to run it alone.

    A test that met with trouble with the server was broken off: that says nothing of conformance.

    Args:
        item: The test.
        binding: What it drove.
        excinfo: How it failed.
        around: What the graph says of the place, in lines.
    """
    name = getattr(item, "originalname", None) or item.name
    behavior = _BEHAVIOR_ID.search(name)
    entries = binding.journal.entries
    at = f"at step {len(entries)}, {_clipped(entries[-1])}" if entries else "before its first step"
    verdict = "was broken off" if isinstance(excinfo.value, _TROUBLE) else "diverges from the specification"
    lines = [f"behavior {behavior.group(1) if behavior else name} {verdict} {at}"]
    lines += [line for line in (_summary(item), _statement(item, excinfo)) if line]
    lines += ["", *_what_differs(excinfo.value)]
    lines += [f"    {_clipped(note)}" for note in getattr(excinfo.value, "__notes__", ())]
    lines += [""]
    for number, entry in enumerate(entries, 1):
        lines.append(f"{'>' if number == len(entries) else ' '} {number:2} {_clipped(entry)}")
    if around:
        lines += ["", *map(_clipped, around)]
    lines += ["", f"run it alone: {_command(item)}"]
    return "\n".join(lines)


class _ToldFailure:
    """A story in the form in which pytest shows a failure: all of it once, and one line in summaries and JUnit XML.

    Attributes:
        is_complete: Whether it says all that is of use, so that no traceback need be shown.
        summary: Plain values for the grouping of failures.
    """

    def __init__(self, item: pytest.Item, binding: Binding, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        failure = excinfo.value
        is_broken_off = isinstance(failure, _TROUBLE)
        begun = len(binding.journal.entries)
        around = Surroundings() if is_broken_off else surroundings_of(item, begun)
        file, key = performed_test(item)
        self._text = describe_failure(item, binding, excinfo, around=around.lines)
        self.is_complete = isinstance(failure, (Divergence, *_TROUBLE)) or bool(getattr(failure, "place", ""))
        kind = _kind(binding, failure)
        told = ToldFailure(
            kind=kind,
            steps=begun,
            command=_command(item),
            test=item.nodeid,
            file=str(file),
            key=key,
            place=around.place,
            depth=around.depth,
            is_broken_off=is_broken_off,
        )
        self.summary = asdict(told)
        note_divergence(item, binding.journal.entries, kind)
        path, line, _ = item.location
        overdue = f"it did not end within {failure.seconds:g} s" if isinstance(failure, Overdue) else ""
        differ = f"{kind}: {overdue or 'system and specification differ'}"
        message = _words(failure).splitlines()[0] if is_broken_off else differ
        self.reprcrash = SimpleNamespace(path=path, lineno=(line or 0) + 1, message=message)

    def add(self, text: str) -> None:
        self._text = f"{self._text}\n\n{text}"

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: Any) -> None:  # Any: pytest keeps its type to itself
        writer.line(self._text)


def _kind(binding: Binding, failure: BaseException) -> str:
    """What failures with probably one cause have in common."""
    entries = binding.journal.entries
    last_step = entries[-1].partition("(")[0] if entries else "the start"
    if isinstance(failure, Divergence):
        return f"{failure.subject}, after {last_step}"
    if isinstance(failure, Overdue):
        return f"hung, at {last_step}"
    return f"{type(failure).__name__} raised, at {last_step}"


def _what_differs(failure: BaseException) -> list[str]:
    if isinstance(failure, _TROUBLE):
        return [f"  {line}" for line in _words(failure).splitlines()]
    if isinstance(failure, Overdue):
        return [
            f"  {_clipped(failure.doing)}",
            f"    expected    to end within {failure.seconds:g} s",
            f"    observed    it hangs{f' at {failure.place}' if failure.place else ''}",
        ]
    if not isinstance(failure, Divergence):
        return [
            f"  raised    {_words(failure)}",
            "  expected  the step to succeed, as it does in the specification",
        ]
    fields = list(
        islice(differences(failure.expected, failure.observed, tolerance=failure.tolerance), _FIELDS_SHOWN + 1)
    )
    if len(fields) > _FIELDS_SHOWN:
        fields[_FIELDS_SHOWN:] = ["..."]
    return [
        f"  {failure.subject}",
        f"    expected    {_clipped(python_literal(failure.expected))}",
        f"    observed    {_clipped(python_literal(failure.observed))}",
        *(
            f"    {'differs at' if number == 0 else '          '}  {_clipped(text)}"
            for number, text in enumerate(fields)
        ),
        *([f"    note        {failure.note}"] if failure.note else []),
    ]


def _words(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def _statement(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Where in the test the failure came from, as editors and people read it: `path:line: statement`."""
    file, _ = performed_test(item)
    own = [frame for frame in traceback.extract_tb(excinfo.tb) if frame.filename == str(file)]
    if not own or (line := own[-1].lineno) is None:
        return ""
    last_line = own[-1].end_lineno or line  # of the call, which is the whole statement
    source = " ".join(linecache.getline(own[-1].filename, n).strip() for n in range(line, last_line + 1))
    return f"{_shown_path(item, file)}:{line}: {_clipped(source)}"


def _command(item: pytest.Item) -> str:
    _, colons, test = item.nodeid.partition("::")
    return f"pytest {shlex.quote(_shown_path(item, item.path) + colons + test)}"


def _shown_path(item: pytest.Item, file: Path) -> str:
    """A file as seen from where pytest was started, which need not be the folder that node ids start from."""
    return Path(os.path.relpath(file, item.config.invocation_params.dir)).as_posix()


def _clipped(text: str) -> str:
    return text if len(text) <= _CLIPPED_AT else f"{text[:_CLIPPED_AT]}..."


def _summary(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)  # Any: an item need not be a function
    docstring = (function.__doc__ if function else None) or ""
    return _SUMMARY_START.sub("", docstring.strip().split("\n")[0])
