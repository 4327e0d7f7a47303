"""The text of a new binding: a method for each action, an observer for each variable, and what the graph tells of them.

Its methods raise `NotImplementedYet`, so that the suite can be built and run at once and says what is still missing.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from testgen.bindings import Binding
from testgen.bindings.names import distinct_names, parameter_names, python_name
from testgen.graph import StateGraph
from testgen.graph.model import Action
from testgen.render.environment import render_template
from testgen.render.layout import layout_import
from testgen.render.scaffold.arguments import argument_notes
from testgen.render.scaffold.shapes import shape_of
from testgen.render.scaffold.specified import plain_state
from testgen.render.suite import action_names
from testgen.values import Plain, python_literal, to_plain
from testgen.values.changes import changed_fields

__all__ = ["Scaffold", "class_name", "scaffold_binding"]

_TEMPLATE = "scaffold/binding.py.j2"
_ANNOTATIONS = ("bool", "dict", "int", "list", "object", "set", "str")
"""A method of such a name would hide the type from the annotations below it."""
_DECORATORS = ("action", "observes", "resets", "starts")
"""Likewise."""
_IMPORTED = ("Binding", "Model", "NotImplementedYet")
_CHANGES_SHOWN = 3
_FIELDS_SHOWN = 3
_EXAMPLE_WIDTH = 110
_INITIAL_WIDTH = 106
_INITIAL_FIELDS_SHOWN = 10
_SAMPLE_FIELDS_SHOWN = 2
_STARTERS_PARAMETERS = 3


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A binding to be written.

    Attributes:
        text: Of the file.
        actions: Method of each action, by the action's name.
        observers: Method of each variable, by the variable's name.
    """

    text: str
    actions: dict[str, str]
    observers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Method:
    """What the template sees of a method.

    Attributes:
        name: In Python.
        subject: The action or variable, as the specification spells it.
        notes: Comment lines above it.
        parameters: With annotations, as they stand in the signature.
        declares: Whether its parameters must be declared, as the labels do not agree on them.
        returns: Annotation of an observer.
    """

    name: str
    subject: str
    notes: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    declares: bool = False
    returns: str = "None"


@dataclass(frozen=True, slots=True)
class _BindingContext:
    """What the template sees of the file."""

    class_name: str
    source: str
    imports: tuple[str, ...]
    initial: tuple[str, ...]
    tells_arguments: bool
    starter: str
    starter_parameters: tuple[str, ...]
    actions: tuple[_Method, ...]
    observers: tuple[_Method, ...]


def scaffold_binding(graph: StateGraph, *, name: str, source: str) -> Scaffold:
    """Write a binding for `graph`. The same arguments give the same bytes.

    Args:
        graph: Of the specification.
        name: Of the class.
        source: What the user calls the graph.

    Raises:
        GraphError: The graph's transitions carry no action names.
    """
    names = sorted(action_names(graph)) if graph.n_transitions else []
    taken = {*dir(Binding), *_ANNOTATIONS, *_DECORATORS, "start"}
    actions = dict(zip(names, distinct_names(names, taken=taken), strict=True))
    wanted = [f"observed_{v}" if python_name(v) in actions.values() else v for v in graph.variables]
    observers = dict(zip(graph.variables, distinct_names(wanted, taken={*taken, *actions.values()}), strict=True))
    methods = _action_methods(graph, actions)
    readers = tuple(_observer(graph, column, observers[variable]) for column, variable in enumerate(graph.variables))
    starter, starter_parameters = _starter(graph)
    imported = {"Binding", "NotImplementedYet"} | ({"action"} if methods else set())
    imported |= ({"observes"} if readers else set()) | ({"starts"} if starter else set())
    imports = [layout_import("testgen.bindings", imported)]
    annotations = [*starter_parameters, *(m.returns for m in readers), *(p for m in methods for p in m.parameters)]
    if any(re.search(r"\bModel\b", annotation) for annotation in annotations):
        imports.append(layout_import("testgen.values", ["Model"]))
    context = _BindingContext(
        class_name=name,
        source=source,
        imports=tuple(imports),
        initial=_initial_state(graph),
        tells_arguments=_tells_arguments(graph),
        starter=starter,
        starter_parameters=starter_parameters,
        actions=methods,
        observers=readers,
    )
    return Scaffold(render_template(_TEMPLATE, {"binding": context}), actions, observers)


def class_name(name: str) -> str:
    """A class for the dump `name`: not one that pytest would collect, or that hides another.

    >>> class_name("my-queue"), class_name("2pc"), class_name("test"), class_name("model"), class_name("--")
    ('MyQueue', 'System2pc', 'SystemTest', 'SystemModel', 'System')
    """
    words = re.findall(r"[0-9A-Za-z]+", name)
    spelled = "".join(word[0].upper() + word[1:] for word in words)
    is_good = spelled.isidentifier() and not keyword.iskeyword(spelled) and not hasattr(builtins, spelled)
    return spelled if is_good and not spelled.startswith("Test") and spelled not in _IMPORTED else f"System{spelled}"


def _action_methods(graph: StateGraph, names: dict[str, str]) -> tuple[_Method, ...]:
    labels: dict[str, list[int]] = defaultdict(list)
    counts = np.bincount(graph.labels, minlength=len(graph.actions)).tolist()
    for number, action in enumerate(graph.actions):
        if counts[number]:
            labels[action.name].append(number)
    return tuple(_action_method(graph, name, method, labels[name]) for name, method in names.items())


def _tells_arguments(graph: StateGraph) -> bool:
    return any(action.arguments for action in graph.actions)


