"""Files that are no dump, or only a part of one: each has one clear error at the right place, and nothing is lost."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from testgen.errors import ExitCode, GraphError, InputError, ParseError, TestgenError
from testgen.graph import StateGraph, load, source
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from tests.graph.conftest import DUMPS, HEAD

Write = Callable[..., str]
DumpText = Callable[[str], bytes]
LoadLines = Callable[..., StateGraph]
INITIAL = '1 [label="x = 0",style = filled]'
WHOLE = "\n".join(
    [*HEAD, INITIAL, '1 -> 2 [label="Up",color="black",fontcolor="black"];', '2 [label="x = 1"];', "}", "}"]
)


def error_of(name: str, *, allow_cut: bool = False) -> TestgenError:
    with pytest.raises(TestgenError) as caught:
        load(name, allow_cut=allow_cut)
    assert caught.value.location is not None
    assert caught.value.location.path == name
    assert caught.value.hint or "declared again" in caught.value.message
    return caught.value


def test_missing_file_names_the_dumps_beside_it(write: Write) -> None:
    write(WHOLE, "other.dot")
    error = error_of("missing.dot")
    assert isinstance(error, InputError)
    assert (error.message, error.hint) == ("no such file", ". has other.dot")


def test_missing_folder(write: Write) -> None:
    write("")
    with pytest.raises(InputError, match="no such file"):
        load("no/such/folder/g.dot")


def test_folder_names_the_dumps_in_it(write: Write) -> None:
    write(WHOLE, "other.dot")
    error = error_of(".")
    assert (error.message, error.hint) == ("is a directory, not a state graph", ". has other.dot")


@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b"", mtime=0)])
def test_empty_file(write: Write, content: bytes) -> None:
    assert error_of(write(content)).message == "the file is empty"


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\0\0\0", WHOLE.encode("utf-16")])
def test_binary_file(write: Write, content: bytes) -> None:
    assert error_of(write(content)).message == "is binary, not a state graph"


@pytest.mark.parametrize("content", ["hello", "---- MODULE A ----\n====", '"states"', "\x1b[31mred"])
def test_text_that_is_no_dot(write: Write, content: str) -> None:
    error = error_of(write(content))
    assert "does not begin like a DOT file of TLC" in error.message
    assert error.location is not None
    assert error.location.line == 1
    assert "\x1b" not in str(error)


@pytest.mark.parametrize("content", ["{}", "[]", '{"a": {"states": []}}', "[1, 2]", '{"#meta": {}}'])
def test_json_that_is_no_graph(write: Write, content: str) -> None:
    assert "is JSON, but no state graph" in error_of(write(content)).message


def test_bytes_that_are_no_text(write: Write) -> None:
    assert "does not begin like" in error_of(write(bytes(range(1, 256)))).message


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_compressed_file_cut_short(write: Write, part: float, compress: Callable[[bytes], bytes]) -> None:
    whole = compress(WHOLE.encode())
    error = error_of(write(whole[: int(len(whole) * part)], "g.dot.gz"))
    assert "damaged or cut short" in error.message


def test_gzip_with_a_wrong_byte(write: Write) -> None:
    whole = bytearray(gzip.compress(WHOLE.encode()))
    whole[len(whole) // 2] ^= 0xFF
    assert "damaged or cut short" in error_of(write(bytes(whole), "g.dot.gz")).message


def test_a_name_finds_its_compressed_file_and_a_plain_one_first(write: Write) -> None:
    write(gzip.compress(WHOLE.encode()), "g.dot.gz")
    assert load("g.dot").source == "g.dot"
    assert load("g.dot").digest == load("g.dot.gz").digest
    write(zstd.compress(WHOLE.encode()), "h.dot.zst")
    assert load("h.dot").digest == load("h.dot.zst").digest == load("g.dot").digest
    write("not a dump", "g.dot")
    with pytest.raises(ParseError):
        load("g.dot")


@pytest.mark.parametrize(
    ("compression", "content"),
    [
        ("xz", lzma.compress(b"x")),
        ("bzip2", bz2.compress(b"x")),
        ("zip", b"PK\x03\x04\0"),
        ("7-Zip", b"7z\xbc\xaf\x27"),
    ],
)
def test_other_compressions_are_told_by_name(write: Write, compression: str, content: bytes) -> None:
    assert error_of(write(content)).message == f"is compressed by {compression}, which testgen does not read"


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_file_that_expands_beyond_measure_is_told(
    write: Write, compress: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph can do that too, so the limit can be raised; it does not hold for sizes that harm nobody."""
    name = write(compress(WHOLE.replace("x = 1", "x = " + "1" * 900).encode() + b"\n" * 10**6))
    assert load(name).n_states == 2
    monkeypatch.setattr(source, "_FREE_EXPANSION", 1 << 16)
    error = error_of(name)
    assert error.message.startswith("expands to more than 200 times its size")
    assert "TESTGEN_EXPANSION_LIMIT" in str(error.hint)
    monkeypatch.setenv("TESTGEN_EXPANSION_LIMIT", "1000000")
    assert load(name).n_states == 2
    monkeypatch.setenv("TESTGEN_EXPANSION_LIMIT", "many")
    with pytest.raises(InputError, match="'many' is not a number from 1"):
        load(name)


