"""What coverage.py measured, as sets of numbers: statements and branches of the source, and which a suite reached.

A *branch* is a way from a line with several: `(63, 64)` leads from line 63 to line 64, `(63, -60)` out of the function
that begins at line 60. Which there are, coverage.py finds in the syntax tree. Excluded lines have none, nor have lines
marked `# pragma: no branch` (which coverage.py's own totals count as covered).

coverage.py's reports tell contexts of lines only. Branches of one context are had by asking its data for the *arcs* of
that context: pairs of lines as they were run, which the same file's reporter translates into branches, one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType

from coverage import Coverage, CoverageData
from coverage.exceptions import CoverageException
from coverage.python import PythonFileReporter

from testgen.coverage.source import Source, source_lines
from testgen.coverage.suites import SuiteRun
from testgen.errors import InputError, Location

__all__ = ["Branch", "CodeMap", "Function", "Reach", "SourceFile", "map_source", "read_reach"]

Arc = tuple[int, int]
_PHASE = re.compile(r"\|(?:setup|run|teardown)$")
"""What pytest-cov adds to a test's name as the context."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a line.

    Attributes:
        file: Position in `CodeMap.files`.
        line: Where it leads from.
        to: The line it leads to; negative: out of the function, class or module that begins at line `-to`.
        words: Where it leads, as a person would say: "jump to line 64", "return from function 'erase_set'".
    """

    file: int
    line: int
    to: int
    words: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the source, and which statements and branches are its own (not a nested function's).

    Attributes:
        file: Position in `CodeMap.files`.
        name: With the classes and functions around it, `Server.integrate`.
        start: Its first line.
        end: Its last line.
        statements: Numbers.
        branches: Numbers.
    """

    file: int
    name: str
    start: int
    end: int
    statements: frozenset[int]
    branches: frozenset[int]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the source.

    Attributes:
        path: Absolute.
        shown: As seen from here.
        lines: Its text.
        excluded: Lines that count for nothing: by pragma, by coverage.py's configuration, or because the user left
            their function out.
    """

    path: Path
    shown: str
    lines: tuple[str, ...]
    excluded: frozenset[int]


@dataclass(frozen=True)
class CodeMap:
    """The source, its statements and branches numbered from 0 through all files.

    Attributes:
        files: In order.
        statements: File and line of each.
        branches: Each.
        functions: In order of files and lines.
        left_out: Names of functions that the user left out, with their files.
        arcs: For each file, the branches' numbers by the arc that runs them, as far as they have been asked for.
    """

    files: tuple[SourceFile, ...]
    statements: tuple[tuple[int, int], ...]
    branches: tuple[Branch, ...]
    functions: tuple[Function, ...]
    left_out: tuple[str, ...]
    reporters: tuple[PythonFileReporter, ...]

    @property
    def shown(self) -> str:
        """Its files in a few words."""
        first, *others = self.files
        return (
            f"{first.shown} and {len(others):,} other file{'' if len(others) == 1 else 's'}" if others else first.shown
        )

    @cached_property
    def statement_numbers(self) -> dict[tuple[int, int], int]:
        """Number of the statement at (file, line)."""
        return {place: number for number, place in enumerate(self.statements)}

    @cached_property
    def branch_numbers(self) -> dict[tuple[int, int, int], int]:
        """Number of the branch (file, line, to)."""
        return {(branch.file, branch.line, branch.to): number for number, branch in enumerate(self.branches)}


@dataclass(frozen=True, slots=True)
class Reach:
    """What a suite reached.

    Attributes:
        statements: Numbers.
        branches: Numbers.
        before: Branches reached outside of tests: on import, while tests were collected.
        by_test: For each test in the order of the run, the branches that it reached; None where that was not measured.
    """

    statements: frozenset[int]
    branches: frozenset[int]
    before: frozenset[int]
    by_test: tuple[frozenset[int], ...] | None


def map_source(source: Source) -> CodeMap:
    """Number the statements and branches of `source`.

    Raises:
        InputError: A file is not Python, an omission matches no function, or nothing is left to be counted.
    """
    measuring = Coverage(data_file=None)
    files: list[SourceFile] = []
    statements: list[tuple[int, int]] = []
    branches: list[Branch] = []
    functions: list[Function] = []
    left_out: list[str] = []
    used: set[str] = set()
    reporters = []
    for number, path in enumerate(source.files):
        reporter = _reporter(path, measuring)
        reporters.append(reporter)
        regions = sorted((r for r in reporter.code_regions() if r.kind == "function"), key=lambda region: region.start)
        omitted = set(reporter.excluded_lines())
        kept = []
        for region in regions:
            matching = [o.text for o in source.omissions if o.has_function(path, region.name)]
            if matching:
                used.update(matching)
                omitted |= {*region.lines, region.start}
                left_out.append(f"{_shown(path)}::{region.name}")
            else:
                kept.append(region)
        first_statement, first_branch = len(statements), len(branches)
        statements += [(number, line) for line in sorted(reporter.lines() - omitted)]
        branches += [
            Branch(number, line, to, reporter.arc_description(line, to))
            for line, to in sorted(_possible(reporter))
            if line not in omitted and to not in omitted
        ]
        for region in kept:
            functions.append(
                Function(
                    number,
                    region.name,
                    region.start,
                    max(region.lines, default=region.start),
                    frozenset(n for n in range(first_statement, len(statements)) if statements[n][1] in region.lines),
                    frozenset(n for n in range(first_branch, len(branches)) if branches[n].line in region.lines),
                )
            )
        text = tuple(source_lines(reporter.source()))
        files.append(SourceFile(path, _shown(path), text, frozenset(omitted)))
    _check_omissions(source, used)
    if not statements:
        raise InputError(f"{', '.join(source.names)} has no statement that counts")
    return CodeMap(
        tuple(files), tuple(statements), tuple(branches), tuple(functions), tuple(left_out), tuple(reporters)
    )


def _check_omissions(source: Source, used: set[str]) -> None:
    for omission in source.omissions:
        if omission.function is not None and omission.text not in used:
            raise InputError(f"--omit {omission.text!r} matches no function")


def _reporter(path: Path, measuring: Coverage) -> PythonFileReporter:
    try:
        reporter = PythonFileReporter(str(path), measuring)
        reporter.lines()
    except CoverageException as error:
        raise InputError(str(error), location=Location(str(path))) from error
    return reporter


def _possible(reporter: PythonFileReporter) -> Iterable[Arc]:
    """Every branch of a file."""
    several = {line for line, exits in reporter.exit_counts().items() if exits > 1} - reporter.no_branch_lines()
    excluded = reporter.excluded_lines()
    return ((line, to) for line, to in reporter.arcs() if line in several and to not in excluded)


def read_reach(run: SuiteRun, code: CodeMap) -> Reach:
    """Read what `run` reached of `code`.

    Raises:
        InputError: The data is not coverage.py's, or without branches, or of other source.
    """
    data = _read_data(run.data_file)
    where = Location(str(run.data_file))
    if not data.measured_files():
        raise InputError(f"suite {run.name!r} measured nothing", location=where, hint=_elsewhere(run))
    if not data.has_arcs():
        raise InputError(
            f"suite {run.name!r} was measured without branches", location=where, hint="coverage run --branch"
        )
    reader = _Reader(data, code)
    statements, branches = reader.statements(), reader.branches()
    if not statements:
        raise _nothing_reached(run, data, code)
    if run.outcomes is None:
        _check_version(run, data, code)
    return Reach(statements, branches, *_by_test(run, data, reader))


def _by_test(
    run: SuiteRun, data: CoverageData, reader: _Reader
) -> tuple[frozenset[int], tuple[frozenset[int], ...] | None]:
    """What was reached outside of tests, and by each."""
    contexts = data.measured_contexts()
    if run.outcomes is not None:
        before = reader.branches(_context(run.name, ""))
        return before, tuple(
            reader.branches(name) if (name := _context(run.name, test.name)) in contexts else frozenset()
            for test in run.outcomes
        )
    groups: dict[str, list[str]] = defaultdict(list)
    for context in sorted(contexts):
        groups[_PHASE.sub("", context)].append(context)
    outside = {name for name in groups if not name or any(other.startswith(f"{name}|") for other in groups)}
    before, *by_test = (
        frozenset[int]().union(*(reader.branches(context) for name in names for context in groups[name]))
        for names in (outside, *([name] for name in groups if name not in outside))
    )
    return before, tuple(by_test) if outside and by_test else None


def _context(suite: str, test: str) -> str:
    """How coverage.py joins a static and a dynamic context."""
    return f"{suite}|{test}" if test else suite


def _read_data(path: Path) -> CoverageData:
    data = CoverageData(str(path))
    try:
        data.read()
    except CoverageException as error:
        raise InputError(f"is not coverage.py's data: {error}", location=Location(str(path))) from error
    return data


class _Reader:
    """Reads one data file. An arc's branch is looked up once, however many tests run it."""

    def __init__(self, data: CoverageData, code: CodeMap) -> None:
        self._data = data
        self._code = code
        measured = data.measured_files()
        self._files = [n for n, file in enumerate(code.files) if str(file.path) in measured]
        self._branch_of: list[dict[Arc, int | None]] = [{} for _ in code.files]

    def statements(self) -> frozenset[int]:
        """The statements that were run."""
        self._data.set_query_contexts(None)
        numbers = self._code.statement_numbers
        reached = set()
        for file in self._files:
            lines = self._data.lines(str(self._code.files[file].path)) or []
            translated = self._code.reporters[file].translate_lines(lines)
            reached |= {numbers[file, line] for line in translated if (file, line) in numbers}
        return frozenset(reached)

    def branches(self, context: str | None = None) -> frozenset[int]:
        """The branches that were run, in `context` only if one is given."""
        if context is None:
            self._data.set_query_contexts(None)
        else:
            self._data.set_query_context(context)
        reached: set[int | None] = set()
        for file in self._files:
            known = self._branch_of[file]
            for arc in self._data.arcs(str(self._code.files[file].path)) or []:
                if arc not in known:
                    known[arc] = self._branch(file, arc)
                reached.add(known[arc])
        return frozenset(number for number in reached if number is not None)

    def _branch(self, file: int, arc: Arc) -> int | None:
        translated = self._code.reporters[file].translate_arcs([arc])
        numbers = [self._code.branch_numbers.get((file, *one)) for one in translated]
        return numbers[0] if numbers else None


