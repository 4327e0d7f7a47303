"""What the tests of `testgen.graph` share: TLC's own dumps, and small ones made of lines."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.graph import StateGraph, load
from tests import strategies  # noqa: F401  # sets Hypothesis up for all tests of this folder

DUMPS = Path(__file__).parent.parent / "data" / "dumps"
HEAD = ["strict digraph DiskGraph {", "nodesep=0.35;", "subgraph cluster_graph {", 'color="white";']
FOOT = ["{rank = same; 1;}", "}", "}"]


@pytest.fixture
def dump() -> Callable[[str], StateGraph]:
    """Load one of the recorded dumps by its name without `.dot.gz`."""
    return lambda name: load(str(DUMPS / f"{name}.dot.gz"))


@pytest.fixture
def dump_text() -> Callable[[str], bytes]:
    return lambda name: gzip.decompress((DUMPS / f"{name}.dot.gz").read_bytes())


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], str]:
    """Write a file into the current folder, and return the name by which to load it."""
    monkeypatch.chdir(tmp_path)

    def write_file(content: str | bytes, name: str = "g.dot") -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write_file


@pytest.fixture
def load_lines(write: Callable[[str | bytes], str]) -> Callable[..., StateGraph]:
    """Load the dump that has these lines inside TLC's frame."""

    def load_body(*lines: str, allow_cut: bool = False) -> StateGraph:
        return load(write("\n".join([*HEAD, *lines, *FOOT])), allow_cut=allow_cut)

    return load_body
