"""Strategy `minimum`: provably the fewest behaviors that pass every state, transition, or pair of transitions.

Within a strongly connected component a behavior may go round as it likes, so one visit is enough for all that is in it.
What counts is therefore the acyclic graph of components, on which a minimum flow tells how many behaviors it takes and
through which components they go; a cut through that graph proves that fewer cannot do.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from testgen.behavior import Suite
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph
from testgen.selection._minimum_flow import minimum_flow
from testgen.selection.certificate import Cut, proven_bound
from testgen.selection.criteria import OBLIGATIONS, Obligations, behavior_along
from testgen.selection.tours import Tours

__all__ = ["select_minimum"]

Path = tuple[int, list[int]]
"""A place to begin at, and the moves from there."""


def select_minimum(graph: StateGraph, criterion: str, *, limit: int) -> Suite:
    """The fewest behaviors that pass every obligation of `criterion`; the suite's bound equals their number.

    They are ordered such that each passes as much as any can of what those before it leave, and end where they pass
    nothing new.

    Raises:
        SelectionError: There is nothing to cover, or more than `limit` behaviors are needed.
    """
    obligations = OBLIGATIONS[criterion](graph)
    if obligations.count == 0:
        raise SelectionError(f"the graph has no {criterion} to cover", location=Location(graph.source))
    paths, cut = fewest_paths(obligations, limit=limit, source=graph.source)
    bound = proven_bound(obligations, cut)
    assert bound == len(paths), "the bound and the paths disagree"
    behaviors = []
    for start, moves in _most_first(obligations, paths):
        state, transitions = obligations.path_along(start, moves)
        behaviors.append(behavior_along(graph, state, transitions))
    return Suite(graph, criterion, "minimum", tuple(behaviors), lower_bound=bound)


def fewest_paths(obligations: Obligations, *, limit: int, source: str) -> tuple[list[Path], Cut]:
    """The paths, in no order that matters, and a cut that proves that fewer cannot do.

    Raises:
        SelectionError: There are more than `limit`.
    """
    n_places = len(obligations.places)
    ones = np.ones(len(obligations.targets), dtype=np.int8)
    matrix = csr_array((ones, obligations.targets, obligations.offsets), shape=(n_places, n_places))
    n_components, components = connected_components(matrix, directed=True, connection="strong")
    sources = components[obligations.sources].astype(np.int64)
    targets = components[obligations.targets].astype(np.int64)
    between = np.flatnonzero(sources != targets)
    within = np.flatnonzero((sources == targets) & obligations.moves)
    is_due = np.zeros(n_components, dtype=bool)
    is_due[components[obligations.places]] = True
    is_due[sources[within]] = True
    # A component must be visited for its own sake if no move that must be taken leads there or away.
    taken = between[obligations.moves[between]]
    is_due[sources[taken]] = is_due[targets[taken]] = False
    # Such a component is cut in two, joined by an edge that must be taken.
    due = np.flatnonzero(is_due)
    leaving = np.arange(n_components, dtype=np.int64)
    leaving[due] = n_components + np.arange(len(due))
    pairs, edge_of_move = np.unique(
        leaving[sources[between]] * (n_components + len(due)) + targets[between], return_inverse=True
    )
    lower = np.bincount(edge_of_move, obligations.moves[between], len(pairs)).astype(np.int64)
    tails, heads = np.divmod(pairs, n_components + len(due))
    starts = np.zeros(n_components + len(due), dtype=bool)
    starts[components[obligations.starts]] = True
    flow = minimum_flow(
        n_components + len(due),
        np.concatenate((tails, due)),
        np.concatenate((heads, leaving[due])),
        np.concatenate((lower, np.ones(len(due), dtype=np.int64))),
        starts,
    )
    if flow.n_paths > limit:
        raise SelectionError(
            f"at least {flow.n_paths:,} behaviors are needed, more than the limit of {limit:,}",
            location=Location(source),
            hint=f"--limit {flow.n_paths} takes them all",
        )
    cut = Cut(flow.inside[:n_components][components], flow.inside[leaving][components], components)
    crossings = _moves_by_component(obligations, between, edge_of_move, flow.edges, sources)
    begin = np.unique(components[obligations.starts], return_index=True)
    first_place = dict(zip(begin[0].tolist(), obligations.starts[begin[1]].tolist(), strict=True))
    walker = _Walker(obligations, components, crossings)
    paths = [
        walker.walk(first_place[component])
        for component in np.flatnonzero(flow.starts).tolist()
        for _ in range(int(flow.starts[component]))
    ]
    assert not any(crossings.values()), "a move was left over"
    return paths, cut


def _moves_by_component(
    obligations: Obligations,
    between: npt.NDArray[np.int64],
    edge_of_move: npt.NDArray[np.int64],
    flow: npt.NDArray[np.int64],
    sources: npt.NDArray[np.int64],
) -> dict[int, list[int]]:
    """For each component the moves by which paths leave it, each as often as paths take it; the last is taken first.

    Of several moves between two components each that must be taken is taken once, and the first as often as is left.
    """
    required = obligations.moves[between]
    times = required.astype(np.int64)
    edges, first = np.unique(edge_of_move, return_index=True)
    rest = flow[edges] - np.bincount(edge_of_move, times, len(edges)).astype(np.int64)[edges]
    times[first] += rest
    moves: dict[int, list[int]] = {}
    repeated = np.repeat(between, np.maximum(times - 1, 0))
    for move in [*repeated[::-1].tolist(), *between[times > 0][::-1].tolist()]:
        moves.setdefault(int(sources[move]), []).append(move)
    return moves


class _Walker:
    """Walks from a place through the components, going round in each that nobody has been to."""

    def __init__(
        self, obligations: Obligations, components: npt.NDArray[np.int32], crossings: dict[int, list[int]]
    ) -> None:
        self._sources: list[int] = obligations.sources.tolist()
        self._targets: list[int] = obligations.targets.tolist()
        self._components: list[int] = components.tolist()
        self._tours = Tours(obligations, components)
        self._crossings = crossings

    def walk(self, place: int) -> Path:
        """Walk until no move is left over that leads on; the moves taken are left over no more."""
        start, walk = place, list[int]()
        while True:
            tour, place = self._tours.tour(place)
            walk += tour
            onward = self._crossings.get(self._components[place])
            if not onward:
                return start, walk
            move = onward.pop()
            walk += [*self._tours.way(place, self._sources[move]), move]
            place = self._targets[move]


def _most_first(obligations: Obligations, paths: Sequence[Path]) -> list[Path]:
    """Order paths by what each adds to those before it, most first, and end each where it adds nothing more."""
    due_places, due_moves = bytearray(obligations.places), bytearray(obligations.moves)
    targets: list[int] = obligations.targets.tolist()

    def added(number: int) -> tuple[int, int]:
        """How many obligations a path passes that are due, and how many moves it takes to pass the last."""
        start, moves = paths[number]
        passed_places, passed_moves = {start} if due_places[start] else set(), set()
        count, until = len(passed_places), 0
        for position, move in enumerate(moves, 1):
            if due_moves[move] and move not in passed_moves:
                passed_moves.add(move)
                count, until = count + 1, position
            if due_places[targets[move]] and targets[move] not in passed_places:
                passed_places.add(targets[move])
                count, until = count + 1, position
        return count, until

    heap = [(-added(number)[0], number) for number in range(len(paths))]
    heapq.heapify(heap)
    ordered = []
    while heap:
        number = heapq.heappop(heap)[1]
        count, until = added(number)
        if heap and -count > heap[0][0]:
            heapq.heappush(heap, (-count, number))
            continue
        assert count > 0, "a path of a smallest suite adds something"
        start, moves = paths[number]
        due_places[start] = 0
        for move in moves[:until]:
            due_moves[move] = due_places[targets[move]] = 0
        ordered.append((start, moves[:until]))
    return ordered
