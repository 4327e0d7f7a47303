"""A dump read in pieces gives the graph that it gives read whole, and only an odd one is read again."""

from __future__ import annotations

import gzip
import io
import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.errors import TestgenError
from testgen.graph import StateGraph
from testgen.graph.dot import begins_like_dot, read_dot
from testgen.graph.dot_pieces import read_dot_stream
from testgen.graph.source import Source, Stream
from tests.graph.conftest import DUMPS
from tests.strategies import PlainGraph, plain_graphs

RECORDED = sorted(path.name for path in DUMPS.glob("*.dot.gz"))
ODD = re.compile(r"alias|difftrace|strict|liveness|cut|-view|bare|duplicate|constrained|raw")
LATTICE = "\n".join(
    [
        "strict digraph DiskGraph {",
        '-7 [label="/\\\\ x = 0\\n/\\\\ y = <<>>",style = filled]',
        '-7 -> 9 [label="Up",color="black",fontcolor="black"];',
        '9 [label="/\\\\ x = 1\\n/\\\\ y = <<>>"];',
        '9 -> 11 [label="Push",color="black",fontcolor="black"];',
        '11 [label="/\\\\ x = 1\\n/\\\\ y = <<1>>"];',
        "}",
    ]
)


class Reading:
    """What came of reading `content` in pieces."""

    def __init__(self, content: bytes, piece_bytes: int) -> None:
        self.n_whole = 0
        self._content = content
        self.graph = read_dot_stream(self._open(), self._open, self._whole, piece_bytes=piece_bytes)

    def _open(self) -> Stream:
        return Stream("g", io.BytesIO(self._content))

    def _whole(self, source: Source) -> StateGraph:
        self.n_whole += 1
        return read_dot(source)


def same(one: StateGraph, other: StateGraph) -> bool:
    return (
        one.digest == other.digest
        and one.fingerprints.tolist() == other.fingerprints.tolist()
        and one.initial.tolist() == other.initial.tolist()
        and (one.actions, one.values, one.warnings) == (other.actions, other.values, other.warnings)
        and one.constrained_out_states == other.constrained_out_states
    )


def outcome(read: Callable[[], StateGraph]) -> StateGraph | str:
    """What came of reading: a graph, or words."""
    try:
        return read()
    except TestgenError as error:
        return f"{type(error).__name__}: {error}"


@given(plain_graphs(hostile=True), st.randoms(use_true_random=False), st.integers(40, 2000), st.booleans())
def test_pieces_and_whole(plain: PlainGraph, rng: random.Random, piece_bytes: int, tooltips: bool) -> None:
    content = plain.dot(rng, shuffled=True, tooltips=tooltips).encode()
    assert same(Reading(content, piece_bytes).graph, read_dot(Source("g", content)))


@pytest.mark.parametrize("piece_bytes", [30, 70, 100, 200])
def test_a_regular_dump_is_not_read_again(piece_bytes: int) -> None:
    reading = Reading(LATTICE.encode(), piece_bytes)
    assert reading.n_whole == 0
    assert same(reading.graph, read_dot(Source("g", LATTICE.encode())))


def test_a_short_dump_is_read_whole_at_once() -> None:
    assert Reading(LATTICE.encode(), len(LATTICE) + 1).n_whole == 1


@pytest.mark.parametrize("name", RECORDED)
def test_dumps_of_tlc(name: str) -> None:
    content = gzip.decompress((DUMPS / name).read_bytes())
    assert begins_like_dot(content)
    expected = outcome(lambda: read_dot(Source("g", content)))
    if isinstance(expected, str):
        assert outcome(lambda: Reading(content, 300).graph) == expected
        return
    reading = Reading(content, 300)
    assert same(reading.graph, expected)
    if not ODD.search(name):
        assert reading.n_whole == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("11 [", "9 ["),  # declared twice
        ("9 -> 11", "9 -> 12"),  # not declared
        ("y = <<1>>", "y = <<1"),
        ("y = <<1>>", "z = <<1>>"),
        ("\\\\ y = <<1>>", "\\\\ y = <<1>>\\n/\\\\ z = 1"),
        ('"Push"', '"Push'),
        ("}", "} }"),
        ("}", ""),
        ("}", "}\n}"),
        ("}", "}\n1 -> 2;"),
        ("\n9 [", "\n}\n9 ["),
    ],
)
def test_what_is_wrong_is_told_as_of_the_whole(old: str, new: str) -> None:
    head, _, tail = LATTICE.rpartition(old)
    content = f"{head}{new}{tail}".encode()
    expected = outcome(lambda: read_dot(Source("g", content)))
    assert isinstance(expected, str)
    assert outcome(lambda: Reading(content, 60).graph) == expected


def test_two_wordings_of_one_value_in_two_pieces() -> None:
    content = LATTICE.replace("<<1>>", "(1 :> 1)").replace(
        "}", '11 -> 5 [label="A"];\n5 [label="/\\\\ x = 2\\n/\\\\ y = <<1>>"];\n}'
    )
    reading = Reading(content.encode(), 60)
    assert reading.n_whole == 0
    assert same(reading.graph, read_dot(Source("g", content.encode())))
