"""Walks of a limited length that pass everything within reach: few, though not provably the fewest.

To find the fewest is NP-hard (bin packing is a case of it), so this is a heuristic without a guarantee; what
`certificate` proves tells how far it can be from the best. Long walks that pass everything come first, as if there were
no limit. They are cut into the fewest pieces. Then each piece, the richest first, goes on to the nearest thing
due for as many moves as are left, so that later ones shrink or are not needed any more. Walks that from their
beginning go to the nearest thing due are made too, and the smaller suite is taken; in large components they alone are.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from testgen.graph._kernels import breadth_first_levels
from testgen.selection.certificate import proven_bound_of_length
from testgen.selection.ground import Ground
from testgen.selection.least_steps import shortest_walks
from testgen.selection.minimum import ComponentFlow, fewest_paths
from testgen.selection.nearest import Nearest
from testgen.selection.part import Path
from testgen.selection.pieces import Shore, cut_into_pieces

__all__ = ["bound_of_length", "limited_walks"]

_SMALL = 50_000
"""Of so many moves the long walks with the fewest moves are found within seconds."""
_ROUNDS = 5


def limited_walks(ground: Ground, flow: ComponentFlow, bound: int, max_moves: int) -> tuple[list[Path], int]:
    """Find walks over places and moves of at most `max_moves` that pass everything on `ground`, which is within reach.

    Args:
        ground: As `ground.within` leaves it.
        flow: Of any length.
        bound: How many walks it takes at least, as far as is known.
        max_moves: At least 1 if there are moves to take.

    Returns:
        The walks; and how many it takes at least, as far as could be proven.
    """
    tours, bound = _least_tours(ground, bound, max_moves)
    shore = Shore(ground)
    if tours is None and len(ground.moves) - len(flow.between) > _SMALL:
        return _filled((), ground, shore, max_moves), bound  # to go round in large components is quadratic (`tours`)
    pieces = cut_into_pieces(tours or fewest_paths(ground, flow), ground, shore, max_moves)
    suites = [
        _filled(pieces, ground, shore, max_moves),
        _filled((), ground, shore, max_moves),
        _filled(pieces, ground, shore, max_moves, goes_on=False),
    ]
    return min(suites, key=lambda walks: (len(walks), sum(len(moves) for _, moves in walks))), bound


def bound_of_length(ground: Ground, max_moves: int) -> int:
    """How many walks it takes at least, by what is quickly seen.

    Where more due moves leave a place than come to it, others must be taken again to come there, from a place where
    it is the other way round, or from where behaviors begin: as many as it is away.
    """
    n_places = len(ground.places)
    lack = np.bincount(ground.sources, ground.moves, n_places) - np.bincount(ground.targets, ground.moves, n_places)
    springs = np.union1d(np.flatnonzero(lack < 0), ground.starts)
    heights = breadth_first_levels(ground.offsets, ground.targets, springs).astype(np.int64) - 1
    return proven_bound_of_length(ground, heights, max_moves)


def _least_tours(ground: Ground, bound: int, max_moves: int) -> tuple[list[Path] | None, int]:
    """As many walks of any length as the bound says, with the fewest moves; and a better bound, by Newton's method.

    The fewest moves are a convex function of the number of walks. Where they are more than so many walks can have, the
    heights that prove it tell for which number they may not be.
    """
    tours = None
    if not ground.moves.all() or ground.places.any() or len(ground.moves) > _SMALL:
        return tours, bound
    for _ in range(_ROUNDS):
        least = shortest_walks(ground, bound)
        if least is None:
            break
        tours = least.walks
        better = proven_bound_of_length(ground, least.heights, max_moves)
        if better <= bound:
            break
        bound = better
    return tours, bound


def _filled(
    pieces: Sequence[Path], ground: Ground, shore: Shore, max_moves: int, *, goes_on: bool = True
) -> list[Path]:
    """Let each piece go on to what is nearest, if it may, leave out what others have passed, and begin new ones."""
    nearest = Nearest(ground, shore.depths)
    walks = []
    for start, moves in pieces:
        piece = _still_due((start, moves), nearest, shore)
        if piece is not None:
            walks.append(_lengthened(piece, nearest, max_moves if goes_on else 0))
    distances = [(0, start) for start in ground.starts.tolist()]  # or less than they are
    while nearest.n_due:
        distance, start = heappop(distances)
        if nearest.way(start, distance) is not None:
            walks.append(_lengthened((start, []), nearest, max_moves))
        if (distance := nearest.distance(start)) <= max_moves:
            heappush(distances, (distance, start))
    return walks


def _still_due(piece: Path, nearest: Nearest, shore: Shore) -> Path | None:
    """The piece from the first to the last thing due, with a shortest way to there; None if nothing is."""
    start, moves = piece
    due = [number for number, move in enumerate(moves) if nearest.passes_due(move)]
    if nearest.is_place_due[start]:
        return start, moves[: due[-1] + 1 if due else 0]
    if not due:
        return None
    begin, way = shore.way_to(nearest.sources[moves[due[0]]])
    return begin, way + moves[due[0] : due[-1] + 1]


def _lengthened(piece: Path, nearest: Nearest, max_moves: int) -> Path:
    """Strike what a piece passes, and go on to what is nearest as long as there are moves left."""
    start, moves = piece
    walk = list(moves)
    nearest.strike_place(start)
    for move in walk:
        nearest.strike_move(move)
    place = nearest.targets[walk[-1]] if walk else start
    while len(walk) < max_moves and (way := nearest.way(place, max_moves - len(walk))) is not None:
        place = nearest.targets[way[-1]] if way else place
        if not nearest.is_place_due[place]:
            if len(walk) + len(way) == max_moves:
                break
            way.append(nearest.due_move(place))
            place = nearest.targets[way[-1]]
        for move in way:
            nearest.strike_move(move)
        walk += way
    return start, walk
