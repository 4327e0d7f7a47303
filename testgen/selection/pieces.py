"""Long walks cut into the fewest pieces of a limited length, each with a shortest way to where it begins.

Route first, cluster second (Beasley 1983; for arcs Ulusoy 1985): of these long walks, in this order, no other cuts make
fewer pieces. What a walk passes only for the second time it need not be in a piece.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from testgen.graph._kernels import breadth_first_levels
from testgen.selection.ground import Ground
from testgen.selection.part import Path

__all__ = ["Shore", "cut_into_pieces", "fewest_cuts"]


class Shore:
    """Shortest ways to all places from where behaviors begin."""

    def __init__(self, ground: Ground) -> None:
        sources, targets = ground.sources, ground.targets
        self.depths = breadth_first_levels(ground.offsets, targets, ground.starts).astype(np.int64) - 1
        forward = np.flatnonzero(self.depths[targets] == self.depths[sources] + 1)
        came_by = np.full(len(ground.places), -1, dtype=np.int64)
        came_by[targets[forward[::-1]]] = forward[::-1]  # of several assignments the last counts
        self._came_by: list[int] = came_by.tolist()
        self._sources: list[int] = sources.tolist()

    def way_to(self, place: int) -> Path:
        """The first of the shortest."""
        way: list[int] = []
        while (move := self._came_by[place]) >= 0:
            way.append(move)
            place = self._sources[move]
        return place, way[::-1]


def cut_into_pieces(tours: Iterable[Path], ground: Ground, shore: Shore, max_moves: int) -> list[Path]:
    """Cut long walks into the fewest pieces, and of such with the fewest moves; those that pass the most first."""
    sources, targets, depths = ground.sources.tolist(), ground.targets.tolist(), shore.depths.tolist()
    is_place_due, is_move_due = bytearray(ground.places.tobytes()), bytearray(ground.moves.tobytes())
    found: list[tuple[int, Path]] = []
    for start, tour in tours:
        # What is due, by how many moves of the tour are behind it when it begins and when it has been passed.
        begins, ends, places = list[int](), list[int](), list[int]()
        if is_place_due[start]:
            is_place_due[start] = 0
            begins, ends, places = [0], [0], [start]
        for position, move in enumerate(tour):
            is_new, place = is_move_due[move], targets[move]
            if is_new or is_place_due[place]:
                begins.append(position if is_new else position + 1)
                ends.append(position + 1)
                places.append(sources[move] if is_new else place)
                is_move_due[move] = is_place_due[place] = 0
        for first, last in fewest_cuts(begins, ends, [depths[place] for place in places], max_moves):
            begin, way = shore.way_to(places[first])
            found.append((last - first, (begin, way + tour[begins[first] : ends[last]])))
    found.sort(key=lambda piece: -piece[0])
    return [path for _, path in found]


def fewest_cuts(
    begins: Sequence[int], ends: Sequence[int], depths: Sequence[int], max_moves: int
) -> list[tuple[int, int]]:
    """The first and the last thing of each piece, for the fewest pieces, and of such the fewest moves.

    Backwards: what the things from one on cost is what a piece that begins there costs, and the things behind it. Only
    those ends are remembered of which none nearer is as good, so that the best one within reach is the farthest.
    """
    piece = ends[-1] * (2 + max(depths)) + 1 if ends else 0  # more than all moves
    costs = [0] * (len(begins) + 1)
    lasts = [0] * len(begins)
    stack: list[tuple[int, int]] = []  # a last thing, negative; what comes behind it, and the tour's moves up to it
    for first in range(len(begins) - 1, -1, -1):
        cost = costs[first + 1] + ends[first]
        while stack and stack[-1][1] >= cost:
            stack.pop()
        stack.append((-first, cost))
        farthest = bisect_right(ends, max_moves - depths[first] + begins[first]) - 1
        last, cost = stack[bisect_left(stack, (-farthest,))]
        lasts[first] = -last
        costs[first] = piece + depths[first] + cost - begins[first]
    cuts = []
    first = 0
    while first < len(begins):
        cuts.append((first, lasts[first]))
        first = lasts[first] + 1
    return cuts
