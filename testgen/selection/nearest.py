"""The nearest place where something is due, again and again, while less and less is due.

Each place has a height that is never more than its distance to the nearest such place. A way is sought downhill, one
lower with each move; where that fails the height was too low and is raised, as in maximum flow by shortest augmenting
paths (Ahuja & Orlin 1991). Distances only grow, so no height is found twice. When raising them one by one takes long,
all are measured at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from testgen.graph._kernels import breadth_first_levels
from testgen.selection.ground import Ground

__all__ = ["Nearest"]

Ints = npt.NDArray[np.int64]
_PATIENCE = 4
"""Raising heights one by one may look at each move so often before all are measured."""
_NEVER = 1 << 30


class Nearest:
    """What is due on a ground, and shortest ways to it.

    Attributes:
        n_due: How much is.
        is_place_due: By place.
        is_move_due: By move.
        sources: By move, the place that it leaves.
        targets: By move, the place where it leads.
    """

    def __init__(self, ground: Ground, depths: Ints) -> None:
        """Take everything on `ground` as due; due moves are taken in an order by the `depths` of where they lead."""
        sources, targets = ground.sources, ground.targets
        n_places, n_moves = len(ground.places), len(targets)
        self.n_due = int(ground.places.sum() + ground.moves.sum())
        self.is_place_due = bytearray(ground.places.tobytes())
        self.is_move_due = bytearray(ground.moves.tobytes())
        self._due_at: list[int] = (ground.places + np.bincount(sources, ground.moves, n_places).astype(int)).tolist()
        self.sources: list[int] = sources.tolist()
        self.targets: list[int] = targets.tolist()
        self._begins: list[int] = ground.offsets.tolist()
        # Round trips first, then what leads back to the beginning, where most can be reached.
        self._order: list[int] = np.lexsort((depths[targets], sources != targets, sources)).tolist()
        self._next_due: list[int] = self._begins[:-1]
        self._next = self._begins[:-1]
        by_target = np.argsort(targets, kind="stable")
        self._back_sources = sources[by_target].astype(np.int32)
        self._back_offsets = np.zeros(n_places + 1, dtype=np.int64)
        np.cumsum(np.bincount(targets, minlength=n_places), out=self._back_offsets[1:])
        self._heights = [0] * n_places
        self._work, self._patience = 0, _PATIENCE * (n_moves + n_places)

    def strike_place(self, place: int) -> None:
        """Note that a place is passed."""
        if self.is_place_due[place]:
            self.is_place_due[place] = 0
            self._due_at[place] -= 1
            self.n_due -= 1

    def strike_move(self, move: int) -> None:
        """Note that a move is taken, and the place passed where it leads."""
        if self.is_move_due[move]:
            self.is_move_due[move] = 0
            self._due_at[self.sources[move]] -= 1
            self.n_due -= 1
        self.strike_place(self.targets[move])

    def passes_due(self, move: int) -> bool:
        """Whether a move is due, or the place where it leads."""
        return bool(self.is_move_due[move] or self.is_place_due[self.targets[move]])

    def distance(self, place: int) -> int:
        """How far what is nearest is at least."""
        return self._heights[place]

    def due_move(self, place: int) -> int:
        """The first move that is due of those that leave a place where any is."""
        at: int = self._next_due[place]
        while not self.is_move_due[self._order[at]]:
            at += 1
        self._next_due[place] = at
        move: int = self._order[at]
        return move

    def way(self, start: int, max_moves: int) -> list[int] | None:
        """A shortest way to where something is due, a place or a move that leaves it; None if it is farther."""
        due_at, heights, targets, begins, following = (
            self._due_at, self._heights, self.targets, self._begins, self._next,
        )  # fmt: skip
        way: list[int] = []
        place = start
        while not due_at[place]:
            if heights[start] > max_moves:
                return None
            height, move, end = heights[place], following[place], begins[place + 1]
            while move < end and heights[targets[move]] >= height:
                move += 1
            self._work += move - following[place] + 1
            following[place] = move
            if move < end:
                way.append(move)
                place = targets[move]
                continue
            if self._work > self._patience:
                self._measure()
                way, place = [], start
                heights = self._heights
                following = self._next
                continue
            lowest = min((heights[targets[move]] for move in range(begins[place], end)), default=_NEVER)
            self._work += end - begins[place]
            heights[place] = lowest + 1
            following[place] = begins[place]
            if way:
                place = self.sources[way.pop()]
        return way

    def _measure(self) -> None:
        """Set all heights to the distances."""
        due = np.flatnonzero(np.array(self._due_at)).astype(np.int32)
        levels = breadth_first_levels(self._back_offsets, self._back_sources, due)
        self._heights = np.where(levels > 0, levels - 1, _NEVER).tolist()
        self._next = self._begins[:-1]
        self._work = 0
