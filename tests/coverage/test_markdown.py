"""What is written as Markdown is read as it was meant, by a parser of Markdown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # a dependency of rich

from testgen.coverage.markdown import markdown_block, markdown_code, markdown_table, markdown_text, markdown_warning


class Shown(HTMLParser):
    """The texts that a page shows, and the elements that it is made of."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.cells: list[str] = []
        self.tags: list[str] = []
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.cells:
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


texts = st.text(st.sampled_from("ab_*`<>|&[]()~\\#!:;-.1 "), min_size=1).map(lambda text: " ".join(text.split()))
TABLE = ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]


@given(texts.filter(bool), texts.filter(bool))
@example("Cart.__iter__", "a < b | c")
@example("*args", "&lt; <b>")
def test_a_text_is_shown_as_it_is(one: str, other: str) -> None:
    shown = Shown(markdown_table(("what", "where"), [(markdown_text(one), markdown_text(other))]))
    assert (shown.tags, [cell.strip() for cell in shown.cells]) == (TABLE, [one, other])


@given(texts.filter(bool))
@example("if a < b | c:")
@example("x = '`'")
@example("``")
def test_code_is_shown_as_it_is(line: str) -> None:
    shown = Shown(markdown_table(("line", "n"), [(markdown_code(line), "1")]))
    assert (shown.tags, [cell.strip() for cell in shown.cells]) == ([*TABLE[:8], "code", "td"], [line, "1"])


def test_a_block_holds_its_own_fence() -> None:
    lines = ["- ```", "+ ````", "  plain"]
    shown = Shown(markdown_block("diff", lines))
    assert (shown.tags, shown.text) == (["pre", "code"], "\n".join(lines))


@pytest.mark.parametrize(
    "text", ["1. not a list", "<b>bold</b>", "first tests/test_it.py::test___init__[a|b]: x * y * z"]
)
def test_a_warning_is_one_paragraph(text: str) -> None:
    shown = Shown(markdown_warning(text))
    assert (shown.tags, shown.text) == (["blockquote", "p", "strong"], f"Warning {text}")


def test_columns_of_words_stand_to_the_left() -> None:
    assert markdown_table(("where", "to", "n"), [("a", "b", "1")], words=2).splitlines()[1] == "| --- | --- | ---: |"
