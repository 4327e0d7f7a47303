"""DOT files that TLC did not write, through pydot: drawn by hand, or written by another tool.

What is needed to read one as a state graph:

- every node's label is a state as TLA+ writes it, `x = 1` or lines `/\\ x = 1`, with the same variables in each;
- an edge's label is its action, with arguments if it has any: `Put(1, "a")`;
- initial states are filled (`style=filled`, as TLC has them, while others are not), or an edge leads to them from a
  node without a state (`start [shape=point]`), or else no edge leads to them.

pydot reads about 13 kB a second (4.0.1), so a larger file is left to the reader of TLC's own DOT, which tells what it
does not understand. pydot prints a syntax error and returns None; that None is the error here.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from testgen.errors import GraphError, Location, ParseError, shortened
from testgen.graph.builder import GraphBuilder
from testgen.graph.dot_text import unescape
from testgen.graph.model import GraphWarning, StateGraph
from testgen.graph.source import Source
from testgen.values import ValueSyntaxError, split_state

__all__ = ["is_foreign_dot", "read_foreign_dot"]

_COMMENT = rb"//[^\n]*\n|\#[^\n]*\n|/\*.*?\*/"
_BEGINNING = re.compile(rb"(?:\s|" + _COMMENT + rb")*+(?:strict\s+)?(?:di)?graph\b", re.IGNORECASE | re.DOTALL)
_OF_TLC = re.compile(rb"(?:strict )?digraph DiskGraph\b")
_QUOTED_END = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)
_LARGEST = 1 << 18
_DEEPEST = 4
"""pydot's time doubles with each level of braces: 13 s for a single node in 12 of them."""
_BRACE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|([{}])', re.DOTALL)
_MARKERS = {"point", "none", "plaintext", "plain"}
_HINT = 'each node needs its state as label, as in  a [label="/\\\\ x = 1\\n/\\\\ y = 2"]'


def is_foreign_dot(source: Source) -> bool:
    """Whether pydot may be able to read what TLC's reader could not."""
    content = source.content
    return len(content) <= _LARGEST and _BEGINNING.match(content) is not None and _OF_TLC.search(content) is None


def read_foreign_dot(source: Source, error: ParseError) -> StateGraph:
    """Read a DOT file that is not of TLC's shape.

    Args:
        source: The file.
        error: What the reader of TLC's DOT said of it, which holds if pydot cannot read it either.

    Raises:
        ParseError: It is not DOT, or a label is no state.
        GraphError: It is not one directed graph, or no state is initial.
    """
    drawing = _Drawing.of(source, error)
    names = {name: number for number, name in enumerate(drawing.states)}
    if not names:
        drawing.fail("no node's label is a state of TLA+")
    builder = GraphBuilder(source.name, len(names))
    for number, (name, label) in enumerate(drawing.states.items()):
        try:
            builder.set_state(number, label, split_state(label))
        except ValueSyntaxError as fault:
            drawing.fail(f"the label of node {shortened(name)!r} is not a state: {fault.message}", name)
        except GraphError as fault:
            raise GraphError(fault.message, location=drawing.location(name), hint=_HINT) from fault
    steps = []
    for origin, target, label in drawing.edges:
        stateless = [target] if drawing.is_marker(origin) else [origin, target]
        for name in stateless:
            if name not in names:
                drawing.fail(f"node {shortened(name)!r} has no label that is a state", name)
        if origin in names:
            steps.append((names[origin], names[target], label))
    noticed = [GraphWarning("foreign-dot", "TLC did not write this DOT file; it is read as pydot understands it")]
    if steps and not any(label for _, _, label in steps):
        noticed.append(GraphWarning("no-action-labels", "edges have no labels, which would name the actions"))
    labels = sorted({label for _, _, label in steps})
    return builder.build(
        initial=np.array(sorted(names[name] for name in drawing.initial()), dtype=np.int64),
        sources=np.array([source for source, _, _ in steps], dtype=np.int64),
        targets=np.array([target for _, target, _ in steps], dtype=np.int64),
        labels=np.array([labels.index(label) for _, _, label in steps], dtype=np.int32),
        label_texts=labels,
        fingerprints=np.arange(len(names), dtype=np.int64),
        warnings=noticed,
    )


