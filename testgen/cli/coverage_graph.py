"""`testgen coverage graph`: what suites reach of a state graph, as planned and as executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.completion import complete_files
from testgen.cli.coverage_graph_report import Measured, document_of, print_report, print_summary
from testgen.cli.options import allow_cut_option, json_option, log_option, suite_file_option
from testgen.cli.output import print_json, warn
from testgen.cli.project import Project, SuiteSettings, dump_name, find_project
from testgen.errors import ExitCode, InputError, Location

if TYPE_CHECKING:
    from testgen.coverage import Run

__all__ = ["graph"]

_CRITERIA = ["states", "transitions", "actions", "action-pairs", "transition-pairs"]
_SHOWN = "states", "transitions", "actions", "action-pairs"


@dataclass(frozen=True, slots=True)
class _Options:
    """The flags, as given; `fail_under` by criterion."""

    suite_files: tuple[Path, ...]
    logs: tuple[Path, ...]
    criteria: tuple[str, ...]
    fail_under: dict[str, float]
    listed: int
    allow_cut: bool


def _wanted(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, float]:
    wanted = {}
    for text in value.split(",") if value is not None else []:
        criterion, number = (part.strip() for part in text.partition("=")[::2])
        try:
            wanted[criterion] = float(number.removesuffix("%"))
        except ValueError:
            wanted[criterion] = -1.0
        if criterion not in _CRITERIA or not 0 <= wanted[criterion] <= 100:
            raise click.BadParameter(f"{text!r} is not CRITERION=PERCENT, such as transitions=95")
    return wanted


@click.command("graph")
@click.argument("graphs", nargs=-1, metavar="[GRAPH]...", shell_complete=complete_files)
@suite_file_option("What is planned.  [default: the suites in the log; without --log, OUT/suite.json]")
@log_option("What was executed: the folder given to pytest's --testgen-log. Several are merged.")
@click.option(
    "--criterion",
    "criteria",
    multiple=True,
    type=click.Choice(_CRITERIA),
    help="What to count.  [default: all but transition-pairs]",
)
@click.option(
    "--fail-under",
    callback=_wanted,
    metavar="CRITERION=PERCENT,...",
    help="Exit 1 if less is executed, or without --log planned.",
)
@click.option(
    "--list",
    "listed",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    metavar="N",
    help="Of what was never reached, tell N of each criterion, with a shortest behavior to each.",
)
@allow_cut_option
@json_option("testgen.coverage-graph/1")
def graph(graphs: tuple[str, ...], as_json: bool, **flags: Any) -> int:  # Any: what the options above say
    """Tell what of GRAPH its suites plan to visit, what runs did visit, and what became of the rest.

    A step counts as executed if its test got beyond it: what a test that failed left undone does not count. Runs,
    shards and workers that logged into one folder, or into several given here, are merged. Without GRAPH: every suite
    of the project file.

    \b
    testgen build graphs/ot.dot
    testgen coverage graph graphs/ot.dot                     what the suite plans
    pytest generated/ot -n 2 --testgen-log runs
    testgen coverage graph graphs/ot.dot --log runs          what these tests did
    testgen coverage graph --log runs --fail-under transitions=95
    """
    from testgen.coverage import read_runs

    fail_under = flags.pop("fail_under")
    options = _Options(fail_under=fail_under, **flags)
    if options.suite_files and len(graphs) != 1:
        raise click.UsageError("--suite-file is of one graph: name it, and no other")
    runs = [run for folder in options.logs for run in read_runs(folder)]
    requests = _requests(graphs, find_project(Path.cwd()))
    answers = {name: _measure(name, out, runs, options, is_named=bool(graphs)) for name, out in requests.items()}
    measured = [answer for answer in answers.values() if answer is not None]
    missing = [name for name, answer in answers.items() if answer is None]
    if not measured:
        raise InputError(
            "holds no test of a graph of the project file",
            location=Location(", ".join(map(str, options.logs))),
            hint="name the GRAPH that was tested",
        )
    if as_json:
        print_json(
            "testgen.coverage-graph/1", {"graphs": [document_of(one) for one in measured], "not_in_log": missing}
        )
    elif len(measured) == 1:
        print_report(measured[0])
    else:
        print_summary(measured)
    if missing:
        warn(f"not in the log: {', '.join(missing)}")
    for one in measured:
        for warning in one.warnings:
            warn(f"{one.name}: {warning}")
    is_under = fail_under and (missing or any(one.under for one in measured))
    return ExitCode.NO if is_under or any(one.coverage.is_vacuous for one in measured) else ExitCode.DONE


def _requests(graphs: Sequence[str], project: Project) -> dict[str, Path]:
    """The graphs that are asked for, each with the folder in which `build` puts its tests."""
    if graphs:
        suites = {graph: project.suite_of(graph) or (dump_name(graph), SuiteSettings(graph)) for graph in graphs}
        return {graph: project.out_of(name, settings) for graph, (name, settings) in suites.items()}
    if not project.suites:
        raise click.UsageError("no GRAPH given, and no project file here names a suite")
    return {project.graph_of(settings): project.out_of(name, settings) for name, settings in project.suites.items()}


def _measure(name: str, out: Path, runs: list[Run], options: _Options, *, is_named: bool) -> Measured | None:
    """Measure one graph; None if it was not named and is not in the log."""
    from testgen.coverage import find_evidence, has_tests_of, measure_graph, nearest_unreached
    from testgen.graph import load
    from testgen.suite_file import SUITE_FILE

    loaded = load(name, allow_cut=options.allow_cut)
    suite_files = options.suite_files
    if not suite_files and not runs:
        suite_files = (out / SUITE_FILE,)
        if not suite_files[0].exists():
            hint = f"`testgen build {name}` writes it; or name what to count: --suite-file FILE, --log DIR"
            raise InputError("no such file", location=Location(str(suite_files[0])), hint=hint)
    if not is_named and runs and not has_tests_of(loaded, runs):
        return None
    criteria = tuple(dict.fromkeys([*(options.criteria or _SHOWN), *options.fail_under]))
    coverage = measure_graph(find_evidence(loaded, suite_files=suite_files, runs=runs), criteria=criteria)
    return Measured(
        name,
        coverage,
        {criterion: nearest_unreached(coverage, criterion, limit=options.listed) for criterion in coverage.criteria},
        {criterion: wanted for criterion, wanted in options.fail_under.items() if coverage.percent(criterion) < wanted},
    )
