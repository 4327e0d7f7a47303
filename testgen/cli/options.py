"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "allow_cut_option",
    "code_options",
    "json_option",
    "log_option",
    "markdown_option",
    "suite_file_option",
]

F = TypeVar("F", bound=Callable[..., Any])  # Any: whatever a command takes and gives

allow_cut_option = click.option(
    "--allow-cut", is_flag=True, help="Read a dump that TLC did not finish, with a warning."
)
markdown_option = click.option(
    "--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write tables for a pull request."
)


def json_option(schema: str) -> Callable[[F], F]:
    return click.option("--json", "as_json", is_flag=True, help=f"Print one JSON document (schema {schema}).")


def log_option(explanation: str) -> Callable[[F], F]:
    """Folders that `pytest --testgen-log` has written, of which there may be several."""
    kind = click.Path(path_type=Path)
    return click.option("--log", "logs", multiple=True, type=kind, metavar="DIR", help=explanation)


def suite_file_option(explanation: str) -> Callable[[F], F]:
    kind = click.Path(path_type=Path)
    return click.option("--suite-file", "suite_files", multiple=True, type=kind, metavar="FILE", help=explanation)


def code_options(done: str) -> Callable[[F], F]:
    """The code that something is done to, what of it is left out, and the suites whose tests are run."""
    source = click.option(
        "--source", multiple=True, required=True, metavar="PKG", help=f"What to {done}: a package, folder or file."
    )
    suite = click.option(
        "--suite",
        multiple=True,
        metavar="NAME=TESTS",
        help="A suite, and what pytest is to run: a path, or several, options.",
    )
    omit = click.option(
        "--omit",
        multiple=True,
        metavar="PATTERN",
        help="Leave out files, 'x.py' or 'admin/*.py', or functions, 'x.py::swap_*'.",
    )
    return lambda command: source(suite(omit(command)))
