"""`testgen coverage mutants`: which seeded faults of the system's code each suite notices."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.options import code_options, json_option, markdown_option
from testgen.cli.output import inert, plural, print_json, print_table, progress, warn, write_report
from testgen.cli.pairs import read_pairs, read_percentages
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.coverage.mutation import MutationScore

__all__ = ["mutants"]

_SHOWN = 20


@click.command("mutants")
@code_options("mutate")
@click.option(
    "--patch",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A mutant of your own: a unified diff.",
)
@click.option(
    "--judgments", type=click.Path(path_type=Path), metavar="FILE", help="TOML: which mutants are equivalent, and why."
)
@click.option("--mutant", multiple=True, metavar="ID", help="Run this mutant only.")
@click.option(
    "--jobs", type=click.IntRange(1), default=None, help="How many mutants run at a time; two, or one a core."
)
@click.option("--fail-under", multiple=True, metavar="NAME=PERCENT", help="Exit 1 if the suite's score is less.")
@json_option("testgen.mutants/1")
@markdown_option
@click.option("-v", "--verbose", is_flag=True, help="Show every mutant that some suite lets live.")
def mutants(
    source: tuple[str, ...],
    suite: tuple[str, ...],
    omit: tuple[str, ...],
    patch: tuple[Path, ...],
    judgments: Path | None,
    mutant: tuple[str, ...],
    jobs: int | None,
    fail_under: tuple[str, ...],
    as_json: bool,
    markdown: Path | None,
    verbose: bool,
) -> int:
    """Put small faults into PKG, one at a time, and tell which of them each suite notices.

    All suites get the same mutants under the same ids. A suite is collected once; each mutant is a fork in which the
    tests that reach the changed lines run until one fails. No file is changed. Needs the extra `mutants`.

    \b
    testgen coverage mutants --source testgen.ot --suite generated=generated/ot2 --suite handwritten=tests/ot
    testgen coverage mutants --source shop --suite unit=tests --judgments tests/mutants.toml --fail-under unit=100
    testgen coverage mutants --source shop --suite unit=tests --patch tests/mutants/lost-update.diff
    testgen coverage mutants --source shop --suite unit=tests --mutant 9cb62eee

    Exit code 1: a score under --fail-under, tests that fail or depend on their order, or a mutant judged equivalent
    that a test notices. More: `testgen help coverage`.
    """
    from testgen.coverage.extra import check_mutmut_is_installed
    from testgen.coverage.suites import SuiteRequest

    requests = [SuiteRequest(name, tests) for name, tests in read_pairs("--suite", suite)]
    if not requests:
        raise click.UsageError("which suites? --suite NAME=TESTS")
    least = read_percentages("--fail-under", fail_under, [request.name for request in requests])
    check_mutmut_is_installed()

    from testgen.coverage.mutation import score_suites
    from testgen.coverage.mutation_document import score_document
    from testgen.coverage.mutation_text import score_markdown
    from testgen.coverage.source import find_source

    total = 0
    with progress("mutants") as show:

        def begin(name: str, count: int) -> None:
            nonlocal total
            total = count
            click.echo(f"running {name} against {plural(count, 'mutant')} ...", err=True)

        score = score_suites(
            requests,
            find_source(source, omit=omit),
            patches=patch,
            judgments=judgments,
            only=mutant,
            jobs=jobs or min(2, os.cpu_count() or 1),
            on_suite=begin,
            on_progress=lambda done: show(done, total),
        )
    if as_json:
        print_json("testgen.mutants/1", score_document(score, least))
    else:
        _print(score, verbose)
    if markdown is not None:
        write_report(markdown, score_markdown(score))
    return _judge(score, least)


def _print(score: MutationScore, verbose: bool) -> None:
    from testgen.coverage.mutation_text import (
        SCORE_COLUMNS,
        end_rows,
        mutant_lines,
        patch_rows,
        score_rows,
        score_summary,
    )

    click.echo(click.style(score_summary(score), bold=True) + "\n")
    print_table(SCORE_COLUMNS, score_rows(score))
    names = [suite.name for suite in score.suites]
    if ends := end_rows(score):
        click.echo()
        print_table(("noticed by", *names), ends)
    if patches := patch_rows(score):
        click.echo()
        print_table(("patch", "suite", "noticed by"), patches, words=3)
    unnoticed = score.unnoticed
    if unnoticed:
        shown = unnoticed if verbose else unnoticed[:_SHOWN]
        many = plural(len(unnoticed), "mutant")
        click.echo("\n" + click.style(f"{many} that no suite notices", bold=True))
        for line in mutant_lines(score, shown):
            click.echo(inert(line))
        if len(shown) < len(unnoticed):
            click.echo(f"... and {len(unnoticed) - len(shown):,} more; -v shows all")
    if verbose and (some := score.noticed_by_some):
        click.echo(f"\n{click.style('mutants that some suites notice and others do not', bold=True)}")
        for line in mutant_lines(score, some, by_suite=True):
            click.echo(inert(line))


def _judge(score: MutationScore, least: dict[str, float]) -> ExitCode:
    from testgen.coverage.comparison_text import shown_percent
    from testgen.coverage.mutation_text import score_warnings

    for line in score_warnings(score):
        warn(line)
    low = [suite for suite in score.suites if score.score(suite) < least.get(suite.name, 0)]
    for suite in low:
        noticed = f"{shown_percent(score.score(suite))} % of mutants"
        click.echo(f"{suite.name} notices {noticed}, under {least[suite.name]:g} %", err=True)
    return ExitCode.NO if low or not score.is_sound else ExitCode.DONE
