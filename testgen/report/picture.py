"""A picture of a small graph, drawn by graphviz, whose colors the page's style sheet gives."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from testgen.graph import StateGraph

__all__ = ["draw"]

_SECONDS = 60
"""A layout that takes longer would not be read either."""


def draw(
    graph: StateGraph, numbers: Sequence[int], state_class: Callable[[int], str], transition_class: Callable[[int], str]
) -> str | None:
    """Lay out `graph` as SVG; None without graphviz, or if it cannot do it.

    Args:
        graph: Small.
        numbers: What each state is called.
        state_class: Classes for the style sheet.
        transition_class: Likewise.
    """
    program = shutil.which("dot")
    if program is None:
        return None
    lines = ["digraph {", 'graph [bgcolor="transparent", rankdir=TB, nodesep=0.25, ranksep=0.45];']
    lines += ['node [shape=box, style=rounded, fontname="sans-serif", fontsize=11, height=0.3, width=0.4];']
    lines += ['edge [fontname="sans-serif", fontsize=9, arrowsize=0.6];']
    initial = set(graph.initial.tolist())
    for state in range(graph.n_states):
        words = f"state {state_class(state)}{' initial' if state in initial else ''}"
        lines.append(f'{state} [id="picture-{state}", label="{numbers[state]}", class="{words}"];')
    for transition, (source, target) in enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)):
        name = _quoted(graph.action(transition).name)
        words = transition_class(transition)
        lines.append(f'{source} -> {target} [label=" {name} ", class="transition {words}"];')
    try:
        done = subprocess.run(
            [program, "-Tsvg"],
            input="\n".join([*lines, "}"]).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        text = done.stdout.decode()
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return _inline(text)


def _quoted(text: str) -> str:
    """`text` for a label: no character that could end it or mean something in it."""
    return re.sub(r"[^\w .,:+*/()'-]", "·", text)


def _inline(text: str) -> str | None:
    """The element `svg` alone, checked to be one, without links."""
    start = text.find("<svg")
    if start < 0:
        return None
    try:
        root = ElementTree.fromstring(text[start:])  # noqa: S314 - written by graphviz; entities were declared before
    except ElementTree.ParseError:
        return None
    space = "{http://www.w3.org/2000/svg}"
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(space)
        for name in list(element.attrib):
            if name.startswith("{") or name in ("fill", "stroke") or name.startswith("font"):
                del element.attrib[name]
    root.attrib["class"] = "picture"
    root.attrib["role"] = "group"
    return ElementTree.tostring(root, encoding="unicode")
