"""Open a dump: find the file, undo compression, and refuse what cannot be a dump before anyone reads it."""

from __future__ import annotations

import codecs
import gzip
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from testgen.errors import InputError, Location, unreadable

__all__ = ["Source", "open_source", "resolve"]

_GZIP_MAGIC = b"\x1f\x8b"
_STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """A dump's name as the user gave it, and its whole uncompressed content."""

    name: str
    content: bytes


def resolve(name: str) -> Path:
    """The file that `name` means: itself, or with `.gz` where only that exists.

    Raises:
        InputError: Neither exists, or it is a directory.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError("is a directory, not a state graph", location=Location(name), hint=_dumps_in(path))
    if path.exists():
        return path
    compressed = path.with_name(path.name + ".gz")
    if compressed.exists():
        return compressed
    raise InputError("no such file", location=Location(name), hint=_dumps_in(path.parent))


def open_source(name: str) -> Source:
    """Read the dump `name`; `-` reads standard input.

    Raises:
        InputError: It is missing, empty, cut inside its compression, or not text.
        SurroundingsError: There is no permission to read it.
    """
    try:
        raw = sys.stdin.buffer.read() if name == _STANDARD_INPUT else resolve(name).read_bytes()
        content = gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"the compressed file is damaged or cut short ({error})",
            location=Location(name),
            hint="was it copied whole? `gzip -t` tells; if not, dump again with `testgen explore`",
        ) from error
    except OSError as error:
        raise unreadable(name, error) from error
    if not content.strip():
        raise InputError(
            "the file is empty", location=Location(name), hint="did TLC stop before it found the initial states?"
        )
    if b"\0" in content:
        raise InputError(
            "is binary, not a state graph",
            location=Location(name),
            hint="testgen reads TLC's `-dump dot,actionlabels FILE`, plain or compressed by gzip",
        )
    return Source(name, content.removeprefix(codecs.BOM_UTF8))


def _dumps_in(folder: Path) -> str:
    """A hint that names the dumps which are there, or how to make one."""
    try:
        found = sorted(path.name for path in folder.iterdir() if path.name.endswith((".dot", ".dot.gz")))
    except OSError:
        found = []
    return f"{folder} has {', '.join(found[:8])}" if found else "`testgen explore SPEC.tla` makes one"
