"""Open a dump: find the file, undo compression as it is read, and refuse early what cannot be a dump.

gzip and zstd are read, known by their first bytes whatever the file's name. Other compressions are told by name. A file
that expands beyond measure (a "zip bomb") is told before it fills the memory.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from testgen.errors import InputError, Location, unreadable
from testgen.graph._zstd import ZstdError, ZstdFile

__all__ = [
    "COMPRESSED",
    "STANDARD_INPUT",
    "Source",
    "Stream",
    "check_text",
    "find_pair",
    "open_source",
    "open_stream",
    "resolve",
]

COMPRESSED = ".gz", ".zst"
"""What is added to a dump's name when it is compressed."""
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_OTHERS = {
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf": "7-Zip",
    b"\x04\x22\x4d\x18": "LZ4",
}
STANDARD_INPUT = "-"
_PAIR = "-states.json", "-edges.json"
_NOTHING = 100
"""Bytes, more than a JSON dump without states and edges has."""
_HEAD = 1 << 16
_CHUNK = 1 << 20
_FREE_EXPANSION = 1 << 28
"""Up to this size nobody is hurt, whatever the compression."""
_EXPANSION_LIMIT = 200
"""TLC's dumps shrink to a thirtieth by gzip; nothing but zeros shrinks to a thousandth."""
_LIMIT_VARIABLE = "TESTGEN_EXPANSION_LIMIT"


@dataclass(frozen=True, slots=True)
class Source:
    """A dump's name as the user gave it, and its whole uncompressed content."""

    name: str
    content: bytes


