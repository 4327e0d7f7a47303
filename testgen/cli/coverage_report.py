"""`testgen coverage report`: one HTML file of what the other commands have measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.options import allow_cut_option, log_option, suite_file_option
from testgen.cli.output import warn, write_report
from testgen.errors import ExitCode, InputError, Location

if TYPE_CHECKING:
    from testgen.coverage import GraphCoverage

__all__ = ["report"]


@click.command("report")
@click.option(
    "--compare", type=click.Path(path_type=Path), metavar="FILE", help="What `testgen coverage compare --json` printed."
)
@click.option(
    "--mutants", type=click.Path(path_type=Path), metavar="FILE", help="What `testgen coverage mutants --json` printed."
)
@click.option(
    "--lies", type=click.Path(path_type=Path), metavar="FILE", help="What `testgen coverage lies --json` printed."
)
@click.option("--graph", metavar="GRAPH", help="A state graph, with --log, --suite-file or both.")
@suite_file_option("What is planned in the graph.  [default: the suites in the log; without --log, OUT/suite.json]")
@log_option("What was executed: the folder given to pytest's --testgen-log. Several are merged.")
@click.option("--title", metavar="TEXT", help="The heading.  [default: what is covered]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("coverage.html"),
    show_default=True,
    metavar="FILE",
    help="Where to write it; an earlier report is replaced.",
)
@allow_cut_option
def report(
    compare: Path | None,
    mutants: Path | None,
    lies: Path | None,
    graph: str | None,
    suite_files: tuple[Path, ...],
    logs: tuple[Path, ...],
    title: str | None,
    out: Path,
    allow_cut: bool,
) -> int:
    """Write one HTML file about coverage, which needs no network and no other file.

    It shows what it is given: suites side by side with the source, mutants that live, lies that tests tell, the graph
    down to each state with the tests through it, failures in groups. At least one of --compare, --mutants, --lies and
    --graph is needed.

    \b
    testgen coverage compare --source shop --suite unit=tests --json > compare.json
    testgen coverage mutants --source shop --suite unit=tests --json > mutants.json
    pytest generated/shop --testgen-log runs
    testgen coverage report --compare compare.json --mutants mutants.json --graph graphs/shop.dot --log runs
    """
    from testgen.report import read_comparison, read_lies, read_mutation, render_report

    if graph is None and (suite_files or logs):
        raise click.UsageError("--suite-file and --log are of a graph: --graph GRAPH")
    if compare is None and mutants is None and lies is None and graph is None:
        raise click.UsageError("what is to be in it? --compare FILE, --mutants FILE, --lies FILE, --graph GRAPH")
    comparison = read_comparison(compare) if compare is not None else None
    mutation = read_mutation(mutants) if mutants is not None else None
    told = read_lies(lies) if lies is not None else None
    measured = _measure(graph, suite_files, logs, allow_cut=allow_cut) if graph is not None else None
    subjects = [*(comparison.source if comparison else ()), *(mutation.source if mutation else ())]
    subjects += [told.graph] if told is not None else []
    subjects += [graph] if graph is not None else []
    text = render_report(
        title=title or f"Coverage of {', '.join(dict.fromkeys(subjects))}",
        comparison=comparison,
        mutation=mutation,
        lies=told,
        graph=(graph, measured) if graph is not None and measured is not None else None,
    )
    write_report(out, text)
    click.echo(f"{out}: {len(text.encode()) / 1e6:.1f} MB")
    for warning in measured.warnings if measured is not None else ():
        warn(warning)
    return ExitCode.DONE


def _measure(name: str, suite_files: tuple[Path, ...], logs: tuple[Path, ...], *, allow_cut: bool) -> GraphCoverage:
    """Measure as `testgen coverage graph` does."""
    from testgen.cli.project import SuiteSettings, dump_name, find_project
    from testgen.coverage import find_evidence, measure_graph, read_runs
    from testgen.graph import load
    from testgen.suite_file import SUITE_FILE

    loaded = load(name, allow_cut=allow_cut)
    runs = [run for folder in logs for run in read_runs(folder)]
    if not suite_files and not runs:
        project = find_project(Path.cwd())
        suite_name, settings = project.suite_of(name) or (dump_name(name), SuiteSettings(name))
        suite_files = (project.out_of(suite_name, settings) / SUITE_FILE,)
        if not suite_files[0].exists():
            hint = f"`testgen build {name}` writes it; or name what to count: --suite-file FILE, --log DIR"
            raise InputError("no such file", location=Location(str(suite_files[0])), hint=hint)
    return measure_graph(find_evidence(loaded, suite_files=suite_files, runs=runs))