def test_a_byte_order_mark_is_passed_over(write: Write) -> None:
    assert load(write("\ufeff" + WHOLE)).n_states == 2


def test_a_missing_permission_is_a_matter_of_the_surroundings(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    name = write(WHOLE)
    monkeypatch.setattr(Path, "open", refuse)
    error = error_of(name)
    assert (error.exit_code, error.message) == (ExitCode.SURROUNDINGS, "cannot be read: Permission denied")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(WHOLE.encode()))))
    assert load("-").n_states == 2


def test_a_name_too_long_for_the_system(write: Write) -> None:
    write("")
    with pytest.raises(InputError, match="cannot be read"):
        load("x" * 5000)


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_cut_anywhere_is_told_or_read_without_what_is_missing(write: Write, end: int) -> None:
    """The place of the cut is told; with `allow_cut` every transition that stands whole in the file is read."""
    name = write(WHOLE[:end])
    lines = WHOLE[:end].split("\n")
    error = error_of(name)
    assert isinstance(error, ParseError)
    assert error.location is not None
    if len(WHOLE[:end].strip()) < len(HEAD[0]):
        assert "does not begin like" in error.message
        return
    last = len(lines) if lines[-1] else len(lines) - 1
    assert (error.location.line, error.location.column) == (last, len(lines[last - 1]) + 1)
    assert "--allow-cut" in str(error.hint)
    if INITIAL + "\n" not in WHOLE[:end]:
        assert "has no state" in error_of(name, allow_cut=True).message
        return
    graph = load(name, allow_cut=True)
    assert graph.warnings[0].code == "cut-dump"
    assert graph.n_states == 1 + ('2 [label="x = 1"];\n' in WHOLE[:end])
    assert graph.n_transitions == graph.n_states - 1
    dropped = '"black"];\n' in WHOLE[:end] and graph.n_states == 1
    assert ("cut-transitions" in [warning.code for warning in graph.warnings]) == dropped


@pytest.mark.parametrize("cut", ["first line", "second line"])
def test_cut_inside_a_label_of_two_lines(write: Write, cut: str) -> None:
    start = "\n".join([*HEAD, INITIAL, '1 -> 1 [label="Stay"];', '1 -> 2 [label="Up\n'])
    name = write(start + ("line 2, col" if cut == "second line" else ""))
    assert "the file ends i" in error_of(name).message
    graph = load(name, allow_cut=True)
    assert (graph.n_states, graph.n_transitions) == (1, 1)
    assert [warning.code for warning in graph.warnings] == ["cut-dump", "no-action-labels"][:1]


@pytest.mark.parametrize("missing", [1, 2])
def test_missing_braces(write: Write, missing: int) -> None:
    lines = WHOLE.split("\n")
    error = error_of(write("\n".join(lines[: len(lines) - missing]) + "\n"))
    assert error.message == "the file ends without its closing braces"
    assert error.location is not None
    assert error.location.line == len(lines) - missing


@pytest.mark.parametrize("end", ["\n}", "}", "\n\n}\n", "}}"])
def test_a_brace_too_many(write: Write, end: str) -> None:
    error = error_of(write(WHOLE + end))
    assert error.message == "a closing brace too many"


