"""Which states are initial, where a JSON dump marks all of them so (MongoDB's fork of 2025-06)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from testgen.graph._kernels import successor_positions

__all__ = ["derive_initial"]


def derive_initial(ends: npt.NDArray[np.int64], n_states: int) -> npt.NDArray[np.int64]:
    """Find the initial states from the order of the file.

    Args:
        ends: Shape (m, 2): sources and targets in the file's order, as places of states in the file's order.
        n_states: At least one.

    TLC writes the initial states, and then each other state when a transition from an earlier one first leads to it.
    So the states that are not initial stand in the order in which such transitions first name them as targets, and the
    initial ones are what stands before the longest such end of the list. That holds for one worker, whose transitions
    come in the order of their sources. Otherwise the fewest that lead everywhere are taken: states without a
    predecessor, then the first that these do not lead to, and so on. An initial state to which another leads may be
    missed, in both ways.
    """
    if not (np.diff(ends[:, 0]) >= 0).all():
        return _fewest(ends, n_states)
    unmet = len(ends)
    met = np.full(n_states + 1, unmet, dtype=np.int64)
    meeting = np.flatnonzero(ends[:, 0] < ends[:, 1])
    places, first = np.unique(ends[meeting, 1], return_index=True)
    met[places] = meeting[first]
    in_order = (met[:-1] < unmet) & (met[:-1] < met[1:])
    others = np.flatnonzero(~in_order)
    return np.arange(max(1, others[-1] + 1 if len(others) else 1))


def _fewest(ends: npt.NDArray[np.int64], n_states: int) -> npt.NDArray[np.int64]:
    steps = ends[ends[:, 0] != ends[:, 1]]
    steps = steps[np.argsort(steps[:, 0], kind="stable")]
    offsets = np.zeros(n_states + 1, dtype=np.int64)
    np.cumsum(np.bincount(steps[:, 0], minlength=n_states), out=offsets[1:])
    initial = np.flatnonzero(np.bincount(steps[:, 1], minlength=n_states) == 0)
    reached = np.zeros(n_states, dtype=bool)
    frontier, chosen = initial, [initial]
    while True:
        while len(frontier):
            reached[frontier] = True
            following = np.unique(steps[successor_positions(offsets, frontier), 1])
            frontier = following[~reached[following]]
        if reached.all():
            return np.sort(np.concatenate(chosen))
        frontier = np.array([np.argmin(reached)])
        chosen.append(frontier)
