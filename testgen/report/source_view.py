"""The source line by line: which suites reach a line, all ways out of it or only some, and what mutants live there."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testgen.report.documents import Branch, Comparison, Mutant, Mutation, SourceFile

__all__ = ["SourceLine", "SourceView", "Way", "colored", "live_mutants", "source_views"]

Segment = tuple[str, str]
"""A class of the style sheet, or nothing, and text."""


@dataclass(frozen=True, slots=True)
class Way:
    """A branch in words, and for each suite whether it goes there."""

    words: str
    reached: tuple[bool, ...]

    def names(self, suites: Sequence[str]) -> list[str]:
        """Those of the suites that go there."""
        return [name for name, reached in zip(suites, self.reached, strict=True) if reached]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line.

    Attributes:
        number: From 1.
        segments: Its text, in colors.
        marks: For each suite "full", "part" or "none"; nothing on a line that does not count.
        ways: Its branches.
        mutants: Those that change it and some suite does not notice.
        is_excluded: Whether it counts for nothing because the project says so.
    """

    number: int
    segments: tuple[Segment, ...]
    marks: tuple[str, ...]
    ways: tuple[Way, ...]
    mutants: tuple[Mutant, ...]
    is_excluded: bool

    @property
    def reach(self) -> str:
        """The worst of what can be said: "nobody" reaches it, or a way out of it; "some" suites do not; "all" do."""
        if not self.marks:
            return ""
        if all(mark == "none" for mark in self.marks) or any(not any(way.reached) for way in self.ways):
            return "nobody"
        return "all" if set(self.marks) == {"full"} else "some"

    @property
    def n_gone(self) -> int:
        """How many of its ways some suite goes."""
        return sum(any(way.reached) for way in self.ways)

    def words(self, suites: Sequence[str]) -> str:
        """What there is to know of its ways, a line each, for those who point at it."""
        return "\n".join(f"{way.words}: {', '.join(way.names(suites)) or 'no suite'}" for way in self.ways)


@dataclass(frozen=True, slots=True)
class SourceView:
    """A file.

    Attributes:
        number: Its position in the document.
        path: As the document has it.
        lines: All.
        n_branches: How many it has.
        reached: For each suite how many branches it reaches.
        n_nobody: Lines of which something is reached by no suite.
    """

    number: int
    path: str
    lines: tuple[SourceLine, ...]
    n_branches: int
    reached: tuple[int, ...]

    @property
    def n_nobody(self) -> int:
        return sum(line.reach == "nobody" for line in self.lines)


def source_views(comparison: Comparison, mutation: Mutation | None) -> list[SourceView]:
    """Every file that has a line to count."""
    n_suites = len(comparison.suites)
    by_place: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for mutant in live_mutants(mutation) if mutation is not None else ():
        assert mutation is not None
        by_place[mutation.files[mutant.file], mutant.line].append(mutant)
    views = []
    for number, file in enumerate(comparison.files):
        if not file.statements:
            continue
        reached = tuple(sum(suite in branch.suites for branch in file.branches) for suite in range(n_suites))
        lines = tuple(_lines(file, n_suites, by_place))
        views.append(SourceView(number, file.path, lines, len(file.branches), reached))
    return views


def live_mutants(mutation: Mutation) -> list[Mutant]:
    """Those that some suite does not notice, and nobody has judged equivalent."""
    return [
        mutant
        for mutant in mutation.each
        if not all(verdict.is_kill for verdict in mutant.suites)
        and (mutant.judgment is None or mutant.judgment.verdict != "equivalent")
    ]


def _lines(file: SourceFile, n_suites: int, mutants: dict[tuple[str, int], list[Mutant]]) -> Iterable[SourceLine]:
    statements = {statement.line: statement.suites for statement in file.statements}
    branches: dict[int, list[Branch]] = defaultdict(list)
    for branch in file.branches:
        branches[branch.line].append(branch)
    excluded = set(file.excluded)
    for number, segments in enumerate(colored(file.lines), 1):
        ways = tuple(
            Way(branch.words, tuple(suite in branch.suites for suite in range(n_suites))) for branch in branches[number]
        )
        yield SourceLine(
            number,
            segments,
            _marks(statements.get(number), ways, n_suites),
            ways,
            tuple(mutants.get((file.path, number), ())),
            number in excluded,
        )


def _marks(reaching: list[int] | None, ways: tuple[Way, ...], n_suites: int) -> tuple[str, ...]:
    if reaching is None and not ways:
        return ()
    marks = []
    for suite in range(n_suites):
        gone = [way.reached[suite] for way in ways]
        if reaching is not None and suite not in reaching and not any(gone):
            marks.append("none")
        else:
            marks.append("full" if all(gone) else "part" if any(gone) or reaching is not None else "none")
    return tuple(marks)


_CLASSES = {tokenize.COMMENT: "c", tokenize.STRING: "q"}


def colored(lines: Sequence[str]) -> list[tuple[Segment, ...]]:
    """Python's keywords, strings and comments told apart; plain text if it is not Python.

    >>> colored(["return 'x'  # why"])
    [(('k', 'return'), ('', ' '), ('q', "'x'"), ('', '  '), ('c', '# why'))]
    """
    spans: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            kind = _CLASSES.get(token.type, "k" if keyword.iskeyword(token.string) else "")
            if not kind:
                continue
            for row in range(token.start[0], token.end[0] + 1):
                start = token.start[1] if row == token.start[0] else 0
                end = token.end[1] if row == token.end[0] else len(lines[row - 1])
                spans[row].append((start, end, kind))
    except (tokenize.TokenError, SyntaxError, IndexError):
        spans.clear()
    return [tuple(_segments(line, spans[row])) for row, line in enumerate(lines, 1)]


def _segments(line: str, spans: list[tuple[int, int, str]]) -> Iterable[Segment]:
    at = 0
    for start, end, kind in spans:
        if start > at:
            yield "", line[at:start]
        if end > start:
            yield kind, line[start:end]
        at = max(at, end)
    if at < len(line):
        yield "", line[at:]
