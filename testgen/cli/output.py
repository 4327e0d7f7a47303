"""What all commands print alike: JSON documents, tables of two columns, warnings, and progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from testgen.errors import InputError, Location, SurroundingsError
from testgen.whole_file import write_whole

__all__ = [
    "inert",
    "percent",
    "plural",
    "print_json",
    "print_rows",
    "print_table",
    "progress",
    "warn",
    "working",
    "write_report",
]


def print_json(schema: str, document: dict[str, Any]) -> None:  # Any: JSON
    """Print one document, its schema first."""
    click.echo(json.dumps({"schema": schema, **document}, indent=2, ensure_ascii=False))


def print_rows(rows: Iterable[tuple[str, str]]) -> None:
    """Print labels and values, the values aligned."""
    rows = list(rows)
    width = max((len(label) for label, _ in rows), default=0)
    for label, value in rows:
        click.echo(f"{click.style(label.ljust(width), dim=True)}  {value}".rstrip())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> None:
    """Print rows under their columns' names: `words` columns of words to the left, then numbers to the right."""
    head, *table = [[inert(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(head, *table, strict=True)]
    for number, row in enumerate([head, *table]):
        cells = [
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(cells).rstrip()
        if number == 0:
            line = click.style(line[: widths[0]], bold=True) + click.style(line[widths[0] :], dim=True)
        click.echo(line)


def write_report(path: Path, text: str) -> None:
    """Write a report whole or not at all, in place of an earlier one, which begins with the same line.

    Raises:
        InputError: There is another file.
        SurroundingsError: It cannot be written.
    """
    beginning = text.partition("\n")[0]
    try:
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(beginning):
            raise InputError("is not an earlier report, so it is not overwritten", location=Location(str(path)))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise SurroundingsError(f"cannot be written: {error.strerror}", location=Location(str(path))) from error


def inert(text: str) -> str:
    """`text`, which may come from a dump, without characters that would do something to a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def warn(message: str) -> None:
    """Print a warning to stderr."""
    click.echo(f"{click.style('warning', fg='yellow', bold=True)}: {inert(message)}", err=True)


def percent(part: int, whole: int) -> str:
    """A share of a whole, rounded down so that only all of it is `100 %`: `99.9 %`; `-` of nothing."""
    if part == whole:
        return "100 %" if whole else "-"
    return f"{part * 1000 // whole / 10:.1f} %"


def plural(number: int, noun: str) -> str:
    """A count with its noun: `1 test`, `4,913 tests`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def working(label: str, *, quiet: bool = False) -> Iterator[None]:
    """Say on stderr what goes on and for how long, where nobody knows how much is left, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn(label, markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task(label, total=None)
        yield


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr while long work goes on; nothing if stderr is no terminal.

    Yields:
        What to call with (done, total).
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        *(SpinnerColumn(), TextColumn(label, markup=False)),
        *(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
