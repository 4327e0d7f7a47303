"""What each operation does to an array, and which operations do not fit one."""

from __future__ import annotations

import pytest

from testgen.ot import Clear, Erase, Insert, Move, Operation, OperationError, Set, Swap, apply_operation


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        (Set(1, "x"), "axcd"),
        (Insert(0, "x"), "xabcd"),
        (Insert(4, "x"), "abcdx"),
        (Move(0, 2), "bcad"),
        (Move(3, 1), "adbc"),
        (Move(0, 3), "bcda"),
        (Erase(2), "abd"),
        (Clear(), ""),
        (Swap(0, 3), "dbca"),
    ],
    ids=repr,
)
def test_operation_changes_the_array(operation: Operation, result: str) -> None:
    array = list("abcd")
    assert apply_operation(array, operation) == list(result)
    assert array == list("abcd"), "the array given must stay as it is"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Set(3, 0), "Set: index 3 is out of range for an array of length 3 (allowed: 0 to 2)"),
        (Insert(4, 0), "Insert: index 4 is out of range for an array of length 3 (allowed: 0 to 3)"),
        (Move(0, 3), "Move: index 3 is out of range for an array of length 3 (allowed: 0 to 2)"),
        (Move(3, 0), "Move: index 3 is out of range for an array of length 3 (allowed: 0 to 2)"),
        (Erase(3), "Erase: index 3 is out of range for an array of length 3 (allowed: 0 to 2)"),
        (Swap(0, 3), "Swap: index 3 is out of range for an array of length 3 (allowed: 0 to 2)"),
        (Erase(0, prior_size=4), "Erase: prior_size is 4, but the array has length 3"),
    ],
    ids=repr,
)
def test_operation_that_does_not_fit_is_refused(operation: Operation, message: str) -> None:
    with pytest.raises(OperationError) as caught:
        apply_operation([1, 2, 3], operation)
    assert str(caught.value) == message


def test_empty_array_allows_no_index_but_that_of_an_insertion() -> None:
    assert apply_operation([], Insert(0, 1)) == [1]
    with pytest.raises(OperationError, match=r"allowed: none"):
        apply_operation([], Erase(0))


@pytest.mark.parametrize("stranger", ["erase", None, {"op": "erase"}, Erase])
def test_what_is_no_operation_is_refused(stranger: object) -> None:
    with pytest.raises(OperationError, match=r"^expected a Set, Insert, Move, Erase, Clear, or Swap, not "):
        apply_operation([1, 2, 3], stranger)  # type: ignore[arg-type]  # the point of the test
