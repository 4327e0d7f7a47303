"""`testgen inspect`: what is in a state graph."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.output import inert, plural, print_json, print_rows, warn

if TYPE_CHECKING:
    from testgen.analysis import Census

__all__ = ["inspect"]

_SAMPLE_WIDTH = 72
_CYCLES_SHOWN = 5


def _json_file(_: click.Context, __: click.Parameter, value: str | None) -> Path | None:
    if value is not None and not value.endswith((".json", ".json.gz", ".json.zst")):
        raise click.BadParameter(f"{value!r}: its name ends in .json, .json.gz or .json.zst")
    return None if value is None else Path(value)


@click.command("inspect")
@click.argument("graph")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (schema testgen.inspect/1).")
@click.option("--allow-cut", is_flag=True, help="Read a dump that TLC did not finish, with a warning.")
@click.option(
    "--export",
    callback=_json_file,
    metavar="FILE",
    help="Write the graph to FILE.json, .json.gz or .json.zst, with nothing lost (schema testgen.graph/1).",
)
def inspect(graph: str, as_json: bool, allow_cut: bool, export: Path | None) -> None:
    """Tell what is in GRAPH: states, transitions, actions, variables, and how many behaviors it has.

    GRAPH is a dump of TLC (DOT or JSON), a trace, or a graph that --export wrote, plain or compressed; x.dot also finds
    x.dot.gz; - reads standard input. `testgen help formats` lists them.

    \b
    testgen inspect graphs/ot.dot
    testgen inspect graphs/ot.dot --json | jq .behaviors
    testgen inspect graphs/ot.dot --export ot.json.zst
    """
    from testgen.analysis import take_census
    from testgen.graph import export_graph, load

    loaded = load(graph, allow_cut=allow_cut)
    census = take_census(loaded)
    if export is not None:
        export_graph(loaded, export)
    if as_json:
        print_json("testgen.inspect/1", _document(graph, census))
    else:
        _print_report(graph, census)


def _document(graph: str, census: Census) -> dict[str, Any]:
    document = asdict(census)
    document["graph"] = graph
    document["behaviors"] = None if census.behaviors is None else str(census.behaviors)
    return document


def _print_report(graph: str, census: Census) -> None:
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
    for warning in census.warnings:
        warn(warning.message)


def _cycles(census: Census) -> str:
    if census.dag:
        return "none: every behavior ends"
    sizes = ", ".join(f"{size:,}" for size in census.cycle_sizes[:_CYCLES_SHOWN])
    more = ", ..." if len(census.cycle_sizes) > _CYCLES_SHOWN else ""
    return f"{plural(len(census.cycle_sizes), 'component')} with cycles, of {sizes}{more} states"
