"""Going round inside a component: a walk from place to place that passes every obligation in it.

The next obligation is the nearest one (breadth first). Not the shortest walk there is, but each is walked once only.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from testgen.selection.ground import Ground

__all__ = ["Tours"]


class Tours:
    """Walks within the strongly connected components of a graph of places.

    Attributes:
        is_due: By component, whether it holds an obligation that no tour has passed yet.
    """

    def __init__(self, ground: Ground, components: np.ndarray[tuple[int], np.dtype[np.int32]]) -> None:
        sources, targets = ground.sources, ground.targets
        inner = np.flatnonzero(components[sources] == components[targets])
        self._moves: dict[int, list[tuple[int, int]]] = {}
        self._due_moves: dict[int, list[tuple[int, int]]] = {}
        rows = zip(inner.tolist(), sources[inner].tolist(), targets[inner].tolist(), strict=True)
        for move, source, target in rows:
            self._moves.setdefault(source, []).append((move, target))
        for move in inner[::-1].tolist():  # the first of a place is taken first, from the end of its list
            if ground.moves[move]:
                self._due_moves.setdefault(int(sources[move]), []).append((move, int(targets[move])))
        self._due_places = set(np.flatnonzero(ground.places).tolist())
        n_due = np.bincount(components[sources[inner]], ground.moves[inner], len(components)).astype(int)
        n_due += np.bincount(components, ground.places, len(components)).astype(int)
        self._n_due: list[int] = n_due.tolist()
        self.is_due = bytearray((n_due > 0).astype(np.uint8).tobytes())
        self._components = components

    def tour(self, place: int) -> tuple[list[int], int]:
        """Walk from `place` until nothing is due in its component; the moves, and the place where that ends."""
        component = int(self._components[place])
        n_due = self._n_due[component]
        self.is_due[component] = False
        walk: list[int] = []
        while True:
            if place in self._due_places:
                self._due_places.remove(place)
                n_due -= 1
            while due := self._due_moves.get(place):
                move, place = due.pop()
                walk.append(move)
                n_due -= 1
                if place in self._due_places:
                    self._due_places.remove(place)
                    n_due -= 1
            if n_due == 0:
                return walk, place
            way, place = self._way(place, None)
            walk += way

    def way(self, place: int, to: int) -> list[int]:
        """The moves of a shortest way within a component."""
        return self._way(place, to)[0] if place != to else []

    def _way(self, place: int, to: int | None) -> tuple[list[int], int]:
        """A shortest way to a place, or to the nearest one where something is due."""
        came_by: dict[int, tuple[int, int]] = {place: (-1, -1)}
        queue = deque([place])
        while True:
            source = queue.popleft()
            for move, target in self._moves.get(source, ()):
                if target in came_by:
                    continue
                came_by[target] = (move, source)
                if target == to if to is not None else target in self._due_places or self._due_moves.get(target):
                    return _moves_back(came_by, target), target
                queue.append(target)


def _moves_back(came_by: dict[int, tuple[int, int]], place: int) -> list[int]:
    way: list[int] = []
    while came_by[place][0] >= 0:
        move, place = came_by[place]
        way.append(move)
    return way[::-1]
