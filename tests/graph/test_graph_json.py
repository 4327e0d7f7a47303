"""testgen's own JSON: any graph comes back as it was, and a damaged document is told at its place."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.errors import InputError, ParseError, SurroundingsError
from testgen.graph import StateGraph, export_graph, load
from testgen.graph.dot import read_dot
from testgen.graph.export import graph_document
from testgen.graph.graph_json import read_graph_json
from testgen.graph.source import Source, Stream
from tests.graph.conftest import DUMPS
from tests.strategies import PlainGraph, plain_graphs

Write = Callable[..., str]
LoadLines = Callable[..., StateGraph]
READABLE = sorted(
    path.name
    for pattern in ("*.dot.gz", "*-2025-01.json.gz", "*-states.json.gz")
    for path in DUMPS.glob(pattern)
    if "strict--h" not in path.name and "strict--2.20" not in path.name and "_liveness" not in path.name
)


def again(graph: StateGraph) -> StateGraph:
    return read_graph_json(Stream("g.json", io.BytesIO(b"".join(graph_document(graph)))))


@settings(max_examples=100)
@given(plain_graphs(hostile=True), st.randoms(use_true_random=False))
def test_round_trip(plain: PlainGraph, rng: random.Random) -> None:
    graph = read_dot(Source("g", plain.dot(rng, shuffled=True).encode()))
    read = again(graph)
    assert read.digest == graph.digest
    assert read.fingerprints.tolist() == graph.fingerprints.tolist()
    assert (read.actions, read.warnings, read.values) == (graph.actions, graph.warnings, graph.values)
    assert b"".join(graph_document(read)) == b"".join(graph_document(graph))


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_round_trip_of_tlc_s_dumps(name: str, suffix: str, tmp_path: Path) -> None:
    graph = load(str(DUMPS / name))
    path = tmp_path / f"g.json{suffix}"
    export_graph(graph, path)
    read = load(str(path))
    assert (read.digest, read.warnings) == (graph.digest, graph.warnings)
    assert read.constrained_out_states == graph.constrained_out_states
    content = path.read_bytes()
    export_graph(read, path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing(load_lines: LoadLines, tmp_path: Path) -> None:
    graph = load_lines('1 [label="x = 0",style = filled]')
    with pytest.raises(SurroundingsError, match="cannot be written"):
        export_graph(graph, tmp_path / "no" / "g.json")


def document(**changes: Any) -> str:
    whole = {
        "schema": "testgen.graph/1",
        "variables": ["x", "y"],
        "values": [["0", "1"], ["m1"]],
        "actions": [{"name": "A", "arguments": ["1"], "parameters": ["p"]}],
        "states": [[0, 0], [1, 0]],
        "initial": [0],
        "transitions": [[0, 0, 1]],
        "fingerprints": ["-9223372036854775808", "7"],
        "constrained_out_states": 0,
        "warnings": [],
    }
    return json.dumps({key: value for key, value in (whole | changes).items() if value is not None})


def test_a_document_written_by_hand(write: Write) -> None:
    graph = load(write(document(more=[1.5, None]), "g.json"))
    assert (graph.n_states, graph.n_transitions, str(graph.action(0))) == (2, 1, "A(p = 1)")
    assert graph.fingerprints.tolist() == [-(2**63), 7]


def test_character_of_two_escapes_beside_another_escape_is_whole(write: Write) -> None:
    name = "A\x1f\U0001f600"
    text = document(actions=[{"name": name, "arguments": ["1"], "parameters": ["p"]}])
    assert "\\u001f\\ud83d\\ude00" in text
    assert load(write(text, "g.json")).action(0).name == name


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"schema": "testgen.graph/2"}, '"testgen.graph/2"', "this testgen reads testgen.graph/1"),
    ({"schema": 1}, "1,", "is of schema no name"),
    ({"states": None}, '[0], "tr', "'initial' stands before 'states'"),
    ({"warnings": None}, "", "there is no 'warnings'"),
    ({"states": [[0, 0], [1, 0.5]]}, "0.5", "expected int, got float"),
    ({"states": [[0, 0], [1, True]]}, "true", "expected int, got bool"),
    ({"states": [[0, 0], [2, 0]]}, "2, 0]", "2 is no place in 2 values"),
    ({"states": [[0, 0], [0]]}, "[0]]", "1 values for 2 variables"),
    ({"states": [[0, 0], [-1, 0]]}, "-1, 0]", "expected int >= 0"),
    ({"transitions": [[0, 0]]}, "[0, 0]], \"f", "expected array of length 3"),
    ({"transitions": [[0, 1, 1]]}, "1, 1]], \"f", "1 is no place in 1 actions"),
    ({"transitions": [[0, 0, 2]]}, "2]], \"f", "2 is no place in 2 states"),
    ({"initial": [2]}, "2], \"trans", "2 is no place in 2 states"),
    ({"initial": [2**40]}, "1099", "expected int <= 2147483647"),
    ({"values": [["0", "1"]]}, ', "actions"', "values of 1 variables, of which there are 2"),
    ({"values": [["0", "<<1"], ["m1"]]}, '"<<1"', "sequence is not closed in this value"),
    ({"variables": ["x", "x"]}, '["x", "x"]', "a variable stands twice"),
    ({"fingerprints": ["1", "9223372036854775808"]}, '"92', "is not a number of 64 bits"),
    ({"fingerprints": ["1", "x"]}, '"x"],', "is not a number of 64 bits"),
    ({"fingerprints": ["1"]}, ', "constrained', "1 fingerprints for 2 states"),
    ({"actions": [{"name": "A", "arguments": [], "parameters": ["p"]}]}, '{"name', "1 parameters for 0 arguments"),
    ({"actions": ["A"]}, '"A"', "expected object, got str"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "at", "words"), BAD, ids=range(len(BAD)))
def test_bad_documents_have_one_error_at_its_place(changes: dict[str, Any], at: str, words: str, write: Write) -> None:
    text = document(**changes)
    with pytest.raises(ParseError) as caught:
        load(write(text, "g.json"))
    error = caught.value
    assert words in error.message
    assert error.location is not None
    assert (error.location.line, error.location.column) == (1, text.index(at) + 1 if at else None)
    assert error.hint


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"states": [], "initial": [], "transitions": [], "fingerprints": []}, "the graph has no state"),
        ({"initial": []}, "no state is marked initial"),
    ],
)
def test_documents_that_are_no_graph(changes: dict[str, Any], words: str, write: Write) -> None:
    with pytest.raises(Exception, match=words):
        load(write(document(**changes), "g.json"))


def test_a_graph_of_one_state(load_lines: LoadLines) -> None:
    graph = load_lines('1 [label="x = 0",style = filled]')
    assert again(graph).digest == graph.digest


def test_keys_twice_and_text_after_the_end(write: Write) -> None:
    for text, words in [
        (document().replace('"initial"', '"states"'), "key 'states' stands twice"),
        (document() + "]", "text after the end"),
        (document()[:-1], "too early"),
        (document(initial=float("nan")), "NaN is not JSON"),
    ]:
        with pytest.raises(InputError, match=words):
            load(write(text, "g.json"))
