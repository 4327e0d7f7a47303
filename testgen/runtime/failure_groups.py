"""Failures that probably have one cause, told as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["FailureGroup", "ToldFailure", "group_failures", "summarize_groups"]

_SEE = "see: testgen help failures"
_SMALLER = "smaller stories: the same command with --testgen-shrink"
_PLACES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ToldFailure:
    """What the report of a failed generated test carries, as plain values.

    Attributes:
        kind: What differed, after which step.
        steps: How many statements it began.
        command: Runs it alone.
        test: Its node id.
        file: Absolute: of the test whose statement failed, which another one may have followed.
        key: Digits that end the name of that test.
        place: Names the first diverging transition in the graph; empty where that is not known.
        where: The same in words.
        depth: How many steps at least lead there.
        is_broken_off: Whether the server had gone, which says nothing of conformance.
    """

    kind: str
    steps: int
    command: str
    test: str = ""
    file: str = ""
    key: str = ""
    place: str = ""
    where: str = ""
    depth: int = 0
    is_broken_off: bool = False


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one kind, the one that is shortest to reach first."""

    kind: str
    failures: tuple[ToldFailure, ...]

    @property
    def shortest(self) -> ToldFailure:
        return self.failures[0]

    @property
    def nearest(self) -> ToldFailure:
        """The one whose place in the graph is reached in the fewest steps, however long its own way there is."""
        return min(self.failures, key=lambda told: (told.depth + 1 if told.place else told.steps, told.steps))

    @property
    def places(self) -> list[tuple[str, int]]:
        """The first diverging transitions in words, and how many are there, most first; none if one is not known."""
        counts = Counter(failure.place for failure in self.failures)
        words = {failure.place: failure.where for failure in reversed(self.failures)}
        return [] if "" in counts else [(words[place], count) for place, count in counts.most_common()]


def group_failures(reports: Iterable[Any]) -> list[FailureGroup]:  # Any: reports take any attribute
    """The groups, the largest first."""
    kinds: dict[str, list[ToldFailure]] = {}
    for report in reports:
        told = getattr(report, "testgen", None)
        if told is not None:
            kinds.setdefault(told["kind"], []).append(ToldFailure(**told))
    groups = [
        FailureGroup(kind, tuple(sorted(failures, key=lambda told: (told.steps, told.depth, told.command))))
        for kind, failures in kinds.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.failures), group.kind))


def summarize_groups(terminalreporter: Any, shrunk: dict[str, str]) -> bool:  # Any: pytest keeps its type to itself
    """Tell each group: what differed after which step, at which transitions of the graph, and its shortest test.

    Args:
        terminalreporter: Writes.
        shrunk: For groups that were looked into, a better line than the command of their shortest test.

    Returns:
        Whether there are any.
    """
    stats = terminalreporter.stats
    groups = group_failures([*stats.get("failed", ()), *stats.get("error", ())])
    if not groups:
        return False
    terminalreporter.write_sep("=", "failures by kind, each with its shortest behavior")
    for group in groups:
        places = group.places
        many = f"  (at {len(places):,} places in the graph)" if len(places) > 1 else ""
        terminalreporter.write_line(f"{len(group.failures):5}  {group.kind}{many}")
        terminalreporter.write_line(f"       {shrunk.get(group.kind, group.shortest.command)}")
        for where, count in places[:_PLACES_SHOWN]:
            terminalreporter.write_line(f"       {count:5}  {where}")
        if len(places) > _PLACES_SHOWN:
            terminalreporter.write_line(f"              ... and at {len(places) - _PLACES_SHOWN:,} more")
    long = any(group.shortest.steps > 1 and not group.shortest.is_broken_off for group in groups)
    if long and not terminalreporter.config.getoption("testgen_shrink"):
        terminalreporter.write_line(_SMALLER)
    terminalreporter.write_line(_SEE)
    return True
