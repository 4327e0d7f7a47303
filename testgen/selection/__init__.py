"""Choosing behaviors: which paths of a graph become tests. Knows no bindings and no templates.

A criterion says what must be covered, a strategy how.
"""

from testgen.behavior import Suite
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.selection.all_behaviors import DEFAULT_LIMIT, select_all
from testgen.selection.criteria import OBLIGATIONS
from testgen.selection.minimum import select_minimum
from testgen.selection.shortest import select_shortest

__all__ = [
    "DEFAULT_LIMIT",
    "OBLIGATIONS",
    "STRATEGIES",
    "select_all",
    "select_behaviors",
    "select_minimum",
    "select_shortest",
]

STRATEGIES: dict[str, tuple[str, ...]] = {
    "behaviors": ("all",),
    "states": ("minimum",),
    "transitions": ("minimum", "shortest"),
    "transition-pairs": ("minimum",),
}
"""The strategies for each criterion, the default one first."""


def select_behaviors(
    graph: StateGraph, criterion: str, strategy: str | None = None, *, limit: int = DEFAULT_LIMIT
) -> Suite:
    """Choose behaviors of `graph`.

    Args:
        graph: Any.
        criterion: What must be covered, a key of `STRATEGIES`.
        strategy: How; by default the criterion's first.
        limit: The most behaviors.

    Raises:
        SelectionError: There is no such criterion or strategy, nothing to cover, or more than `limit` are needed.
    """
    if criterion not in STRATEGIES:
        raise SelectionError(f"unknown criterion {criterion!r}", hint=f"there are {', '.join(STRATEGIES)}")
    known = STRATEGIES[criterion]
    strategy = strategy or known[0]
    if strategy not in known:
        raise SelectionError(
            f"no strategy {strategy!r} for criterion {criterion!r}", hint=f"there is {', '.join(known)}"
        )
    if strategy == "all":
        return select_all(graph, limit=limit)
    if strategy == "shortest":
        return select_shortest(graph, limit=limit)
    return select_minimum(graph, criterion, limit=limit)
