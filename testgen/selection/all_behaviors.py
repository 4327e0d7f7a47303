"""Strategy `all` for criterion `behaviors`: every maximal path of an acyclic graph, counted before it is walked."""

from __future__ import annotations

from collections.abc import Iterator

from testgen.analysis import count_behaviors, example_cycle, find_shape
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, StateId, TransitionId
from testgen.selection.part import Path

__all__ = ["count_or_refuse", "walk_behaviors"]

_CYCLE_SHOWN = 6


def count_or_refuse(graph: StateGraph) -> int:
    """The number of behaviors.

    Raises:
        SelectionError: There are infinitely many.
    """
    count = count_behaviors(graph)
    if count is None:
        raise _endless(graph)
    return count


def walk_behaviors(graph: StateGraph) -> Iterator[Path]:
    """Walk every maximal path depth first, self-loops left out. The graph is acyclic."""
    offsets, targets = graph.offsets.tolist(), graph.targets.tolist()

    def onward(state: StateId) -> list[TransitionId]:
        leaving = range(offsets[state], offsets[state + 1])
        return [transition for transition in reversed(leaving) if targets[transition] != state]

    for initial in graph.initial.tolist():
        path: list[TransitionId] = []
        pending = [onward(initial)]
        if not pending[0]:
            yield initial, []
        while pending:
            if pending[-1]:
                transition = pending[-1].pop()
                path.append(transition)
                pending.append(onward(targets[transition]))
                if not pending[-1]:
                    yield initial, path.copy()
            else:
                pending.pop()
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
