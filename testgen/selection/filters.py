"""`--only` and `--avoid`: which transitions and states behaviors may take, by action or by a predicate over variables.

A predicate is an expression of simpleeval's small language (Python's operators, no attributes, no calls but those
named here), evaluated once for each combination of values that its variables have.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import simpleeval

from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.values import Plain, to_plain

__all__ = ["allowed_by"]

Bools = npt.NDArray[np.bool_]

_FUNCTIONS = {"len": len, "min": min, "max": max, "sum": sum, "any": any, "all": all, "set": set, "sorted": sorted}


def allowed_by(graph: StateGraph, only: Sequence[str], avoid: Sequence[str]) -> tuple[Bools, Bools]:
    """Tell which transitions may be taken and which states may be visited.

    Args:
        graph: The whole graph.
        only: Names of actions, of which there may be no others; predicates that must hold in every state.
        avoid: Names of actions that are not to be taken; predicates that must hold in no state.

    Returns:
        Shape (n_transitions,) and shape (n_states,).

    Raises:
        SelectionError: A text is neither an action's name nor a predicate that can be evaluated.
    """
    names = [action.name for action in graph.actions]
    transitions = np.ones(graph.n_transitions, dtype=bool)
    states = np.ones(graph.n_states, dtype=bool)
    if wanted := {text for text in only if text in names}:
        transitions &= np.array([name in wanted for name in names], dtype=bool)[graph.labels]
    unwanted = {text for text in avoid if text in names}
    transitions &= np.array([name not in unwanted for name in names], dtype=bool)[graph.labels]
    for text in only:
        if text not in names:
            states &= _holds(graph, text, names)
    for text in avoid:
        if text not in names:
            states &= ~_holds(graph, text, names)
    return transitions, states


def _holds(graph: StateGraph, text: str, actions: Sequence[str]) -> Bools:
    """In which states a predicate holds."""
    used = sorted(_names_in(text, graph, actions))
    columns = [graph.variables.index(name) for name in used]
    combinations, number = np.unique(graph.ranks[:, columns], axis=0, return_inverse=True)
    plain: list[dict[int, Plain]] = [{} for _ in used]
    answers = np.zeros(len(combinations), dtype=bool)
    for row, ranks in enumerate(combinations.tolist()):
        for known, column, rank in zip(plain, columns, ranks, strict=True):
            if rank not in known:
                known[rank] = to_plain(graph.values[column][rank])
        values = {name: known[rank] for name, known, rank in zip(used, plain, ranks, strict=True)}
        answers[row] = _evaluate(text, values)
    result: Bools = answers[number.reshape(-1)]
    return result


def _names_in(text: str, graph: StateGraph, actions: Sequence[str]) -> set[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise SelectionError(
            f"{text!r} is neither an action nor an expression: {error}",
            hint=_choices(text, graph, actions),
        ) from error
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound - _FUNCTIONS.keys()
    if unknown := sorted(names - set(graph.variables)):
        raise SelectionError(
            f"{unknown[0]!r} is neither an action nor a variable", hint=_choices(unknown[0], graph, actions)
        )
    return names


def _choices(text: str, graph: StateGraph, actions: Sequence[str]) -> str:
    named = sorted({name for name in actions if name})
    near = difflib.get_close_matches(text, [*named, *graph.variables], n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + (
        f"actions are {', '.join(named)}; variables are {', '.join(graph.variables)}; a predicate is, for instance, "
        f"'len({graph.variables[0]}) > 2'"
    )


def _evaluate(text: str, values: Mapping[str, Plain]) -> bool:
    evaluator = simpleeval.EvalWithCompoundTypes(names=dict(values), functions=_FUNCTIONS)
    try:
        return bool(evaluator.eval(text))
    except Exception as error:  # an expression can fail in any way, for some states and not for others
        shown = ", ".join(f"{name} = {value!r}" for name, value in values.items())
        raise SelectionError(
            f"{text!r} cannot be evaluated ({type(error).__name__}: {error})",
            hint=f"it failed where {shown}; `testgen inspect` shows values of all variables",
        ) from error
