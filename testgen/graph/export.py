"""Write a state graph into a file of testgen's own JSON (see `graph_json`), whole or not at all."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from testgen.errors import Location, SurroundingsError
from testgen.graph._zstd import ZstdFile
from testgen.graph.graph_json import SCHEMA
from testgen.graph.model import StateGraph

__all__ = ["export_graph", "graph_document"]


def export_graph(graph: StateGraph, path: Path) -> None:
    """Write `graph` to `path`, compressed if that ends in `.gz` or `.zst`. The same graph gives the same bytes.

    Raises:
        SurroundingsError: The file cannot be written; an earlier one is left as it was.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            _write(graph, file, path.suffix)
        unfinished.replace(path)
    except OSError as error:
        raise SurroundingsError(
            f"cannot be written: {error.strerror or error}", location=Location(str(path)), hint="is the folder there?"
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _write(graph: StateGraph, file: IO[bytes], suffix: str) -> None:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as compressed:
            compressed.writelines(graph_document(graph))
    elif suffix == ".zst":
        with ZstdFile(file, "wb") as packed:
            packed.writelines(graph_document(graph))
    else:
        file.writelines(graph_document(graph))


def graph_document(graph: StateGraph) -> Iterator[bytes]:
    """The document of `graph`, piece by piece: a function of the graph alone, one value, state or transition a line."""
    encode = msgspec.json.encode
    actions = [
        {
            "name": action.name,
            "arguments": [argument.key for argument in action.arguments],
            "parameters": action.parameters,
        }
        for action in graph.actions
    ]
    rows = zip(graph.sources.tolist(), graph.labels.tolist(), graph.targets.tolist(), strict=True)
    yield b'{\n"schema": ' + encode(SCHEMA)
    yield b',\n"variables": ' + encode(graph.variables)
    yield b',\n"values": ['
    for place, column in enumerate(graph.values):
        yield b"," if place else b""
        yield from _lines(value.key for value in column)
    yield b"]"
    yield b',\n"actions": '
    yield from _lines(actions)
    yield b',\n"states": '
    yield from _lines(graph.ranks.tolist())
    yield b',\n"initial": ' + encode(graph.initial.tolist())
    yield b',\n"transitions": '
    yield from _lines(rows)
    yield b',\n"fingerprints": '
    yield from _lines(str(number) for number in graph.fingerprints.tolist())
    yield b',\n"constrained_out_states": ' + encode(graph.constrained_out_states)
    yield b',\n"warnings": '
    yield from _lines({"code": warning.code, "message": warning.message} for warning in graph.warnings)
    yield b"\n}\n"


def _lines(rows: Iterable[object]) -> Iterator[bytes]:
    separator = b"[\n"
    for row in rows:
        yield separator + msgspec.json.encode(row)
        separator = b",\n"
    yield b"[]" if separator == b"[\n" else b"\n]"
