"""`testgen build`: the main job, from a state graph to a folder of tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.completion import complete_files
from testgen.cli.options import allow_cut_option, json_option, log_option
from testgen.cli.output import plural, print_json, print_rows, progress, warn, working
from testgen.cli.project import Project, SuiteSettings, dump_name, find_project
from testgen.cli.selecting import BuildOptions, check_suite_flags, requested_selection
from testgen.errors import BindingError, ExitCode, Location

if TYPE_CHECKING:
    from testgen.behavior import Suite
    from testgen.graph import StateGraph
    from testgen.render import Written

__all__ = ["build", "matching_binding"]

_SUMMED = "tests", "behaviors", "steps", "files", "lower_bound", "seconds"
_SHOWN = 10
_LONG = 50
"""Steps: a test that has more fails with a story that hardly anybody reads."""
_SHORTER = "--max-steps N or --strategy shortest makes more tests, which are shorter"


@dataclass(frozen=True, slots=True)
class Built:
    """What one build did; the keys of `--json`."""

    graph: str
    binding: str | None
    tests: int
    behaviors: int
    steps: int
    longest: int
    files: int
    out: str
    criterion: str
    because: str
    strategy: str
    lower_bound: int
    least_steps: int | None
    options: tuple[str, ...]
    obligations: int
    uncovered: dict[str, int]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    seconds: float


def _not_empty(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A variable of a script that is not set, most likely; the default is not what it means."""
    if value == "":
        raise click.BadParameter("it is empty")
    return value


def _folder(context: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    return None if _not_empty(context, parameter, value) is None else Path(str(value))


def _shard(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int]:
    if value is None:
        return 1, 1
    part, slash, parts = value.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r} is not a part of the whole, such as 2/4")
    return int(part), int(parts)


