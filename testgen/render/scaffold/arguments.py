"""Where the argument of an action may be that the dump does not print: what its steps change, and where they differ.

A guess, for a person to judge. If an action leads from one state to several, an argument most likely tells them apart,
so it is looked for in the variables in which those differ; else in all that the action changes. Before all else in a
variable that holds the last call, `[op |-> "deposit", account |-> "ann"]`: a record with a field that names the action.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from testgen.bindings import changed_element, changed_key
from testgen.graph import StateGraph
from testgen.values import Plain, python_literal, to_plain
from testgen.values.model import ModelValue, String
from testgen.values.plain import Model

__all__ = ["argument_notes"]

_TRIED = 200
_CALLS_TRIED = 2000

_Pairs = list[tuple[Plain, Plain]]
"""Values of a variable before and after steps that change it."""


def argument_notes(graph: StateGraph, transitions: npt.NDArray[np.int64]) -> list[str]:
    """Comment lines on the argument that the action with these transitions may have; none if nothing points to one."""
    before, after = graph.ranks[graph.sources[transitions]], graph.ranks[graph.targets[transitions]]
    changed = np.flatnonzero((before != after).any(axis=0)).tolist()
    differing = _differing(graph.sources[transitions], after)
    for column in changed:
        if (fields := _call_fields(graph, column, graph.sources[transitions], after)) is not None:
            name = python_literal(graph.variables[column])
            told = ", ".join(f"{python_literal(field)}: after[{name}][{python_literal(field)}]" for field in fields)
            words = f"Its arguments, most likely, which {graph.variables[column]} tells:"
            return [words, f"    parameters=lambda before, after: {{{told}}}"] if fields else []
    columns = [column for column in changed if differing[column]] or changed
    pairs = {column: _pairs(graph, column, before, after) for column in columns}
    for find in (_key, _element):
        for column in columns:
            if (found := find(graph.variables[column], pairs[column])) is not None:
                words, expression = found
                return [f"Its argument, if it has one, may be {words}:", _declared(expression)]
    for column in columns:
        variable = graph.variables[column]
        name = python_literal(variable)
        if differing[column]:
            words = f"From one state it leads to several, which differ in {variable}; its argument, most likely:"
            return [words, _declared(f"after[{name}]")]
        if _varies(pairs[column]) and all(isinstance(value, String | ModelValue) for value in graph.values[column]):
            words = "From each state it leads to one only; so its argument, if it has one, may be in the state before:"
            return [words, _declared(f"before[{name}]")]
    return []


def _call_fields(
    graph: StateGraph, column: int, sources: npt.NDArray[np.int32], after: npt.NDArray[np.int32]
) -> list[str] | None:
    """The fields of a variable that holds the last call which may be arguments; None if it holds no calls.

    Such a field has different values in steps from one state, or names for values, and not always the same one.
    """
    values = graph.values[column]
    others = [value for rank in range(len(values[:_TRIED])) if isinstance(value := to_plain(values[rank]), dict)]
    calls = [
        value for rank in after[:_CALLS_TRIED, column].tolist() if isinstance(value := to_plain(values[rank]), dict)
    ]
    if not calls or len(others) < len(values[:_TRIED]):
        return None
    always = {field for field in others[0] if all(field in other for other in others)}
    if not any(isinstance(others[0][field], str) for field in always) or all(
        len(other) == len(always) for other in others
    ):
        return None  # nothing names the call; or all records are alike, and so no calls of several actions
    fields = [field for field in calls[0] if field not in always and all(field in call for call in calls)]
    starts = sources[: len(calls)].tolist()
    return [
        field
        for field in fields
        if _is_given([(start, call[field]) for start, call in zip(starts, calls, strict=True)])
    ]


def _is_given(found: list[tuple[int, Plain]]) -> bool:
    """Whether a field, told with the state that each step starts from, may be an argument."""
    by_source: dict[int, list[object]] = {}
    for source, value in found:
        by_source.setdefault(source, []).append(value)
    if any(not _same(several) for several in by_source.values()):
        return True
    return all(isinstance(value, str | Model) for _, value in found) and not _same([value for _, value in found])


def _declared(expression: str) -> str:
    return f"    parameters=lambda before, after: {{NAME: {expression}}}"


def _differing(sources: npt.NDArray[np.int32], after: npt.NDArray[np.int32]) -> list[bool]:
    """For each variable, whether two steps from one state give it different values."""
    order = np.argsort(sources, kind="stable")
    is_same_source = (sources[order][1:] == sources[order][:-1])[:, None]
    differ: list[bool] = ((after[order][1:] != after[order][:-1]) & is_same_source).any(axis=0).tolist()
    return differ


def _pairs(
    graph: StateGraph, column: int, before: npt.NDArray[np.int32], after: npt.NDArray[np.int32]
) -> list[tuple[Plain, Plain]]:
    """Distinct changes of a variable; of many, some from all over."""
    ranks = np.unique(np.stack([before[:, column], after[:, column]], axis=1), axis=0)
    ranks = ranks[ranks[:, 0] != ranks[:, 1]]
    values = graph.values[column]
    return [(to_plain(values[old]), to_plain(values[new])) for old, new in ranks[:: 1 + len(ranks) // _TRIED].tolist()]


def _key(variable: str, pairs: _Pairs) -> tuple[str, str] | None:
    keys = _each(changed_key, pairs)
    name = python_literal(variable)
    if keys is None or (len(pairs) > 1 and _same(keys) and not isinstance(pairs[0][0], list)):
        return None  # always the same field of a record
    if _each(changed_element, pairs) is not None:
        return None  # a sequence that grows: what it grows by tells more than its length
    return f"the key of {variable} that changes", f"changed_key(before[{name}], after[{name}])"


def _element(variable: str, pairs: _Pairs) -> tuple[str, str] | None:
    if _each(changed_element, pairs) is None:
        return None
    name = python_literal(variable)
    return f"the element that {variable} gains or loses", f"changed_element(before[{name}], after[{name}])"


def _each(find: Callable[[object, object], object], pairs: _Pairs) -> list[object] | None:
    try:
        return [find(old, new) for old, new in pairs]
    except ValueError:
        return None


def _varies(pairs: _Pairs) -> bool:
    return not _same([old for old, _ in pairs])


def _same(found: list[object]) -> bool:
    return all(key == found[0] for key in found)
