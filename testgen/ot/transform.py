"""Merging two sequences of operations by the rules for two operations.

Each operation of one side is carried through the whole other side, as in realm-core's transform.cpp (2020). The rules
give the same whichever side is which, so the order of the loops does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from testgen.ot.operation import Erase, Insert, Move, Operation, Set, Swap
from testgen.ot.rules import RULES, Pair

__all__ = ["REWRITE_LIMIT", "MergeError", "NonTerminationError", "merge_pair", "merge_sequences"]

REWRITE_LIMIT = 16
"""How often one pair of operations may be rewritten. Pairs that end need two rewritings at most (tried on arrays of
up to five elements); the others come back to where they were, and are as endless after 16 as after a million."""


class MergeError(Exception):
    """Two sides that cannot be merged, or peers that do not agree after merging."""


class NonTerminationError(MergeError):
    """A pair of operations whose merge is rewritten for ever."""


def merge_pair(left: Operation, right: Operation) -> Pair:
    """Merge two operations of different clients on the same array. See `merge_sequences`."""
    return merge_sequences([left], [right])


def merge_sequences(left: Sequence[Operation], right: Sequence[Operation]) -> Pair:
    """Merge two sequences that start from the same array, without a client in common.

    Args:
        left: Performed operations, each on the array that the ones before it leave.
        right: The same for the other side.

    Returns:
        The left sequence as it applies after all of `right`, and the right one as it applies after all of `left`.

    Raises:
        MergeError: The sides have a client in common, hold an operation that nobody performed, or do not start from
            arrays of the same length.
        NonTerminationError: A pair was rewritten `REWRITE_LIMIT` times and is not merged yet.

    Merges each operation of one side with each of the other: time is the product of the lengths.
    """
    _check_sides(left, right)
    return _merge_sequences(left, right, ())


# The pairs that were rewritten on the way to the present one, the original one first.
_History = tuple[tuple[Operation, Operation], ...]


def _merge_sequences(left: Sequence[Operation], right: Sequence[Operation], rewritten: _History) -> Pair:
    """Carry the left operations, one after the other, through the whole right sequence."""
    merged: list[Operation] = []
    for operation in left:
        carried: tuple[Operation, ...] = (operation,)
        passed: list[Operation] = []
        for other in right:
            if len(carried) == 1:
                pair = _merge_pair(carried[0], other, rewritten)
            else:
                pair = _merge_sequences(carried, (other,), rewritten)
            carried = pair.left
            passed.extend(pair.right)
        merged.extend(carried)
        right = passed
    return Pair(tuple(merged), tuple(right))


def _merge_pair(left: Operation, right: Operation, rewritten: _History) -> Pair:
    """Merge by the rule for the two kinds, again and again while the rule only rewrites."""
    if isinstance(left, _SIZED) and isinstance(right, _SIZED) and left.prior_size != right.prior_size:
        raise MergeError(f"bad merge: {left!r} and {right!r} are not on the same array")
    sides = RULES[type(left), type(right)](left, right)
    if isinstance(sides, Pair):
        return sides
    rewritten = (*rewritten, (left, right))
    if len(rewritten) > REWRITE_LIMIT:
        first, second = rewritten[0]
        raise NonTerminationError(
            f"{first!r} of client {first.client} and {second!r} of client {second.client} "
            f"are still not merged after {REWRITE_LIMIT} rewritings"
        )
    return _merge_sequences(sides.left, sides.right, rewritten)


_SIZED = (Set, Insert, Move, Erase, Swap)


def _check_sides(left: Sequence[Operation], right: Sequence[Operation]) -> None:
    for operation in (*left, *right):
        if operation.client is None or (isinstance(operation, _SIZED) and operation.prior_size is None):
            raise MergeError(f"{operation!r} was not performed by a client yet")
    left_clients = {operation.client for operation in left}
    for operation in right:
        if operation.client in left_clients:
            raise MergeError(f"{operation!r} is of client {operation.client}, which has operations on the other side")
