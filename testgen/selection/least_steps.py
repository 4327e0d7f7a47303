"""`--minimize steps`: among the smallest suites one with the fewest steps.

Moves that must be taken are taken at least once, and what the others and repeated ones cost is least: a flow of minimum
cost, as a linear program (HiGHS, by scipy), whose vertices are whole numbers as the matrix is that of a network. All
moves being due, whatever goes round a cycle hangs together with a path, so the flow falls apart into as many walks as
begin (Hierholzer 1873). Where places are due instead, the flow could go round a cycle by itself, and to find the fewest
moves is a traveling salesman's problem; so that is for grounds without cycles alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

from testgen.selection.ground import Ground
from testgen.selection.part import Path

__all__ = ["LeastSteps", "shortest_walks"]

_SECONDS = 120
"""Up to half a million transitions are done in this time on a laptop, of most graphs."""


@dataclass(frozen=True, slots=True, eq=False)
class LeastSteps:
    """So many walks that together have the fewest moves, and why.

    Attributes:
        walks: Over places and moves.
        heights: Shape (n_places,): no move climbs more than 1; see `certificate.proven_bound_of_length`.
    """

    walks: list[Path]
    heights: npt.NDArray[np.int64]


def shortest_walks(ground: Ground, n_walks: int) -> LeastSteps | None:
    """The `n_walks` walks over places and moves that pass what is due, with the fewest moves in all.

    Args:
        ground: All of its moves are due and no place; or all places and no move, and it has no cycles but self-loops.
        n_walks: At least as few as can be.

    Returns:
        The walks; None if they were not found in time.
    """
    are_moves_due = not ground.places.any()
    assert ground.moves.all() if are_moves_due else ground.places.all(), "all moves are due, or all places"
    from scipy.optimize import linprog  # a third of what all of testgen takes to import

    n_places, n_moves, n_starts = len(ground.places), len(ground.moves), len(ground.starts)
    places, moves = np.arange(n_places), np.arange(n_moves)
    begin = n_moves + np.arange(n_starts)
    end = n_moves + n_starts + places
    ones = np.ones
    # What comes to a place leaves it or ends there; so many walks begin; and some where no move leads from elsewhere.
    sealed = _sealed_starts(ground)
    components, groups = np.unique(sealed[sealed >= 0], return_inverse=True)
    rows = np.concatenate((ground.targets, ground.sources, ground.starts, places, np.full(n_starts, n_places)))
    columns = np.concatenate((moves, moves, begin, end, begin))
    entries = np.concatenate((ones(n_moves), -ones(n_moves), ones(n_starts), -ones(n_places), ones(n_starts)))
    n_variables = n_moves + n_starts + n_places
    balance = coo_array((entries, (rows, columns)), shape=(n_places + 1, n_variables)).tocsr()
    wanted = np.zeros(n_places + 1)
    wanted[n_places] = n_walks
    begun = coo_array((-ones(len(groups)), (groups, begin[sealed >= 0])), shape=(len(components), n_variables)).tocsr()
    at_least_once = begun if are_moves_due else vstack((begun, -_comings(ground, n_variables)))
    lower = np.concatenate((ground.moves, np.zeros(n_starts + n_places)))
    answer = linprog(
        np.concatenate((ones(n_moves), np.zeros(n_starts + n_places))),
        A_eq=balance,
        b_eq=wanted,
        A_ub=at_least_once,
        b_ub=-ones(at_least_once.shape[0]),
        bounds=np.stack((lower, np.full(n_variables, np.inf)), axis=1),
        method="highs-ds",
        options={"time_limit": _SECONDS},
    )
    if answer.status != 0:
        return None
    flow = np.rint(answer.x).astype(np.int64)
    assert np.abs(answer.x - flow).max() < 1e-6, "a flow between whole numbers"
    heights = np.rint(answer.eqlin.marginals[:n_places]).astype(np.int64)
    return LeastSteps(_walks(ground, flow[:n_moves], flow[n_moves : n_moves + n_starts]), heights - heights.min())


def _comings(ground: Ground, n_variables: int) -> csr_array:
    """Shape (n_places, n_variables): which moves, and which beginnings, come to each place from elsewhere."""
    moves = np.flatnonzero(ground.sources != ground.targets)
    begin = len(ground.moves) + np.arange(len(ground.starts))
    rows, columns = np.concatenate((ground.targets[moves], ground.starts)), np.concatenate((moves, begin))
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(ground.places), n_variables)).tocsr()


def _sealed_starts(ground: Ground) -> npt.NDArray[np.int64]:
    """For each start its component, if that has moves and none leads there from another component; else -1."""
    n_places = len(ground.places)
    matrix = coo_array((np.ones(len(ground.targets), dtype=np.int8), (ground.sources, ground.targets)), (n_places,) * 2)
    n_components, components = connected_components(matrix.tocsr(), directed=True, connection="strong")
    is_sealed = np.zeros(n_components, dtype=bool)
    sources, targets = components[ground.sources], components[ground.targets]
    is_sealed[sources] = True
    is_sealed[targets[sources != targets]] = False
    own = components[ground.starts].astype(np.int64)
    result: npt.NDArray[np.int64] = np.where(is_sealed[own], own, -1)
    return result


def _walks(ground: Ground, flow: npt.NDArray[np.int64], begins: npt.NDArray[np.int64]) -> list[Path]:
    """Take the flow apart: one round trip through a place outside, from which walks begin and to which they end."""
    outside = len(ground.places)
    sources, targets = ground.sources, ground.targets
    taken = np.repeat(np.arange(len(flow)), flow)
    ends = np.bincount(targets[taken], minlength=outside) - np.bincount(sources[taken], minlength=outside)
    np.add.at(ends, ground.starts, begins)
    onward: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, times in zip(range(outside), ends.tolist(), strict=True):
        onward[place] += [(-1, outside)] * times  # taken last, as the lists are taken from their ends
    for move in taken[::-1].tolist():
        onward[int(sources[move])].append((move, int(targets[move])))
    for start, times in zip(ground.starts[::-1].tolist(), begins[::-1].tolist(), strict=True):
        onward[outside] += [(-1, start)] * times
    trip: list[tuple[int, int]] = []
    stack = [(-1, outside)]
    while stack:
        if left := onward[stack[-1][1]]:
            stack.append(left.pop())
        else:
            trip.append(stack.pop())
    trip.reverse()
    assert not any(onward.values()), "a cycle hangs together with no walk"
    walks: list[Path] = []
    for position, (move, place) in enumerate(trip[1:], 1):
        if trip[position - 1][1] == outside:
            walks.append((place, []))
        elif place != outside:
            walks[-1][1].append(move)
    return walks
