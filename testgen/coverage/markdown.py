"""Markdown as pull requests show it, GitHub's: tables, code, and parts that are folded away.

What comes from source, tests and messages is escaped, so that `__iter__` is no bold text and `a < b` no tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["markdown_block", "markdown_code", "markdown_folded", "markdown_table", "markdown_text", "markdown_warning"]

_SPECIAL = re.compile(r"([\\`*\[\]<|&~]|(?<![^\W_])_|_(?![^\W_]))")
"""Underscores only where they can begin or end something: `test_it` stays as it is."""


def markdown_text(text: str) -> str:
    r"""A text on one line, without what Markdown would take for its own.

    >>> markdown_text("Cart.__iter__ | a < b")
    'Cart.\\_\\_iter\\_\\_ \\| a \\< b'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown_code(text: str) -> str:
    r"""Code within a line or a table, as it stands but for its space: between more backticks than it has in a row.

    >>> markdown_code("if a < b | c:"), markdown_code("x = '`'")
    ('`if a < b \\| c:`', "`` x = '`' ``")
    """
    line = " ".join(text.split()).replace("|", "\\|")
    fence = _fence(line, 1)
    space = " " if "`" in line else ""
    return f"{fence}{space}{line}{space}{fence}" if line else ""


def markdown_block(language: str, lines: Sequence[str]) -> str:
    """Lines of code as they stand."""
    fence = _fence("\n".join(lines), 3)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _fence(text: str, least: int) -> str:
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", text)), 0)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """Rows of Markdown under their columns' names: `words` columns of words, then numbers to the right."""
    names = [markdown_text(name) for name in columns]
    rule = ["---" if place < words else "---:" for place in range(len(columns))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (names, rule, *rows)) + "\n"


def markdown_folded(title: str, text: str) -> str:
    """A part that is shown when its title is clicked."""
    return f"\n<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def markdown_warning(text: str) -> str:
    """A line that stands out."""
    return f"\n> **Warning** {markdown_text(text)}\n"
