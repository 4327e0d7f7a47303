"""What testgen says of a failure, in the form in which pytest shows one: all of it once, and one line in summaries."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest

__all__ = ["Crash", "Told", "leave_a_line", "restore_told", "tell"]

_ATTRIBUTE = "testgen_crash"


@dataclass(frozen=True, slots=True)
class Crash:
    """Where a test failed and how, in the form of pytest's own: `--tb=line`, summaries and JUnit XML show it.

    Attributes:
        path: Of the file.
        lineno: Its line, from 1.
        message: How, in one line. A summary shows it whole wherever `CI` is set.
    """

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


class Told:
    """A text in place of a traceback."""

    def __init__(self, text: str, crash: Crash) -> None:
        self.text = text
        self.reprcrash = crash

    def __str__(self) -> str:
        return self.text

    def toterminal(self, writer: Any) -> None:  # Any: pytest keeps its type to itself
        if self.text:
            writer.line(self.text)


def tell(report: pytest.TestReport | pytest.CollectReport, told: Told) -> None:
    """Let a report show this."""
    shown: Any = told  # Any: pytest names no protocol for it
    report.longrepr = shown
    setattr(report, _ATTRIBUTE, asdict(told.reprcrash))  # pytest-xdist carries a text and plain values over


def restore_told(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make what a worker of pytest-xdist has told, of which the text alone has come over, what it was."""
    if hasattr(report, _ATTRIBUTE) and isinstance(report.longrepr, str):
        tell(report, Told(report.longrepr, Crash(**getattr(report, _ATTRIBUTE))))


def leave_a_line(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Keep of what a report tells only how it failed, in a line: as pytest keeps of a traceback with `--tb=line`."""
    if isinstance(report.longrepr, Told):
        tell(report, Told("", report.longrepr.reprcrash))
