"""Strategy `minimum`: provably the fewest behaviors that pass every state, transition, or pair of transitions.

Within a strongly connected component a behavior may go round as it likes, so one visit is enough for all that is in it.
What counts is therefore the acyclic graph of components, on which a minimum flow tells how many behaviors it takes and
through which components they go; a cut through that graph proves that fewer cannot do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from testgen.selection._minimum_flow import minimum_flow
from testgen.selection.certificate import Cut
from testgen.selection.ground import Ground
from testgen.selection.part import Path
from testgen.selection.tours import Tours

__all__ = ["ComponentFlow", "component_flow", "fewest_paths"]


@dataclass(frozen=True, slots=True, eq=False)
class ComponentFlow:
    """How many behaviors go from component to component, as few as can be.

    Attributes:
        n_paths: How many there are.
        cut: Proves that fewer cannot do.
        components: Shape (n_places,): the component of each place.
        between: The moves from one component to another.
        edges: Shape (len(between),): which of them join the same components.
        flow: For each edge, how many behaviors take it.
        starts: For each component, how many begin there.
    """

    n_paths: int
    cut: Cut
    components: npt.NDArray[np.int32]
    between: npt.NDArray[np.int64]
    edges: npt.NDArray[np.int64]
    flow: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def component_flow(ground: Ground) -> ComponentFlow:
    """Find how few behaviors pass everything, without walking them."""
    n_places = len(ground.places)
    ones = np.ones(len(ground.targets), dtype=np.int8)
    matrix = csr_array((ones, ground.targets, ground.offsets), shape=(n_places, n_places))
    n_components, components = connected_components(matrix, directed=True, connection="strong")
    sources = components[ground.sources].astype(np.int64)
    targets = components[ground.targets].astype(np.int64)
    between = np.flatnonzero(sources != targets)
    within = np.flatnonzero((sources == targets) & ground.moves)
    is_due = np.zeros(n_components, dtype=bool)
    is_due[components[ground.places]] = True
    is_due[sources[within]] = True
    # A component must be visited for its own sake if no move that must be taken leads there or away.
    taken = between[ground.moves[between]]
    is_due[sources[taken]] = is_due[targets[taken]] = False
    # Such a component is cut in two, joined by an edge that must be taken.
    due = np.flatnonzero(is_due)
    leaving = np.arange(n_components, dtype=np.int64)
    leaving[due] = n_components + np.arange(len(due))
    pairs, edge_of_move = np.unique(
        leaving[sources[between]] * (n_components + len(due)) + targets[between], return_inverse=True
    )
    lower = np.bincount(edge_of_move, ground.moves[between], len(pairs)).astype(np.int64)
    tails, heads = np.divmod(pairs, n_components + len(due))
    starts = np.zeros(n_components + len(due), dtype=bool)
    starts[components[ground.starts]] = True
    flow = minimum_flow(
        n_components + len(due),
        np.concatenate((tails, due)),
        np.concatenate((heads, leaving[due])),
        np.concatenate((lower, np.ones(len(due), dtype=np.int64))),
        starts,
    )
    return ComponentFlow(
        n_paths=flow.n_paths,
        cut=Cut(flow.inside[:n_components][components], flow.inside[leaving][components], components),
        components=components,
        between=between,
        edges=edge_of_move,
        flow=flow.edges,
        starts=flow.starts,
    )


def fewest_paths(ground: Ground, flow: ComponentFlow) -> list[Path]:
    """Walk that flow: paths over places and moves, in no order that matters."""
    begin = np.unique(flow.components[ground.starts], return_index=True)
    first_place = dict(zip(begin[0].tolist(), ground.starts[begin[1]].tolist(), strict=True))
    walker = _Walker(ground, flow)
    paths = [
        walker.walk(first_place[component])
        for component in np.flatnonzero(flow.starts).tolist()
        for _ in range(int(flow.starts[component]))
    ]
    assert not walker.has_moves_left, "a move was left over"
    return paths


def _crossings(ground: Ground, flow: ComponentFlow) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The moves by which paths leave components, each as often as paths take it.

    Of several moves between two components each that must be taken is taken once, and the first as often as is left.

    Returns:
        Offsets, shape (n_components + 1,): those that leave component c are `offsets[c]` … `offsets[c + 1] - 1`; and
        the moves, of which the last of a component is taken first.
    """
    between = flow.between
    times = ground.moves[between].astype(np.int64)
    edges, first = np.unique(flow.edges, return_index=True)
    times[first] += flow.flow[edges] - np.bincount(flow.edges, times, len(edges)).astype(np.int64)[edges]
    repeated = np.repeat(np.arange(len(between)), np.maximum(times - 1, 0))
    numbers = np.concatenate((repeated[::-1], np.flatnonzero(times > 0)[::-1]))
    sources = flow.components[ground.sources[between[numbers]]]
    offsets = np.zeros(len(flow.starts) + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=len(flow.starts)), out=offsets[1:])
    return offsets, between[numbers[np.argsort(sources, kind="stable")]]


class _Walker:
    """Walks from a place through the components, going round in each that nobody has been to."""

    def __init__(self, ground: Ground, flow: ComponentFlow) -> None:
        offsets, moves = _crossings(ground, flow)
        self._sources: list[int] = ground.sources.tolist()
        self._targets: list[int] = ground.targets.tolist()
        self._components: list[int] = flow.components.tolist()
        self._tours = Tours(ground, flow.components)
        self._moves: list[int] = moves.tolist()
        self._begins: list[int] = offsets[:-1].tolist()
        self._left: list[int] = offsets[1:].tolist()

    @property
    def has_moves_left(self) -> bool:
        return self._left != self._begins

    def walk(self, place: int) -> Path:
        """Walk until no move is left over that leads on; the moves taken are left over no more."""
        start, walk = place, list[int]()
        sources, targets, components, is_due = self._sources, self._targets, self._components, self._tours.is_due
        moves, begins, left = self._moves, self._begins, self._left
        while True:
            component = components[place]
            if is_due[component]:
                tour, place = self._tours.tour(place)
                walk += tour
            if left[component] == begins[component]:
                return start, walk
            left[component] -= 1
            move = moves[left[component]]
            if sources[move] != place:
                walk += self._tours.way(place, sources[move])
            walk.append(move)
            place = targets[move]
