"""`Behavior` and `Suite`: what passes from selection to rendering. Knows nothing of how a suite was chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["Behavior", "Suite", "Telling", "behavior_id"]


@dataclass(frozen=True, slots=True)
class Behavior:
    """A finite path from an initial state, chosen to be tested.

    Attributes:
        id: 32 hexadecimal digits over the values of its states and its actions with arguments: the same in every
            dump of the specification, and as long as these steps do not change.
        states: One more than `transitions`.
        transitions: The steps.
    """

    id: str
    states: tuple[StateId, ...]
    transitions: tuple[TransitionId, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """How a test tells a behavior.

    Attributes:
        test: What its name ends with: digits of its id, unique in the suite. Behaviors told alike share one test.
        n_told: How many of the behavior's transitions, from the first on, the test is about.
        progress: How many have been performed once each statement of the test has succeeded, in order; None if nobody
            has said. If the last is below `n_told`, the test shows that the system refuses what comes next.
    """

    test: str
    n_told: int
    progress: tuple[int, ...] | None = None

    @property
    def n_performed(self) -> int:
        """How many transitions a test that passes has performed."""
        return self.progress[-1] if self.progress else self.n_told


@dataclass(frozen=True, slots=True)
class Suite:
    """An ordered list of behaviors, with where it comes from.

    Attributes:
        graph: What the behaviors are paths of.
        criterion: What had to be covered, as the user names it.
        strategy: How behaviors were chosen.
        behaviors: Never empty.
        lower_bound: A suite that covers all that it can for this criterion cannot have fewer behaviors.
        obligations: How many things the criterion asks for, of those that can be reached.
        uncovered: How many things the suite leaves out, by reason: "unreachable", "filtered", "max-steps", "budget",
            "chance".
        least_steps: No suite of so few behaviors can do with fewer steps; None where that is not known.
        options: What else shaped the suite, in words.
        tellings: For each behavior the test that tells it, None where a binding leaves it out; empty until rendered.
    """

    graph: StateGraph
    criterion: str
    strategy: str
    behaviors: tuple[Behavior, ...]
    lower_bound: int
    obligations: int = 0
    uncovered: Mapping[str, int] = field(default_factory=dict)
    least_steps: int | None = None
    options: tuple[str, ...] = ()
    tellings: tuple[Telling | None, ...] = ()

    @property
    def selection(self) -> str:
        """How it was selected: `minimum transitions, at most 500 tests`."""
        return ", ".join([f"{self.strategy} {self.criterion}", *self.options])

    @property
    def n_steps(self) -> int:
        return sum(len(behavior.transitions) for behavior in self.behaviors)


def behavior_id(graph: StateGraph, states: tuple[StateId, ...], transitions: tuple[TransitionId, ...]) -> str:
    """The id of the behavior with these states and transitions; see `Behavior.id`."""
    digest = hashlib.sha256(b"testgen.behavior/1\n" + graph.state_digest(states[0]))
    for transition, state in zip(transitions, states[1:], strict=True):
        digest.update(str(graph.action(transition)).encode())
        digest.update(graph.state_digest(state))
    return digest.hexdigest()[:32]