@click.command("build")
@click.argument("graphs", nargs=-1, metavar="[GRAPH]...", shell_complete=complete_files)
@click.option(
    "--binding", callback=_not_empty, metavar="NAME", help="Built-in name, entry point, or path/to/file.py:Class."
)
@click.option(
    "--template",
    callback=_not_empty,
    metavar="NAME",
    help="In place of the binding's own, such as story/test.py.j2; files end as its name does before .j2.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder of templates searched before the shipped ones.",
)
@click.option("--out", callback=_folder, metavar="DIR", help="Default: generated/NAME.")
@click.option(
    "--criterion",
    type=click.Choice(["behaviors", "states", "transitions", "actions", "action-pairs", "transition-pairs"]),
    help="What to cover, every one of it.  [default: behaviors if there are few enough, else transitions]",
)
@click.option(
    "--strategy",
    type=click.Choice(["all", "sample", "minimum", "shortest", "random"]),
    help="How; `testgen help selection` explains.  [default: the fewest tests where they can be found]",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The most tests to build; default 10000.")
@click.option(
    "--budget",
    multiple=True,
    metavar="KEY=N",
    help="Keep to tests=N, steps=N or seconds=N: the tests worth the most.",
)
@log_option("How long tests take, for seconds=N: what pytest --testgen-log DIR wrote.")
@click.option("--max-steps", type=click.IntRange(min=1), metavar="N", help="The longest a test may be.")
@click.option(
    "--minimize",
    type=click.Choice(["tests", "steps"]),
    help="steps: of the smallest suites one with the fewest steps.  [default: tests]",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Of the strategies sample and random; default 0.")
@click.option(
    "--only", multiple=True, metavar="ACTION|PREDICATE", help="Take only such actions, be only where it holds."
)
@click.option(
    "--avoid", multiple=True, metavar="ACTION|PREDICATE", help="Never take this action, nor be where it holds."
)
@click.option("--shard", callback=_shard, metavar="I/N", help="Build the I-th of N parts of the suite.")
@click.option(
    "--suite",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the behaviors of this suite file.",
)
@click.option("--plan-only", is_flag=True, help="Write only the suite file, OUT/suite.json; needs no binding.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the files are out of date.")
@allow_cut_option
@json_option("testgen.build/1")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
def build(graphs: tuple[str, ...], as_json: bool, **flags: Any) -> int:  # Any: what the options above say
    """Write a pytest test for every behavior of each GRAPH; without GRAPH, for every suite of the project file.

    Beside the tests goes OUT/suite.json, which says what each is about: `testgen coverage graph` reads it.

    GRAPH is a dump of TLC, or a trace, which makes one test: `testgen help formats`. Tests in another language than
    Python are a matter of the template: `testgen help languages`.

    What the project file says of a graph holds unless a flag says otherwise: binding, template, out, and what `testgen
    help selection` lists. Without either, the binding is the known one that performs all actions of the graph.

    \b
    testgen build graphs/ot.dot
    testgen build my.dot --binding bindings/bank.py:Bank --out tests/generated
    """
    options = BuildOptions(**flags)
    out, check = options.out, options.check
    project = find_project(Path.cwd())
    requests = [_request(graph, project, out) for graph in graphs] or [
        _request_of_suite(name, settings, project, out) for name, settings in project.suites.items()
    ]
    if not requests:
        raise click.UsageError("no GRAPH given, and no project file here names a suite")
    if out is not None and len(requests) > 1:
        raise click.UsageError("--out takes one GRAPH at a time")
    if options.suite is not None:
        check_suite_flags(options, len(requests))
    if options.plan_only and check:
        raise click.UsageError("--plan-only writes, --check does not")
    _check_folders(requests)
    results = []
    for request in requests:
        results.append(_build(request, options))
        if not as_json:
            _print_result(results[-1], check)
    if as_json:
        _print_document(results)
    return ExitCode.NO if check and any(result.changed or result.removed for result in results) else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class _Request:
    """One suite to build: from which dump, under which name, into which folder."""

    graph: str
    name: str
    settings: SuiteSettings
    out: Path


def _request(graph: str, project: Project, out: Path | None) -> _Request:
    name = dump_name(graph)
    name, settings = project.suite_of(graph) or (name, SuiteSettings(graph))
    return replace(_request_of_suite(name, settings, project, out), graph=graph)


def _request_of_suite(name: str, settings: SuiteSettings, project: Project, out: Path | None) -> _Request:
    return _Request(project.graph_of(settings), name, settings, out or project.out_of(name, settings))


def _check_folders(requests: list[_Request]) -> None:
    """Two suites in one folder would each remove the other's files."""
    first: dict[Path, _Request] = {}
    for request in requests:
        other = first.setdefault(request.out.resolve(), request)
        if other is not request:
            both = f"{other.name} ({other.graph}) and {request.name} ({request.graph})"
            raise click.UsageError(f"{both} would both go to {request.out}; build them apart")


def _build(request: _Request, options: BuildOptions) -> Built:
    from testgen.graph import load
    from testgen.selection import select_behaviors
    from testgen.suite_file import read_suite

    started = time.perf_counter()
    settings = request.settings
    with working(f"reading {request.graph}", quiet=options.quiet):
        graph = load(request.graph, allow_cut=options.allow_cut)
    if not options.quiet:
        for warning in graph.warnings:
            warn(f"{request.graph}: {warning.message}")
    if options.suite is not None:
        suite = read_suite(options.suite, graph)
    else:
        with working(f"selecting behaviors of {request.graph}", quiet=options.quiet):
            suite = select_behaviors(graph, requested_selection(graph, settings, options))
        if suite.because and not options.quiet:
            click.echo(f"criterion {suite.criterion}, strategy {suite.strategy}: {suite.because}", err=True)
    if options.plan_only:
        binding = None
        tests, written = [len(suite.behaviors)], _plan(suite, request)
    else:
        binding = options.binding or settings.binding or _binding_needed(graph, request, options)
        if binding:
            _check_binding(graph, binding, quiet=options.quiet)
        tests, written = _render(suite, binding, request, options)
    return Built(
        graph=request.graph,
        binding=binding,
        tests=sum(tests),
        behaviors=len(suite.behaviors),
        steps=suite.n_steps,
        longest=max((len(behavior.transitions) for behavior in suite.behaviors), default=0),
        files=len(tests),
        out=str(request.out),
        criterion=suite.criterion,
        because=suite.because,
        strategy=suite.strategy,
        lower_bound=suite.lower_bound,
        least_steps=suite.least_steps,
        options=suite.options,
        obligations=suite.obligations,
        uncovered=dict(suite.uncovered),
        changed=written.changed,
        removed=written.removed,
        seconds=time.perf_counter() - started,
    )


def _check_binding(graph: StateGraph, name: str, *, quiet: bool) -> None:
    """Warn of what does not fit; what prevents a build is told by rendering, but for what only tests would come to.

    Raises:
        BindingError: No test could run, or none could compare.
    """
    from testgen.bindings import find_binding
    from testgen.bindings.verify import AT_RUN_TIME, verify_binding
    from testgen.cli.init import warn_of_findings
    from testgen.render.scaffold import specified

    findings = verify_binding(find_binding(name), specified(graph))
    for finding in findings:
        if finding.kind in AT_RUN_TIME:
            raise BindingError(finding.message)
    if not quiet:
        warn_of_findings(findings, graph.source)


def _plan(suite: Suite, request: _Request) -> Written:
    """Write the suite file."""
    from testgen.cli.main import testgen_version
    from testgen.render import Written
    from testgen.suite_file import SUITE_FILE, suite_text, write_suite_file

    write_suite_file(suite_text(suite, version=testgen_version()), request.out / SUITE_FILE)
    return Written(changed=(SUITE_FILE,), removed=(), unchanged=())


def _binding_needed(graph: StateGraph, request: _Request, options: BuildOptions) -> str | None:
    """For tests in Python the binding that matches; those in another language can do without."""
    from testgen.render import file_ending

    template = options.template or request.settings.template
    needs_one = template is None or file_ending(template) == ".py"
    return matching_binding(graph, options.quiet) if needs_one else None


def _render(suite: Suite, binding: str | None, request: _Request, options: BuildOptions) -> tuple[list[int], Written]:
    """Write the tests; how many are in each file, and what became of the files."""
    from testgen.cli.main import testgen_version
    from testgen.render import check_suite, origin_of, render_suite, write_origin, write_suite

    template = options.template or request.settings.template
    with progress(f"rendering {request.name}", quiet=options.quiet) as show:
        files = render_suite(
            suite,
            binding,
            version=testgen_version(),
            folder=request.out,
            template=template,
            templates=options.templates,
            on_progress=lambda done: show(done, len(suite.behaviors)),
        )
    work: Callable[..., Written] = check_suite if options.check else write_suite
    written = work(files, request.out)
    if not options.check:
        origin = origin_of(
            request.out,
            request.graph,
            binding,
            template=template,
            templates=options.templates,
            allow_cut=options.allow_cut,
        )
        write_origin(origin, request.out)
    return [file.n_tests for file in files], written


def matching_binding(graph: StateGraph, quiet: bool) -> str:
    """The one known binding that performs every action of the graph."""
    from testgen.bindings import known_bindings, matching_bindings
    from testgen.render import action_names

    matching = matching_bindings(action_names(graph))
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


def _print_document(results: list[Built]) -> None:
    documents = [asdict(result) for result in results]
    if len(documents) == 1:
        print_json("testgen.build/1", documents[0])
        return
    sums = {key: sum(document[key] for document in documents) for key in _SUMMED}
    shared = {
        key: documents[0][key] if _is_shared(key, documents) else None for key in ("out", "criterion", "strategy")
    }
    print_json("testgen.build/1", {**sums, **shared, "suites": documents})


def _is_shared(key: str, documents: list[dict[str, Any]]) -> bool:  # Any: JSON
    return all(document[key] == documents[0][key] for document in documents)


def _print_result(result: Built, check: bool) -> None:
    out_of_date = [*result.changed, *result.removed]
    if check:
        state = f"out of date: {plural(len(out_of_date), 'file')}" if out_of_date else "up to date"
        click.echo(f"{result.out}  {state}")
        lines = [*result.changed, *(f"{name}  (no longer generated)" for name in result.removed)]
        lines[_SHOWN:] = [f"... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        for line in lines:
            click.echo(f"    {line}")
        return
    click.echo(click.style(f"{result.graph} → {result.out}", bold=True))
    print_rows(
        [
            ("tests", f"{result.tests:,}  ({_told(result)})"),
            ("steps", f"{result.steps:,}{'  (with so few tests no suite has fewer)' if result.least_steps else ''}"),
            *([("longest", f"{result.longest:,} steps  ({_SHORTER})")] if _is_long(result) else []),
            ("files", f"{result.files:,}  ({len(result.changed):,} changed, {len(result.removed):,} removed)"),
            *([("uncovered", _uncovered(result))] if result.uncovered else []),
            ("seconds", f"{result.seconds:.1f}"),
        ]
    )


def _is_long(result: Built) -> bool:
    """Whether to say that tests can be shorter, to somebody who has not asked for their length."""
    return (
        result.longest > _LONG and result.strategy == "minimum" and not any("steps a test" in o for o in result.options)
    )


def _told(result: Built) -> str:
    chosen = "" if result.strategy == "all" else f"{result.strategy} "
    what = f"{chosen}{result.criterion}" if result.uncovered else f"every {_singular(result.criterion)}"
    if shard := next((option for option in result.options if option.startswith("shard ")), ""):
        return f"{shard} of {what}"
    if result.tests < result.behaviors:
        return f"of {result.behaviors:,} behaviors, one for {what}"
    if (
        result.uncovered.keys() - {"max-steps"}
        or result.tests < result.lower_bound
        or result.lower_bound == 1 < result.tests
    ):
        return what
    if result.tests == result.lower_bound:
        return f"{what}; no suite can do with fewer"
    return f"{what}; no suite can do with fewer than {result.lower_bound:,}"


def _uncovered(result: Built) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in result.uncovered.items())
    return f"{sum(result.uncovered.values()):,} {result.criterion}  ({reasons})"


def _singular(criterion: str) -> str:
    return criterion.removesuffix("s")
