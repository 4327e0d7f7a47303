"""The pytest plugin: a failed generated test reads as a story, not as a stack of calls.

Loaded through the entry point `pytest11` wherever testgen is installed; does nothing for other tests.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from testgen.bindings.protocol import Binding, Divergence
from testgen.runtime.conformance import differences
from testgen.runtime.fixtures import BINDING
from testgen.values.plain import python_literal

__all__ = ["describe_failure", "pytest_runtest_makereport"]

_BEHAVIOR_ID = re.compile(r"_([0-9a-f]{8,32})$")
_WIDTH = 100


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the behavior's story in place of the traceback when a generated test fails."""
    report = yield
    binding = item.stash.get(BINDING, None)
    if binding is None or call.when != "call" or call.excinfo is None or not report.failed:
        return report
    story = describe_failure(item, binding, call.excinfo.value)
    if isinstance(call.excinfo.value, Divergence):
        report.longrepr = story
    else:  # the system raised: its own traceback is of use as well
        report.longrepr = f"{story}\n\n{report.longreprtext}"
    return report


def describe_failure(item: pytest.Item, binding: Binding, failure: BaseException) -> str:
    """Behavior, step, expectation and observation of a failed test, and how to run it alone."""
    name = getattr(item, "originalname", None) or item.name
    behavior = _BEHAVIOR_ID.search(name)
    entries = binding.journal.entries
    at = f"at step {len(entries)} of its story, {_clipped(entries[-1])}" if entries else "before its first step"
    lines = [f"behavior {behavior.group(1) if behavior else name} diverges from the specification {at}"]
    summary = _summary(item)
    if summary:
        lines.append(summary)
    lines += ["", *_what_differs(failure), ""]
    lines += [f"{'>' if number == len(entries) else ' '} {number:2} {entry}" for number, entry in enumerate(entries, 1)]
    lines += ["", f'run it alone: pytest "{item.nodeid}"']
    return "\n".join(lines)


def _what_differs(failure: BaseException) -> list[str]:
    if not isinstance(failure, Divergence):
        return [
            f"  raised    {type(failure).__name__}: {failure}",
            "  expected  the step to succeed, as it does in the specification",
        ]
    fields = list(differences(failure.expected, failure.observed))
    return [
        f"  {failure.subject}",
        f"    expected  {_clipped(python_literal(failure.expected))}",
        f"    observed  {_clipped(python_literal(failure.observed))}",
        *(f"    {'differs at' if number == 0 else '          '} {text}" for number, text in enumerate(fields)),
    ]


def _clipped(text: str) -> str:
    return text if len(text) <= 10 * _WIDTH else text[: 10 * _WIDTH] + "..."


def _summary(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)
    docstring = (function.__doc__ if function else None) or ""
    return docstring.strip().split("\n")[0]
