"""Merging of pairs and sequences: both ways to the same array, for every pair on every short array."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product

import pytest

from testgen.ot import (
    Clear,
    Erase,
    Insert,
    MergeError,
    Move,
    NonTerminationError,
    Operation,
    Set,
    Swap,
    apply_operation,
    merge_pair,
    merge_sequences,
)
from testgen.ot.transform import REWRITE_LIMIT

OperationsOn = Callable[..., list[Operation]]


def run(array: Sequence[object], operations: Sequence[Operation]) -> list[object]:
    result = list(array)
    for operation in operations:
        result = apply_operation(result, operation)
    return result


@pytest.mark.parametrize(("size", "count"), [(0, 2), (1, 5), (2, 10), (3, 17), (4, 26), (5, 37)])
def test_every_pair_converges(size: int, count: int, operations_on: OperationsOn) -> None:
    """With the ids in both orders; applying checks `prior_size` against the length each time."""
    array = list(range(size))
    operations = operations_on(size, "x")
    assert len(operations) == count == (size + 1) ** 2 + 1
    for (left, right), (id_1, id_2) in product(product(operations, operations_on(size, "y")), ((1, 2), (2, 1))):
        ours, theirs = left.performed(id_1, size), right.performed(id_2, size)
        new_ours, new_theirs = merge_pair(ours, theirs)
        assert run(array, (ours, *new_theirs)) == run(array, (theirs, *new_ours)), (ours, theirs)
        assert merge_pair(theirs, ours) == (new_theirs, new_ours), (ours, theirs)


@pytest.mark.parametrize("size", range(6))
def test_swap_converges_where_it_terminates(size: int, operations_on: OperationsOn) -> None:
    """It does not exactly for a Swap of neighbors against a Move between neighbors."""
    array = list(range(size))
    endings: Counter[bool] = Counter()
    for left, right in product(operations_on(size, "x", swap=True), operations_on(size, "y", swap=True)):
        ours, theirs = left.performed(1, size), right.performed(2, size)
        try:
            new_ours, new_theirs = merge_pair(ours, theirs)
        except NonTerminationError:
            assert {type(ours), type(theirs)} == {Swap, Move}
            assert [abs(i - j) for i, j in (ours.indices, theirs.indices)] == [1, 1]  # type: ignore[union-attr]  # neither is a Clear
            endings[False] += 1
        else:
            assert run(array, (ours, *new_theirs)) == run(array, (theirs, *new_ours)), (ours, theirs)
            endings[True] += 1
    assert endings[False] == 4 * max(size - 1, 0) ** 2
    assert endings[True] > 0


def test_endless_rewriting_ends_with_an_error_that_names_the_pair() -> None:
    with pytest.raises(NonTerminationError) as caught:
        merge_pair(Swap(0, 1).performed(1, 3), Move(1, 2).performed(2, 3))
    assert str(caught.value) == (
        "Swap(ndx_1=0, ndx_2=1, prior_size=3) of client 1 and Move(from_ndx=1, to_ndx=2, prior_size=3) of client 2 "
        "are still not merged after 16 rewritings"
    )
    assert REWRITE_LIMIT == 16


def test_endless_rewriting_is_noticed_within_a_small_stack() -> None:
    program = (
        "import sys; from testgen.ot import *; sys.setrecursionlimit(150)\n"
        "try: merge_pair(Swap(0, 1).performed(1, 3), Move(1, 2).performed(2, 3))\n"
        "except NonTerminationError: print('noticed')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=6000)
    assert done.stdout == "noticed\n"


def test_sequence_is_merged_one_operation_after_the_other() -> None:
    """By hand: Erase 0 meets Insert 0, becomes Erase 1, meets Set 1 (the erased element), and drops it."""
    ours = [Erase(0).performed(1, 3)]
    theirs: list[Operation] = [Insert(0, "x").performed(2, 3), Set(1, "y").performed(2, 4)]
    assert merge_sequences(ours, theirs) == ((Erase(1, prior_size=4),), (Insert(0, "x", prior_size=2),))


def test_dropped_operation_meets_nothing_more() -> None:
    """By hand: the Set is dropped by the Clear, so the Insert after the Clear stays as it is."""
    ours = [Set(2, "x").performed(1, 3)]
    theirs: list[Operation] = [Clear().performed(2, 3), Insert(0, "y").performed(2, 0)]
    assert merge_sequences(ours, theirs) == ((), (Clear(), Insert(0, "y", prior_size=0)))


def test_long_sequences_need_no_deep_stack() -> None:
    ours = [Insert(0, n).performed(1, n) for n in range(1_500)]
    theirs = [Insert(0, "x").performed(2, 0)]
    new_ours, new_theirs = merge_sequences(ours, theirs)
    assert len(new_ours) == 1_500
    assert new_theirs == (Insert(1_500, "x", prior_size=1_500),)


def test_empty_side_changes_nothing() -> None:
    ours = (Erase(0).performed(1, 3), Clear().performed(1, 2))
    assert merge_sequences(ours, ()) == (ours, ())
    assert merge_sequences((), ours) == ((), ours)


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (Erase(0), Erase(0, prior_size=3, client=2), "Erase(ndx=0) was not performed by a client yet"),
        (Erase(0, client=1), Clear(client=2), "Erase(ndx=0) was not performed by a client yet"),
        (Clear(client=1), Clear(), "Clear() was not performed by a client yet"),
        (Clear(client=1), Clear(client=1), "Clear() is of client 1, which has operations on the other side"),
        (
            Erase(0, prior_size=3, client=1),
            Erase(0, prior_size=4, client=2),
            "bad merge: Erase(ndx=0, prior_size=3) and Erase(ndx=0, prior_size=4) are not on the same array",
        ),
        (
            Erase(0, prior_size=4, client=1),
            Erase(0, prior_size=3, client=2),
            "bad merge: Erase(ndx=0, prior_size=4) and Erase(ndx=0, prior_size=3) are not on the same array",
        ),
    ],
)
def test_sides_that_cannot_meet_are_refused(left: Operation, right: Operation, message: str) -> None:
    with pytest.raises(MergeError) as caught:
        merge_pair(left, right)
    assert str(caught.value) == message
