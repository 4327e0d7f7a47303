"""`testgen build`: the main job, from a state graph to a folder of tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.output import plural, print_json, print_rows, progress, warn
from testgen.cli.project import Project, SuiteSettings, find_project
from testgen.errors import BindingError, ExitCode, Location

if TYPE_CHECKING:
    from testgen.graph import StateGraph
    from testgen.render import Written

__all__ = ["build"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The flags, as given."""

    binding: str | None
    template: str | None
    templates: Path | None
    out: Path | None
    limit: int | None
    check: bool
    allow_cut: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Built:
    """What one build did; the keys of `--json`."""

    graph: str
    binding: str
    tests: int
    steps: int
    files: int
    out: str
    criterion: str
    strategy: str
    lower_bound: int
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    seconds: float


@click.command("build")
@click.argument("graphs", nargs=-1, metavar="[GRAPH]...")
@click.option("--binding", metavar="NAME", help="Built-in name, entry point, or path/to/file.py:Class.")
@click.option("--template", metavar="NAME", help="In place of the binding's own, such as story/test.py.j2.")
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder of templates searched before the shipped ones.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: generated/NAME.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The most tests to build; default 10000.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the files are out of date.")
@click.option("--allow-cut", is_flag=True, help="Read a dump that TLC did not finish, with a warning.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (schema testgen.build/1).")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
def build(
    graphs: tuple[str, ...],
    binding: str | None,
    template: str | None,
    templates: Path | None,
    out: Path | None,
    limit: int | None,
    check: bool,
    allow_cut: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write a pytest test for every behavior of each GRAPH; without GRAPH, for every suite of the project file.

    What the project file says of a graph (binding, template, out, limit) holds unless a flag says otherwise. Without
    either, the binding is the known one that performs all actions of the graph.

    \b
    testgen build graphs/ot.dot
    testgen build my.dot --binding bindings/bank.py:Bank --out tests/generated
    """
    options = BuildOptions(binding, template, templates, out, limit, check, allow_cut, quiet)
    project = find_project(Path.cwd())
    requests = [_request(graph, project) for graph in graphs] or [
        (str(_relative(project.folder / settings.graph)), name, settings) for name, settings in project.suites.items()
    ]
    if not requests:
        raise click.UsageError("no GRAPH given, and no project file here names a suite")
    if out is not None and len(requests) > 1:
        raise click.UsageError("--out takes one GRAPH at a time")
    results = [_build(graph, name, settings, project, options) for graph, name, settings in requests]
    if as_json:
        _print_document(results)
    else:
        for result in results:
            _print_result(result, check)
    return ExitCode.NO if check and any(result.changed or result.removed for result in results) else ExitCode.DONE


def _request(graph: str, project: Project) -> tuple[str, str, SuiteSettings]:
    known = project.suite_of(graph)
    if known is not None:
        return graph, *known
    return graph, Path(graph.removesuffix(".gz")).stem if graph != "-" else "stdin", SuiteSettings(graph)


def _build(graph_name: str, name: str, settings: SuiteSettings, project: Project, options: BuildOptions) -> Built:
    from testgen.cli.main import testgen_version
    from testgen.graph import load
    from testgen.render import check_suite, render_suite, write_suite
    from testgen.selection import DEFAULT_LIMIT, select_all

    started = time.perf_counter()
    graph = load(graph_name, allow_cut=options.allow_cut)
    for warning in graph.warnings:
        warn(f"{graph_name}: {warning.message}")
    binding = options.binding or settings.binding or _matching_binding(graph, options.quiet)
    suite = select_all(graph, limit=options.limit or settings.limit or DEFAULT_LIMIT)
    with progress(f"rendering {name}", quiet=options.quiet) as show:
        files = render_suite(
            suite,
            binding,
            template=options.template or settings.template,
            templates=options.templates,
            version=testgen_version(),
            on_progress=lambda done: show(done, len(suite.behaviors)),
        )
    out = options.out or _relative(project.folder / (settings.out or f"generated/{name}"))
    work: Callable[..., Written] = check_suite if options.check else write_suite
    written = work(files, out)
    return Built(
        graph=graph_name,
        binding=binding,
        tests=len(suite.behaviors),
        steps=suite.n_steps,
        files=len(files),
        out=str(out),
        criterion=suite.criterion,
        strategy=suite.strategy,
        lower_bound=suite.lower_bound,
        changed=written.changed,
        removed=written.removed,
        seconds=time.perf_counter() - started,
    )


def _matching_binding(graph: StateGraph, quiet: bool) -> str:
    """The one known binding that performs every action of the graph."""
    from testgen.bindings import known_bindings, matching_bindings

    matching = matching_bindings(action.name for action in graph.actions)
    if len(matching) == 1:
        if not quiet:
            click.echo(f"binding {matching[0]}: it performs every action of {graph.source}", err=True)
        return matching[0]
    found = f"several bindings do ({', '.join(matching)})" if matching else "no known binding does"
    raise BindingError(
        f"which binding performs these actions? {found}",
        location=Location(graph.source),
        hint=f"--binding NAME, one of {', '.join(known_bindings())}, or path/to/file.py:Class",
    )


def _relative(path: Path) -> Path:
    """The path as a user in this folder would write it."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _print_document(results: list[Built]) -> None:
    documents = [asdict(result) for result in results]
    if len(documents) == 1:
        print_json("testgen.build/1", documents[0])
        return
    totals = {key: sum(document[key] for document in documents) for key in ("tests", "steps", "files", "seconds")}
    print_json("testgen.build/1", {**totals, "suites": documents})


def _print_result(result: Built, check: bool) -> None:
    out_of_date = [*result.changed, *result.removed]
    if check:
        state = f"out of date: {plural(len(out_of_date), 'file')}" if out_of_date else "up to date"
        click.echo(f"{result.out}  {state}")
        for name in result.changed[:10]:
            click.echo(f"    {name}")
        for name in result.removed[:10]:
            click.echo(f"    {name}  (no longer generated)")
        return
    click.echo(click.style(f"{result.graph} → {result.out}", bold=True))
    print_rows(
        [
            ("tests", f"{result.tests:,}  (every behavior: {result.lower_bound:,})"),
            ("steps", f"{result.steps:,}"),
            ("files", f"{result.files:,}  ({len(result.changed):,} changed, {len(result.removed):,} removed)"),
            ("seconds", f"{result.seconds:.1f}"),
        ]
    )