@pytest.mark.parametrize("line", ['3 [label="x = 3"];', "1 -> 1;", "strict digraph DiskGraph {", "hello"])
def test_text_after_the_graph(write: Write, line: str) -> None:
    error = error_of(write(f"{WHOLE}\n{line}\n"))
    assert error.location is not None
    assert (error.location.line, error.message) == (10, "text after the graph's closing brace")


@pytest.mark.parametrize(
    ("label", "marked", "words"),
    [
        (r"/\\ log = ^<<1, 2\n/\\ t = 1", "^", "sequence is not closed in the value of 'log'"),
        (r"/\\ s = \"\\n\\\"\"\n/\\ t = {1,\n   2 ^]", "^", "expected } in the set, found ']' in the value of 't'"),
        (r"/\\ s = \"é日本🎉\"\n/\\ t = ^?", "^", "expected a value, found '?' in the value of 't'"),
        (r"/\\ s = ^\"never closed\n/\\ t = 1", "^", "string is not closed in the value of 's'"),
        (r"/\\ s = 1\n^/\\ t", "^", "expected 'variable = value'"),
        (r"/\\ s = 1\n^/\\ s = 1", "^", "variable 's' stands twice in the state"),
        (r"/\\ s = ^\odd", "^", "expected a value, found '\\\\' in the value of 's'"),
        (r"/\\ s = \"\odd\odd\"\n/\\ t = ^?", "^", "expected a value, found '?' in the value of 't'"),
        (r"7 ^8", "^", "'8' after the end of the value"),
        ("^", "^", "expected a value, found the end"),
    ],
)  # fmt: skip
def test_a_malformed_value_is_told_where_it_stands_in_the_file(
    load_lines: LoadLines, label: str, marked: str, words: str
) -> None:
    text = label.replace(marked, "")
    for prefix, line in [
        ('-12345 [label="', f'-12345 [label="{text}",style = filled]'),
        (f'-12345 [label="{text}",tooltip="', f'-12345 [label="{text}",tooltip="{text}"];'),
    ]:
        with pytest.raises(ParseError) as caught:
            load_lines(line)
        error = caught.value
        assert error.message == words
        assert error.location is not None
        assert (error.location.line, error.location.column) == (5, len(prefix) + label.index(marked) + 1)
        assert error.excerpt is not None
        assert error.excerpt_column is not None
        assert error.excerpt[error.excerpt_column - 1 :].startswith(label.partition(marked)[2][:1].lstrip("\\"))


@pytest.mark.parametrize("prefix", ['1 [label="s = \\"éß', '1 [label="s = \\"éß?\\"",tooltip="s = \\"éß'])
def test_a_label_that_is_not_utf8_is_told(write: Write, prefix: str) -> None:
    content = "\n".join([*HEAD, prefix + '?\\"",style = filled]', "}", "}"]).encode().replace(b"?", b"\xe9")
    error = error_of(write(content))
    assert "a label is not UTF-8" in error.message
    assert error.location is not None
    assert (error.location.line, error.location.column) == (5, len(prefix) + 1)
    assert "-Dfile.encoding=UTF-8" in str(error.hint)


def test_a_broken_label_before_a_malformed_tooltip_is_one_error(write: Write) -> None:
    """With -difftrace the label shows a part of the tooltip, which alone is read."""
    start = '1 [label="/\\\\ s = \\"?\\"",tooltip="/\\\\ s = \\"?\\"\\n/\\\\ t = {1'
    error = error_of(write("\n".join([*HEAD, start + '",style = filled]', "}", "}"]).encode()))
    assert error.message == "set is not closed in the value of 't'"
    assert error.location is not None
    assert (error.location.line, error.location.column) == (5, len(start) - 1)


def test_a_transition_label_that_is_not_utf8_is_told(write: Write) -> None:
    content = "\n".join([*HEAD, INITIAL, '1 -> 1 [label="?"];', "}", "}"]).encode().replace(b"?", b"a\xff")
    error = error_of(write(content))
    assert error.location is not None
    assert (error.location.line, error.location.column) == (6, len('1 -> 1 [label="a') + 1)


def test_control_characters_do_not_reach_the_terminal(load_lines: LoadLines) -> None:
    with pytest.raises(ParseError) as caught:
        load_lines("\x1b[2J\x07bad")
    assert str(caught.value.excerpt) == "\ufffd[2J\ufffdbad"


