"""Operations as values: equality, spelling, and what is refused when one is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testgen.ot import Clear, Erase, Insert, Move, Operation, OperationError, Set, Swap

BARE = [Set(0, 4), Set(0, None), Insert(3, "x"), Move(1, 2), Erase(2), Clear(), Swap(0, 1)]


def untyped(value: object) -> Any:
    """Take a value of the wrong type past the type checker."""
    return value


@pytest.mark.parametrize("operation", BARE, ids=repr)
def test_repr_evaluates_to_an_equal_operation(operation: Operation) -> None:
    assert eval(repr(operation)) == operation
    performed = operation.performed(2, 5)
    assert eval(repr(performed)) == performed


def test_repr_shows_prior_size_once_performed_and_never_the_client() -> None:
    operation = Move(from_ndx=2, to_ndx=0)
    assert repr(operation) == "Move(from_ndx=2, to_ndx=0)"
    assert repr(operation.performed(1, 3)) == "Move(from_ndx=2, to_ndx=0, prior_size=3)"
    assert repr(Clear().performed(1, 3)) == "Clear()"


def test_equality_regards_prior_size_and_disregards_the_client() -> None:
    assert Erase(1).performed(1, 3) == Erase(1, prior_size=3)
    assert Erase(1).performed(1, 3) != Erase(1)
    assert Erase(1, prior_size=3) != Erase(1, prior_size=4)


def test_equality_tells_kinds_apart() -> None:
    pairs: list[tuple[object, object]] = [(Set(0, 4), Insert(0, 4)), (Move(0, 1), Swap(0, 1))]
    assert all(one != other for one, other in pairs)


def test_swap_means_the_same_in_both_orders() -> None:
    assert Swap(2, 0) == Swap(0, 2)
    assert Swap(2, 0).ndx_1 == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: Set(-1, 0), "Set: an index is an integer from 0, not -1", id="negative"),
        pytest.param(lambda: Erase(True), "Erase: an index is an integer from 0, not True", id="bool"),
        pytest.param(lambda: Insert(untyped(1.0), 0), "Insert: an index is an integer from 0, not 1.0", id="float"),
        pytest.param(lambda: Move(untyped("0"), 1), "Move: an index is an integer from 0, not '0'", id="text"),
        pytest.param(lambda: Swap(0, untyped(None)), "Swap: an index is an integer from 0, not None", id="none"),
        pytest.param(lambda: Move(1, 1), "Move: from and to are both 1, which moves nothing", id="move-equal"),
        pytest.param(lambda: Swap(2, 2), "Swap: both indices are 2, which exchanges nothing", id="swap-equal"),
        pytest.param(
            lambda: Erase(0, prior_size=True), "Erase: prior_size is an integer from 0, not True", id="size-bool"
        ),
        pytest.param(
            lambda: Erase(0, prior_size=-1), "Erase: prior_size is an integer from 0, not -1", id="size-negative"
        ),
    ],
)
def test_impossible_operation_is_refused(make: Callable[[], Operation], message: str) -> None:
    with pytest.raises(OperationError) as caught:
        make()
    assert str(caught.value) == message
