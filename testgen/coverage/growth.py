"""How coverage grows with the number of tests, and how few of them already reach all that the suite reaches."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

__all__ = ["Growth", "Step", "grow_greedily", "grow_in_order"]


@dataclass(frozen=True, slots=True)
class Step:
    """A test that reaches what none before it did.

    Attributes:
        tests: How many tests there are, with this one.
        test: Its position in the suite.
        reached: How many branches all of them reach.
    """

    tests: int
    test: int
    reached: int


@dataclass(frozen=True, slots=True)
class Growth:
    """The tests that add something, in an order; between two steps nothing changes.

    Attributes:
        before: How many branches are reached without any test, on import.
        steps: In order; empty if no test reaches more than that.
    """

    before: int
    steps: tuple[Step, ...]

    @property
    def tests_to_maximum(self) -> int:
        """How many tests reach all that all of them do."""
        return self.steps[-1].tests if self.steps else 0


def grow_in_order(by_test: Sequence[frozenset[int]], before: frozenset[int]) -> Growth:
    """Add the tests one by one, as they stand.

    >>> grow_in_order([frozenset({1}), frozenset({1}), frozenset({1, 2})], frozenset()).steps
    (Step(tests=1, test=0, reached=1), Step(tests=3, test=2, reached=2))
    """
    totals = list(accumulate(by_test, frozenset.union, initial=before))
    return Growth(
        len(before),
        tuple(
            Step(test + 1, test, len(now))
            for test, (earlier, now) in enumerate(pairwise(totals))
            if len(now) > len(earlier)
        ),
    )


def grow_greedily(by_test: Sequence[frozenset[int]], before: frozenset[int]) -> Growth:
    """Add always the test that reaches most of what is missing; of several the first.

    Greedy set cover (Chvátal, "A Greedy Heuristic for the Set-Covering Problem", 1979): within a factor of the harmonic
    number of the largest set of the fewest tests; so "this many suffice", not "fewer cannot". Gains only shrink, so a
    test whose gain is out of date is looked at again only when it comes to the top.

    >>> grow_greedily([frozenset({1}), frozenset({2}), frozenset({1, 2, 3})], frozenset()).steps
    (Step(tests=1, test=2, reached=3),)
    """
    reached = set(before)
    waiting = [(-len(branches - reached), test) for test, branches in enumerate(by_test)]
    heapq.heapify(waiting)
    steps: list[Step] = []
    while waiting and waiting[0][0] < 0:
        gain, test = heapq.heappop(waiting)
        now = len(by_test[test] - reached)
        if now < -gain:
            heapq.heappush(waiting, (-now, test))
            continue
        reached |= by_test[test]
        steps.append(Step(len(steps) + 1, test, len(reached)))
    return Growth(len(before), tuple(steps))