def test_long_lines_are_shortened_in_messages(load_lines: LoadLines) -> None:
    with pytest.raises(ParseError) as caught:
        load_lines("x" * 100_000)
    assert len(str(caught.value)) < 500


RECORDED = sorted(path.name for path in DUMPS.glob("*.dot.gz"))
HANDLED = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Cut the file, flip a byte, drop, repeat or move a line, or insert some bytes."""
    at = rng.randrange(len(content))
    lines = content.split(b"\n")
    line, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(7):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        case 2:
            return b"\n".join(lines[:line] + lines[line + 1 :])
        case 3:
            return b"\n".join([*lines[:other], lines[line], *lines[other:]])
        case 4:
            return content[:at] + content[at + rng.randrange(1, 30) :]
        case 5:
            junk = rng.choice(
                [b'"', b"\\", b"\n", b"\r", b"}", b"{", b"-", b"9" * 30, b"\xff", b"<<", b" -> ", b"]", b"("]
            )
            return content[:at] + junk + content[at:]
        case _:
            return content[at:]


@HANDLED
@given(st.sampled_from(RECORDED), st.randoms(use_true_random=False), st.integers(1, 3), st.booleans())
def test_a_damaged_dump_is_a_graph_or_an_error_with_a_place(
    name: str, rng: random.Random, damages: int, allow_cut: bool
) -> None:
    content = gzip.decompress((DUMPS / name).read_bytes())
    for _ in range(damages):
        content = mutate(content, rng) or b"x"
    outcome = outcome_of(content, allow_cut=allow_cut)
    if isinstance(outcome, StateGraph):
        assert outcome.digest
        assert len(outcome.initial) > 0
        return
    assert str(outcome)
    assert outcome.location is not None
    if isinstance(outcome, ParseError):
        assert outcome.location.line is not None
        assert outcome.location.line <= content.count(b"\n") + 1


def outcome_of(content: bytes, *, allow_cut: bool) -> StateGraph | TestgenError:
    try:
        return read_dot(Source("damaged", content), allow_cut=allow_cut)
    except TestgenError as error:
        return error


@HANDLED
@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_break_the_reader(junk: bytes, allow_cut: bool) -> None:
    for content in (junk, b"digraph G {\n" + junk, b"digraph G {\n" + junk + b"\n}"):
        assert outcome_of(content, allow_cut=allow_cut)


def test_a_deleted_state_or_a_renamed_one_never_passes(dump_text: DumpText) -> None:
    """A transition must not lose its end without a word."""
    content = dump_text("B-deadlock--2.15")
    lines = content.split(b"\n")
    states = [number for number, line in enumerate(lines) if re.match(rb"-?\d+ \[", line)]
    for number in states:
        with pytest.raises(GraphError, match="does not declare"):
            read_dot(Source("g", b"\n".join(lines[:number] + lines[number + 1 :])))


def test_data_of_the_tests_is_there() -> None:
    assert len(RECORDED) >= 40
    assert (Path(DUMPS) / "README.md").exists()


def test_a_graph_of_one_state_and_a_graph_of_none(load_lines: LoadLines) -> None:
    assert load_lines(INITIAL).n_states == 1
    with pytest.raises(GraphError, match="the graph has no state"):
        load_lines()


def test_a_hundred_thousand_initial_states(load_lines: LoadLines) -> None:
    assert len(load_lines(*(f'{n} [label="x = {n}",style = filled]' for n in range(100_000))).initial) == 100_000


def test_labels_of_a_million_characters(load_lines: LoadLines) -> None:
    """They are read, and do not fill the screen when they are wrong."""
    long = "9" * 900 + "<<" + "1, " * 300_000
    graph = load_lines(f'1 [label="s = \\"{long}\\"",style = filled]', f'1 -> 1 [label="{"A" * 10**6}"];')
    assert len(graph.state(0)["s"].key) > 900_000
    assert len(graph.action(0).name) == 10**6
    for line in (f'1 [label="s = <<{long}",style = filled]', f'1 [label="{"s" * 10**6} = <<",style = filled]'):
        with pytest.raises(ParseError) as caught:
            load_lines(line)
        assert len(str(caught.value)) < 1000
        assert caught.value.location is not None
        assert caught.value.location.line == 5
