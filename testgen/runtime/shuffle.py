"""Generated tests in another order: a suite whose outcome changes with it has a binding that leaks state."""

from __future__ import annotations

import random

import pytest

from testgen.runtime.generated import is_generated

__all__ = ["WORKER_SEED", "seed_of", "shuffle_generated"]

WORKER_SEED = "testgen_shuffle"
"""Under which workers of pytest-xdist are told."""
_RANDOM = "random"
_LARGEST = 1_000_000


def seed_of(config: pytest.Config) -> str | None:
    """The seed that --testgen-shuffle asks for, by chance where it says so; None if the order is to stay.

    Workers of pytest-xdist are told theirs, as all must have the tests in one order.

    Raises:
        pytest.UsageError: It is neither a number nor `random`.
    """
    worker: dict[str, str] = getattr(config, "workerinput", {})
    given: str | None = worker.get(WORKER_SEED) or config.getoption("testgen_shuffle")
    if given is None:
        return None
    if given == _RANDOM:
        return str(random.SystemRandom().randrange(_LARGEST))
    if not given.isdecimal():
        raise pytest.UsageError(f"--testgen-shuffle {given}: give a number, or {_RANDOM}")
    return given


def shuffle_generated(items: list[pytest.Item], seed: str) -> None:
    """Let generated tests change places with one another; others keep theirs."""
    places = [place for place, item in enumerate(items) if is_generated(item.path)]
    shuffled = [items[place] for place in places]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - nothing is kept secret by it
    for place, item in zip(places, shuffled, strict=True):
        items[place] = item