def resolve(name: str) -> Path:
    """The file that `name` means: itself, or with `.gz` or `.zst` where only that exists.

    Raises:
        InputError: None exists, or it is a directory.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError("is a directory, not a state graph", location=Location(name), hint=_dumps_in(path))
    existing = _existing(path)
    if existing is None:
        raise InputError("no such file", location=Location(name), hint=_dumps_in(path.parent))
    return existing


def _existing(path: Path) -> Path | None:
    """`path` itself, or with the ending of a compressed file."""
    candidates = (path, *(path.with_name(path.name + suffix) for suffix in COMPRESSED)) if path.name else (path,)
    return next((candidate for candidate in candidates if candidate.exists()), None)


def find_pair(name: str) -> tuple[str, str] | None:
    """The files of states and of transitions, if `name` is one of them or what their names begin with.

    MongoDB's fork of TLC of 2025-06 writes `x-states.json`, `x-edges.json`, and an `x.json` with nothing in it.
    """
    if name == STANDARD_INPUT:
        return None
    bare = uncompressed(name)
    ending = next((ending for ending in _PAIR if bare.endswith(ending)), None)
    if ending is None and _exists(name) and not _says_nothing(name):
        return None
    stem = bare.removesuffix(ending or ".json")
    states, edges = (stem + ending for ending in _PAIR)
    return (states, edges) if _exists(states) and _exists(edges) else None


def uncompressed(name: str) -> str:
    """`name` without the ending of a compressed file."""
    return next((name.removesuffix(suffix) for suffix in COMPRESSED if name.endswith(suffix)), name)


def _exists(name: str) -> bool:
    try:
        return _existing(Path(name)) is not None
    except OSError:  # too long for the system, for one, which is told when it is opened
        return False


def _says_nothing(name: str) -> bool:
    path = Path(name)
    return path.suffix == ".json" and path.is_file() and path.stat().st_size <= _NOTHING


class Stream:
    """An open dump, read from its beginning to its end once, uncompressed. A context manager.

    Attributes:
        name: As the user gave it.
        head: The first bytes, by which the format is known; `read` gives them too.
    """

    def __init__(self, name: str, file: _Readable) -> None:
        """Take over `file`, which may be compressed."""
        self.name = name
        self.head = b""
        self._raw = _Counted(file)
        self._buffered = io.BufferedReader(self._raw, _CHUNK)
        self._file: io.BufferedIOBase = self._buffered
        self._given = 0
        self._limit = _expansion_limit()
        try:
            self._file = self._uncompressed()
            self.head = self._read(_HEAD).removeprefix(codecs.BOM_UTF8)
            self._check_head()
        except BaseException:
            self.close()
            raise
        self._pending = self.head

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._buffered.close()

    def read(self, size: int = _CHUNK) -> bytes:
        """The next bytes, at most `size` of them; none at the end.

        Raises:
            InputError: The compression is damaged or cut, or the file expands beyond the limit.
        """
        if self._pending:
            content, self._pending = self._pending[:size], self._pending[size:]
            return content
        return self._read(size)

    def whole(self) -> Source:
        """All that is left, which is everything if nothing was read yet."""
        content = io.BytesIO()
        while chunk := self.read():
            content.write(chunk)
        return Source(self.name, content.getvalue())

    def _read(self, size: int) -> bytes:
        try:
            content = self._file.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error, ZstdError) as error:
            raise InputError(
                f"the compressed file is damaged or cut short ({error})",
                location=Location(self.name),
                hint="was it copied whole? `gzip -t` or `zstd -t` tells; if not, dump again with `testgen explore`",
            ) from error
        except OSError as error:
            raise unreadable(self.name, error) from error
        self._given += len(content)
        if self._file is not self._buffered and self._given > max(_FREE_EXPANSION, self._limit * self._raw.count):
            raise InputError(
                f"expands to more than {self._limit} times its size, {self._given >> 20:,} MiB so far",
                location=Location(self.name),
                hint=f"if it is what it should be, raise the limit with the environment variable {_LIMIT_VARIABLE}",
            )
        return content

    def _uncompressed(self) -> io.BufferedIOBase:
        try:
            magic = self._buffered.peek(8)
        except OSError as error:
            raise unreadable(self.name, error) from error
        for beginning, compression in _OTHERS.items():
            if magic.startswith(beginning):
                raise InputError(
                    f"is compressed by {compression}, which testgen does not read",
                    location=Location(self.name),
                    hint="unpack it, or compress it by gzip or zstd",
                )
        if magic.startswith(_GZIP):
            return gzip.GzipFile(fileobj=self._buffered)
        return ZstdFile(self._buffered) if magic.startswith(_ZSTD) else self._buffered

    def _check_head(self) -> None:
        if not self.head.strip() and len(self.head) < _HEAD:
            raise InputError(
                "the file is empty",
                location=Location(self.name),
                hint="did TLC stop before it found the initial states?",
            )
        if b"\0" in self.head:
            raise _binary(self.name)


def open_stream(name: str) -> Stream:
    """Open the dump `name`; `-` is standard input.

    Raises:
        InputError: It is missing, empty, no text, or compressed in a way that is not read.
        SurroundingsError: There is no permission to read it.
    """
    try:
        file: _Readable = sys.stdin.buffer if name == STANDARD_INPUT else resolve(name).open("rb", buffering=0)
    except OSError as error:
        raise unreadable(name, error) from error
    return Stream(name, file)


def open_source(name: str) -> Source:
    """Read the whole dump `name`; see `open_stream`."""
    with open_stream(name) as stream:
        return check_text(stream.whole())


def check_text(source: Source) -> Source:
    """`source`, if it is no binary file."""
    if b"\0" in source.content:
        raise _binary(source.name)
    return source


def _binary(name: str) -> InputError:
    return InputError(
        "is binary, not a state graph",
        location=Location(name),
        hint="testgen reads TLC's `-dump dot,actionlabels FILE`, JSON, and traces, plain or compressed by gzip or zstd",
    )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...
    def close(self) -> None: ...


class _Counted(io.RawIOBase):
    """A file that knows how much of it was read, and stays open if it is standard input."""

    def __init__(self, file: _Readable) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # a WriteableBuffer
        content = self._file.read(len(buffer)) or b""
        buffer[: len(content)] = content
        self.count += len(content)
        return len(content)

    def close(self) -> None:
        if self._file is not getattr(sys.stdin, "buffer", None):
            self._file.close()
        super().close()


def _expansion_limit() -> int:
    value = os.environ.get(_LIMIT_VARIABLE, "")
    if not value:
        return _EXPANSION_LIMIT
    if not value.isdecimal() or int(value) < 1:
        raise InputError(f"{_LIMIT_VARIABLE}={value!r} is not a number from 1", location=Location(_LIMIT_VARIABLE))
    return int(value)


def _dumps_in(folder: Path) -> str:
    """A hint that names the dumps which are there, or how to make one."""
    endings = tuple(kind + suffix for kind in (".dot", ".json") for suffix in ("", *COMPRESSED))
    try:
        found = sorted(path.name for path in folder.iterdir() if path.name.endswith(endings))
    except OSError:
        found = []
    return f"{folder} has {', '.join(found[:8])}" if found else "`testgen explore SPEC.tla` makes one"
