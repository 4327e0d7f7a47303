"""Load a state graph from a file of any known format."""

from __future__ import annotations

from testgen.graph.dot import read_dot
from testgen.graph.model import StateGraph
from testgen.graph.source import open_source

__all__ = ["load"]


def load(name: str, *, allow_cut: bool = False) -> StateGraph:
    """Read the state graph in the file `name`, plain or compressed; `x.dot` also finds `x.dot.gz`; `-` is stdin.

    Args:
        name: The file as the user names it; messages repeat it so.
        allow_cut: Take a dump that TLC did not finish, with a warning.

    Raises:
        InputError: The file is missing, unreadable, damaged, or of no known format.
        ParseError: It is malformed, at a place told by line and column.
        GraphError: It is well formed but not a state graph.
    """
    return read_dot(open_source(name), allow_cut=allow_cut)
