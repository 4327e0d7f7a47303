"""Reading run logs, which `testgen.runtime.run_log` describes and writes.

A process that is killed leaves a file whose last line is cut, or whose end is not told; both are read as far as they
go, and said. Anything else that is odd is an error: coverage from a damaged log would be a guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testgen.coverage.recorded import RecordedStep, RecordedTest
from testgen.errors import InputError, Location, ParseError, unreadable

__all__ = ["OUTCOMES", "SCHEMA", "LoggedSuite", "Record", "Run", "read_runs"]

SCHEMA = "testgen.run/1"
OUTCOMES = "passed", "failed", "error", "skipped"


@dataclass(frozen=True, slots=True)
class Record:
    """What came of a test.

    Attributes:
        key: The digits that end its name.
        outcome: One of `OUTCOMES`; "error" if something around the test went wrong, before or after it.
        begun: Statements that it began.
        done: Those of them that did what they should.
        seconds: Of the test itself.
        test: Its node id.
        why: In a few words why it did not pass; empty if it did.
    """

    key: str
    outcome: str
    begun: int
    done: int
    seconds: float
    test: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LoggedSuite:
    """Tests of one suite that one process ran.

    Attributes:
        graph: The first digits of its graph's digest.
        binding: As the header of its tests names it.
        folder: Name of the folder it was in.
        file: The copy of its suite file; None if it had none.
        records: In the order in which the tests ended.
    """

    graph: str
    binding: str
    folder: str
    file: Path | None
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What one process has logged.

    Attributes:
        path: The file.
        suites: What it ran.
        recorded: Handwritten tests whose bindings recorded what they did.
        is_whole: Whether it came to its end.
        is_cut: Whether the last line broke off and was dropped.
    """

    path: Path
    suites: tuple[LoggedSuite, ...]
    is_whole: bool
    is_cut: bool
    recorded: tuple[RecordedTest, ...] = ()

    @property
    def n_tests(self) -> int:
        return sum(len(suite.records) for suite in self.suites) + len(self.recorded)


def read_runs(folder: Path) -> list[Run]:
    """Read the log of every process in `folder`, by name, which is by time.

    Raises:
        InputError: It is missing, has no log in it, or a file that is none.
        ParseError: A line is not what testgen writes.
    """
    if folder.is_file():
        hint = f"the folder that holds it: --log {folder.parent}"
        raise InputError("is a file; a run log is a folder", location=Location(str(folder)), hint=hint)
    if not folder.is_dir():
        raise InputError("no such folder", location=Location(str(folder)), hint=_HINT)
    try:
        paths = sorted(folder.glob("*.jsonl"))
    except OSError as error:
        raise unreadable(str(folder), error) from error
    if not paths:
        raise InputError("holds no run log: no generated test has been run", location=Location(str(folder)), hint=_HINT)
    return [_read(path) for path in paths]


_HINT = "`pytest generated/NAME --testgen-log DIR` writes one into DIR"


def _read(path: Path) -> Run:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from error
    whole, _, rest = content.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    suites: list[dict[str, Any]] = []  # Any: JSON
    records: list[list[Record]] = []
    recorded: list[RecordedTest] = []
    is_whole = False
    for number, line in enumerate(lines, 1):
        told = _object(path, number, line)
        try:
            if number == 1:
                _check_schema(path, told)
            elif told["kind"] == "suite":
                _check_suite(told, len(suites))
                suites.append(told)
                records.append([])
            elif told["kind"] == "test":
                records[_number(told, "suite")].append(_record(told))
            elif told["kind"] == "recorded":
                recorded.append(_recorded(told))
            elif told["kind"] == "end":
                is_whole = True
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ParseError(
                f"is no line of a run log ({type(error).__name__}: {error})",
                location=Location(str(path), number),
                hint="was the file edited? remove it and run the tests again",
            ) from error
    logged = tuple(
        LoggedSuite(told["graph"], told["binding"], told["folder"], _beside(path, told["file"]), tuple(found))
        for told, found in zip(suites, records, strict=True)
    )
    return Run(path, logged, is_whole, is_cut=bool(rest) or not lines, recorded=tuple(recorded))


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one
        raise ParseError(
            f"is not JSON: {error.msg if isinstance(error, json.JSONDecodeError) else error}",
            location=Location(str(path), number),
            hint="only the last line of a run log may be cut; remove the file and run the tests again",
        ) from error
    if not isinstance(told, dict):
        raise ParseError("is no JSON object", location=Location(str(path), number), hint=_HINT)
    return told


def _check_schema(path: Path, told: Mapping[str, Any]) -> None:
    if told.get("schema") != SCHEMA:
        raise InputError(
            f"is no run log of this version: it has no schema {SCHEMA}",
            location=Location(str(path)),
            hint="keep other files out of the folder of a run log",
        )


def _check_suite(told: Mapping[str, Any], number: int) -> None:
    if _number(told, "number") != number:
        raise ValueError(f"suite {told['number']} where {number} comes next")
    for key in ("graph", "binding", "folder"):
        _text(told, key)
    if told["file"] is not None and ("/" in _text(told, "file") or "\\" in told["file"]):
        raise ValueError("its suite file is not beside it")


def _record(told: Mapping[str, Any]) -> Record:
    outcome, begun, done, seconds = _outcome(told), _number(told, "begun"), _number(told, "done"), told["seconds"]
    if done > begun:
        raise ValueError(f"{done} statements done, of {begun} begun")
    if type(seconds) not in (int, float):
        raise TypeError("seconds is no number")
    why = _text(told, "why") if "why" in told else ""
    return Record(_text(told, "id"), outcome, begun, done, float(seconds), _text(told, "test"), why)


def _recorded(told: Mapping[str, Any]) -> RecordedTest:
    steps = []
    for step in told["steps"]:
        if not isinstance(step["actions"], list) or not all(type(name) is str for name in step["actions"]):
            raise TypeError("actions are no list of names")
        steps.append(RecordedStep(tuple(step["actions"]), _observed(step["observed"])))
    return RecordedTest(
        _text(told, "test"),
        _observed(told["initial"]),
        tuple(steps),
        binding=_text(told, "binding"),
        outcome=_outcome(told),
        broken_by=_text(told, "broken_by"),
        is_generated=told.get("generated") is True,
    )


def _observed(told: Any) -> dict[str, str]:  # Any: JSON
    if not isinstance(told, dict) or not all(type(literal) is str for literal in told.values()):
        raise TypeError("what was observed is no object of texts")
    return told


def _outcome(told: Mapping[str, Any]) -> str:
    outcome: str = told["outcome"]
    if outcome not in OUTCOMES:
        raise ValueError(f"unknown outcome {outcome!r}")
    return outcome


def _number(told: Mapping[str, Any], key: str) -> int:
    number = told[key]
    if type(number) is not int or number < 0:
        raise ValueError(f"{key} is no number")
    return number


def _text(told: Mapping[str, Any], key: str) -> str:
    text = told[key]
    if type(text) is not str:
        raise TypeError(f"{key} is no text")
    return text


def _beside(path: Path, name: str | None) -> Path | None:
    return None if name is None else path.with_name(name)
