"""The pytest plugin: a failed generated test reads as a story, not as a stack of calls.

Loaded through the entry point `pytest11` wherever testgen is installed; does nothing for other tests.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Generator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from testgen.bindings.protocol import Binding, Divergence
from testgen.runtime.conformance import differences
from testgen.runtime.fixtures import BINDING
from testgen.runtime.lockstep import call_in_lockstep, close_prepared, seconds_taken
from testgen.values.plain import python_literal

__all__ = [
    "describe_failure",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]

_BEHAVIOR_ID = re.compile(r"_([0-9a-f]{8,32})(?:_\d{1,4})?$")
_SUMMARY_START = re.compile(r"^Behavior [0-9a-f]+: ")
_CLIPPED_AT = 1000
_FIELDS_SHOWN = 12


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the behavior's story in place of the traceback when a generated test fails."""
    report = yield
    if call.when == "call" and (seconds := seconds_taken(item)) is not None:
        report.duration = seconds
    binding = item.stash.get(BINDING, None)
    if binding is None or call.when != "call" or call.excinfo is None or not report.failed:
        return report
    failure = call.excinfo.value
    try:
        story = describe_failure(item, binding, call.excinfo)
    except Exception as error:  # what a system shows can be anything; a report must not end the run
        report.sections.append(("testgen", f"cannot tell this failure as a story: {type(error).__name__}: {error}"))
        return report
    if not isinstance(failure, Divergence):  # the system raised: its own traceback is of use as well
        story = f"{story}\n\n{report.longreprtext}"
    told: Any = _ToldFailure(story, _kind(binding, failure), item)  # Any: pytest names no protocol for this
    report.longrepr = told
    # An attribute of plain values, which pytest-xdist carries over from its workers.
    report.testgen = {  # type: ignore[attr-defined]  # reports take any attribute
        "kind": _kind(binding, failure),
        "steps": len(binding.journal.entries),
        "command": _command(item),
    }
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
    """Group the failures of generated tests by what differed after which step, the shortest behavior of each first."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for report in terminalreporter.stats.get("failed", ()):
        told = getattr(report, "testgen", None)
        if told is not None:
            kinds.setdefault(told["kind"], []).append((told["steps"], told["command"]))
    if not kinds:
        return
    terminalreporter.write_sep("=", "divergences by kind, each with its shortest behavior")
    for kind, failures in sorted(kinds.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        terminalreporter.write_line(f"{len(failures):5}  {kind}")
        terminalreporter.write_line(f"       {min(failures)[1]}")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that share costly steps in lock-step; leave the others to pytest."""
    __tracebackhide__ = True
    return call_in_lockstep(pyfuncitem)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close what tests hold that were run in lock-step with others and then not asked for."""
    close_prepared(getattr(session, "items", ()))


def pytest_unconfigure() -> None:
    """Stop the MongoDB server of this process, if a test has started one."""
    shared = sys.modules.get("testgen.mongo.shared")  # not imported here: most suites need no pymongo
    if shared is not None:
        shared.stop_shared_server()


def describe_failure(item: pytest.Item, binding: Binding, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Behavior, step, expectation and observation of a failed test, and how to run it alone."""
    name = getattr(item, "originalname", None) or item.name
    behavior = _BEHAVIOR_ID.search(name)
    entries = binding.journal.entries
    at = f"at step {len(entries)}, {_clipped(entries[-1])}" if entries else "before its first step"
    lines = [f"behavior {behavior.group(1) if behavior else name} diverges from the specification {at}"]
    lines += [line for line in (_summary(item), _statement(item, excinfo)) if line]
    lines += ["", *_what_differs(excinfo.value), ""]
    for number, entry in enumerate(entries, 1):
        lines.append(f"{'>' if number == len(entries) else ' '} {number:2} {_clipped(entry)}")
    lines += ["", f"run it alone: {_command(item)}"]
    return "\n".join(lines)


class _ToldFailure:
    """A story in the form in which pytest shows a failure: all of it once, and one line in summaries and JUnit XML."""

    def __init__(self, story: str, kind: str, item: pytest.Item) -> None:
        self._story = story
        path, line, _ = item.location
        self.reprcrash = SimpleNamespace(
            path=path, lineno=(line or 0) + 1, message=f"{kind}: system and specification differ"
        )

    def __str__(self) -> str:
        return self._story

    def toterminal(self, writer: Any) -> None:  # Any: pytest keeps its type to itself
        writer.line(self._story)


def _kind(binding: Binding, failure: BaseException) -> str:
    """What failures with probably one cause have in common."""
    entries = binding.journal.entries
    last_step = entries[-1].partition("(")[0] if entries else "the start"
    if isinstance(failure, Divergence):
        return f"{failure.subject}, after {last_step}"
    return f"{type(failure).__name__} raised, at {last_step}"


def _what_differs(failure: BaseException) -> list[str]:
    if not isinstance(failure, Divergence):
        return [
            f"  raised    {type(failure).__name__}: {failure}",
            "  expected  the step to succeed, as it does in the specification",
        ]
    fields = list(islice(differences(failure.expected, failure.observed), _FIELDS_SHOWN + 1))
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
    ]


def _statement(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Where in the test the failure came from, as editors and people read it: `path:line: statement`."""
    own = [entry for entry in excinfo.traceback if entry.path == item.path]
    if not own:
        return ""
    line = own[-1].lineno
    source = " ".join(part.strip() for part in str(own[-1].statement).splitlines())
    return f"{_shown_path(item)}:{line + 1}: {_clipped(source)}"


def _command(item: pytest.Item) -> str:
    _, colons, test = item.nodeid.partition("::")
    return f"pytest {shlex.quote(_shown_path(item) + colons + test)}"


def _shown_path(item: pytest.Item) -> str:
    """The test's file as seen from where pytest was started, which need not be the folder that node ids start from."""
    return Path(os.path.relpath(item.path, item.config.invocation_params.dir)).as_posix()


def _clipped(text: str) -> str:
    return text if len(text) <= _CLIPPED_AT else f"{text[:_CLIPPED_AT]}..."


def _summary(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)  # Any: an item need not be a function
    docstring = (function.__doc__ if function else None) or ""
    return _SUMMARY_START.sub("", docstring.strip().split("\n")[0])
