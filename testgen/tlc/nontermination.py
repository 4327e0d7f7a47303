"""Which evaluation did not terminate, when all that TLC says is that Java's stack overflowed.

TLC 2.15 names neither action nor position then ("The error call stack is empty"). So it is run twice more, with one
worker and `-coverage`, which counts the evaluations of each expression: once with the stack it had and once with four
times as much. One worker is deterministic, so exactly the expressions on the endless recursion are counted differently.
And if the deeper stack suffices, evaluation was deep but not endless.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from testgen.errors import Location
from testgen.tlc.judgment import Sources, positions
from testgen.tlc.transcript import Transcript

__all__ = ["Recursion", "explain_recursion", "repeated_lines"]

DEEPER = 4
LONGEST_CYCLE = 200
"""Lines; a printed value may take several."""

_DEFINITION = re.compile(r"^(?:LOCAL\s+)?(\w+)\s*(?:\([^=]*\)|\[[^=]*\])?\s*==")
"""Of an operator or function, at the beginning of a line; what LET defines is indented and belongs to it."""


@dataclass(frozen=True, slots=True)
class Recursion:
    """What two runs with different stacks tell.

    Attributes:
        owner: Whose evaluation it was, as in "action Join"; None if that did not come out.
        places: The expressions on the recursion.
        printed: What the specification printed, in the quieter of the runs.
        ends: The deeper stack sufficed.
    """

    owner: str | None
    places: tuple[Location, ...]
    printed: tuple[str, ...]
    ends: bool


def find_recursion(run: Callable[[int], tuple[Transcript, bool]]) -> Recursion:
    """Compare two runs.

    Args:
        run: Runs TLC with coverage and so many times the stack; tells what it said, and whether the stack overflowed.
    """
    shallow, overflowed = run(1)
    if not overflowed:  # more workers than one reached something else first
        return Recursion(None, (), tuple(shallow.printed), False)
    deep, overflows = run(DEEPER)
    before, after = _evaluations(shallow), _evaluations(deep)
    # No evidence: rows that only one report has, as TLC leaves out those counted like the row above (so what is found
    # varies a little from time to time); and small differences, which come from where exactly the stack was full.
    growth = {key: count - before[key] for key, count in after.items() if key in before} if overflows else {}
    most = max(growth.values(), default=0)
    grown = [key for key, more in growth.items() if more > most / 10]
    owners = dict.fromkeys(owner for owner, _ in grown)
    places = dict.fromkeys(place for _, expression in grown for place in positions(expression))
    owner = next(iter(owners)) if len(owners) == 1 else None
    if owner is None and shallow.phase == "computing initial states":
        owner = "the initial predicate"
    return Recursion(owner, tuple(places), tuple(shallow.printed), not overflows)


def explain_recursion(recursion: Recursion, sources: Sources, stack: str) -> str:
    """Say in words what happened."""
    subject = f"evaluating {recursion.owner or 'an expression'}"
    if recursion.ends:
        return f"{subject} recurses more deeply than Java's stack of {stack} allows"
    names = _operators(recursion.places, sources)
    loop = f": {names[0]} calls itself without end" if len(names) == 1 else ""
    if len(names) > 1:
        loop = f": without end it goes round through {', '.join(names)}"
    cycle, times = repeated_lines(recursion.printed)
    if times > 2:
        said = "\nthe specification printed, over and over:\n" + _indented(cycle)
    elif recursion.printed:
        said = "\nthe last that the specification printed:\n" + _indented(recursion.printed[-3:])
    else:
        said = ""
    return f"{subject} did not terminate{loop}{said}"


def repeated_lines(lines: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Find the shortest cycle that the lines end with.

    Returns:
        The cycle as it first occurs, and how often it is repeated without a gap; the last line and 1 if there is none.

    >>> repeated_lines(["x", "a", "b", "a", "b", "a"])
    (('a', 'b'), 2)
    """
    for length in range(1, min(LONGEST_CYCLE, len(lines) // 2) + 1):
        start = len(lines) - length
        while start > 0 and lines[start - 1] == lines[start - 1 + length]:
            start -= 1
        if (times := (len(lines) - start) // length) > 1:
            return tuple(lines[start : start + length]), times
    return tuple(lines[-1:]), min(1, len(lines))


def _evaluations(transcript: Transcript) -> Counter[tuple[str, str]]:
    """Sum over the ways that lead to an expression, by owner and expression."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in transcript.coverage:
        counts[row.owner, row.expression] += row.count
    return counts


def _operators(places: Sequence[Location], sources: Sources) -> list[str]:
    """Name the definitions in which places stand: the last `Name(…) ==` at or above."""
    names: list[str] = []
    for path, group in groupby(places, key=lambda place: sources.path_of(place.path.removesuffix(".tla"))):
        try:
            lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for place in group:
            heads = [
                (found[1], number)
                for number, line in enumerate(lines[: place.line], start=1)
                if (found := _DEFINITION.match(line))
            ]
            if heads:
                names.append(f"{heads[-1][0]} ({path}:{heads[-1][1]})")
    return list(dict.fromkeys(names))


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
