"""`testgen help`: pages on what the commands have in common, kept as text files in `topics/`."""

from __future__ import annotations

import difflib
from importlib.resources import files
from importlib.resources.abc import Traversable

import click

__all__ = ["help"]


@click.command("help")
@click.argument(
    "topic",
    required=False,
    shell_complete=lambda _context, _parameter, begun: [name for name in sorted(_pages()) if name.startswith(begun)],
)
def help(topic: str | None) -> None:  # noqa: A001 - named for its command
    """Explain TOPIC; without one, list the topics.

    \b
    testgen help bindings
    """
    pages = _pages()
    if topic is None:
        click.echo("Topics, for `testgen help TOPIC`:\n")
        for name in sorted(pages):
            title = pages[name].read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")
            click.echo(f"  {name:<12}{title}")
        click.echo("\n`testgen COMMAND --help` tells a command's options.")
        return
    if topic not in pages:
        near = difflib.get_close_matches(topic, pages, n=1)
        raise click.UsageError(
            f"no topic {topic!r}"
            + (f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(pages))}")
        )
    click.echo(pages[topic].read_text(encoding="utf-8").rstrip())


def _pages() -> dict[str, Traversable]:
    return {page.name.removesuffix(".md"): page for page in files("testgen.cli").joinpath("topics").iterdir()}
