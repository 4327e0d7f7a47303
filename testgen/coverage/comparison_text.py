"""A comparison as tables of text: rows of words and numbers that a terminal or Markdown lays out.

Percentages are rounded down: 100 means all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from testgen.coverage.branches import Branch
from testgen.coverage.comparison import Comparison, MeasuredSuite
from testgen.coverage.markdown import (
    markdown_code,
    markdown_folded,
    markdown_table,
    markdown_text,
    markdown_warning,
)

__all__ = [
    "SUITE_COLUMNS",
    "branch_lines",
    "comparison_markdown",
    "function_rows",
    "shown_percent",
    "suite_rows",
    "summary_line",
    "warning_lines",
]

_UNKNOWN = "-"
_MOST_BRANCHES = 100
"""In Markdown: a comment on a pull request holds 65,536 characters."""

SUITE_COLUMNS = "suite", "tests", "seconds", "statements", "branches", "%", "only here", "reached after tests"


def shown_percent(percent: float) -> str:
    """One decimal, rounded down.

    >>> shown_percent(99.99), shown_percent(100)
    ('99.9', '100')
    """
    return "100" if percent == 100 else f"{math.floor(percent * 10) / 10:.1f}"


def summary_line(comparison: Comparison) -> str:
    """What was measured."""
    code = comparison.code
    left_out = f"; {len(code.left_out)} functions left out" if code.left_out else ""
    files = f"{len(code.files)} file{'' if len(code.files) == 1 else 's'}"
    counted = f"{len(code.statements):,} statements and {len(code.branches):,} branches in {files}"
    return f"{', '.join(comparison.source.names)}: {counted}{left_out}"


def suite_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """A row a suite, for `SUITE_COLUMNS`; then one of what no suite reaches."""
    rows = [_suite_row(comparison, suite) for suite in comparison.suites]
    none = ("no suite", "", "", "", f"{len(comparison.unreached):,}", "", "", "")
    return [*rows, none] if comparison.unreached else rows


def _suite_row(comparison: Comparison, suite: MeasuredSuite) -> tuple[str, ...]:
    mark = " (fails)" if suite.run.has_failed else ""
    return (
        suite.name + mark,
        _UNKNOWN if suite.n_tests is None else f"{suite.n_tests:,}",
        _UNKNOWN if suite.run.seconds is None else f"{suite.run.seconds:.1f}",
        f"{len(suite.reach.statements):,}",
        f"{len(suite.reach.branches):,}",
        shown_percent(comparison.percent(suite)),
        f"{len(comparison.only(suite)):,}",
        _growth(suite),
    )


def _growth(suite: MeasuredSuite) -> str:
    if suite.greedy is None:
        return _UNKNOWN
    best = f"{suite.greedy.tests_to_maximum:,} chosen well"
    return best if suite.in_order is None else f"{suite.in_order.tests_to_maximum:,} in order, {best}"


def function_rows(comparison: Comparison, *, every: bool) -> list[tuple[str, ...]]:
    """A row a function that has branches: its place, its name, how many, and how many each suite reaches.

    Args:
        comparison: To be told.
        every: Also functions of which all suites reach all branches.
    """
    return [
        (
            f"{comparison.code.files[function.file].shown}:{function.start}",
            function.name,
            f"{len(function.branches)}",
            *(f"{count}" for count in counts),
        )
        for function in comparison.code.functions
        if function.branches and (every or any(count < len(function.branches) for count in comparison.counts(function)))
        for counts in [comparison.counts(function)]
    ]


def branch_lines(comparison: Comparison, numbers: Iterable[int]) -> list[tuple[str, str, str]]:
    """For each branch its place, where it leads, and the line's text."""
    return [_branch(comparison, comparison.code.branches[number]) for number in sorted(numbers)]


def _branch(comparison: Comparison, branch: Branch) -> tuple[str, str, str]:
    file = comparison.code.files[branch.file]
    return f"{file.shown}:{branch.line}", branch.words, file.lines[branch.line - 1].strip()


def warning_lines(comparison: Comparison) -> list[str]:
    """What the figures do not tell: suites that fail, and code that was not measured."""
    lines = []
    for suite in comparison.suites:
        if suite.run.has_failed:
            test, message = suite.run.failures[0]
            failed, tests = suite.run.count("failed"), suite.n_tests
            lines.append(f"suite {suite.name!r} fails: {failed:,} of {tests:,} tests, first {test}: {message}")
    if comparison.source.compiled:
        names = ", ".join(path.name for path in comparison.source.compiled)
        lines.append(f"not measured, being compiled without Python source: {names}")
    return lines


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison for a pull request: the table, and the rest folded away."""
    unreached = branch_lines(comparison, comparison.unreached)
    names = [suite.name for suite in comparison.suites]
    functions = [
        (markdown_code(where), markdown_code(name), *counts)
        for where, name, *counts in function_rows(comparison, every=True)
    ]
    parts = [
        "### Branches reached, suite by suite\n",
        f"{markdown_text(summary_line(comparison))}.\n",
        markdown_table(SUITE_COLUMNS, [(markdown_text(row[0]), *row[1:]) for row in suite_rows(comparison)]),
        *map(markdown_warning, warning_lines(comparison)),
    ]
    if functions:
        table = markdown_table(("where", "function", "branches", *names), functions, words=2)
        parts.append(markdown_folded("Functions", table))
    if unreached:
        more = f"\n... and {len(unreached) - _MOST_BRANCHES:,} more\n" if len(unreached) > _MOST_BRANCHES else ""
        rows = [
            (markdown_code(where), markdown_text(to), markdown_code(text))
            for where, to, text in unreached[:_MOST_BRANCHES]
        ]
        title = f"{len(unreached):,} {'branch' if len(unreached) == 1 else 'branches'} that no suite reaches"
        parts.append(markdown_folded(title, markdown_table(("where", "to", "line"), rows, words=3) + more))
    return "\n".join(parts)
