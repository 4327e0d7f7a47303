"""`testgen init`: from a state graph to a binding that a person fills in, and whether that fits the graph."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import asdict
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.completion import complete_files
from testgen.cli.options import allow_cut_option, json_option
from testgen.cli.output import inert, plural, print_json, print_rows, warn, working
from testgen.cli.project import Project, dump_name, find_project, shown_path
from testgen.errors import ExitCode, InputError, Location, SurroundingsError

if TYPE_CHECKING:
    from testgen.bindings.verify import Finding
    from testgen.cli.project_entry import ProjectEntry
    from testgen.graph import StateGraph

__all__ = ["init", "warn_of_findings"]


@click.command("init")
@click.argument("graph", shell_complete=complete_files)
@click.option("--binding", metavar="FILE.py:CLASS", help="The binding to write or verify.  [default: bindings/NAME.py]")
@click.option(
    "--verify", is_flag=True, help="Write nothing; tell what the binding lacks, and exit 1 if no build can be."
)
@allow_cut_option
@json_option("testgen.init/1")
def init(graph: str, binding: str | None, verify: bool, allow_cut: bool, as_json: bool) -> int:
    """Write a binding for GRAPH, to be filled in, and an entry of the project file.

    The binding has a method for each action, with the parameters that the dump shows, and an observer for each
    variable. What it generates runs at once: tests are skipped, and pytest says how many wait for which action.
    Nothing is ever overwritten.

    \b
    testgen init bank.dot
    testgen build bank.dot
    pytest generated/bank              says what to implement, and where
    testgen init --verify bank.dot     what does not fit, after a change of the specification
    """
    from testgen.analysis import naming_warnings
    from testgen.graph import load

    if graph == "-":
        raise click.UsageError("a project file names a dump by its file, so GRAPH cannot be standard input")
    with working(f"reading {graph}"):
        loaded = load(graph, allow_cut=allow_cut)
    for warning in (*loaded.warnings, *naming_warnings(loaded)):
        warn(f"{graph}: {warning.message}")
    project = find_project(Path.cwd())
    if verify:
        return _verify(graph, loaded, project, binding, as_json=as_json)
    _begin(graph, loaded, project, binding, as_json=as_json)
    return ExitCode.DONE


def _begin(graph: str, loaded: StateGraph, project: Project, binding: str | None, *, as_json: bool) -> None:
    from testgen.bindings.names import python_name
    from testgen.cli.project_entry import plan_entry
    from testgen.render.scaffold import class_name, scaffold_binding

    if (existing := project.suite_of(graph)) is not None:
        raise InputError(
            f"is the graph of the suite {existing[0]!r} already",
            location=Location(graph),
            hint=f"testgen init --verify {graph}",
        )
    name = dump_name(graph)
    stem = python_name(name)
    stem = f"{stem}_" if stem in sys.stdlib_module_names else stem  # or `import queue` in queue.py may mean itself
    file, class_ = _place(binding) or (project.folder / "bindings" / f"{stem}.py", class_name(name))
    out = f"generated/{name}"
    scaffold = scaffold_binding(loaded, name=class_, source=Path(graph).name)
    settings = {
        "graph": _from(project.folder, Path(graph)),
        "binding": f"{_from(project.folder, file)}:{class_}",
        "out": out,
    }
    if (strategy := _strategy(loaded)) is not None:
        settings["strategy"] = strategy
    entry = plan_entry(project, name, settings)
    _write(file, scaffold.text, entry)
    shown = shown_path(project.folder / out)
    if as_json:
        document = {
            "graph": graph,
            "binding": f"{shown_path(file)}:{class_}",
            "project_file": str(shown_path(entry.path)),
            "suite": name,
            "out": str(shown),
            "strategy": strategy,
            "actions": scaffold.actions,
            "observers": scaffold.observers,
        }
        print_json("testgen.init/1", document)
        return
    counts = f"{plural(len(scaffold.actions), 'action')} and {plural(len(scaffold.observers), 'variable')} to fill in"
    click.echo(click.style(f"{graph} → {shown_path(file)}", bold=True))
    rows = [("binding", f"{shown_path(file)}  ({counts})"), ("suite", f"[{entry.table}] in {shown_path(entry.path)}")]
    if strategy is not None:
        rows.append(("tests", f"{strategy}, as the graph has cycles: many short ones, in place of the fewest"))
    print_rows(rows)
    click.echo("\nnext")
    print_rows(
        [
            (f"    testgen build {graph}", "writes the tests"),
            (f"    pytest {shown}", "skips them, and says what to implement first"),
        ]
    )


def _strategy(graph: StateGraph) -> str | None:
    """What the entry says of how behaviors are chosen; None leaves it to each build.

    Of a graph with cycles a build takes the fewest tests, which are long: good to run every day, not to begin with, as
    what a failure tells then has dozens of steps. Shortest behaviors are no more than there are transitions.
    """
    from testgen.analysis import find_shape
    from testgen.selection import DEFAULT_LIMIT

    return None if find_shape(graph).is_dag or graph.n_transitions > DEFAULT_LIMIT else "shortest"


def _verify(graph: str, loaded: StateGraph, project: Project, binding: str | None, *, as_json: bool) -> int:
    from testgen.bindings import find_binding
    from testgen.bindings.verify import verify_binding
    from testgen.cli.build import matching_binding
    from testgen.render.scaffold import specified

    suite = project.suite_of(graph)
    name = binding or (suite[1].binding if suite is not None else None) or matching_binding(loaded, False)
    findings = verify_binding(find_binding(name), specified(loaded))
    refused = any(finding.refuses for finding in findings)
    if as_json:
        document = {"graph": graph, "binding": name, "builds": not refused, "findings": [*map(asdict, findings)]}
        print_json("testgen.verify/1", document)
        return ExitCode.NO if refused else ExitCode.DONE
    for finding in findings:
        label = click.style("does not fit", fg="red") if finding.refuses else click.style("note", fg="yellow")
        click.echo(f"{label}  {inert(finding.message)}")
    if not findings:
        click.echo(f"{name} fits {graph}: every action has a method, and every variable is observed")
    return ExitCode.NO if refused else ExitCode.DONE


def warn_of_findings(findings: list[Finding], graph: str) -> None:
    """Warn of what a build can do without: one line, where what is not implemented yet would be many.

    Also of all that it cannot do without, if there are several: the error that follows is about the first.
    """
    pending = [finding.subject for finding in findings if finding.kind == "not-implemented"]
    are_many = sum(finding.refuses for finding in findings) > 1
    for finding in findings:
        if finding.kind != "not-implemented" and (are_many or not finding.refuses):
            warn(f"{graph}: {finding.message}")
    if pending:
        warn(f"{graph}: not implemented yet: {', '.join(pending)}; tests that need an action of these will be skipped")


def _place(binding: str | None) -> tuple[Path, str] | None:
    """The file and class that `--binding` asks for."""
    if binding is None:
        return None
    path, colon, name = binding.rpartition(":")
    if not colon or not path.endswith(".py") or not name.isidentifier() or iskeyword(name):
        raise click.UsageError(f"--binding {binding!r} is not path/to/file.py:Class")
    return Path(path), name


def _from(folder: Path, path: Path) -> str:
    """`path`, as the project file in `folder` names it."""
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _write(file: Path, text: str, entry: ProjectEntry) -> None:
    """Write the binding, then the entry; without the entry the binding goes again."""
    from testgen.cli.project_entry import write_entry

    created = [folder for folder in (file.parent, *file.parent.parents) if not folder.exists()]
    shown = Location(str(shown_path(file)))
    try:
        with suppress(FileExistsError):  # a file in the folder's place is told below
            file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        hint = "testgen init writes a binding once; --binding other/file.py:Class begins another one"
        raise InputError("is there already, and is not overwritten", location=shown, hint=hint) from error
    except OSError as error:
        raise SurroundingsError(f"cannot be written: {error.strerror}", location=shown) from error
    try:
        write_entry(entry)
    except BaseException:
        file.unlink()
        for folder in created:
            folder.rmdir()
        raise
