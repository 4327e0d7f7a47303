"""Load a state graph from a file of any known format, known by its content."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack

from testgen.errors import ParseError
from testgen.graph.collector import collector_paused
from testgen.graph.dot import begins_like_dot, read_dot
from testgen.graph.dot_pieces import read_dot_stream
from testgen.graph.foreign_dot import is_foreign_dot, read_foreign_dot
from testgen.graph.graph_json import read_graph_json
from testgen.graph.itf import read_itf
from testgen.graph.json_text import JsonText
from testgen.graph.model import StateGraph
from testgen.graph.source import STANDARD_INPUT, Source, Stream, check_text, find_pair, open_stream
from testgen.graph.tlc_json import read_tlc_json
from testgen.graph.tlc_trace import read_tlc_trace

__all__ = ["load", "read_stream"]

_TLC_JSON = re.compile(rb'\s*\{\s*(?:"states"\s*:\s*\[\s*(?:\{\s*"(?:fp|val|initial)"\s*:|\]|\Z)|"edges"\s*:)')
_OWN_JSON = re.compile(rb'\s*\{\s*"schema"\s*:\s*"testgen\.graph/')
_JSON = re.compile(rb"\s*[\[{]")


def load(name: str, *, allow_cut: bool = False) -> StateGraph:
    """Read the state graph in the file `name`, plain or compressed; `x.dot` also finds `x.dot.gz`; `-` is stdin.

    Args:
        name: The file as the user names it; messages repeat it so. Of a dump in two files (`x-states.json` and
            `x-edges.json`) either name will do, and `x` too.
        allow_cut: Take a DOT dump that TLC did not finish, with a warning.

    Raises:
        InputError: The file is missing, unreadable, damaged, or of no known format.
        ParseError: It is malformed, at a place told by line and column.
        GraphError: It is well formed but not a state graph.
    """
    with collector_paused(), ExitStack() as files:
        pair = find_pair(name)
        if pair is not None:
            return read_tlc_json(name, [files.enter_context(open_stream(part)) for part in pair])
        stream = files.enter_context(open_stream(name))
        if name != STANDARD_INPUT and begins_like_dot(stream.head):
            return read_dot_stream(stream, lambda: open_stream(name), lambda whole: _read_dot(whole, allow_cut))
        return read_stream(stream, allow_cut=allow_cut)


def read_stream(stream: Stream, *, allow_cut: bool = False) -> StateGraph:
    """Read the one file `stream`, of any format, which cannot be opened again; see `load`."""
    if _TLC_JSON.match(stream.head):
        return read_tlc_json(stream.name, [stream])
    if _OWN_JSON.match(stream.head):
        return read_graph_json(stream)
    if _JSON.match(stream.head):
        return _read_json(stream)
    return _read_dot(stream.whole(), allow_cut)


def _read_dot(source: Source, allow_cut: bool) -> StateGraph:
    try:
        return read_dot(check_text(source), allow_cut=allow_cut)
    except ParseError as error:
        if not is_foreign_dot(source):
            raise
        return read_foreign_dot(source, error)


def _read_json(stream: Stream) -> StateGraph:
    """Read JSON whose first bytes do not tell its kind, or that is not large."""
    source = stream.whole()
    text = JsonText.of(source)
    document = text.parse()
    keys = document.keys() if isinstance(document, dict) else set()
    if "schema" in keys:
        with Stream(source.name, io.BytesIO(source.content)) as again:
            return read_graph_json(again)
    if "counterexample" in keys or {"state", "action"} <= keys:
        return read_tlc_trace(text, document)
    if "states" in keys and keys & {"vars", "#meta", "loop"}:
        return read_itf(text, document)
    if {"states", "edges"} & keys:
        with Stream(source.name, io.BytesIO(source.content)) as again:
            return read_tlc_json(source.name, [again])
    text.fail("is JSON, but no state graph or trace that testgen knows", 0, hint="is it the right file?")
