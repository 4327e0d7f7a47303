"""`testgen explore`: run TLC over a specification and keep its state graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.options import json_option
from testgen.cli.output import print_json, warn
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.tlc import Progress

__all__ = ["explore"]


_REFUSALS = (ExitCode.REQUEST, ExitCode.SURROUNDINGS, ExitCode.OUT_OF_MEMORY, ExitCode.INTERRUPTED)
"""What is no answer about the specification, and so goes to stderr as errors do."""


def _read_workers(_: click.Context, __: click.Parameter, value: str) -> int | None:
    if value == "auto":
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter(f"{value!r} is neither a number nor auto")
    return int(value)


@click.command("explore")
@click.argument("spec", metavar="SPEC.tla", type=click.Path(path_type=Path))
@click.option(
    "--config", metavar="FILE|NAME", help="A configuration file, or NAME.cfg beside SPEC.  [default: SPEC.cfg]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The dump to write, .dot.gz or .dot.  [default: graphs/NAME.dot.gz]",
)
@click.option(
    "--workers",
    metavar="N|auto",
    default="auto",
    show_default=True,
    callback=_read_workers,
    help="Threads. With several, the order of lines in the dump varies (the ids that testgen gives do not), and the "
    "depth is approximate.",
)
@click.option(
    "--fp", type=int, metavar="N", help="Fingerprint polynomial, to fix TLC's state numbers.  [default: random]"
)
@click.option("--heap", metavar="SIZE", help="Most memory, as in 8g.  [default: a quarter of the machine's]")
@click.option("--stack", metavar="SIZE", default="1m", show_default=True, help="Stack of a thread, for deep recursion.")
@json_option("testgen.explore/1")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def explore(
    context: click.Context,
    spec: Path,
    config: str | None,
    out: Path | None,
    workers: int | None,
    fp: int | None,
    heap: str | None,
    stack: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Explore SPEC.tla with TLC and write its state graph.

    TLC checks what the configuration asks for. If it does not hold, the exit code says so (see `testgen --help`), the
    behavior that leads there is shown, and an earlier dump stays as it was.

    \b
    testgen explore graphs/specs/ArrayOT.tla --config ot2   writes graphs/ot2.dot.gz
    testgen build graphs/ot2.dot                            makes tests of it
    """
    from testgen import tlc

    module = tlc.find_specification(spec)
    configuration = tlc.find_configuration(module, config)
    with _shown_progress(quiet) as show_progress:
        result = tlc.explore(
            module,
            configuration,
            out or Path("graphs", f"{configuration.stem}.dot.gz"),
            workers=workers,
            fingerprint=fp,
            heap=heap,
            stack=stack,
            on_progress=show_progress,
        )
    for message in result.warnings:
        warn(message)
    if as_json:
        print_json(tlc.SCHEMA, tlc.as_plain(result))
    else:
        refused = result.verdict.exit_code in _REFUSALS
        click.echo(tlc.describe(result), err=refused)
    context.exit(result.verdict.exit_code)


@contextmanager
def _shown_progress(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Yield what shows progress: a changing line on standard error, nothing if that is no terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting TLC") as status:
        yield lambda progress: status.update(str(progress))
