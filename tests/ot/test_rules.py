"""Each merge rule on cases worked out by hand from its text, never by running it.

All operations are on an array of five. Client 1 performs the left one, client 2 the right one: the right is newer.
"""

from __future__ import annotations

import pytest

from testgen.ot import Clear, Erase, Insert, Move, Operation, Set, Swap, merge_pair
from testgen.ot.rules import RULES

KINDS = (Set, Insert, Move, Erase, Clear, Swap)

Row = tuple[Operation, Operation, list[Operation], list[Operation]]

SET: list[Row] = [
    (Set(1, "x"), Set(2, "y"), [Set(1, "x", prior_size=5)], [Set(2, "y", prior_size=5)]),
    (Set(1, "x"), Set(1, "y"), [], [Set(1, "y", prior_size=5)]),
]

INSERT: list[Row] = [
    (Insert(2, "x"), Set(1, "y"), [Insert(2, "x", prior_size=5)], [Set(1, "y", prior_size=6)]),
    (Insert(2, "x"), Set(2, "y"), [Insert(2, "x", prior_size=5)], [Set(3, "y", prior_size=6)]),
    (Insert(2, "x"), Set(4, "y"), [Insert(2, "x", prior_size=5)], [Set(5, "y", prior_size=6)]),
    (Insert(1, "x"), Insert(3, "y"), [Insert(1, "x", prior_size=6)], [Insert(4, "y", prior_size=6)]),
    (Insert(3, "x"), Insert(1, "y"), [Insert(4, "x", prior_size=6)], [Insert(1, "y", prior_size=6)]),
    (Insert(2, "x"), Insert(2, "y"), [Insert(2, "x", prior_size=6)], [Insert(3, "y", prior_size=6)]),
]

MOVE: list[Row] = [
    (Move(1, 3), Set(1, "y"), [Move(1, 3, prior_size=5)], [Set(3, "y", prior_size=5)]),
    (Move(1, 3), Set(0, "y"), [Move(1, 3, prior_size=5)], [Set(0, "y", prior_size=5)]),
    (Move(1, 3), Set(2, "y"), [Move(1, 3, prior_size=5)], [Set(1, "y", prior_size=5)]),
    (Move(1, 3), Set(3, "y"), [Move(1, 3, prior_size=5)], [Set(2, "y", prior_size=5)]),
    (Move(1, 3), Set(4, "y"), [Move(1, 3, prior_size=5)], [Set(4, "y", prior_size=5)]),
    (Move(3, 1), Set(1, "y"), [Move(3, 1, prior_size=5)], [Set(2, "y", prior_size=5)]),
    (Move(3, 1), Set(2, "y"), [Move(3, 1, prior_size=5)], [Set(3, "y", prior_size=5)]),
    (Move(3, 1), Set(4, "y"), [Move(3, 1, prior_size=5)], [Set(4, "y", prior_size=5)]),
    (Move(1, 3), Insert(0, "y"), [Move(2, 4, prior_size=6)], [Insert(0, "y", prior_size=5)]),
    (Move(1, 3), Insert(1, "y"), [Move(2, 4, prior_size=6)], [Insert(1, "y", prior_size=5)]),
    (Move(1, 3), Insert(2, "y"), [Move(1, 4, prior_size=6)], [Insert(1, "y", prior_size=5)]),
    (Move(1, 3), Insert(3, "y"), [Move(1, 4, prior_size=6)], [Insert(2, "y", prior_size=5)]),
    (Move(1, 3), Insert(5, "y"), [Move(1, 3, prior_size=6)], [Insert(5, "y", prior_size=5)]),
    # A tie: the older moves up, first the Move, then the Insert.
    (Move(1, 3), Insert(4, "y"), [Move(1, 4, prior_size=6)], [Insert(3, "y", prior_size=5)]),
    (Insert(4, "x"), Move(1, 3), [Insert(4, "x", prior_size=5)], [Move(1, 3, prior_size=6)]),
    # The same element.
    (Move(1, 3), Move(1, 4), [], [Move(3, 4, prior_size=5)]),
    (Move(1, 3), Move(1, 3), [], []),
    # Different elements: apart; crossing; the same target, both ways round; one dropped.
    (Move(3, 0), Move(1, 4), [Move(2, 0, prior_size=5)], [Move(2, 4, prior_size=5)]),
    (Move(0, 3), Move(4, 1), [Move(0, 4, prior_size=5)], [Move(4, 0, prior_size=5)]),
    (Move(0, 2), Move(1, 2), [Move(0, 1, prior_size=5)], [Move(0, 2, prior_size=5)]),
    (Move(1, 2), Move(0, 2), [Move(0, 1, prior_size=5)], [Move(0, 2, prior_size=5)]),
    (Move(0, 1), Move(1, 0), [Move(1, 0, prior_size=5)], [Move(0, 1, prior_size=5)]),
    (Move(0, 2), Move(1, 0), [Move(1, 2, prior_size=5)], []),
]

