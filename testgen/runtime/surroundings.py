"""What a failed test is told of the graph: the state before its step, and what else was allowed there."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from testgen.runtime.companion import Companion
from testgen.runtime.generated import performed_test

__all__ = ["BRIEF", "COMPANION", "Surroundings", "surroundings_of"]

BRIEF = "TESTGEN_BRIEF"
"""Set to 1, nobody looks into the graph when a test fails: for runs that want to know only whether it does."""

COMPANION = pytest.StashKey[Companion]()
"""Where the run keeps the process that it asks."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where in the graph a test failed.

    Attributes:
        place: Names the first diverging transition, or the state where it begins; empty where that is not known.
        where: The same in words.
        depth: How many steps at least lead there.
        lines: For the story.
    """

    place: str = ""
    where: str = ""
    depth: int = 0
    lines: tuple[str, ...] = ()


def surroundings_of(item: pytest.Item, begun: int) -> Surroundings:
    """What the graph says of a generated test that has failed at the last of the statements it has begun.

    One line says so where the graph cannot be asked.
    """
    file, key = performed_test(item)
    if not key or not begun or not is_wanted(item.config):
        return Surroundings()
    companion = item.config.stash.setdefault(COMPANION, Companion())
    where = {"folder": str(file.parent), "file": str(file), "key": key, "begun": begun}
    answer = companion.ask(ask="surroundings", **where)
    if "missing" in answer:
        return Surroundings(lines=(f"the state before is not told: {answer['missing']}",))
    return Surroundings(answer["place"], answer["where"], answer["depth"], tuple(answer["lines"]))


def is_wanted(config: pytest.Config) -> bool:
    """Whether anybody will read it."""
    if os.environ.get(BRIEF) == "1":
        return False
    return bool(config.getoption("testgen_shrink", False)) or config.getoption("tbstyle", "auto") != "no"
