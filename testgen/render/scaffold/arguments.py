"""Where the argument of an action may be that the dump does not print: what its steps change, and where they differ.

A guess, for a person to judge. If an action leads from one state to several, an argument most likely tells them apart,
so it is looked for in the variables in which those differ; else in all that the action changes; and first in those that
each step changes, as a build needs the argument of each. Before all else in a variable that holds the last call,
`[op |-> "deposit", account |-> "ann"]`: a record with a field that names the action.
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
_WIDTH = 114
"""Of a comment in the file; what is longer would be cut."""

_Pairs = list[tuple[Plain, Plain]]
"""Values of a variable before and after steps that change it."""


def argument_notes(graph: StateGraph, transitions: npt.NDArray[np.int64]) -> list[str]:
    """Comment lines on the argument that the action with these transitions may have; none if nothing points to one."""
    before, after = graph.ranks[graph.sources[transitions]], graph.ranks[graph.targets[transitions]]
    changes = before != after
    always: list[bool] = changes.all(axis=0).tolist()
    changed = np.flatnonzero(changes.any(axis=0)).tolist()
    differing = _differing(graph.sources[transitions], after)
    for column in changed:
        if (fields := _call_fields(graph, column, graph.sources[transitions], after)) is not None:
            name = python_literal(graph.variables[column])
            told = ", ".join(f"{python_literal(field)}: after[{name}][{python_literal(field)}]" for field in fields)
            words = f"Its arguments, most likely, which {graph.variables[column]} tells:"
            return [words, *_declared(told)] if fields else []
    columns = [column for column in changed if differing[column]] or changed
    pairs = {column: _pairs(graph, column, before, after) for column in columns}
    steady = [column for column in columns if always[column]]
    for group in (steady, [column for column in columns if not always[column]]):
        for find in (_key, _element):
            for column in group:
                if (lines := find(graph.variables[column], pairs[column])) is not None:
                    return lines if always[column] else [*lines, "Not all of its steps change that variable, though."]
    for column in columns:
        variable = graph.variables[column]
        name = python_literal(variable)
        if differing[column]:
            words = f"From one state it leads to several, which differ in {variable}; its argument, most likely:"
            return [words, *_declared(f"NAME: after[{name}]{_only_field(pairs[column])}")]
        if _varies(pairs[column]) and all(isinstance(value, String | ModelValue) for value in graph.values[column]):
            words = "From each state it leads to one only; so its argument, if it has one, may be in the state before:"
            return [words, *_declared(f"NAME: before[{name}]")]
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


def _declared(told: str) -> list[str]:
    line = f"    parameters=lambda before, after: {{{told}}}"
    return [line] if len(line) <= _WIDTH else ["    parameters=lambda before, after: {", f"        {told}", "    }"]


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


def _key(variable: str, pairs: _Pairs) -> list[str] | None:
    keys = _each(changed_key, pairs)
    name = python_literal(variable)
    if keys is None or (len(pairs) > 1 and _same(keys) and not isinstance(pairs[0][0], list)):
        return None  # always the same field of a record
    if _each(changed_element, pairs) is not None:
        return None  # a sequence that grows: what it grows by tells more than its length
    words = f"Its argument, if it has one, may be the key of {variable} that changes:"
    return [words, *_declared(f"NAME: changed_key(before[{name}], after[{name}])")]


def _element(variable: str, pairs: _Pairs) -> list[str] | None:
    if (elements := _each(changed_element, pairs)) is None:
        return None
    name = python_literal(variable)
    expression = f"changed_element(before[{name}], after[{name}])"
    what = f"the element that {variable} gains or loses"
    if fields := _varying_fields(elements):
        words = f"Its arguments, if it has any, may be in {what}, a record: {', '.join(fields)}. Such as:"
        return [words, *_declared(f"NAME: dict({expression})[{python_literal(fields[-1])}]")]
    return [f"Its argument, if it has one, may be {what}:", *_declared(f"NAME: {expression}")]


def _varying_fields(elements: list[object]) -> list[str]:
    """The fields of records that are not the same in all of them; none if they are no records of the same fields."""
    records = [dict(element) for element in elements if _is_record(element)]  # type: ignore[call-overload]  # pairs
    if not records or len(records) < len(elements) or any(record.keys() != records[0].keys() for record in records):
        return []
    return [field for field in records[0] if not _same([record[field] for record in records])]


def _is_record(element: object) -> bool:
    """Whether it is what stands for a record inside of a set or a sequence."""
    if isinstance(element, dict):
        return all(isinstance(key, str) for key in element)
    is_pairs = isinstance(element, tuple) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in element)
    return is_pairs and all(isinstance(pair[0], str) for pair in element) and bool(element)  # type: ignore[attr-defined]


def _only_field(pairs: _Pairs) -> str:
    """The field of records that is the only one to change, as an index; empty if there is none."""
    keys = _each(changed_key, pairs)
    is_field = keys is not None and isinstance(keys[0], str) and _same(keys)
    return f"[{python_literal(keys[0])}]" if keys is not None and is_field else ""


def _each(find: Callable[[object, object], object], pairs: _Pairs) -> list[object] | None:
    try:
        return [find(old, new) for old, new in pairs]
    except ValueError:
        return None


def _varies(pairs: _Pairs) -> bool:
    return not _same([old for old, _ in pairs])


def _same(found: list[object]) -> bool:
    return all(key == found[0] for key in found)
