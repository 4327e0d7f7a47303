"""Generated tests in another order: a suite whose outcome changes with it has a binding that leaks state."""

from __future__ import annotations

import random

import pytest

from testgen.runtime.generated import is_generated

__all__ = ["choose_seed", "seed_of", "shuffle_generated"]

_RANDOM = "random"
_LARGEST = 1_000_000


def choose_seed(config: pytest.Config) -> None:
    """Check what --testgen-shuffle was given, and let chance choose where it is to; workers are told the same number.

    Raises:
        pytest.UsageError: It is neither a number nor `random`.
    """
    given = config.getoption("testgen_shuffle")
    if given is None:
        return
    if given == _RANDOM:
        given = str(random.SystemRandom().randrange(_LARGEST))
    if not given.isdecimal():
        raise pytest.UsageError(f"--testgen-shuffle {given}: give a number, or {_RANDOM}")
    config.option.testgen_shuffle = given  # which pytest-xdist hands to its workers


def seed_of(config: pytest.Config) -> str | None:
    """The seed; None if the order is to stay."""
    seed: str | None = config.getoption("testgen_shuffle")
    return seed


def shuffle_generated(items: list[pytest.Item], seed: str) -> None:
    """Let generated tests change places with one another; others keep theirs."""
    places = [place for place, item in enumerate(items) if is_generated(item.path)]
    shuffled = [items[place] for place in places]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - nothing is kept secret by it
    for place, item in zip(places, shuffled, strict=True):
        items[place] = item
