"""Reading run logs: as far as a killed process came, and not at all what nobody wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testgen.coverage import read_runs
from testgen.coverage.run_log import SCHEMA
from testgen.errors import InputError, ParseError, SurroundingsError
from testgen.runtime import run_log as writer

HEAD = {"schema": SCHEMA, "testgen": "1", "started": "20260101T000000Z", "worker": None}
SUITE = {"kind": "suite", "number": 0, "graph": "0" * 12, "binding": "b", "folder": "ot", "file": "suite-1.json"}
TEST = {
    "kind": "test", "suite": 0, "id": "11111111", "outcome": "failed", "begun": 3, "done": 2, "seconds": 0.25,
    "why": "wrong", "test": "test_x.py::test_x_11111111",
}  # fmt: skip
END = {"kind": "end", "tests": 1}


def write(folder: Path, *lines: object, name: str = "a.jsonl", end: str = "\n") -> Path:
    path = folder / name
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + end if text else "", encoding="utf-8")
    return path


def test_schema_is_that_of_the_writer() -> None:
    """The two sides share no module."""
    assert writer.SCHEMA == SCHEMA


def test_log_says_what_was_run(tmp_path: Path) -> None:
    passed = {key: value for key, value in TEST.items() if key != "why"} | {"outcome": "passed", "done": 3}
    path = write(tmp_path, HEAD, SUITE, {**SUITE, "number": 1, "file": None}, TEST, {**passed, "suite": 1}, END)
    (run,) = read_runs(tmp_path)
    assert (run.path, run.is_whole, run.is_cut, run.n_tests) == (path, True, False, 2)
    first, second = run.suites
    assert (first.graph, first.binding, first.folder, first.file) == ("0" * 12, "b", "ot", tmp_path / "suite-1.json")
    assert second.file is None
    (told,) = first.records
    assert (told.key, told.outcome, told.begun, told.done, told.seconds) == ("11111111", "failed", 3, 2, 0.25)
    assert (told.why, told.test) == ("wrong", "test_x.py::test_x_11111111")
    assert second.records[0].why == ""


def test_files_are_read_by_name_and_others_left_alone(tmp_path: Path) -> None:
    write(tmp_path, HEAD, SUITE, TEST, END, name="b.jsonl")
    write(tmp_path, HEAD, SUITE, TEST, END, name="a.jsonl")
    (tmp_path / "suite-1.json").write_text("{")
    (tmp_path / "notes.txt").write_text("mine")
    assert [run.path.name for run in read_runs(tmp_path)] == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize("length", range(len(json.dumps(TEST)) + 1))
def test_last_line_may_be_cut_anywhere(length: int, tmp_path: Path) -> None:
    write(tmp_path, HEAD, SUITE, TEST, json.dumps(TEST)[:length], end="")
    (run,) = read_runs(tmp_path)
    assert (run.n_tests, run.is_whole, run.is_cut) == (1, False, length > 0)


def test_file_that_was_killed_at_once_is_empty_or_cut(tmp_path: Path) -> None:
    for name, text in (("a.jsonl", ""), ("b.jsonl", json.dumps(HEAD)[:20])):
        write(tmp_path, text, name=name, end="")
    assert [(run.n_tests, run.is_cut) for run in read_runs(tmp_path)] == [(0, True), (0, True)]


def test_lines_of_kinds_to_come_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, HEAD, {"kind": "remembered", "steps": []}, SUITE, TEST, {"kind": "?"}, END)
    assert read_runs(tmp_path)[0].n_tests == 1


@pytest.mark.parametrize(
    ("lines", "words", "line"),
    [
        ([HEAD, "{", TEST], "is not JSON: Expecting property name", 2),
        ([HEAD, "\udc80", TEST], "is not JSON", 2),
        ([HEAD, "[" * 100_000], "is not JSON", 2),
        ([HEAD, "[1]"], "is no JSON object", 2),
        ([HEAD, {"no": "kind"}], "KeyError: 'kind'", 2),
        ([HEAD, TEST], "IndexError", 2),
        ([HEAD, {**SUITE, "number": 1}], "suite 1 where 0 comes next", 2),
        ([HEAD, {**SUITE, "graph": 1}], "graph is no text", 2),
        ([HEAD, {**SUITE, "file": "../secret.json"}], "not beside it", 2),
        ([HEAD, {**SUITE, "file": 3}], "file is no text", 2),
        ([HEAD, SUITE, {**TEST, "outcome": "green"}], "unknown outcome 'green'", 3),
        ([HEAD, SUITE, {**TEST, "outcome": []}], "unknown outcome", 3),
        ([HEAD, SUITE, {**TEST, "done": 4}], "4 statements done, of 3 begun", 3),
        ([HEAD, SUITE, {**TEST, "done": -1}], "done is no number", 3),
        ([HEAD, SUITE, {**TEST, "begun": True}], "begun is no number", 3),
        ([HEAD, SUITE, {**TEST, "seconds": "1"}], "seconds is no number", 3),
        ([HEAD, SUITE, {**TEST, "suite": 7}], "IndexError", 3),
        ([HEAD, SUITE, {**TEST, "id": None}], "id is no text", 3),
        ([HEAD, SUITE, {key: TEST[key] for key in TEST if key != "test"}], "KeyError: 'test'", 3),
    ],
)
def test_line_that_nobody_wrote_is_told_with_its_place(lines: list[Any], words: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_bytes("".join(f"{text}\n" for text in texts).encode(errors="surrogateescape"))
    with pytest.raises(ParseError, match=words) as caught:
        read_runs(tmp_path)
    assert caught.value.location is not None
    assert (caught.value.location.path, caught.value.location.line) == (str(path), line)
    assert caught.value.hint


@pytest.mark.parametrize("head", [{}, {"schema": "testgen.run/2"}, {"schema": "testgen.suite/1"}])
def test_file_of_another_kind_is_told(head: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, head, SUITE)
    with pytest.raises(InputError, match="is no run log of this version"):
        read_runs(tmp_path)


def test_folder_without_a_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run log: no generated test has been run"):
        read_runs(tmp_path)
    (tmp_path / "one.jsonl").touch()
    with pytest.raises(InputError, match="is a file; a run log is a folder\nhint: the folder that holds it: --log"):
        read_runs(tmp_path / "one.jsonl")
    with pytest.raises(InputError, match="no such folder"):
        read_runs(tmp_path / "gone")


def test_log_that_may_not_be_read_is_a_matter_of_the_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, HEAD)

    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)  # tests may be run by root, whom nothing is forbidden
    with pytest.raises(SurroundingsError, match=r"a\.jsonl: cannot be read: Permission denied"):
        read_runs(tmp_path)
