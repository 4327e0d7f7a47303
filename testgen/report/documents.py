"""The JSON that `testgen coverage compare`, `mutants` and `lies` print, read back and checked.

Only the keys that a report shows are named here; further ones are let pass, so later versions of testgen may add some.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from testgen.coverage.mutant_runs import KILLING
from testgen.errors import InputError, Location, ParseError, unreadable

__all__ = [
    "Branch",
    "ComparedSuite",
    "Comparison",
    "Function",
    "Growth",
    "GrowthStep",
    "Judgment",
    "Lie",
    "Lies",
    "Mutant",
    "Mutation",
    "ScoredSuite",
    "SourceFile",
    "Statement",
    "Verdict",
    "read_comparison",
    "read_lies",
    "read_mutation",
]


class _Part(msgspec.Struct, frozen=True):
    """A JSON object with at least these keys."""


class GrowthStep(_Part, frozen=True):
    tests: int
    branches: int


class Growth(_Part, frozen=True):
    before: int
    tests_to_maximum: int
    steps: list[GrowthStep]


class _Growths(_Part, frozen=True):
    in_order: Growth | None
    greedy: Growth | None


class _TestFailure(_Part, frozen=True):
    test: str
    message: str


class ComparedSuite(_Part, frozen=True):
    name: str
    runs: str
    tests: int | None
    failed: int | None
    failures: list[_TestFailure]
    seconds: float | None
    statements: int
    branches: int
    percent: float
    only_branches: int
    growth: _Growths


class Function(_Part, frozen=True):
    file: int
    name: str
    start: int
    branches: int
    statements: int
    reached_statements: list[int]
    reached_branches: list[int]


class Statement(_Part, frozen=True):
    line: int
    suites: list[int]


class Branch(_Part, frozen=True):
    line: int
    words: str
    suites: list[int]


class SourceFile(_Part, frozen=True):
    path: str
    lines: list[str]
    excluded: list[int]
    statements: list[Statement]
    branches: list[Branch]


class Comparison(_Part, frozen=True):
    """What `testgen coverage compare --json` prints; `testgen help coverage` says what the keys are."""

    source: list[str]
    omitted: list[str]
    omitted_functions: list[str]
    not_measured: list[str]
    versions: dict[str, str]
    statements: int
    branches: int
    unreached_branches: int
    suites: list[ComparedSuite]
    functions: list[Function]
    files: list[SourceFile]


class ScoredSuite(_Part, frozen=True):
    name: str
    runs: str
    tests: int
    failing: list[str]
    seconds: float
    killed: int
    survived: int
    unreached: int
    score: float
    only: list[str]
    ends: dict[str, int]
    unsound: _TestFailure | None


class _Misjudged(_Part, frozen=True):
    id: str
    test: str


class Judgment(_Part, frozen=True):
    verdict: Literal["equivalent", "hole"]
    because: str


class Verdict(_Part, frozen=True):
    end: str
    test: str | None
    exception: str | None
    reaching: int | None

    @property
    def is_kill(self) -> bool:
        return self.end in KILLING


class Mutant(_Part, frozen=True):
    id: str
    file: int
    function: str
    line: int
    operator: str
    diff: str
    judgment: Judgment | None
    suites: list[Verdict]


class Mutation(_Part, frozen=True):
    """What `testgen coverage mutants --json` prints."""

    source: list[str]
    files: list[str]
    mutants: int
    equivalent: int
    unnoticed: list[str]
    misjudged: list[_Misjudged]
    suites: list[ScoredSuite]
    each: list[Mutant]


class Lie(_Part, frozen=True):
    kind: Literal["value", "target"]
    state: int
    what: str
    truth: str
    told: str
    behaviors: int
    end: Literal["noticed", "refused", "untold", "unnoticed"]
    words: str


class Lies(_Part, frozen=True):
    """What `testgen coverage lies --json` prints."""

    graph: str
    seed: int
    tests: int
    percent: float | None
    lies: list[Lie]

    def ended(self, *ends: str) -> list[Lie]:
        """Those that ended so, in the order in which they were told."""
        return [lie for lie in self.lies if lie.end in ends]


def read_comparison(path: Path) -> Comparison:
    """Read what `testgen coverage compare --json` has printed into the file `path`.

    Raises:
        InputError: It is missing or of another schema.
        ParseError: It is cut, malformed, or contradicts itself.
    """
    comparison = _read(path, Comparison, "testgen.compare/1", "compare")
    n_suites = len(comparison.suites)
    if not n_suites:
        raise _contradiction(path, "it has no suites")
    for function in comparison.functions:
        _check(path, [function.file], len(comparison.files), f"the file of {function.name}")
        if not len(function.reached_branches) == len(function.reached_statements) == n_suites:
            raise _contradiction(path, f"{function.name} does not have a number for each suite")
    for file in comparison.files:
        for statement in file.statements:
            _check(path, statement.suites, n_suites, f"a suite at {file.path}:{statement.line}")
        for branch in file.branches:
            _check(path, branch.suites, n_suites, f"a suite at {file.path}:{branch.line}")
        numbers = [line - 1 for line in file.excluded]
        numbers += [statement.line - 1 for statement in file.statements]
        numbers += [branch.line - 1 for branch in file.branches]
        _check(path, numbers, len(file.lines), f"a line of {file.path}")
    return comparison


def read_mutation(path: Path) -> Mutation:
    """Read what `testgen coverage mutants --json` has printed into the file `path`.

    Raises:
        InputError, ParseError: As `read_comparison`.
    """
    mutation = _read(path, Mutation, "testgen.mutants/1", "mutants")
    if not mutation.suites:
        raise _contradiction(path, "it has no suites")
    for mutant in mutation.each:
        _check(path, [mutant.file], len(mutation.files), f"the file of mutant {mutant.id}")
        if len(mutant.suites) != len(mutation.suites):
            raise _contradiction(path, f"mutant {mutant.id} does not have an end in each suite")
    return mutation


def read_lies(path: Path) -> Lies:
    """Read what `testgen coverage lies --json` has printed into the file `path`.

    Raises:
        InputError, ParseError: As `read_comparison`.
    """
    lies = _read(path, Lies, "testgen.lies/1", "lies")
    if not lies.lies:
        raise _contradiction(path, "it has no lies")
    return lies


class _Schema(msgspec.Struct):
    schema: str = ""


_Document = TypeVar("_Document", Comparison, Mutation, Lies)


def _read(path: Path, kind: type[_Document], schema: str, command: str) -> _Document:
    where = Location(str(path))
    hint = f"`testgen coverage {command} ... --json > {path.name}` writes it"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from error
    try:
        found = msgspec.json.decode(content, type=_Schema).schema
        if found != schema:
            raise InputError(
                f"has the schema {found!r}, not {schema!r}" if found else "has no schema", location=where, hint=hint
            )
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise ParseError(f"is not what {schema} says: {error}", location=where, hint=hint) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = "it is empty" if not content.strip() else str(error)
        if "truncated" in problem:
            problem = "it ends early; was the command stopped while it was written?"
        raise ParseError(f"is not JSON: {problem}", location=where, hint=hint) from error


def _check(path: Path, numbers: list[int], count: int, what: str) -> None:
    if any(not 0 <= number < count for number in numbers):
        raise _contradiction(path, f"{what} is none that it has")


def _contradiction(path: Path, problem: str) -> ParseError:
    return ParseError(f"contradicts itself: {problem}", location=Location(str(path)), hint="was it edited?")
