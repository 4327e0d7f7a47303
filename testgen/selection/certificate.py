"""Proofs that a suite cannot have fewer behaviors, checked apart from the searches that found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.selection.ground import Ground

__all__ = ["Cut", "proven_bound", "proven_bound_of_length"]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Two halves of the places, such that no behavior comes back from the second into the first.

    A group of places can lie on the cut itself: in the first half when it is entered, in the second when it is left.

    Attributes:
        entered: Shape (n,): whether a behavior that comes to a place is then in the second half.
        left: Shape (n,): whether it is when it goes on from the place's group.
        groups: Shape (n,): a number for the group of each place.
    """

    entered: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int32]


def proven_bound(ground: Ground, cut: Cut) -> int:
    """Count the obligations on the cut, those in a group as one: no behavior passes two of them.

    For once it is beyond the cut, or leaves a group that lies on it, it never comes to the cut again.

    Raises:
        AssertionError: That is not so.
    """
    sources, targets = ground.sources, ground.targets
    on_cut = cut.left & ~cut.entered
    inside_group = on_cut[sources] & on_cut[targets] & (cut.groups[sources] == cut.groups[targets])
    assert not (cut.entered & ~cut.left).any(), "a place leads back over the cut"
    assert not (cut.left[sources] & ~cut.entered[targets] & ~inside_group).any(), "a move leads back over the cut"
    crossing = ground.moves & ~cut.left[sources] & cut.entered[targets]
    due = {*cut.groups[ground.places & on_cut].tolist()}
    due |= {*cut.groups[sources[ground.moves & inside_group]].tolist()}
    return int(crossing.sum()) + len(due)


def proven_bound_of_length(ground: Ground, heights: npt.NDArray[np.int64], max_moves: int) -> int:
    """Count the walks that it takes, if none has more than `max_moves`.

    No move climbs more than 1, so what a move climbs less is to spare. A walk begins no higher than the highest start
    and ends no lower than 0, so that its moves together spare no more than their number and that height. Those that
    must be taken spare so much in all.

    Args:
        ground: If places must be passed, their number is counted, of which a walk passes one more than it has moves.
        heights: Shape (n,): any, from 0 up.
        max_moves: At least 1 if there are moves.

    Raises:
        AssertionError: A move climbs more than 1, or a height is below 0.
    """
    spare = 1 + heights[ground.sources] - heights[ground.targets]
    assert not (spare < 0).any() and not (heights < 0).any(), "a move climbs too high"
    spare_of_walk = max_moves + int(heights[ground.starts].max(initial=0))
    by_moves = -(-int(spare[ground.moves].sum()) // max(1, spare_of_walk))
    return max(by_moves, -(-int(ground.places.sum()) // (max_moves + 1)))
