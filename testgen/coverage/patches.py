"""Applying a unified diff to one text, strictly: every line that it shows must be there.

A hunk may have moved, as the source above it grew: it is applied where its lines stand, if they stand in one place only
or at the line that it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from testgen.coverage.source import source_lines
from testgen.errors import InputError, Location

__all__ = ["apply_patch"]

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines to be replaced, from about line `start` on."""

    number: int
    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def apply_patch(diff: str, text: str, path: Path) -> str:
    """Return `text` as the unified diff `diff`, read from `path`, makes it.

    Raises:
        InputError: The diff is malformed, is of several files, or does not fit.
    """
    lines = source_lines(text)
    offset = 0
    for hunk in _hunks(diff, path):
        place = _place(hunk, lines, hunk.start - 1 + offset, path)
        lines[place : place + len(hunk.old)] = hunk.new
        offset = place - (hunk.start - 1) + len(hunk.new) - len(hunk.old)
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def _place(hunk: _Hunk, lines: list[str], expected: int, path: Path) -> int:
    size = len(hunk.old)
    places = [n for n in range(len(lines) - size + 1) if tuple(lines[n : n + size]) == hunk.old]
    if expected in places:
        return expected
    if len(places) != 1:
        found = "nowhere" if not places else f"in {len(places)} places"
        raise InputError(
            f"does not fit: the lines that it changes near line {hunk.start} stand {found}",
            location=Location(str(path), hunk.number),
            hint="the source has changed since; make the diff anew",
        )
    return places[0]


def _hunks(diff: str, path: Path) -> list[_Hunk]:
    hunks: list[_Hunk] = []
    old: list[str] = []
    new: list[str] = []
    n_files = 0
    for number, line in enumerate(source_lines(diff), 1):
        if line.startswith("--- "):
            n_files += 1
        elif match := _HUNK.match(line):
            old, new = [], []
            hunks.append(_Hunk(number, int(match[1]), (), ()))
        elif hunks and not line.startswith(("+++ ", "\\", "diff ", "index ")):
            kind, content = line[:1] or " ", line[1:]
            if kind not in " +-":
                raise InputError("is not a line of a unified diff", location=Location(str(path), number), excerpt=line)
            if kind in " -":
                old.append(content)
            if kind in " +":
                new.append(content)
            hunks[-1] = _Hunk(hunks[-1].number, hunks[-1].start, tuple(old), tuple(new))
    if n_files > 1:
        raise InputError("changes several files; a patch is of one", location=Location(str(path)))
    if not hunks:
        raise InputError("is not a unified diff: it has no hunk, @@ -1,2 +1,2 @@", location=Location(str(path)))
    return hunks
