"""`testgen help`: pages on what the commands have in common, kept as text files in `topics/`."""

from __future__ import annotations

import difflib
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

import click

__all__ = ["help"]

_ALSO_CALLED = {
    **dict.fromkeys(("criteria", "criterion", "strategies", "strategy", "budget"), "selection"),
    **dict.fromkeys(("mongo", "mongod", "live", "live-mongodb"), "mongodb"),
    **dict.fromkeys(("shrink", "shuffle", "junit"), "failures"),
    **dict.fromkeys(("templates", "template", "cpp", "jsonl"), "languages"),
    **dict.fromkeys(("dot", "itf", "traces"), "formats"),
    **dict.fromkeys(("github", "shards"), "ci"),
}
"""What people look for, and the page that has it."""


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
    page = _ALSO_CALLED.get(topic.lower(), topic.lower())
    if page not in pages:
        raise click.UsageError(_no_page(topic, pages))
    click.echo(pages[page].read_text(encoding="utf-8").rstrip())


def _no_page(topic: str, pages: dict[str, Traversable]) -> str:
    """What is said of a topic that no page is about: which one it may be, or where the word stands."""
    if near := difflib.get_close_matches(topic, [*pages, *_ALSO_CALLED], n=1):
        return f"no topic {topic!r}; did you mean {near[0]!r}?"
    word = re.compile(rf"(?<!\w){re.escape(topic)}(?!\w)", re.IGNORECASE)
    speaking = [name for name in sorted(pages) if word.search(pages[name].read_text(encoding="utf-8"))]
    if speaking:
        return f"no topic {topic!r}; it is spoken of in {', '.join(speaking)}"
    return f"no topic {topic!r}; there are {', '.join(sorted(pages))}"


def _pages() -> dict[str, Traversable]:
    return {page.name.removesuffix(".md"): page for page in files("testgen.cli").joinpath("topics").iterdir()}
