"""Which transitions of the graph a test takes, and at which of them it failed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from testgen.behavior import Suite, Telling
from testgen.bindings import Binding, find_binding
from testgen.errors import InputError, Location, unreadable
from testgen.graph import StateGraph, StateId, TransitionId, load
from testgen.render import Origin, read_origin
from testgen.suite_file import SUITE_FILE, read_suite
from testgen.values import Plain, to_plain

__all__ = ["SHRUNK", "Course", "OpenedSuite", "course_comment", "open_suite"]

SHRUNK = "shrunk_"
"""How the names of files begin that hold one test, of no suite. pytest passes them over unless given their name."""
_COMMENT = re.compile(r"^# testgen\.course (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Course:
    """What a test does, in the graph.

    Attributes:
        states: One more than `transitions`.
        transitions: Those that the test is about.
        progress: How many have been performed once each statement has succeeded; None where nobody has said.
    """

    states: tuple[StateId, ...]
    transitions: tuple[TransitionId, ...]
    progress: tuple[int, ...] | None

    def span(self, begun: int) -> tuple[int, int] | None:
        """From which transition to before which one the test's last statement goes, if it has begun so many."""
        if self.progress is None or not 0 < begun <= len(self.progress):
            return None
        return (self.progress[begun - 2] if begun > 1 else 0), self.progress[begun - 1]


@dataclass(frozen=True)
class OpenedSuite:
    """A suite with its graph and its binding.

    Attributes:
        folder: Of the tests.
        origin: What they were built of.
        graph: Read again.
        suite: Which behaviors.
        binding: Drives the system; None if the tests are in another language.
    """

    folder: Path
    origin: Origin
    graph: StateGraph
    suite: Suite
    binding: type[Binding] | None

    @cached_property
    def _courses(self) -> Mapping[str, Course]:
        courses: dict[str, Course] = {}
        for behavior, telling in zip(self.suite.behaviors, self.suite.tellings, strict=True):
            if telling is not None:
                courses.setdefault(telling.test, _course(behavior.states, behavior.transitions, telling))
        return courses

    def course(self, file: Path, key: str) -> Course:
        """The course of the test in `file` whose name ends with `key`.

        Raises:
            InputError: The suite has no such test.
        """
        if not file.name.startswith(SHRUNK) and (course := self._courses.get(key)) is not None:
            return course
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise unreadable(str(file), error) from error
        noted = _COMMENT.search(text)
        if noted is None or f"(graph {self.graph.digest[:12]}, " not in text:
            raise InputError("the suite has changed since this test was written", hint="build it again")
        told = json.loads(noted.group(1))
        start, transitions = int(told["start"]), tuple(map(int, told["transitions"]))
        states = (start, *(int(self.graph.targets[transition]) for transition in transitions))
        return Course(states, transitions, tuple(map(int, told["progress"])))

    def plain_state(self, state: StateId) -> dict[str, Plain]:
        """The values of all variables in a state, as a binding gets them."""
        return {name: to_plain(value) for name, value in self.graph.state(state).items()}


def open_suite(folder: Path) -> OpenedSuite:
    """Read all that is known of the suite in `folder`.

    Raises:
        InputError: The dump, the suite file or the note of where the suite came from is not there any more.
        GraphError: The dump is another one by now.
    """
    origin = read_origin(folder)
    graph = load(origin.graph, allow_cut=origin.allow_cut)
    suite = read_suite(folder / SUITE_FILE, graph)
    if not suite.tellings:
        raise InputError("does not say which tests tell its behaviors", location=Location(str(folder / SUITE_FILE)))
    binding = None if origin.binding is None else find_binding(origin.binding)
    return OpenedSuite(folder, origin, graph, suite, binding)


def course_comment(start: StateId, transitions: Sequence[TransitionId], progress: Sequence[int]) -> str:
    """A line for a file with one test that is in no suite, by which `OpenedSuite.course` knows it."""
    told = {"start": start, "transitions": list(transitions), "progress": list(progress)}
    return f"# testgen.course {json.dumps(told)}"


def _course(states: tuple[StateId, ...], transitions: tuple[TransitionId, ...], telling: Telling) -> Course:
    return Course(states[: telling.n_told + 1], transitions[: telling.n_told], telling.progress)