def _nothing_reached(run: SuiteRun, data: CoverageData, code: CodeMap) -> InputError:
    """Say that a suite has run no line of the source, and what it has run instead."""
    ours = {file.path.name for file in code.files}
    elsewhere = sorted(path for path in data.measured_files() if Path(path).name in ours and not _is_ours(path, code))
    if run.outcomes is None and elsewhere:
        return InputError(
            f"suite {run.name!r} was measured on source in another place: {elsewhere[0]}, "
            f"where {code.files[0].shown} was expected",
            location=Location(str(run.data_file)),
            hint="coverage combine with [paths] in its configuration moves data to where the source is now",
        )
    return InputError(f"suite {run.name!r} runs no line of {code.shown}", hint=_elsewhere(run))


def _is_ours(path: str, code: CodeMap) -> bool:
    return any(path == str(file.path) for file in code.files)


def _elsewhere(run: SuiteRun) -> str | None:
    """Where the modules came from that a suite has imported instead."""
    places = [f"{name} from {place}" for name, place in (run.imported or {}).items() if place]
    return f"its tests import {', '.join(places)}" if places else "do its tests import it in this process?"


def _check_version(run: SuiteRun, data: CoverageData, code: CodeMap) -> None:
    """See that brought data is of the source as it is now: it must not have run lines where there is nothing to run."""
    data.set_query_contexts(None)
    for file, reporter in zip(code.files, code.reporters, strict=True):
        lines = set(_lines_of(compile("\n".join(file.lines), "", "exec")))
        within = reporter.parser.multiline_map  # other versions of Python tell other lines of a long statement
        stray = set(data.lines(str(file.path)) or ()) - lines - within.keys()
        if stray:
            raise InputError(
                f"suite {run.name!r} was measured on another version of {file.shown}: it ran line "
                f"{min(stray)}, where there is nothing to run now",
                location=Location(str(run.data_file)),
                hint="run the suite again",
            )


def _lines_of(code: CodeType) -> Iterator[int]:
    """Every line that `code`, or code within it, can be at."""
    yield code.co_firstlineno
    yield from (line for _, _, line in code.co_lines() if line)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _lines_of(constant)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
