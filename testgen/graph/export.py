"""Write a state graph into a file of testgen's own JSON, whole or not at all."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from testgen.errors import Location, SurroundingsError
from testgen.graph._zstd import ZstdFile
from testgen.graph.graph_json import graph_document
from testgen.graph.model import StateGraph

__all__ = ["export_graph"]


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
