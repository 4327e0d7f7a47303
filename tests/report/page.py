"""Reading a page back: its elements, checked to be well-formed, its tables, and the states packed in it."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np

__all__ = ["Element", "Page", "unpack"]

VOID = {"meta", "input", "br", "img", "link", "hr"}
RAW = {"script", "style", "title"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within, white space as one space, what only screen readers read left out."""
        if "vh" in self.attributes.get("class", "").split():
            return ""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements within, in order."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and all(child.attributes.get(k) == v for k, v in attributes.items()):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def rows(self) -> list[list[str]]:
        """The cells' texts of the first table within."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Element)] for row in self.all("table")[0].all("tr")
        ]


class Page(HTMLParser):
    """A page as a tree; an end tag that closes something else is an error, as is an id given twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.everything: list[Element] = []
        self._open = [self.root]
        self.feed(text)
        self.close()
        assert [element.tag for element in self._open] == [""], f"not closed: {[e.tag for e in self._open]}"
        ids = [element.attributes["id"] for element in self.everything if "id" in element.attributes]
        assert len(ids) == len(set(ids)), "an id is given twice"
        self.by_id = {element.attributes["id"]: element for element in self.everything if "id" in element.attributes}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        self.everything.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> at {self.getpos()} closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def unpack(page: Page) -> dict[str, Any]:
    """What the page's program reads: words, and arrays by name, differences summed up."""

    def content(name: str) -> bytes:
        return gzip.decompress(base64.b64decode("".join(map(str, page.by_id[name].children))))

    graph: dict[str, Any] = json.loads(content("graph-words"))
    numbers = np.frombuffer(content("graph-numbers"), dtype="<i4")
    at = 0
    for name, length in graph["arrays"]:
        array = numbers[at : at + length]
        graph[name] = (np.cumsum(array) if name in ("number", "target", "walkStep") else array).tolist()
        at += length
    assert at == len(numbers)
    return graph
