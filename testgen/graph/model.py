"""`StateGraph`: the state graph of a specification, packed into arrays, with nothing lost.

A TLC graph is a directed *multigraph* with labelled transitions and self-loops: two actions may join the same two
states, and a `DiGraph` would lose one. States are numbered by what they are, never by fingerprint or file order, which
change from run to run; so two dumps of one specification give the same graph, number for number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import getitem

import numpy as np
import numpy.typing as npt

from testgen.values import Value

__all__ = ["Action", "GraphWarning", "IntArray", "StateGraph", "StateId", "TransitionId"]

StateId = int
"""Dense, 0…n−1: by level from the initial states, then by the values of the variables in order of their names."""
TransitionId = int
"""Dense, 0…m−1: by source, then action, then target."""
IntArray = npt.NDArray[np.int32] | npt.NDArray[np.int64]
_BATCH = 1 << 16


@dataclass(frozen=True, slots=True)
class Action:
    """What labels a transition: the name of a step of the specification and, if the dump tells them, its arguments.

    Attributes:
        name: As the specification spells it.
        arguments: In the specification's order; by name in alphabetical order where the dump has lost that.
        parameters: Names of the arguments, one for each; empty if the dump does not tell them.
    """

    name: str
    arguments: tuple[Value, ...] = ()
    parameters: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.arguments:
            return self.name
        shown = [argument.key for argument in self.arguments]
        if self.parameters:
            shown = [f"{name} = {text}" for name, text in zip(self.parameters, shown, strict=True)]
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class GraphWarning:
    """Something about a dump that its reader should know: a stable `code`, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, eq=False)
class StateGraph:
    """A state graph, immutable. Built by `graph.builder`; made by `graph.load`.

    Attributes:
        source: The file it came from, as the user named it.
        variables: Names, in alphabetical order.
        values: For each variable its distinct values, in canonical order.
        ranks: Shape (n_states, n_variables): the position of each state's value in `values`.
        offsets: Shape (n_states + 1,): transitions of state s are `offsets[s]` … `offsets[s + 1] - 1`.
        targets: Shape (n_transitions,): target state of each transition.
        labels: Shape (n_transitions,): position of each transition's action in `actions`.
        actions: Distinct actions with arguments, by name and arguments.
        initial: The initial states, ascending.
        levels: Shape (n_states,): breadth-first level, an initial state has 1; 0 where no path leads.
        fingerprints: Shape (n_states,): TLC's number of each state, for looking it up in the dump; of no other use.
        constrained_out_states: States the dump shows but the model's constraints exclude; they are not in the graph.
        warnings: What is odd about the dump.
    """

    source: str
    variables: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    ranks: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    actions: tuple[Action, ...]
    initial: npt.NDArray[np.int32]
    levels: npt.NDArray[np.int32]
    fingerprints: npt.NDArray[np.int64]
    constrained_out_states: int = 0
    warnings: tuple[GraphWarning, ...] = field(default=())

    @property
    def n_states(self) -> int:
        return len(self.ranks)

    @property
    def n_transitions(self) -> int:
        return len(self.targets)

    @cached_property
    def sources(self) -> npt.NDArray[np.int32]:
        """Shape (n_transitions,): source state of each transition."""
        return np.repeat(np.arange(self.n_states, dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def self_loops(self) -> npt.NDArray[np.bool_]:
        """Shape (n_transitions,): whether a transition ends where it began."""
        loops: npt.NDArray[np.bool_] = self.sources == self.targets
        return loops

    def state(self, state: StateId) -> Mapping[str, Value]:
        """The values of all variables in `state`, by name."""
        row = self.ranks[state]
        return {name: self.values[column][row[column]] for column, name in enumerate(self.variables)}

    def action(self, transition: TransitionId) -> Action:
        """The action that labels `transition`."""
        return self.actions[int(self.labels[transition])]

    @cached_property
    def _value_digests(self) -> list[list[bytes]]:
        return [[hashlib.sha256(value.key.encode()).digest() for value in column] for column in self.values]

    @cached_property
    def _variables_digest(self) -> bytes:
        return hashlib.sha256("\n".join(self.variables).encode()).digest()

    def state_digest(self, state: StateId) -> bytes:
        """32 bytes that stand for the state's content, the same in every dump of it."""
        (digest,) = self.state_digests(np.array([state]))
        return digest

    def state_digests(self, states: npt.NDArray[np.int64]) -> list[bytes]:
        """The `state_digest` of each of `states`."""
        beginning, columns = self._variables_digest, self._value_digests
        return [
            hashlib.sha256(beginning + b"".join(map(getitem, columns, row))).digest()
            for row in self.ranks[states].tolist()
        ]

    @cached_property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of the graph's content: variables, values, initial states, actions, transitions.

        Over canonical numbers, so the same for every dump of one specification.
        """
        digest = hashlib.sha256(b"testgen.graph/1\n")
        digest.update(self._variables_digest)
        for first in range(0, self.n_states, _BATCH):
            batch = np.arange(first, min(first + _BATCH, self.n_states))
            digest.update(b"".join(self.state_digests(batch)))
        digest.update("\n".join(map(str, self.actions)).encode())
        for array in (self.initial, self.offsets, self.targets, self.labels):
            digest.update(array.astype("<i8").tobytes())
        return digest.hexdigest()
