"""What must be covered, by criterion: the obligations, numbered, which of them a path passes, where each is nearest.

Every criterion has at most one obligation a step: the state that is reached, the transition or the action that is
taken, or the last two of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph
from testgen.selection.part import Path

__all__ = ["CRITERIA", "NOTHING", "Obligations", "successive_transitions"]

Ints = npt.NDArray[np.int64]

NOTHING = -1
"""Stands for no obligation."""
_PAIRS_LIMIT = 50_000_000
"""Arrays of more would not fit into the memory of a laptop."""


class Obligations(ABC):
    """What a criterion asks of a graph all of whose states can be reached.

    Attributes:
        count: How many there are; they have the numbers 0…count−1.
    """

    count: int

    @abstractmethod
    def __init__(self, graph: StateGraph) -> None: ...

    @abstractmethod
    def along(self, path: Path) -> list[int]:
        """The obligation that is passed in the first state and with each step of `path`, or `NOTHING`."""

    @abstractmethod
    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        """The obligations that steps of any number of paths pass, unordered, as often as they do: `along` for arrays.

        Args:
            starts: First states of paths.
            taken: Shape (n,): transitions.
            after: Shape (n,): the transition before each on its path, `NOTHING` if it is the first.
        """

    @abstractmethod
    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        """For each obligation an end of a path that passes it, beginning as near to the initial states as can be.

        Args:
            numbers: Only of these.
        """

    def _numbers(self, numbers: Sequence[int] | None) -> Sequence[int]:
        return range(self.count) if numbers is None else numbers


class _States(Obligations):
    def __init__(self, graph: StateGraph) -> None:
        self.count = graph.n_states
        self._targets: list[int] = graph.targets.tolist()
        self._graph = graph

    def along(self, path: Path) -> list[int]:
        start, transitions = path
        return [start, *(self._targets[transition] for transition in transitions)]

    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        return np.concatenate([starts, self._graph.targets[taken]])

    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        return [(state, []) for state in self._numbers(numbers)]


class _Transitions(Obligations):
    def __init__(self, graph: StateGraph) -> None:
        self.count = graph.n_transitions
        self._sources = graph.sources

    def along(self, path: Path) -> list[int]:
        return [NOTHING, *path[1]]

    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        return taken

    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        sources = self._sources if numbers is None else self._sources[list(numbers)]
        return [(source, [number]) for number, source in zip(self._numbers(numbers), sources.tolist(), strict=True)]


class _Actions(Obligations):
    """Actions by name, without their arguments."""

    def __init__(self, graph: StateGraph) -> None:
        names, kinds = _names(graph)
        self.count = len(names)
        self._kinds = kinds
        self._graph = graph

    def along(self, path: Path) -> list[int]:
        return [NOTHING, *self._kinds[path[1]].tolist()]

    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        return self._kinds[taken]

    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        sources = self._graph.sources
        order = np.lexsort((self._graph.levels[sources], self._kinds))
        firsts = order[np.unique(self._kinds[order], return_index=True)[1]].tolist()
        return [(int(sources[firsts[number]]), [firsts[number]]) for number in self._numbers(numbers)]


class _TransitionPairs(Obligations):
    def __init__(self, graph: StateGraph) -> None:
        self._firsts, self._seconds = successive_transitions(graph)
        self.count = len(self._firsts)
        counts = np.diff(graph.offsets)[graph.targets]
        # The pair (t, u) has the number base[t] + u.
        self._bases = np.cumsum(counts) - counts - graph.offsets[graph.targets]
        self._base: list[int] = self._bases.tolist()
        self._graph = graph

    def along(self, path: Path) -> list[int]:
        pairs = [self._base[first] + second for first, second in pairwise(path[1])]
        return [NOTHING] * min(2, 1 + len(path[1])) + pairs

    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        follows = after != NOTHING
        pairs: Ints = self._bases[after[follows]] + taken[follows]
        return pairs

    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        chosen = slice(None) if numbers is None else list(numbers)
        firsts, seconds = self._firsts[chosen], self._seconds[chosen]
        pairs = zip(firsts.tolist(), seconds.tolist(), strict=True)
        return [(source, list(pair)) for source, pair in zip(self._graph.sources[firsts].tolist(), pairs, strict=True)]


class _ActionPairs(Obligations):
    """Pairs of actions by name, of transitions that can follow one another."""

    def __init__(self, graph: StateGraph) -> None:
        names, kinds = _names(graph)
        self._firsts, self._seconds = successive_transitions(graph)
        keys = kinds[self._firsts] * len(names) + kinds[self._seconds]
        self._keys, self._pairs = np.unique(keys, return_inverse=True)
        self.count = len(self._keys)
        self._number = {divmod(key, len(names)): number for number, key in enumerate(self._keys.tolist())}
        self._n_names = len(names)
        self._kind = kinds
        self._kinds: list[int] = kinds.tolist()
        self._graph = graph

    def along(self, path: Path) -> list[int]:
        kinds = [self._kinds[transition] for transition in path[1]]
        return [NOTHING] * min(2, 1 + len(kinds)) + [self._number[pair] for pair in pairwise(kinds)]

    def passed(self, starts: Ints, taken: Ints, after: Ints) -> Ints:
        follows = after != NOTHING
        pairs: Ints = np.searchsorted(
            self._keys, self._kind[after[follows]] * self._n_names + self._kind[taken[follows]]
        )
        return pairs

    def nearest(self, numbers: Sequence[int] | None = None) -> list[Path]:
        sources = self._graph.sources
        order = np.lexsort((self._graph.levels[sources[self._firsts]], self._pairs))
        firsts = order[np.unique(self._pairs[order], return_index=True)[1]]
        return [
            (int(sources[self._firsts[pair]]), [int(self._firsts[pair]), int(self._seconds[pair])])
            for pair in firsts[list(self._numbers(numbers))].tolist()
        ]


def successive_transitions(graph: StateGraph) -> tuple[Ints, Ints]:
    """Every two transitions of which the second leaves where the first leads, by the first, then by the second.

    Raises:
        SelectionError: There are too many for arrays.
    """
    counts = np.diff(graph.offsets)[graph.targets]
    total = int(counts.sum())
    if total > _PAIRS_LIMIT:
        raise SelectionError(
            f"the graph has {total:,} pairs of successive transitions, more than {_PAIRS_LIMIT:,}",
            location=Location(graph.source),
            hint="cover transitions instead, or cut the model",
        )
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    firsts = np.repeat(np.arange(graph.n_transitions), counts)
    return firsts, np.repeat(graph.offsets[graph.targets], counts) + within


def _names(graph: StateGraph) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The names of the actions that are taken, and for each transition the position of its action's."""
    name_of_label = [action.name for action in graph.actions]
    names = sorted({name_of_label[label] for label in np.unique(graph.labels).tolist()})
    position = {name: number for number, name in enumerate(names)}
    kind_of_label = np.array([position.get(name, NOTHING) for name in name_of_label], dtype=np.int64)
    return names, kind_of_label[graph.labels] if len(names) else np.empty(0, dtype=np.int64)


CRITERIA: dict[str, type[Obligations]] = {
    "states": _States,
    "transitions": _Transitions,
    "actions": _Actions,
    "action-pairs": _ActionPairs,
    "transition-pairs": _TransitionPairs,
}
"""By name, but `behaviors`, of which each is an obligation of its own."""
