"""`Behavior` and `Suite`: what passes from selection to rendering. Knows nothing of how a suite was chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["Behavior", "Suite", "Telling", "behavior_id", "make_behaviors"]

_BEGINNING = b"testgen.behavior/1\n"
_ID_DIGITS = 32


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
        because: Why this criterion, if nobody asked for it and it is not the usual one.
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
    because: str = ""
    tellings: tuple[Telling | None, ...] = ()

    @property
    def selection(self) -> str:
        """How it was selected: `minimum transitions, at most 500 tests`."""
        return ", ".join([f"{self.strategy} {self.criterion}", *self.options])

    @property
    def n_steps(self) -> int:
        return sum(len(behavior.transitions) for behavior in self.behaviors)


def make_behaviors(graph: StateGraph, paths: Sequence[tuple[StateId, Sequence[TransitionId]]]) -> list[Behavior]:
    """Give paths through `graph`, each told by its first state and its transitions, their states and ids.

    The ids are those of `behavior_id`, five times as fast: 4.0 million steps in 3 s.
    """
    ends: list[int] = graph.targets.tolist()
    labels: list[int] = graph.labels.tolist()
    walked = [(start, *map(ends.__getitem__, transitions)) for start, transitions in paths]
    visited = np.unique(np.fromiter(chain.from_iterable(walked), dtype=np.int64))
    digests = dict(zip(visited.tolist(), graph.state_digests(visited), strict=True))
    actions = [str(action).encode() for action in graph.actions]
    behaviors = []
    for states, (_, transitions) in zip(walked, paths, strict=True):
        taken = map(actions.__getitem__, map(labels.__getitem__, transitions))
        reached = map(digests.__getitem__, states[1:])
        content = b"".join([_BEGINNING, digests[states[0]], *chain.from_iterable(zip(taken, reached, strict=True))])
        behaviors.append(Behavior(hashlib.sha256(content).hexdigest()[:_ID_DIGITS], states, tuple(transitions)))
    return behaviors


def behavior_id(graph: StateGraph, states: tuple[StateId, ...], transitions: tuple[TransitionId, ...]) -> str:
    """The id of the behavior with these states and transitions; see `Behavior.id`."""
    digest = hashlib.sha256(_BEGINNING + graph.state_digest(states[0]))
    for transition, state in zip(transitions, states[1:], strict=True):
        digest.update(str(graph.action(transition)).encode())
        digest.update(graph.state_digest(state))
    return digest.hexdigest()[:_ID_DIGITS]
