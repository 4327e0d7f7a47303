"""DOT files that TLC did not write: read if every node shows a state, else one clear error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testgen.errors import GraphError, ParseError, TestgenError
from testgen.graph import load

Write = Callable[..., str]

DRAWN = r"""
// drawn by hand
digraph "my graph" {
    rankdir=LR; node [shape=box];
    a [label="/\\ x = 0\n/\\ y = \"a\\nb\""];
    subgraph cluster { "b c" [label="/\\ y = \"\"\l/\\ x = 1\l"]; }
    3.5 [label="/\ x = 2\n/\ y = {m1}"]
    a -> "b c" -> 3.5 [label="Up(1, \"q\")"];
    "b c":port -> a [label=Down, color=red];
    /* a stutter */ a -> a [label="Stay"]
    start [shape=point]; start -> a;
}
"""


def test_a_drawing_is_read(write: Write) -> None:
    graph = load(write(DRAWN))
    assert [{name: value.key for name, value in graph.state(state).items()} for state in range(3)] == [
        {"x": "0", "y": '"a\\nb"'},
        {"x": "1", "y": '""'},
        {"x": "2", "y": "{m1}"},
    ]
    steps = [(int(s), str(graph.action(t)), int(graph.targets[t])) for t, s in enumerate(graph.sources)]
    assert steps == [(0, "Stay", 0), (0, 'Up(1, "q")', 1), (1, "Down", 0), (1, 'Up(1, "q")', 2)]
    assert graph.initial.tolist() == [0]
    assert [warning.code for warning in graph.warnings] == ["foreign-dot"]


@pytest.mark.parametrize(
    ("body", "initial"),
    [
        ('a [label="x = 0"]; b [label="x = 1"]; a -> b -> b', [0]),
        ('a [label="x = 0"]; b [label="x = 1",style=filled]; a -> b -> a', [1]),
        ('a [label="x = 0",style="filled,bold"]; b [label="x = 1",style=filled]; a -> b', [0]),
        ('a [label="x = 0"]; b [label="x = 1"]; s [shape=none]; s -> a; s -> b; a -> b -> a', [0, 1]),
        ('a [label="x = 0"]', [0]),
    ],
)
def test_initial_states(body: str, initial: list[int], write: Write) -> None:
    graph = load(write(f"digraph G {{ {body} }}"))
    assert [graph.state(state)["x"].key for state in graph.initial.tolist()] == [str(x) for x in initial]


@pytest.mark.parametrize(
    ("content", "kind", "line", "words"),
    [
        ("digraph G { a -> b }", ParseError, 1, "no node's label is a state"),
        ('digraph G {\n a [label="hello"] }', ParseError, 2, "the label of node 'a' is not a state"),
        ('digraph G {\n\n "a" [label="x = <<1"] }', ParseError, 3, "sequence is not closed"),
        ('digraph G { a [label=<b>] }', ParseError, 1, "not a state"),
        ('digraph G { a [label="x = 1"];\nb; a -> b }', ParseError, 1, "node 'b' has no label that is a state"),
        ('digraph G { a [label="x = 1"];\nb [label="y = 1"]; a -> b }', GraphError, 2, "the variables y"),
        ('digraph G { a [label="x = 1"]; {a} -> a }', ParseError, 1, "an edge joins groups of nodes"),
        ('graph G { a [label="x = 1"] }', GraphError, None, "is not one directed graph"),
        ('digraph G { a [label="x = 1"] } digraph H { a }', GraphError, None, "is not one directed graph"),
        ('digraph G { a [label="x = 1"]; b [label="x = 2"]; a -> b -> a }', GraphError, None, "no state is marked"),
        ("digraph MyGraph {1[label=\"m1\\n0\\n\"];1->1[label=\"Two\"];}", ParseError, 1, "is not a state"),
        ("digraph G { a [label=", ParseError, 1, "the file ends in the middle"),
        ("digraph G {" + "{" * 300 + "}" * 300 + "}", ParseError, 1, "braces nested more than 4 deep"),
        ("digraph G { s [shape=point]; s -> s }", ParseError, 1, "no node's label is a state"),
        ('digraph G { a [label="x = 1"]; s [shape=point]; s -> s }', ParseError, 1, "node 's' has no label that is"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(content: str, kind: type[TestgenError], line: int, words: str, write: Write) -> None:
    with pytest.raises(kind) as caught:
        load(write(content))
    assert words in caught.value.message
    assert caught.value.location is not None
    assert caught.value.location.line == line
    assert caught.value.hint


def test_what_tlc_wrote_is_never_taken_for_a_drawing(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParseError, match="not a line that TLC writes"):
        load(write('strict digraph DiskGraph {\n1 [label="x = 0",style = filled]\nodd\n}\n'))
    with pytest.raises(ParseError, match="the file ends in the middle"):
        load(write("digraph G { a ["))
    assert capfd.readouterr() == ("", "")
