"""Strategy `all` for criterion `behaviors`: every maximal path of an acyclic graph, counted before it is walked."""

from __future__ import annotations

from collections.abc import Iterator

from testgen.analysis import count_behaviors, example_cycle, find_shape
from testgen.behavior import Behavior, Suite, behavior_id
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["DEFAULT_LIMIT", "select_all", "walk_behaviors"]

DEFAULT_LIMIT = 10_000
"""More tests than this are rarely wanted; the user says so with `--limit`."""
_CYCLE_SHOWN = 6


def select_all(graph: StateGraph, *, limit: int = DEFAULT_LIMIT) -> Suite:
    """All behaviors of `graph`, in canonical order.

    The bound is the number itself: each behavior is an obligation of its own.

    Raises:
        SelectionError: There are more than `limit`, or infinitely many.
    """
    count = count_behaviors(graph)
    if count is None:
        raise _endless(graph)
    if count > limit:
        raise SelectionError(
            f"the graph has {count:,} behaviors, more than the limit of {limit:,}",
            location=Location(graph.source),
            hint=f"--limit {count} takes them all" if count < 1_000_000 else "no one can run so many; cut the model",
        )
    behaviors = tuple(
        Behavior(behavior_id(graph, states, transitions), states, transitions)
        for states, transitions in walk_behaviors(graph)
    )
    assert len(behaviors) == count, "the count and the walk disagree"
    return Suite(graph, "behaviors", "all", behaviors, lower_bound=count)


def walk_behaviors(graph: StateGraph) -> Iterator[tuple[tuple[StateId, ...], tuple[TransitionId, ...]]]:
    """Walk every maximal path depth first, self-loops left out, as (states, transitions). The graph is acyclic."""
    offsets, targets = graph.offsets.tolist(), graph.targets.tolist()

    def onward(state: StateId) -> list[TransitionId]:
        leaving = range(offsets[state], offsets[state + 1])
        return [transition for transition in reversed(leaving) if targets[transition] != state]

    for initial in graph.initial.tolist():
        states: list[StateId] = [initial]
        path: list[TransitionId] = []
        pending = [onward(initial)]
        if not pending[0]:
            yield (initial,), ()
        while pending:
            if pending[-1]:
                transition = pending[-1].pop()
                path.append(transition)
                states.append(targets[transition])
                pending.append(onward(states[-1]))
                if not pending[-1]:
                    yield tuple(states), tuple(path)
            else:
                pending.pop()
                states.pop()
                del path[-1:]


def _endless(graph: StateGraph) -> SelectionError:
    cycle = example_cycle(graph, find_shape(graph))
    names = [str(graph.action(transition)) or "(unlabelled)" for transition in cycle]
    shown = ", ".join(names[:_CYCLE_SHOWN]) + (", ..." if len(names) > _CYCLE_SHOWN else "")
    return SelectionError(
        f"the graph has infinitely many behaviors: it goes round a cycle of {len(cycle)} transitions ({shown})",
        location=Location(graph.source),
        hint="--criterion transitions takes the fewest behaviors that pass each transition instead",
    )
