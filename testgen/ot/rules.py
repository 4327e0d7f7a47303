"""How two operations of different clients on the same array are merged: the rules of operational transformation.

A rule takes L and R, both on the same array, and returns L', to be applied after R, and R', to be applied after L; the
array then ends up the same. Its steps are sequential: a later step sees the indices that an earlier one has changed.

Where the two conflict, the client ids decide: the operation of the higher id is the *newer*. Which peer merges, and
which side came from elsewhere, never matters.

The fifteen rules without Swap are those of realm-core's transform.cpp (2020). The rules for Swap were never published;
the six here are a reconstruction from "eXtreme Modelling in Practice" (VLDB 2020), section 5, which tells that merging
a Swap with a Move did not terminate. Here too it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from testgen.ot.operation import Clear, Erase, Insert, Move, Operation, Set, Swap

__all__ = ["RULES", "Pair", "Rewritten", "Rule"]


class Pair(NamedTuple):
    """Both sides merged: each a sequence, because an operation may be dropped (empty) or become several."""

    left: tuple[Operation, ...]
    right: tuple[Operation, ...]


class Rewritten(NamedTuple):
    """Both sides still on the same array, in other words than before: they have to be merged again."""

    left: tuple[Operation, ...]
    right: tuple[Operation, ...]


def set_set(left: Set, right: Set) -> Pair:
    """Set i ∥ Set j: for i = j the older is dropped."""
    if left.ndx != right.ndx:
        return Pair((left,), (right,))
    return _only_newer(left, right)


def insert_set(insert: Insert, set_: Set) -> Pair:
    """Insert i ∥ Set j: j ≥ i moves up."""
    i, j = insert.ndx, set_.ndx
    if j >= i:
        j += 1
    return Pair((insert,), (replace(set_, ndx=j).resized(+1),))


def insert_insert(left: Insert, right: Insert) -> Pair:
    """Insert i ∥ Insert j: the larger index moves up; for i = j the newer moves up, so the older comes first."""
    i, j = left.ndx, right.ndx
    if i > j or (i == j and _is_newer(left, right)):
        i += 1
    else:
        j += 1
    return Pair((replace(left, ndx=i).resized(+1),), (replace(right, ndx=j).resized(+1),))


def move_set(move: Move, set_: Set) -> Pair:
    """Move f→t ∥ Set j: the Set follows its element."""
    f, t, j = move.from_ndx, move.to_ndx, set_.ndx
    if j == f:
        j = t
    else:
        if j > f:
            j -= 1
        if j >= t:
            j += 1
    return Pair((move,), (replace(set_, ndx=j),))


def move_insert(move: Move, insert: Insert) -> Pair:
    """Move f→t ∥ Insert i: as an erasure at f and an insertion at t; for i = t the older moves up.

    The newer comes first here, unlike in the ties of Insert ∥ Insert and Move ∥ Move.
    """
    f, t, i = move.from_ndx, move.to_ndx, insert.ndx
    if i > f:
        i -= 1
    else:
        f += 1
    if i < t or (i == t and _is_newer(insert, move)):
        t += 1
    else:
        i += 1
    return Pair((replace(move, from_ndx=f, to_ndx=t).resized(+1),), (replace(insert, ndx=i),))


def move_move(left: Move, right: Move) -> Pair:
    """Move f→t ∥ Move g→u.

    For f = g the older is dropped and the newer takes the element from where the older has put it. Otherwise as two
    erasures and two insertions; for t = u the newer's target moves up. A Move left with nothing to do is dropped.
    """
    f, t = left.from_ndx, left.to_ndx
    g, u = right.from_ndx, right.to_ndx
    if f == g:
        if _is_newer(left, right):
            return Pair(_move(left, u, t), ())
        return Pair((), _move(right, t, u))
    if f > g:
        f -= 1
    else:
        g -= 1
    if t > g:
        t -= 1
    else:
        g += 1
    if f < u:
        u -= 1
    else:
        f += 1
    if t > u or (t == u and _is_newer(left, right)):
        t += 1
    else:
        u += 1
    return Pair(_move(left, f, t), _move(right, g, u))


def erase_set(erase: Erase, set_: Set) -> Pair:
    """Erase i ∥ Set j: for j = i the Set is dropped; j > i moves down."""
    i, j = erase.ndx, set_.ndx
    if j == i:
        return Pair((erase,), ())
    if j > i:
        j -= 1
    return Pair((erase,), (replace(set_, ndx=j).resized(-1),))


def erase_insert(erase: Erase, insert: Insert) -> Pair:
    """Erase i ∥ Insert j: for j ≤ i the Erase moves up, otherwise the Insert moves down."""
    i, j = erase.ndx, insert.ndx
    if j <= i:
        i += 1
    else:
        j -= 1
    return Pair((replace(erase, ndx=i).resized(+1),), (replace(insert, ndx=j).resized(-1),))


def erase_move(erase: Erase, move: Move) -> Pair:
    """Erase i ∥ Move f→t: for i = f the Erase follows its element and the Move is dropped.

    Otherwise as an erasure at f and an insertion at t. A Move left with nothing to do is dropped.
    """
    i, f, t = erase.ndx, move.from_ndx, move.to_ndx
    if i == f:
        return Pair((replace(erase, ndx=t),), ())
    if i > f:
        i -= 1
    else:
        f -= 1
    if i >= t:
        i += 1
    else:
        t -= 1
    return Pair((replace(erase, ndx=i),), _move(move.resized(-1), f, t))


def erase_erase(left: Erase, right: Erase) -> Pair:
    """Erase i ∥ Erase j: the larger index moves down; for i = j both are dropped."""
    i, j = left.ndx, right.ndx
    if i == j:
        return Pair((), ())
    if i > j:
        i -= 1
    else:
        j -= 1
    return Pair((replace(left, ndx=i).resized(-1),), (replace(right, ndx=j).resized(-1),))


def clear_other(clear: Clear, other: Operation) -> Pair:
    """Clear ∥ Set, Insert, Move, Erase, or Swap: the other is dropped, older or newer."""
    return Pair((clear,), ())


def clear_clear(left: Clear, right: Clear) -> Pair:
    """Clear ∥ Clear: the older is dropped."""
    return _only_newer(left, right)


def swap_set(swap: Swap, set_: Set) -> Pair:
    """Swap a,b ∥ Set j: the Set follows its element."""
    return Pair((swap,), (replace(set_, ndx=_exchanged(set_.ndx, swap)),))


def swap_insert(swap: Swap, insert: Insert) -> Pair:
    """Swap a,b ∥ Insert i: each of a and b that is ≥ i moves up."""
    a, b, i = swap.ndx_1, swap.ndx_2, insert.ndx
    if a >= i:
        a += 1
    if b >= i:
        b += 1
    return Pair((replace(swap, ndx_1=a, ndx_2=b).resized(+1),), (insert,))


def swap_move(swap: Swap, move: Move) -> Rewritten:
    """Swap a,b ∥ Move f→t: the Swap is rewritten as Moves, a Move between neighbors as a Swap; then merge again.

    The rule that does not terminate: when both sides are between neighbors, the rewritten sides are again a Swap and a
    Move between neighbors.
    """
    a, b, f, t = swap.ndx_1, swap.ndx_2, move.from_ndx, move.to_ndx
    as_moves = (*_move(swap, b, a), *_move(swap, a + 1, b))
    as_swap = Swap(f, t, prior_size=move.prior_size, client=move.client) if abs(f - t) == 1 else move
    return Rewritten(as_moves, (as_swap,))


def swap_erase(swap: Swap, erase: Erase) -> Pair:
    """Swap a,b ∥ Erase i: indices > i move down.

    For i = a or i = b the Erase follows its element, and of the Swap remains the Move of the other element.
    """
    a, b, i = swap.ndx_1, swap.ndx_2, erase.ndx
    if i == a:
        return Pair(_move(swap.resized(-1), b - 1, a), (replace(erase, ndx=b),))
    if i == b:
        return Pair(_move(swap.resized(-1), a, b - 1), (replace(erase, ndx=a),))
    if a > i:
        a -= 1
    if b > i:
        b -= 1
    return Pair((replace(swap, ndx_1=a, ndx_2=b).resized(-1),), (erase,))


def swap_swap(left: Swap, right: Swap) -> Pair:
    """Swap a,b ∥ Swap c,d: the same exchange is dropped on both sides; otherwise the older follows its elements."""
    if left.indices == right.indices:
        return Pair((), ())
    older, newer = (right, left) if _is_newer(left, right) else (left, right)
    a, b = _exchanged(older.ndx_1, newer), _exchanged(older.ndx_2, newer)
    followed = replace(older, ndx_1=a, ndx_2=b)
    return Pair((left,), (followed,)) if newer is left else Pair((followed,), (right,))


def _is_newer(operation: Operation, other: Operation) -> bool:
    """Tell whether `operation` is the newer of the two: the client with the higher id performed it."""
    assert operation.client is not None
    assert other.client is not None
    return operation.client > other.client


def _only_newer(left: Operation, right: Operation) -> Pair:
    """Keep the newer operation and drop the older."""
    return Pair((left,), ()) if _is_newer(left, right) else Pair((), (right,))


def _move(origin: Move | Swap, from_ndx: int, to_ndx: int) -> tuple[Operation, ...]:
    """Make the Move that remains of `origin`; none if it would end where it begins."""
    if from_ndx == to_ndx:
        return ()
    return (Move(from_ndx, to_ndx, prior_size=origin.prior_size, client=origin.client),)


def _exchanged(ndx: int, swap: Swap) -> int:
    """Tell where the element at `ndx` is after `swap`."""
    return {swap.ndx_1: swap.ndx_2, swap.ndx_2: swap.ndx_1}.get(ndx, ndx)


# Rules take the kinds that stand in their row, which only the table knows: hence the `...`.
Rule = Callable[..., Pair | Rewritten]


def _mirrored(rule: Rule) -> Rule:
    """Return `rule` for the two sides exchanged."""

    def mirrored(left: Operation, right: Operation) -> Pair | Rewritten:
        sides = rule(right, left)
        return type(sides)(sides.right, sides.left)

    return mirrored


RULES: dict[tuple[type[Operation], type[Operation]], Rule] = {
    (Set, Set): set_set,
    (Insert, Set): insert_set,
    (Insert, Insert): insert_insert,
    (Move, Set): move_set,
    (Move, Insert): move_insert,
    (Move, Move): move_move,
    (Erase, Set): erase_set,
    (Erase, Insert): erase_insert,
    (Erase, Move): erase_move,
    (Erase, Erase): erase_erase,
    (Clear, Set): clear_other,
    (Clear, Insert): clear_other,
    (Clear, Move): clear_other,
    (Clear, Erase): clear_other,
    (Clear, Clear): clear_clear,
    (Swap, Set): swap_set,
    (Swap, Insert): swap_insert,
    (Swap, Move): swap_move,
    (Swap, Erase): swap_erase,
    (Swap, Swap): swap_swap,
    (Clear, Swap): clear_other,
}
"""The rule of each pair of kinds: 21 rows written out, and the mirror image of the 15 that join different kinds."""

RULES |= {(right, left): _mirrored(rule) for (left, right), rule in RULES.items() if left is not right}
