"""Damage files of every format and read them: what comes out is a graph or a `TestgenError`, never anything else.

Each case follows from its number. The suite runs a few hundred (`test_fuzz_readers.py`); for longer:

    python -m tests.graph.fuzz_readers --seconds 900 --start 1000000

prints how many cases of each format ended how, the slowest one, and every failure with its number.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import io
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

from testgen.errors import TestgenError
from testgen.graph import StateGraph, json_stream
from testgen.graph._zstd import ZstdFile
from testgen.graph.dot import begins_like_dot, read_dot
from testgen.graph.dot_pieces import read_dot_stream
from testgen.graph.export import graph_document
from testgen.graph.load import read_stream
from testgen.graph.source import Source, Stream
from testgen.graph.tlc_json import read_tlc_json
from tests.graph.conftest import DUMPS
from tests.graph.test_foreign_dot import DRAWN
from tests.strategies import HOSTILE

BYTES = [
    *(b'"', b"\\", b"\n", b"\r", b"}", b"{", b"[", b"]", b",", b":", b"-", b"9" * 30, b"\xff", b"<<", b" -> ", b"("),
    *(b"NaN", b"null", b"1.5", b"1e400", b"\\ud800", b"\\u0000", b"\0", b"[" * 2000, b'{"a":' * 600, b"9" * 5000),
    *(b"/*", b"//", b"#", b"digraph", b"\xef\xbb\xbf", b"/\\", b"1..999999999999", b'"fp":1,', b'"schema"', b"SUBSET "),
]  # fmt: skip
ODD: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, -(2**63) - 1, 10**40, "", "x", [], {}, [[]], {"a": 1}, {"#bigint": "1"}, "<<1"),
    *({"#set": [1]}, {"#map": [[1, 2]]}, {"#map": [1]}, {"#unserializable": "Nat"}, {"tag": "Some", "value": 1}),
    *HOSTILE,
]  # fmt: skip
PAIR = "fork-2025-06"


@functools.cache
def corpus() -> dict[str, list[tuple[bytes, ...]]]:
    """By format, whole files; those of a dump in two files together."""

    def recorded(pattern: str) -> list[bytes]:
        return [gzip.decompress(path.read_bytes()) for path in sorted(DUMPS.glob(pattern))]

    dots = recorded("[ABEU]-*.dot.gz")
    quint = [
        {"x": {"#set": [{"#bigint": "1"}]}, "mbt::actionTaken": "a", "mbt::nondetPicks": {}},
        {
            "x": {"#map": [[{"#tup": [1, "a"]}, {"r": True}]]},
            "mbt::actionTaken": "b",
            "mbt::nondetPicks": {"v": {"tag": "Some", "value": 1}},
        },
    ]
    itf = {
        "#meta": {"format": "ITF"},
        "vars": ["x"],
        "loop": 0,
        "states": [{"#meta": {"index": 0}, **s} for s in quint],
    }
    exported = [b"".join(graph_document(read_dot(Source("g", dots[at]), allow_cut=True))) for at in (0, 3, 12)]
    return {
        "dot": [(dot,) for dot in dots],
        "foreign": [(DRAWN.encode(),), (b'digraph G { a [label="x = 0"]; b [label="x = 1"]; a -> b [label="Up"]; }',)],
        "fork": [(file,) for file in recorded("*-fork-2025-01.json.gz")],
        "pair": [tuple(recorded(f"B-json--{PAIR}-states.json.gz") + recorded(f"B-json--{PAIR}-edges.json.gz"))],
        "testgen": [(document,) for document in exported],
        "itf": [(json.dumps(itf).encode(),)],
        "trace": [(file,) for file in recorded("*-dumpTrace--*.json.gz")],
    }


def damaged(number: int) -> tuple[str, tuple[bytes, ...], random.Random]:
    """The format, files and further choices of a case."""
    rng = random.Random(number)
    kind = rng.choice(sorted(corpus()))
    files = list(rng.choice(corpus()[kind]))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        at = rng.randrange(len(files))
        is_json = kind not in ("dot", "foreign") and rng.random() < 0.5
        files[at] = (mutated_json(files[at], rng) if is_json else mutated(files[at], rng)) or b"x"
    if rng.random() < 0.2:
        at = rng.randrange(len(files))
        files[at] = compressed(files[at], rng)
        if rng.random() < 0.7:
            files[at] = mutated(files[at], rng) or b"x"
    return kind, tuple(files), rng


def mutated(content: bytes, rng: random.Random) -> bytes:
    at, other = rng.randrange(len(content)), rng.randrange(len(content))
    low, high = min(at, other), max(at, other)
    match rng.randrange(9):
        case 0:
            return content[:at]
        case 1:
            return content[at:]
        case 2:
            return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        case 3:
            return content[:at] + content[at + rng.randrange(1, 30) :]
        case 4:
            return content[:at] + content[low : low + rng.randrange(1, 200)] + content[at:]
        case 5:
            return content[:low] + content[high:]
        case 6:
            lines = content.split(b"\n")
            line = lines.pop(rng.randrange(len(lines)))
            lines.insert(rng.randrange(len(lines) + 1), line)
            return b"\n".join(lines)
        case _:
            return content[:at] + rng.choice(BYTES) + content[at:]


def mutated_json(content: bytes, rng: random.Random) -> bytes:
    """Replace, drop, repeat or rename one member somewhere inside; text that is no JSON any more stays as it is."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content
    node: Any = document
    while isinstance(node, dict | list):
        members = node.values() if isinstance(node, dict) else node
        inner = [value for value in members if isinstance(value, dict | list) and value]
        if not inner or rng.random() < 0.2:
            break
        node = rng.choice(inner)
    odd = rng.choice(ODD)
    if isinstance(node, list) and node:
        at = rng.randrange(len(node))
        match rng.randrange(3):
            case 0:
                node[at] = odd
            case 1:
                del node[at]
            case _:
                node.insert(at, rng.choice(node))
    elif isinstance(node, dict) and node:
        key = rng.choice(list(node))
        match rng.randrange(3):
            case 0:
                node[key] = odd
            case 1:
                del node[key]
            case _:
                node[rng.choice([*node, "x", *HOSTILE])] = node.pop(key)
    try:
        return json.dumps(document, indent=rng.choice([None, None, 1])).encode("utf-8", "surrogatepass")
    except RecursionError:
        return content


