"""Strategies `sample` and `random`: behaviors by chance, the same ones for the same seed."""

from __future__ import annotations

import random

from testgen.analysis import behaviors_from
from testgen.graph import StateGraph
from testgen.selection.criteria import NOTHING, Obligations
from testgen.selection.part import Path

__all__ = ["random_walks", "sampled_paths"]


def sampled_paths(graph: StateGraph, n_paths: int, seed: int) -> list[Path]:
    """Different behaviors of an acyclic graph, each set of `n_paths` as likely as any other; all if there are fewer.

    A behavior's number tells its transitions, as the number of behaviors from each state is known (Denise et al. 2006).
    """
    counts = behaviors_from(graph)
    starts: list[int] = graph.initial.tolist()
    total = sum(counts[start] for start in starts)
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    numbers = set(range(total)) if total <= n_paths else set()
    while len(numbers) < min(n_paths, total):
        numbers.add(chance.randrange(total))
    offsets, targets = graph.offsets.tolist(), graph.targets.tolist()
    paths = []
    for number in sorted(numbers):
        rest = number
        for start in starts:
            if rest < counts[start]:
                break
            rest -= counts[start]
        state, walk = start, list[int]()
        while onward := [t for t in range(offsets[state], offsets[state + 1]) if targets[t] != state]:
            for transition in onward:
                if rest < counts[targets[transition]]:
                    break
                rest -= counts[targets[transition]]
            walk.append(transition)
            state = targets[transition]
        paths.append((start, walk))
    return paths


def random_walks(graph: StateGraph, obligations: Obligations, n_paths: int, max_steps: int, seed: int) -> list[Path]:
    """Walks of up to `max_steps` from random initial states, each transition by chance, until all is passed or
    there are `n_paths`. Walks that pass nothing new are kept as well: chance may find what no criterion asks for.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    starts, offsets, targets = graph.initial.tolist(), graph.offsets.tolist(), graph.targets.tolist()
    due = set(range(obligations.count))
    paths: list[Path] = []
    known: set[tuple[int, ...]] = set()
    misses = 0
    while due and len(paths) < n_paths and misses < _PATIENCE:
        start = state = chance.choice(starts)
        walk: list[int] = []
        while len(walk) < max_steps and offsets[state] < offsets[state + 1]:
            walk.append(chance.randrange(offsets[state], offsets[state + 1]))
            state = targets[walk[-1]]
        if (start, *walk) in known:
            misses += 1
            continue
        known.add((start, *walk))
        misses = 0
        due.difference_update(passed for passed in obligations.along((start, walk)) if passed != NOTHING)
        paths.append((start, walk))
    return paths


_PATIENCE = 1000
"""As many walks that were taken before end the search: there are hardly any others."""
