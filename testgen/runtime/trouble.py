"""What goes wrong where a test begins and ends, and where its file is collected: told in few words, and grouped.

There a binding's own code runs that every test of the suite depends on. A system that does not start fails thousands of
tests for one reason, and how each of them came to find out is of no interest.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import testgen
from testgen.bindings.places import path_seen
from testgen.bindings.time_limit import Overdue
from testgen.errors import ServerError, TestgenError
from testgen.runtime.failure_groups import ToldFailure
from testgen.runtime.generated import command_of
from testgen.runtime.junit import note_divergence
from testgen.runtime.told import Crash, Told, tell

__all__ = ["in_few_words", "note_trouble", "tell_collection"]

_TROUBLE = pytest.StashKey[tuple[str, bool]]()
"""Of a test that did not begin, or end: the kind of trouble, and whether it says nothing of conformance."""
_TOLD = pytest.StashKey[set[str]]()
"""What has been said of files that could not be collected."""
_HERE = Path(testgen.__file__).parent
_ON_THE_WAY = (
    _HERE / "runtime",
    *(_HERE / "bindings" / f"{name}.py" for name in ("awaiting", "decorators", "protocol", "time_limit")),
)
"""Between pytest and a binding's own code."""
_FRAMES_SHOWN = 5


@contextmanager
def in_few_words(item: pytest.Item, at: str) -> Iterator[None]:
    """Fail without pytest's own traceback, but with the lines of the binding, and what it calls, that led there.

    Args:
        item: The test that begins or ends.
        at: Which of the two, in words.
    """
    try:
        yield
    except Exception as error:  # a binding's author wrote what runs here, and it may raise anything
        name = type(error).__name__
        kind = f"hung, at {at}" if isinstance(error, Overdue) else f"{name} raised, at {at}"
        item.stash[_TROUBLE] = kind, isinstance(error, ServerError)
        if item.config.getoption("tbstyle", "auto") != "auto" or item.config.getoption("usepdb", False):
            raise  # somebody has asked for more
        lines = [f"{name}: {error}"]
        if not isinstance(error, ServerError | Overdue):
            lines += _places(error)
        raise pytest.fail.Exception("\n".join(lines), pytrace=False) from None


def note_trouble(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Let a test that did not begin, or end, be grouped with others of its kind."""
    if call.when == "call" or not report.failed or _TROUBLE not in item.stash:
        return
    kind, is_broken_off = item.stash[_TROUBLE]
    told = ToldFailure(kind, steps=0, command=command_of(item), test=item.nodeid, is_broken_off=is_broken_off)
    report.testgen = asdict(told)  # type: ignore[attr-defined]  # reports take any attribute
    if call.excinfo is not None and isinstance(call.excinfo.value, pytest.fail.Exception):  # in few words
        path, line, _ = item.location
        words = str(call.excinfo.value)
        tell(report, Told(words, Crash(path, (line or 0) + 1, words.partition("\n")[0])))
    note_divergence(item, (), kind)


def tell_collection(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Say once what is wrong with a binding, in place of a traceback for each file of its suites."""
    call: Any = getattr(report, "call", None)  # Any: pytest keeps it for itself
    error = call.excinfo.value if report.failed and call is not None and call.excinfo is not None else None
    if not isinstance(error, TestgenError) or collector.config.getoption("tbstyle", "auto") != "auto":
        return
    if error.location is not None:
        start = collector.config.invocation_params.dir
        error.location = replace(error.location, path=Path(os.path.relpath(error.location.path, start)).as_posix())
    told = collector.config.stash.setdefault(_TOLD, set())
    words = str(error)
    first_line = words.partition("\n")[0]
    crash = Crash(path_seen(str(collector.path)), 1, first_line)
    tell(report, Told(f"as above: {first_line}" if words in told else words, crash))
    told.add(words)


def _places(error: Exception) -> list[str]:
    """Where it was raised, innermost last, from the binding's own code on."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not any(Path(frame.filename).is_relative_to(way) for way in _ON_THE_WAY)]
    lines = [f"  {path_seen(frame.filename)}:{frame.lineno}, in {frame.name}: {frame.line}" for frame in own]
    if len(lines) > _FRAMES_SHOWN:
        lines[1 : 1 - _FRAMES_SHOWN] = ["  ..."]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines if cause is None else [*lines, f"  after {type(cause).__name__}: {cause}"]
