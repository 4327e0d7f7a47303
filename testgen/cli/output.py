"""What all commands print alike: JSON documents, tables of two columns, warnings, and progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["inert", "percent", "plural", "print_json", "print_rows", "print_table", "progress", "warn"]


def print_json(schema: str, document: dict[str, Any]) -> None:  # Any: JSON
    """Print one document, its schema first."""
    click.echo(json.dumps({"schema": schema, **document}, indent=2, ensure_ascii=False))


def print_rows(rows: Iterable[tuple[str, str]]) -> None:
    """Print labels and values, the values aligned."""
    rows = list(rows)
    width = max((len(label) for label, _ in rows), default=0)
    for label, value in rows:
        click.echo(f"{click.style(label.ljust(width), dim=True)}  {value}".rstrip())


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a head, the first column to the left, the others, numbers most likely, to the right."""
    table = [[head[0], *(click.style(text, dim=True) if text else "" for text in head[1:])], *rows]
    widths = [max(len(click.unstyle(row[column])) for row in table) for column in range(len(head))]
    for row in table:
        gaps = [" " * (width - len(click.unstyle(text))) for width, text in zip(widths, row, strict=True)]
        cells = [row[0] + gaps[0], *(gap + text for gap, text in zip(gaps[1:], row[1:], strict=True))]
        click.echo("  ".join(cells).rstrip())


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

    columns = (SpinnerColumn(), TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