@dataclass(slots=True)
class _Drawing:
    """What pydot found: labels of the nodes that have one, other nodes, edges, with names and labels unquoted."""

    source: Source
    states: dict[str, str] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    shapes: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, source: Source, error: ParseError) -> _Drawing:
        (graph, *others) = _parse(source, error)
        if others or graph.get_type() != "digraph":
            raise GraphError(
                "is not one directed graph", location=Location(source.name), hint="a state graph is one `digraph`"
            )
        drawing = cls(source)
        drawing._collect(graph)
        return drawing

    def _collect(self, graph: Any) -> None:  # Any: pydot has no types
        for node in graph.get_nodes():
            name = _unquoted(node.get_name())
            attributes = node.get_attributes()
            self.shapes[name] = _unquoted(attributes.get("shape") or "")
            if "label" in attributes and name not in ("node", "edge", "graph"):
                self.states[name] = _label(attributes["label"])
            if "filled" in _unquoted(attributes.get("style") or ""):
                self.filled.add(name)
        for edge in graph.get_edges():
            ends = edge.get_source(), edge.get_destination()
            if not all(isinstance(end, str) for end in ends):
                self.fail("an edge joins groups of nodes, `{a b} -> c`")
            origin, target = (_without_port(end) for end in ends)
            self.edges.append((origin, target, _label(edge.get_attributes().get("label") or "")))
        for subgraph in graph.get_subgraphs():
            self._collect(subgraph)

    def is_marker(self, name: str) -> bool:
        """Whether the node only shows where to begin."""
        return name not in self.states and self.shapes.get(name) in _MARKERS

    def initial(self) -> set[str]:
        marked = {target for origin, target, _ in self.edges if self.is_marker(origin)}
        filled = self.filled & self.states.keys()
        if filled and len(filled) < len(self.states):
            marked |= filled
        return marked or self.states.keys() - {target for origin, target, _ in self.edges if origin != target}

    def location(self, name: str | None = None) -> Location:
        """The first line in which a node of this name may be declared."""
        if name is not None:
            pattern = re.compile(rf'(?<!\w){re.escape(name)}"?\s*\['.encode())
            found = pattern.search(self.source.content)
            if found is not None:
                return Location(self.source.name, self.source.content.count(b"\n", 0, found.start()) + 1)
        return Location(self.source.name, 1)

    def fail(self, message: str, name: str | None = None) -> NoReturn:
        raise ParseError(message, location=self.location(name), hint=_HINT)


def _parse(source: Source, error: ParseError) -> list[Any]:  # Any: pydot has no types
    if _depth(source.content) > _DEEPEST:
        raise ParseError(
            f"braces nested more than {_DEEPEST} deep, which pydot would take too long to read",
            location=Location(source.name, 1),
            hint="a state graph needs no groups of nodes; take the nodes out of them",
        )
    try:
        with _silence():
            import pydot

            graphs: list[Any] | None = pydot.graph_from_dot_data(source.content.decode())
    except (RecursionError, UnicodeDecodeError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        graphs = None  # pydot 4.0.1 has been seen to raise each of them for malformed input
    if not graphs:
        raise error
    return graphs


def _depth(content: bytes) -> int:
    depth = deepest = 0
    for brace in _BRACE.finditer(content):
        if brace[1] is not None:
            depth += 1 if brace[1] == b"{" else -1
            deepest = max(deepest, depth)
    return deepest


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what pydot prints, and the warnings about its use of pyparsing, from the user."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _unquoted(text: str) -> str:
    text = str(text)
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _without_port(end: str) -> str:
    quoted = _QUOTED_END.match(end)
    return _unquoted(quoted[1]) if quoted is not None else end.partition(":")[0]


def _label(text: str) -> str:
    """A label's text; DOT ends lines with `\\n`, `\\l` and `\\r`."""
    text = str(text)
    if not text.startswith('"'):
        return text
    return unescape(re.sub(r"(\\\\)|\\[lr]", _line_end, text[1:-1])).rstrip("\n")


def _line_end(match: re.Match[str]) -> str:
    return match[1] or "\\n"
