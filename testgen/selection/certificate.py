"""Proof that a suite cannot have fewer behaviors, checked apart from the search that found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.selection.ground import Ground

__all__ = ["Cut", "proven_bound"]


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
