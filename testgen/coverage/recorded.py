"""Finding in a graph what a handwritten test did: which transitions fit the actions and observations it recorded.

A recording tells of each step the names that the action may have, and the variables that can be observed. Several
transitions may fit, and which it was may be seen only later, or never. So the set of transitions that fit is kept, step
by step, as in simulating a nondeterministic automaton; in the end those are dropped that lead nowhere. A transition
counts as executed only if at its step no other one fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.errors import TraceError
from testgen.graph import StateGraph
from testgen.values.agreement import agree
from testgen.values.literal import read_literal
from testgen.values.plain import Plain, to_plain

__all__ = ["RecordedStep", "RecordedTest", "Track", "Tracker"]

Ints = npt.NDArray[np.int64]

Observed = Mapping[str, str]
"""Values by variable, as `python_literal` spells them."""


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """An action that came to its end.

    Attributes:
        actions: The names that it may have in the specification.
        observed: What was seen afterwards.
    """

    actions: tuple[str, ...]
    observed: Observed


@dataclass(frozen=True, slots=True)
class RecordedTest:
    """What one test did.

    Attributes:
        test: Its node id.
        initial: What was seen before the first step.
        steps: In order.
        binding: Name of the class that recorded it.
        outcome: As in a `run_log.Record`. Whatever it is, each step that is found in the graph was as it says.
        broken_by: Why nothing more was recorded: an action that raised. Empty if all was.
        is_generated: Whether a generated test did this in place of its behavior, as its system took another outcome.
    """

    test: str
    initial: Observed
    steps: tuple[RecordedStep, ...]
    binding: str = ""
    outcome: str = "passed"
    broken_by: str = ""
    is_generated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where a recorded test went in the graph.

    Attributes:
        test: What was tracked.
        starts: The initial states that it may have begun in, ascending; none if it began elsewhere.
        taken: For each step found in the graph the transitions that it may have been, ascending, at least one.
        left_by: Which step came after those and is not in the graph, in words; empty if all were found.
    """

    test: RecordedTest
    starts: Ints
    taken: tuple[Ints, ...]
    left_by: str = ""

    @property
    def certain(self) -> list[int | None]:
        """For each step found the transition that it was; None where that is not known."""
        return [int(possible[0]) if len(possible) == 1 else None for possible in self.taken]

    @property
    def lost_by(self) -> str:
        """Why it is not known what all of the test did, in words; empty if it is."""
        if self.left_by:
            return f"left the graph at {self.left_by}" if self.starts.size else f"is not in the graph: {self.left_by}"
        return f"was recorded up to where {self.test.broken_by}" if self.test.broken_by else ""


class Tracker:
    """Finds recorded tests in one graph. What it has learned of values serves the next test."""

    def __init__(self, graph: StateGraph) -> None:
        self._graph = graph
        self._columns = {name: column for column, name in enumerate(graph.variables)}
        self._names = [action.name for action in graph.actions]
        self._plain: dict[tuple[int, int], Plain] = {}
        self._read: dict[str, Plain] = {}
        self._known: dict[tuple[int, int, str], bool] = {}

    def knows(self, test: RecordedTest) -> bool:
        """Whether all that `test` observed are variables of the graph; if not, it is of another specification."""
        observed = [test.initial, *(step.observed for step in test.steps)]
        return all(variables.keys() <= self._columns.keys() for variables in observed)

    def track(self, test: RecordedTest) -> Track:
        """Find what `test` did.

        Raises:
            TraceError: It observes a variable that the graph does not have (see `knows`), or what is no value.

        Time is the steps times the transitions that leave the states possible at each.
        """
        starts = [state for state in self._graph.initial.tolist() if self._shows(state, test.initial)]
        if not starts:
            return Track(test, _array([]), (), f"no initial state has {_told(test.initial)}")
        possible: list[list[int]] = []
        states, left_by = starts, ""
        for number, step in enumerate(test.steps, 1):
            taken = [transition for state in states for transition in self._fitting(state, step)]
            if not taken:
                left_by = f"step {number}: no {' or '.join(step.actions)} leads to {_told(step.observed)}"
                break
            possible.append(taken)
            states = sorted({self._target(transition) for transition in taken})
        return self._without_dead_ends(test, starts, possible, left_by)

    def _fitting(self, state: int, step: RecordedStep) -> list[int]:
        """Transitions from `state` that have one of the names and lead to what was observed."""
        first, end = self._graph.offsets[state : state + 2].tolist()
        return [
            transition
            for transition in range(first, end)
            if self._names[self._graph.labels[transition]] in step.actions
            and self._shows(self._target(transition), step.observed)
        ]

    def _without_dead_ends(
        self, test: RecordedTest, starts: list[int], possible: list[list[int]], left_by: str
    ) -> Track:
        """Go back from the last step found, and keep what leads there."""
        kept: list[Ints] = []
        wanted: set[int] | None = None
        for taken in reversed(possible):
            leading = [transition for transition in taken if wanted is None or self._target(transition) in wanted]
            wanted = {int(self._graph.sources[transition]) for transition in leading}
            kept.append(_array(leading))
        begun = [state for state in starts if wanted is None or state in wanted]
        return Track(test, _array(begun), tuple(reversed(kept)), left_by)

    def _target(self, transition: int) -> int:
        return int(self._graph.targets[transition])

    def _shows(self, state: int, observed: Observed) -> bool:
        return all(self._agrees(state, variable, literal) for variable, literal in observed.items())

    def _agrees(self, state: int, variable: str, literal: str) -> bool:
        if variable not in self._columns:
            raise TraceError(
                f"a recorded test observes {variable!r}, a variable that {self._graph.source} does not have",
                hint="is it of another specification?",
            )
        column = self._columns[variable]
        rank = int(self._graph.ranks[state, column])
        if (column, rank, literal) not in self._known:
            self._known[column, rank, literal] = agree(self._specified(column, rank), self._observed(variable, literal))
        return self._known[column, rank, literal]

    def _specified(self, column: int, rank: int) -> Plain:
        if (column, rank) not in self._plain:
            self._plain[column, rank] = to_plain(self._graph.values[column][rank])
        return self._plain[column, rank]

    def _observed(self, variable: str, literal: str) -> Plain:
        if literal not in self._read:
            try:
                self._read[literal] = read_literal(literal)
            except ValueError as error:
                raise TraceError(f"{variable} was observed as what is no value: {error}") from error
        return self._read[literal]


def _told(observed: Observed) -> str:
    return ", ".join(f"{variable} = {literal}" for variable, literal in sorted(observed.items()))


def _array(numbers: Sequence[int]) -> Ints:
    return np.array(sorted(numbers), dtype=np.int64)