def _action_method(graph: StateGraph, name: str, method: str, labels: Sequence[int]) -> _Method:
    actions = [graph.actions[number] for number in labels]
    transitions = np.flatnonzero(np.isin(graph.labels, labels))
    before, after = graph.ranks[graph.sources[transitions]], graph.ranks[graph.targets[transitions]]
    changes = (before != after).any(axis=0).tolist()
    changed = [variable for variable, is_changed in zip(graph.variables, changes, strict=True) if is_changed]
    count = "1 transition" if len(transitions) == 1 else f"{len(transitions):,} transitions"
    told = f"{count}; changes {', '.join(changed) if changed else 'nothing'}."
    notes = [f"{name}: {told}" if not actions[0].arguments else f"{name}: {told} Such as {actions[0]}."]
    notes += _example(graph, int(transitions[(before != after).any(axis=1).argmax()]), changed)
    declares = len({(len(action.arguments), action.parameters) for action in actions}) > 1
    if declares:
        notes.append("Its labels differ in their arguments: find them in the states, and let the method take them.")
    elif not _tells_arguments(graph):
        notes += argument_notes(graph, transitions)
    parameters = () if declares else _parameters(actions)
    return _Method(method, name, tuple(notes), parameters, declares)


def _parameters(actions: Sequence[Action]) -> tuple[str, ...]:
    n_arguments = len(actions[0].arguments)
    names = parameter_names(actions[0].parameters)
    if not names:
        names = ["argument"] if n_arguments == 1 else [f"argument_{place}" for place in range(1, n_arguments + 1)]
    columns = zip(*(action.arguments for action in actions), strict=True)
    return tuple(f"{name}: {shape_of(column).annotation}" for name, column in zip(names, columns, strict=True))


def _example(graph: StateGraph, transition: int, changed: Sequence[str]) -> list[str]:
    """A step that changes something: what it changes, variable by variable, and of long ones only where."""
    before = plain_state(graph, int(graph.sources[transition]))
    after = plain_state(graph, int(graph.targets[transition]))
    lines: list[list[str]] = []
    for variable in changed:
        one, other = python_literal(before[variable]), python_literal(after[variable])
        line = f"{variable}: {one} -> {other}"
        if one != other:
            is_short = len(line) <= _EXAMPLE_WIDTH
            lines.append(
                [line] if is_short else list(changed_fields(before[variable], after[variable], variable, arrow=" -> "))
            )
    told = [line for of_variable in lines[:_CHANGES_SHOWN] for line in _first(of_variable)]
    return [f"    {line}" for line in ([*told, "..."] if len(lines) > _CHANGES_SHOWN else told)]


def _first(lines: list[str], count: int = _FIELDS_SHOWN) -> list[str]:
    return lines if len(lines) <= count else [*lines[:count], f"... and {len(lines) - count} more"]


def _observer(graph: StateGraph, column: int, method: str) -> _Method:
    variable, values = graph.variables[column], graph.values[column]
    shape = shape_of(values)
    sample = to_plain(max(values, key=lambda value: min(len(value.key), 60)))
    count = "always this:" if len(values) == 1 else f"{len(values):,} values, such as:"
    told = _spelled(variable, sample)
    spelled = told[:_SAMPLE_FIELDS_SHOWN] if len(told) > 1 else [python_literal(sample)]
    notes = [f"{variable}: {shape.words}; {count}", *(f"    {line}" for line in spelled)]
    if re.search(r"\bsets? of (sets of )*records\b", shape.words):
        notes.append('A record in a set is what `frozen({"field": 1})` of testgen.values makes of it.')
    return _Method(method, variable, tuple(notes), returns=shape.annotation)


def _initial_state(graph: StateGraph) -> tuple[str, ...]:
    """The variables at the start; of several initial states, what they have in common."""
    first = plain_state(graph, int(graph.initial[0]))
    ranks = graph.ranks[graph.initial]
    alike = (ranks == ranks[0]).all(axis=0).tolist()
    lines = [
        line for name, same in zip(graph.variables, alike, strict=True) if same for line in _spelled(name, first[name])
    ]
    differing = [name for name, same in zip(graph.variables, alike, strict=True) if not same]
    return (*lines, *(f"{name}: differs, see start" for name in differing))


def _spelled(path: str, value: Plain) -> list[str]:
    """A value in a line, or if that is too long, in one for each of its fields."""
    line = f"{path}: {python_literal(value)}"
    if len(line) <= _INITIAL_WIDTH or not isinstance(value, list | dict) or not value:
        return [line]
    fields = value.items() if isinstance(value, dict) else enumerate(value)
    return _first(
        [line for key, field in fields for line in _spelled(f"{path}[{python_literal(key)}]", field)],
        _INITIAL_FIELDS_SHOWN,
    )


def _starter(graph: StateGraph) -> tuple[str, tuple[str, ...]]:
    """Where there are several initial states: the dictionary of what tells them apart, and parameters to take it."""
    ranks = graph.ranks[graph.initial]
    columns = np.flatnonzero((ranks != ranks[0]).any(axis=0)).tolist()
    if len(ranks) == 1 or not columns:
        return "", ()
    if len(columns) > _STARTERS_PARAMETERS:
        return '{"state": initial}', ("state: dict[str, object]",)
    variables = [graph.variables[column] for column in columns]
    names = parameter_names(variables)
    pairs = zip(names, variables, strict=True)
    found = ", ".join(f"{python_literal(name)}: initial[{python_literal(variable)}]" for name, variable in pairs)
    shapes = [shape_of([graph.values[column][rank] for rank in ranks[:, column].tolist()]) for column in columns]
    return f"{{{found}}}", tuple(f"{name}: {shape.annotation}" for name, shape in zip(names, shapes, strict=True))
