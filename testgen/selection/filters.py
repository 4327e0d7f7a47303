"""`--only` and `--avoid`: which transitions and states behaviors may take, by action or by a predicate over variables.

A predicate is an expression of simpleeval's small language (Python's operators, no attributes, no calls but those
named here), evaluated once for each combination of values that its variables have.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import simpleeval

from testgen.errors import SelectionError, shortened
from testgen.graph import StateGraph
from testgen.values import Model, Plain, to_plain

__all__ = ["allowed_by"]

Bools = npt.NDArray[np.bool_]

_LONGEST = 2000
_OPERATORS = {
    kind: function
    for kind, function in simpleeval.DEFAULT_OPERATORS.items()
    if kind not in (ast.Pow, ast.LShift)  # which make numbers that take for ever
}
_BOOLEANS = {"TRUE": True, "FALSE": False}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
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
    tree = _parsed(text, graph, actions)
    used, constants = _names_in(tree, graph, actions)
    columns = [graph.variables.index(name) for name in used]
    combinations, number = np.unique(graph.ranks[:, columns], axis=0, return_inverse=True)
    plain: list[dict[int, Plain]] = [{} for _ in used]
    answers = np.zeros(len(combinations), dtype=bool)
    for row, ranks in enumerate(combinations.tolist()):
        for known, column, rank in zip(plain, columns, ranks, strict=True):
            if rank not in known:
                known[rank] = to_plain(graph.values[column][rank])
        values = {name: known[rank] for name, known, rank in zip(used, plain, ranks, strict=True)}
        answers[row] = _evaluate(text, tree, values, constants)
    result: Bools = answers[number.reshape(-1)]
    return result


def _parsed(text: str, graph: StateGraph, actions: Sequence[str]) -> ast.expr:
    problem = "" if 0 < len(text.strip()) <= _LONGEST else "it is empty, or too long"
    try:
        tree = ast.parse(text.strip(), mode="eval").body if not problem else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        tree, problem = None, error.msg if isinstance(error, SyntaxError) else "it is nested too deep"
    if tree is None:
        raise SelectionError(
            f"{shortened(text)!r} is neither an action nor an expression: {problem}",
            hint=_choices(text, graph, actions),
        )
    if any(isinstance(node, ast.Attribute) for node in ast.walk(tree)):
        raise SelectionError(
            f"{shortened(text)!r} has an attribute, which predicates do not know",
            hint="a field of a record is read as in `record['field']`",
        )
    return tree


def _names_in(tree: ast.expr, graph: StateGraph, actions: Sequence[str]) -> tuple[list[str], dict[str, Plain]]:
    """The variables that a predicate uses, and what its other names stand for: TRUE, FALSE, and model values."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if hidden := sorted(called & set(graph.variables)):
        raise SelectionError(
            f"{hidden[0]!r} is a variable here, so it cannot be called as a function",
            hint="write the predicate without",
        )
    constants: dict[str, Plain] = {name: value for name, value in _BOOLEANS.items() if name in names}
    unknown = names - bound - (called & _FUNCTIONS.keys()) - set(graph.variables) - constants.keys()
    constants |= {name: Model(name) for name in unknown - called if _is_model_value(name, graph)}
    if unknown := unknown - constants.keys():
        name = min(unknown)
        raise SelectionError(
            f"{name!r} is neither an action nor a variable, nor a model value in any state",
            hint=_choices(name, graph, actions),
        )
    return sorted(names & set(graph.variables)), constants


def _is_model_value(name: str, graph: StateGraph) -> bool:
    """Whether the name stands in any value, not as a string or a field of a record."""
    bare = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)(?! \|->| :(?!>))")
    return any(
        name in value.key and bare.search(_STRING.sub('""', value.key)) for values in graph.values for value in values
    )


def _choices(text: str, graph: StateGraph, actions: Sequence[str]) -> str:
    named = sorted({name for name in actions if name})
    near = difflib.get_close_matches(text, [*named, *graph.variables], n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + (
        f"actions are {', '.join(named)}; variables are {', '.join(graph.variables)}; a predicate is, for instance, "
        f"'len({graph.variables[0]}) > 2'"
    )


def _evaluate(text: str, tree: ast.expr, values: Mapping[str, Plain], constants: Mapping[str, Plain]) -> bool:
    functions = {name: function for name, function in _FUNCTIONS.items() if name not in values}
    evaluator = simpleeval.EvalWithCompoundTypes(
        names={**constants, **values}, functions=functions, operators=_OPERATORS
    )
    shown = shortened(", ".join(f"{name} = {value!r}" for name, value in values.items()))
    hint = f"it is so {f'where {shown}' if values else 'everywhere'}; `testgen inspect` shows values of all variables"
    try:
        answer = evaluator.eval(text, previously_parsed=tree)
    except Exception as error:  # an expression can fail in any way, for some states and not for others
        why = f"{type(error).__name__}: {shortened(str(error))}"
        if isinstance(error, simpleeval.OperatorNotDefined):  # whose text has an address
            why = "predicates do not know all of its operators"
        problem = f"{shortened(text)!r} cannot be evaluated ({why})"
        raise SelectionError(problem, hint=hint) from error
    if not isinstance(answer, bool):
        raise SelectionError(f"{shortened(text)!r} is {shortened(repr(answer))}, neither true nor false", hint=hint)
    return answer
