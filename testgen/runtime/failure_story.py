"""A failed generated test as a story: behavior, step, expectation, observation, and how to run it alone."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

import pytest

from testgen.bindings.protocol import Binding, Divergence
from testgen.bindings.time_limit import Overdue
from testgen.errors import BindingError, ServerError
from testgen.runtime.conformance import differences
from testgen.runtime.failure_groups import ToldFailure
from testgen.runtime.fixtures import BINDING
from testgen.runtime.generated import command_of, performed_test, shown_path
from testgen.runtime.junit import note_divergence
from testgen.runtime.surroundings import Surroundings, surroundings_of
from testgen.runtime.told import Crash, Told
from testgen.values.plain import python_literal

__all__ = ["FailureStory", "tell_failure"]

_TROUBLE = ServerError, BindingError
"""Not of the system's making: a test that meets it says nothing of conformance."""
_BEHAVIOR_ID = re.compile(r"_([0-9a-f]{8,32})(?:_\d{1,4})?$")
_SUMMARY_START = re.compile(r"^Behavior [0-9a-f]+: ")
_CLIPPED_AT = 1000
_FIELDS_SHOWN = 12
_VARIABLES_SHOWN = 4


def tell_failure(item: pytest.Item, call: pytest.CallInfo[None]) -> FailureStory | None:
    """The story of a generated test that has failed; None for any other."""
    binding = item.stash.get(BINDING, None)
    if binding is None or call.when != "call" or call.excinfo is None:
        return None
    if isinstance(call.excinfo.value, pytest.skip.Exception):
        return None
    try:
        return FailureStory(item, binding, call.excinfo)
    except Exception as error:  # what a system shows can be anything; a report must not end the run
        words = f"cannot tell this failure as a story: {type(error).__name__}: {error}"
        item.add_report_section("call", "testgen", words)
        return None


def _described(
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
    lines += ["", f"run it alone: {command_of(item)}"]
    return "\n".join(lines)


class FailureStory(Told):
    """What is told of a failed generated test.

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
        text = _described(item, binding, excinfo, around=around.lines)
        self.is_complete = isinstance(failure, (Divergence, *_TROUBLE)) or bool(getattr(failure, "place", ""))
        kind = _kind(binding, failure)
        told = ToldFailure(
            kind=kind,
            steps=begun,
            command=command_of(item),
            test=item.nodeid,
            file=str(file),
            key=key,
            place=around.place,
            where=around.where,
            depth=around.depth,
            is_broken_off=is_broken_off,
        )
        self.summary = asdict(told)
        note_divergence(item, binding.journal.entries, kind)
        path, line, _ = item.location
        overdue = f"it did not end within {failure.seconds:g} s" if isinstance(failure, Overdue) else ""
        differ = f"{kind}: {overdue or 'system and specification differ'}"
        message = _words(failure).splitlines()[0] if is_broken_off else differ
        super().__init__(text, Crash(path, (line or 0) + 1, message))

    def add(self, text: str) -> None:
        self.text = f"{self.text}\n\n{text}"


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
    lines = _sides(failure)
    for other in failure.others[: _VARIABLES_SHOWN - 1]:
        lines += ["", *_sides(other)]
    if unnamed := failure.others[_VARIABLES_SHOWN - 1 :]:
        lines += ["", f"  and {', '.join(other.subject for other in unnamed)}"]
    return lines


def _sides(divergence: Divergence) -> list[str]:
    """Both sides of what differs, and where in it they do."""
    fields = list(
        islice(differences(divergence.expected, divergence.observed, tolerance=divergence.tolerance), _FIELDS_SHOWN + 1)
    )
    if len(fields) > _FIELDS_SHOWN:
        fields[_FIELDS_SHOWN:] = ["..."]
    return [
        f"  {divergence.subject}",
        f"    expected    {_clipped(python_literal(divergence.expected))}",
        f"    observed    {_clipped(python_literal(divergence.observed))}",
        *(
            f"    {'differs at' if number == 0 else '          '}  {_clipped(text)}"
            for number, text in enumerate(fields)
        ),
        *([f"    note        {divergence.note}"] if divergence.note else []),
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
    source = _in_a_line(linecache.getline(own[-1].filename, n).strip() for n in range(line, last_line + 1))
    return f"{shown_path(item, file)}:{line}: {_clipped(source)}"


def _in_a_line(lines: Iterable[str]) -> str:
    """A statement as it would stand if there were room.

    >>> _in_a_line(["store.check_state(", "entries={", '"a": 1,', '"b": 2,', "},", "busy=True,", ")"])
    'store.check_state(entries={"a": 1, "b": 2}, busy=True)'
    """
    text = ""
    for line in lines:
        if line[:1] in (")", "]", "}"):
            text = text.removesuffix(",") + line
        else:
            text += line if text[-1:] in ("", "(", "[", "{") else f" {line}"
    return text


def _clipped(text: str) -> str:
    return text if len(text) <= _CLIPPED_AT else f"{text[:_CLIPPED_AT]}..."


def _summary(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)  # Any: an item need not be a function
    docstring = (function.__doc__ if function else None) or ""
    return _SUMMARY_START.sub("", docstring.strip().split("\n")[0])