ERASE: list[Row] = [
    (Erase(2), Set(1, "y"), [Erase(2, prior_size=5)], [Set(1, "y", prior_size=4)]),
    (Erase(2), Set(2, "y"), [Erase(2, prior_size=5)], []),
    (Erase(2), Set(3, "y"), [Erase(2, prior_size=5)], [Set(2, "y", prior_size=4)]),
    (Erase(2), Insert(1, "y"), [Erase(3, prior_size=6)], [Insert(1, "y", prior_size=4)]),
    (Erase(2), Insert(2, "y"), [Erase(3, prior_size=6)], [Insert(2, "y", prior_size=4)]),
    (Erase(2), Insert(3, "y"), [Erase(2, prior_size=6)], [Insert(2, "y", prior_size=4)]),
    (Erase(1), Move(1, 3), [Erase(3, prior_size=5)], []),
    (Erase(0), Move(1, 3), [Erase(0, prior_size=5)], [Move(0, 2, prior_size=4)]),
    (Erase(2), Move(1, 3), [Erase(1, prior_size=5)], [Move(1, 2, prior_size=4)]),
    (Erase(4), Move(1, 3), [Erase(4, prior_size=5)], [Move(1, 3, prior_size=4)]),
    (Erase(1), Move(3, 0), [Erase(2, prior_size=5)], [Move(2, 0, prior_size=4)]),
    (Erase(2), Move(1, 2), [Erase(1, prior_size=5)], []),
    (Erase(1), Erase(3), [Erase(1, prior_size=4)], [Erase(2, prior_size=4)]),
    (Erase(3), Erase(1), [Erase(2, prior_size=4)], [Erase(1, prior_size=4)]),
    (Erase(2), Erase(2), [], []),
]

CLEAR: list[Row] = [
    (Clear(), Set(1, "y"), [Clear()], []),
    (Clear(), Insert(5, "y"), [Clear()], []),
    (Clear(), Move(0, 4), [Clear()], []),
    (Clear(), Erase(0), [Clear()], []),
    (Clear(), Clear(), [], [Clear()]),
    (Clear(), Swap(0, 1), [Clear()], []),
]

SWAP: list[Row] = [
    (Swap(1, 3), Set(1, "y"), [Swap(1, 3, prior_size=5)], [Set(3, "y", prior_size=5)]),
    (Swap(1, 3), Set(3, "y"), [Swap(1, 3, prior_size=5)], [Set(1, "y", prior_size=5)]),
    (Swap(1, 3), Set(2, "y"), [Swap(1, 3, prior_size=5)], [Set(2, "y", prior_size=5)]),
    (Swap(1, 3), Insert(1, "y"), [Swap(2, 4, prior_size=6)], [Insert(1, "y", prior_size=5)]),
    (Swap(1, 3), Insert(2, "y"), [Swap(1, 4, prior_size=6)], [Insert(2, "y", prior_size=5)]),
    (Swap(1, 3), Insert(4, "y"), [Swap(1, 3, prior_size=6)], [Insert(4, "y", prior_size=5)]),
    (Swap(1, 3), Erase(0), [Swap(0, 2, prior_size=4)], [Erase(0, prior_size=5)]),
    (Swap(1, 3), Erase(1), [Move(2, 1, prior_size=4)], [Erase(3, prior_size=5)]),
    (Swap(1, 3), Erase(2), [Swap(1, 2, prior_size=4)], [Erase(2, prior_size=5)]),
    (Swap(1, 3), Erase(3), [Move(1, 2, prior_size=4)], [Erase(1, prior_size=5)]),
    (Swap(1, 3), Erase(4), [Swap(1, 3, prior_size=4)], [Erase(4, prior_size=5)]),
    (Swap(1, 2), Erase(1), [], [Erase(2, prior_size=5)]),
    (Swap(1, 2), Erase(2), [], [Erase(1, prior_size=5)]),
    (Swap(1, 3), Swap(1, 3), [], []),
    (Swap(0, 1), Swap(2, 4), [Swap(0, 1, prior_size=5)], [Swap(2, 4, prior_size=5)]),
    (Swap(0, 1), Swap(1, 2), [Swap(0, 2, prior_size=5)], [Swap(1, 2, prior_size=5)]),
    # Rewritten once, as Move 1→0 against Move 0→2; twice, as Moves 2→0 and 1→2 against Swap 0,1 and then Move 1→0.
    (Swap(0, 1), Move(0, 2), [], [Move(1, 2, prior_size=5)]),
    (Swap(0, 2), Move(0, 1), [Move(2, 0, prior_size=5), Move(2, 1, prior_size=5)], [Move(1, 2, prior_size=5)]),
]

ROWS = SET + INSERT + MOVE + ERASE + CLEAR + SWAP


@pytest.mark.parametrize(("left", "right", "new_left", "new_right"), ROWS, ids=lambda value: repr(value))
def test_rule_gives_what_its_text_says(
    left: Operation, right: Operation, new_left: list[Operation], new_right: list[Operation]
) -> None:
    left, right = left.performed(1, 5), right.performed(2, 5)
    assert merge_pair(left, right) == (tuple(new_left), tuple(new_right))
    assert merge_pair(right, left) == (tuple(new_right), tuple(new_left)), "the rule must not depend on the side"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (Set(1, "x"), Set(1, "y")),
        (Insert(1, "x"), Set(0, "y")),
        (Erase(1), Set(1, "y")),
        (Clear(), Set(1, "y")),
        (Set(1, "x"), Clear()),
    ],
    ids=repr,
)
def test_transformed_operations_keep_their_clients(older: Operation, newer: Operation) -> None:
    left, right = merge_pair(older.performed(1, 5), newer.performed(7, 5))
    assert {operation.client for operation in left} <= {1}
    assert {operation.client for operation in right} <= {7}


def test_clear_wins_even_when_it_is_older_or_newer() -> None:
    for clear, other in ((1, 2), (2, 1)):
        assert merge_pair(Clear().performed(clear, 5), Erase(0).performed(other, 5)) == ((Clear(),), ())


def test_there_is_a_rule_for_every_pair_of_kinds() -> None:
    assert RULES.keys() == {(left, right) for left in KINDS for right in KINDS}


def test_hand_worked_cases_reach_every_rule() -> None:
    reached = {frozenset((type(left), type(right))) for left, right, _, _ in ROWS}
    assert reached == {frozenset(pair) for pair in RULES}
