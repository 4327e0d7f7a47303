"""Answers questions about failed tests: one JSON object a line in, one out, until standard input ends.

    {"ask": "surroundings", "folder": F, "file": T, "key": K, "begun": N}   the place in the graph, in words
    {"ask": "shrink", "folder": F, "file": T, "key": K, "begun": N, "cut": B}
        writes the shortest test that ends there; an empty answer if it is this one, but (if B) for what comes behind

An answer that has only `missing` says in a line why there is none.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from testgen.diagnosis import OpenedSuite, open_suite, shrink, surroundings
from testgen.errors import TestgenError

Answer = dict[str, Any]
"""JSON."""


class _Desk:
    """Opens each suite once, also one that cannot be opened."""

    def __init__(self) -> None:
        self._opened: dict[str, OpenedSuite | TestgenError] = {}

    def answer(self, question: Answer) -> Answer:
        try:
            return self._answer(question)
        except TestgenError as error:
            return {"missing": _in_a_line(error)}
        except Exception as error:  # a binding's own code, for one; a failed test is told all the same
            return {"missing": f"{type(error).__name__}: {error}".partition("\n")[0]}

    def _answer(self, question: Answer) -> Answer:
        suite = self._suite(question["folder"])
        course = suite.course(Path(question["file"]), question["key"])
        if question["ask"] == "shrink":
            shrunk = shrink(suite, course, question["begun"], cut=question["cut"])
            if shrunk is None:
                return {}
            where = {"file": shrunk.file, "test": shrunk.test, "key": shrunk.key}
            return {**where, "in_smaller_steps": shrunk.in_smaller_steps}
        found = surroundings(suite, course, question["begun"])
        if found is None:
            return {"missing": "the story of this binding does not say how far each statement goes"}
        return {"place": found.place, "where": found.where, "depth": found.depth, "lines": list(found.lines)}

    def _suite(self, folder: str) -> OpenedSuite:
        if folder not in self._opened:
            try:
                self._opened[folder] = open_suite(Path(folder))
            except TestgenError as error:
                self._opened[folder] = error
        opened = self._opened[folder]
        if isinstance(opened, TestgenError):
            raise opened
        return opened


def _in_a_line(error: TestgenError) -> str:
    return error.message if error.location is None else f"{error.location}: {error.message}"


def main() -> None:
    """Answer until there are no more questions."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a binding prints when it is imported is no answer
    desk = _Desk()
    for line in sys.stdin:
        answers.write(json.dumps(desk.answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
