"""How coverage grows with the number of tests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from testgen.coverage.growth import grow_greedily, grow_in_order

by_tests = st.lists(st.frozensets(st.integers(0, 12), max_size=6), max_size=15)
befores = st.frozensets(st.integers(0, 12), max_size=4)


@given(by_tests, befores)
def test_the_order_of_the_suite_is_recounted(by_test: list[frozenset[int]], before: frozenset[int]) -> None:
    growth = grow_in_order(by_test, before)
    recount = [len(before.union(*by_test[:n])) for n in range(len(by_test) + 1)]
    assert growth.before == recount[0]
    assert [(step.tests, step.reached) for step in growth.steps] == [
        (n, recount[n]) for n in range(1, len(recount)) if recount[n] > recount[n - 1]
    ]


@given(by_tests, befores)
def test_greed_takes_the_best_at_every_step(by_test: list[frozenset[int]], before: frozenset[int]) -> None:
    growth = grow_greedily(by_test, before)
    reached = set(before)
    for number, step in enumerate(growth.steps, 1):
        gains = [len(branches - reached) for branches in by_test]
        assert (step.tests, step.test) == (number, gains.index(max(gains)))
        reached |= by_test[step.test]
        assert step.reached == len(reached)
    assert reached == before.union(*by_test)


def test_a_suite_that_adds_nothing_to_importing_needs_no_test() -> None:
    for grow in (grow_in_order, grow_greedily):
        growth = grow([frozenset({1})], frozenset({1, 2}))
        assert (growth.before, growth.steps, growth.tests_to_maximum) == (2, (), 0)