def compressed(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return gzip.compress(content, mtime=0)
    packed = io.BytesIO()
    with ZstdFile(packed, "wb") as file:
        file.write(content)
    return packed.getvalue()


def outcome(number: int) -> tuple[str, str]:
    """The format of a case, and how it ended: `graph` or the kind of error.

    Raises:
        AssertionError: An error is badly told, a graph is none, or a dump in small pieces is another than the whole.
    """
    kind, files, rng = damaged(number)
    allow_cut, piece_bytes = rng.random() < 0.3, rng.choice([50, 300, 2000])
    read = read_together if kind == "pair" else functools.partial(read_one, allow_cut=allow_cut)
    result = attempt(lambda: read(files))
    if kind == "dot":
        again = attempt(lambda: read_pieces(files[0], piece_bytes, allow_cut))
        assert described(again) == described(result)
    if kind in ("fork", "pair"):
        with patch.multiple(json_stream, _BATCH=piece_bytes, _PIECE=2 * piece_bytes):
            again = attempt(lambda: read(files))
        if isinstance(result, TestgenError):  # of several that are due, which comes first depends on the pieces
            assert isinstance(again, TestgenError)
        else:
            assert described(again) == described(result)
    if isinstance(result, TestgenError):
        check_error(result)
        return kind, type(result).__name__
    check(result)
    return kind, "graph"


def attempt(read: Callable[[], StateGraph]) -> StateGraph | TestgenError:
    try:
        return read()
    except TestgenError as error:
        return error


def described(result: StateGraph | TestgenError) -> object:
    if isinstance(result, TestgenError):
        return type(result), str(result)
    return result.digest, result.fingerprints.tolist(), result.warnings, result.constrained_out_states


def read_one(files: Sequence[bytes], *, allow_cut: bool) -> StateGraph:
    return read_stream(Stream("file", io.BytesIO(files[0])), allow_cut=allow_cut)


def read_together(files: Sequence[bytes]) -> StateGraph:
    return read_tlc_json("pair", [Stream(f"part{at}", io.BytesIO(file)) for at, file in enumerate(files)])


def read_pieces(content: bytes, piece_bytes: int, allow_cut: bool) -> StateGraph:
    def reopen() -> Stream:
        return Stream("file", io.BytesIO(content))

    def whole(source: Source) -> StateGraph:
        return read_one([source.content], allow_cut=allow_cut)

    stream = reopen()
    if not begins_like_dot(stream.head):
        return read_stream(stream, allow_cut=allow_cut)
    return read_dot_stream(stream, reopen, whole, piece_bytes=piece_bytes)


def check_error(error: TestgenError) -> None:
    """It has a place and a hint, and can be shown."""
    assert error.location is not None, error
    assert error.hint or "declared again" in error.message, error
    assert len(str(error)) < 2000, f"{len(str(error))}: {str(error)[:500]}"
    assert str(error).encode()


def check(graph: StateGraph) -> None:
    assert len(graph.initial) > 0
    assert graph.n_transitions == 0 or (graph.targets.min() >= 0 and graph.targets.max() < graph.n_states)
    assert graph.offsets[-1] == graph.n_transitions
    assert len(graph.digest) == 64
    for state in range(min(graph.n_states, 3)):
        assert graph.state(state).keys() == set(graph.variables)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of processor time")
    parser.add_argument("--start", type=int, default=0)
    options = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    failed = 0
    slowest = (0.0, options.start)
    number = options.start
    while time.process_time() < options.seconds:
        started = time.process_time()
        try:
            counts[outcome(number)] += 1
        except Exception:
            failed += 1
            sys.stderr.write(f"case {number}:\n")
            traceback.print_exc(limit=-6)
        slowest = max(slowest, (time.process_time() - started, number))
        number += 1
    lines = [f"{kind:10} {result:14} {count:9,}" for (kind, result), count in sorted(counts.items())]
    total = f"{number - options.start:,} cases in {time.process_time():.0f} s of processor time, {failed} failed"
    sys.stdout.write("\n".join([*lines, f"{total}; the slowest took {slowest[0]:.2f} s (case {slowest[1]})\n"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
