"""`testgen inspect`: what is in a state graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.completion import complete_files
from testgen.cli.options import allow_cut_option, json_option, log_option
from testgen.cli.output import inert, plural, print_json, print_rows, warn, working
from testgen.cli.selecting import rate_of
from testgen.errors import SelectionError

if TYPE_CHECKING:
    from testgen.analysis import Census
    from testgen.graph import StateGraph
    from testgen.selection import Rate

__all__ = ["inspect"]

_SAMPLE_WIDTH = 72
_CYCLES_SHOWN = 5
_PLANNED_UP_TO = 500_000
"""Transitions, or pairs of them; for larger graphs `testgen build --plan-only` tells, and takes its time."""


def _json_file(_: click.Context, __: click.Parameter, value: str | None) -> Path | None:
    if value is not None and not value.endswith((".json", ".json.gz", ".json.zst")):
        raise click.BadParameter(f"{value!r}: its name ends in .json, .json.gz or .json.zst")
    return None if value is None else Path(value)


@click.command("inspect")
@click.argument("graph", shell_complete=complete_files)
@json_option("testgen.inspect/1")
@allow_cut_option
@click.option(
    "--export",
    callback=_json_file,
    metavar="FILE",
    help="Write the graph to FILE.json, .json.gz or .json.zst, with nothing lost (schema testgen.graph/1).",
)
@log_option("Tell how long each suite would take, at the rate of the tests in this log (pytest --testgen-log DIR).")
def inspect(graph: str, as_json: bool, allow_cut: bool, export: Path | None, logs: tuple[Path, ...]) -> None:
    """Tell what is in GRAPH: states, transitions, actions, variables, and how many behaviors it has.

    GRAPH is a dump of TLC (DOT or JSON), a trace, or a graph that --export wrote, plain or compressed; x.dot also finds
    x.dot.gz; - reads standard input. `testgen help formats` lists them.

    \b
    testgen inspect graphs/ot.dot
    testgen inspect graphs/ot.dot --json | jq .behaviors
    testgen inspect graphs/ot.dot --export ot.json.zst
    testgen inspect graphs/ot.dot --log runs
    """
    from testgen.analysis import take_census
    from testgen.graph import export_graph, load
    from testgen.selection import STRATEGIES

    with working(f"reading {graph}"):
        loaded = load(graph, allow_cut=allow_cut)
    census = take_census(loaded)
    if export is not None:
        export_graph(loaded, export)
    rate = rate_of(loaded, logs) if logs else None
    with working(f"planning suites of {graph}"):
        plans = {criterion: _plan(loaded, criterion, rate) for criterion in STRATEGIES}
    if as_json:
        print_json("testgen.inspect/1", _document(graph, census, plans))
    else:
        _print_report(graph, census, plans)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a criterion asks for, and what the suite of its default strategy has; None if that cannot be told.

    Seconds are those of the tests themselves, where a log tells how long tests take.
    """

    obligations: int | None
    tests: int | None
    steps: int | None
    strategy: str
    seconds: float | None = None


def _plan(graph: StateGraph, criterion: str, rate: Rate | None) -> _Plan:
    from testgen.selection import DEFAULT_LIMIT, STRATEGIES, Request, select_behaviors

    strategy = STRATEGIES[criterion][0]
    obligations = graph.n_transitions
    if criterion.endswith("-pairs"):
        obligations = int((graph.offsets[1:] - graph.offsets[:-1])[graph.targets].sum())
    if obligations > _PLANNED_UP_TO:
        return _Plan(None, None, None, strategy)
    try:
        limit = DEFAULT_LIMIT if criterion == "behaviors" else _PLANNED_UP_TO
        suite = select_behaviors(graph, Request(criterion, limit=limit))
    except SelectionError:  # nothing to cover, or too many
        return _Plan(None, None, None, strategy)
    seconds = rate.seconds(len(suite.behaviors), suite.n_steps) if rate else None
    return _Plan(suite.obligations, len(suite.behaviors), suite.n_steps, strategy, seconds)


def _document(graph: str, census: Census, plans: Mapping[str, _Plan]) -> dict[str, Any]:
    document = asdict(census)
    document["criteria"] = {criterion: asdict(plan) for criterion, plan in plans.items()}
    document["graph"] = graph
    document["behaviors"] = None if census.behaviors is None else str(census.behaviors)
    return document


def _print_report(graph: str, census: Census, plans: Mapping[str, _Plan]) -> None:
    click.echo(click.style(graph, bold=True) + "\n")
    constrained = census.constrained_out_states
    outside = f"; {constrained:,} more outside the constraints" if constrained else ""
    print_rows(
        [
            (
                "states",
                f"{census.states:,}  ({census.initial_states:,} initial, {census.terminal_states:,} terminal{outside})",
            ),
            ("transitions", f"{census.transitions:,}  ({plural(census.self_loops, 'self-loop')})"),
            ("depth", plural(census.depth, "level")),
            ("cycles", _cycles(census)),
            ("behaviors", "infinitely many" if census.behaviors is None else f"{census.behaviors:,}"),
        ]
    )
    click.echo("\n" + click.style("actions", bold=True))
    print_rows((inert(name) or "(no name)", f"{count:>9,}") for name, count in census.actions.items())
    click.echo("\n" + click.style("variables", bold=True))
    for name, variable in census.variables.items():
        click.echo(f"{name}  {click.style(plural(variable.distinct, 'value'), dim=True)}")
        for sample in map(inert, variable.samples):
            click.echo(f"    {sample if len(sample) <= _SAMPLE_WIDTH else sample[: _SAMPLE_WIDTH - 3] + '...'}")
    click.echo("\n" + click.style("suites, for `testgen build --criterion`", bold=True))
    print_rows((criterion, _planned(plan) or _unplanned(criterion, census)) for criterion, plan in plans.items())
    for warning in census.warnings:
        warn(warning.message)


def _planned(plan: _Plan) -> str | None:
    if plan.obligations is None or plan.tests is None or plan.steps is None:
        return None
    fewest = "the fewest" if plan.strategy == "minimum" else plan.strategy
    seconds = "" if plan.seconds is None else f"  {plan.seconds:>8,.1f} s"
    return f"{plan.obligations:>10,}  {plan.tests:>7,} tests  {plan.steps:>9,} steps{seconds}  {fewest}"


def _unplanned(criterion: str, census: Census) -> str:
    if criterion != "behaviors" or census.behaviors == 0:
        return f"{'-':>10}  nothing to cover, or too much to plan in passing"
    if census.behaviors is None:
        return f"{'-':>10}  infinitely many, as there are cycles"
    return f"{'-':>10}  all of them are more than `build` takes without --limit"


def _cycles(census: Census) -> str:
    if census.dag:
        return "none: every behavior ends"
    sizes = ", ".join(f"{size:,}" for size in census.cycle_sizes[:_CYCLES_SHOWN])
    more = ", ..." if len(census.cycle_sizes) > _CYCLES_SHOWN else ""
    return f"{plural(len(census.cycle_sizes), 'component')} with cycles, of {sizes}{more} states"
