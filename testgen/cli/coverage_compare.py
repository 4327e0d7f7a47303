"""`testgen coverage compare`: suites side by side on the branches of the system's code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.options import code_options, json_option, markdown_option
from testgen.cli.output import print_json, print_table, warn, write_report
from testgen.cli.pairs import read_pairs, read_percentages
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.coverage.comparison import Comparison

__all__ = ["compare"]

_BRANCHES_SHOWN = 20
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("compare")
@code_options("measure")
@click.option("--data", multiple=True, metavar="NAME=FILE", help="A suite that ran elsewhere: coverage.py's data file.")
@click.option("--fail-under", multiple=True, metavar="NAME=PERCENT", help="Exit 1 if the suite reaches less.")
@json_option("testgen.compare/1")
@markdown_option
@click.option("--lcov", type=_FOLDER, metavar="DIR", help="Write LCOV, DIR/NAME.info.")
@click.option("--xml", type=_FOLDER, metavar="DIR", help="Write Cobertura XML, DIR/NAME.xml.")
@click.option("--keep", type=_FOLDER, metavar="DIR", help="Keep the data files, DIR/NAME.coverage.")
@click.option("-v", "--verbose", is_flag=True, help="Show every function, and every branch that no suite reaches.")
def compare(
    source: tuple[str, ...],
    suite: tuple[str, ...],
    data: tuple[str, ...],
    omit: tuple[str, ...],
    fail_under: tuple[str, ...],
    as_json: bool,
    markdown: Path | None,
    lcov: Path | None,
    xml: Path | None,
    keep: Path | None,
    verbose: bool,
) -> int:
    """Run several suites and tell which branches of PKG each reaches, which it alone reaches, and which none does.

    Each suite runs once, in a process of its own, its tests measured apart. A suite is anything that pytest runs.
    All options but files and folders to write can be given several times.

    \b
    testgen coverage compare --source testgen.ot --suite generated=generated/ot2 --suite handwritten=tests/ot
    testgen coverage compare --source shop --suite all=tests --suite quick='tests -m "not slow"'
    testgen coverage compare --source shop --suite unit=tests --data staging=staging.coverage
    testgen coverage compare --source shop --suite unit=tests --fail-under unit=90 --markdown comment.md

    Exit code 1: a suite fails, or reaches less than --fail-under says. More: `testgen help coverage`.
    """
    from testgen.coverage.comparison import compare_suites
    from testgen.coverage.comparison_document import comparison_document
    from testgen.coverage.comparison_text import comparison_markdown
    from testgen.coverage.source import find_source
    from testgen.coverage.suites import SuiteRequest

    requests = [SuiteRequest(name, tests) for name, tests in read_pairs("--suite", suite)]
    requests += [SuiteRequest(name, data=Path(file)) for name, file in read_pairs("--data", data)]
    brought = {request.name for request in requests if request.data is not None}
    if not requests:
        raise click.UsageError("which suites? --suite NAME=TESTS or --data NAME=FILE")
    least = read_percentages("--fail-under", fail_under, [request.name for request in requests])
    comparison = compare_suites(
        requests,
        find_source(source, omit=omit),
        lcov=lcov,
        xml=xml,
        keep=keep,
        on_suite=lambda name: click.echo(f"{'reading' if name in brought else 'running'} {name} ...", err=True),
    )
    if as_json:
        print_json("testgen.compare/1", comparison_document(comparison, least))
    else:
        _print(comparison, verbose)
    if markdown is not None:
        write_report(markdown, comparison_markdown(comparison))
    return _judge(comparison, least)


def _print(comparison: Comparison, verbose: bool) -> None:
    from testgen.coverage.comparison_text import (
        SUITE_COLUMNS,
        branch_lines,
        function_rows,
        suite_rows,
        summary_line,
    )

    click.echo(click.style(summary_line(comparison), bold=True) + "\n")
    print_table(SUITE_COLUMNS, suite_rows(comparison))
    rows = function_rows(comparison, every=verbose)
    if rows:
        what = "functions" if verbose else "functions that some suite does not reach all of"
        click.echo(f"\n{click.style(what, bold=True)}")
        print_table(("where", "function", "branches", *(suite.name for suite in comparison.suites)), rows, words=2)
    unreached = branch_lines(comparison, comparison.unreached)
    if unreached:
        shown = unreached if verbose else unreached[:_BRANCHES_SHOWN]
        click.echo(f"\n{click.style('branches that no suite reaches', bold=True)}")
        print_table(("where", "to", "line"), shown, words=3)
        if len(shown) < len(unreached):
            click.echo(f"... and {len(unreached) - len(shown):,} more; -v shows all")


def _judge(comparison: Comparison, least: dict[str, float]) -> ExitCode:
    from testgen.coverage.comparison_text import shown_percent, warning_lines

    for line in warning_lines(comparison):
        warn(line)
    low = [suite for suite in comparison.suites if comparison.percent(suite) < least.get(suite.name, 0)]
    for suite in low:
        reached = f"{shown_percent(comparison.percent(suite))} % of branches"
        click.echo(f"{suite.name} reaches {reached}, under {least[suite.name]:g} %", err=True)
    failed = any(suite.run.has_failed for suite in comparison.suites)
    return ExitCode.NO if low or failed else ExitCode.DONE
