"""`testgen help`: placeholder until the topics are written."""

from __future__ import annotations

import click

__all__ = ["help"]


@click.command("help")
def help() -> None:  # noqa: A001 - named for its command
    """Explain a topic."""
