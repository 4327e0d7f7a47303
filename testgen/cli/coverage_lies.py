"""`testgen coverage lies`: how many wrong expectations the generated tests notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.build import matching_binding
from testgen.cli.completion import complete_files
from testgen.cli.options import json_option
from testgen.cli.output import inert, plural, print_json, print_rows, progress, warn
from testgen.cli.project import SuiteSettings, find_project
from testgen.cli.selecting import BuildOptions, requested_selection
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.behavior import Suite
    from testgen.coverage.lies import Lie, LieReport
    from testgen.render import RenderedFile

__all__ = ["lies"]

_SHOWN = 10
_WIDTH = 60


@click.command("lies")
@click.argument("graph", shell_complete=complete_files)
@click.option("--binding", metavar="NAME", help="Built-in name, entry point, or path/to/file.py:Class.")
@click.option("--template", metavar="NAME", help="In place of the binding's own, such as story/test.py.j2.")
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many lies.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws them.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit 1 if fewer are noticed.")
@json_option("testgen.lies/1")
@click.option("-v", "--verbose", is_flag=True, help="Show every lie that no test objects to.")
def lies(
    graph: str,
    binding: str | None,
    template: str | None,
    count: int,
    seed: int,
    fail_under: float | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Put lies into GRAPH, one at a time, and tell how many the tests made of it notice.

    A lie is another value in one state, or a transition that leads elsewhere. The system is right, so a test that tells
    the lie must fail: this measures what the tests compare, where mutants measure what they reach. Criterion, strategy
    and binding are those of the project file.

    \b
    testgen coverage lies graphs/ot2.dot
    testgen coverage lies graphs/ot2.dot --template story/test.py.j2 --count 1000 --seed 7
    testgen coverage lies graphs/ttl-small.dot --fail-under 100

    Exit code 1: fewer than --fail-under are noticed of those that tests tell. More: `testgen help coverage`.
    """
    from testgen.cli.main import testgen_version
    from testgen.coverage.lies import tell_lies
    from testgen.graph import load
    from testgen.render import render_suite
    from testgen.selection import select_behaviors

    options = BuildOptions(binding=binding, template=template)
    _, settings = find_project(Path.cwd()).suite_of(graph) or ("", SuiteSettings(graph))
    loaded = load(graph)
    suite = select_behaviors(loaded, requested_selection(loaded, settings, options))
    name = binding or settings.binding or matching_binding(loaded, quiet=True)

    def render(part: Suite, folder: Path) -> Sequence[RenderedFile]:
        chosen = template or settings.template
        files = render_suite(part, name, version=testgen_version(), folder=folder, template=chosen)
        return [file for file in files if file.n_tests]

    with progress("lies") as show:
        report = tell_lies(suite, render, count=count, seed=seed, on_progress=lambda done: show(done, count))
    if len(report.lies) < count:
        warn(f"there are no more than {plural(len(report.lies), 'lie')} to be told of what the suite passes through")
    if as_json:
        told = [asdict(lie) for lie in report.lies]
        counts = {end: report.count(end) for end in ("noticed", "refused", "untold", "unnoticed")}
        document = {"graph": graph, "binding": name, "template": template, "seed": seed, "tests": report.tests}
        print_json("testgen.lies/1", {**document, **counts, "percent": report.percent, "lies": told})
    else:
        _print(report, verbose)
    return _judge(report, fail_under)


def _print(report: LieReport, verbose: bool) -> None:
    from testgen.coverage.comparison_text import shown_percent

    told = len(report.lies) - report.count("untold")
    percent = "" if report.percent is None else f"  ({shown_percent(report.percent)} % of {told:,} that tests tell)"
    print_rows(
        [
            ("lies", f"{len(report.lies):,}  (seed {report.seed}; {plural(report.tests, 'test')} run)"),
            ("noticed", f"{report.count('noticed', 'refused'):,}{percent}"),
            ("  by a test", f"{report.count('noticed'):,}"),
            ("  by the binding", f"{report.count('refused'):,}  (no test can be made of them)"),
            ("unnoticed", f"{report.count('unnoticed'):,}"),
            ("untold", f"{report.count('untold'):,}  (no test speaks of it{_subjects(report)})"),
        ]
    )
    for end in ("unnoticed", "untold"):
        found = [lie for lie in report.lies if lie.end == end]
        shown = found if verbose else found[:_SHOWN]
        if shown:
            click.echo("\n" + click.style(end, bold=True))
        for lie in shown:
            click.echo(f"    {inert(_sentence(lie))}")
        if len(shown) < len(found):
            click.echo(f"    ... and {len(found) - len(shown):,} more; -v shows all")


def _subjects(report: LieReport) -> str:
    """What most of the untold lies are about."""
    counts = Counter(lie.what for lie in report.lies if lie.end == "untold")
    return "".join(
        f"{', ' if n else ': '}{inert(what)} {count:,}" for n, (what, count) in enumerate(counts.most_common(5))
    )


def _sentence(lie: Lie) -> str:
    passing = f"{lie.behaviors:,} {'behavior passes' if lie.behaviors == 1 else 'behaviors pass'}"
    if lie.kind == "value":
        return f"state {lie.state}: {lie.what} is {_clipped(lie.truth)}, told as {_clipped(lie.told)}  ({passing})"
    return f"state {lie.state}: {_clipped(lie.what)} leads to {lie.truth}, told as {lie.told}  ({passing})"


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _judge(report: LieReport, fail_under: float | None) -> ExitCode:
    if report.percent is None:
        warn("no test speaks of anything that was changed, so this says nothing of the tests")
        return ExitCode.NO
    if fail_under is not None and report.percent < fail_under:
        click.echo(f"{report.percent:.1f} % of lies are noticed, under {fail_under:g} %", err=True)
        return ExitCode.NO
    return ExitCode.DONE
