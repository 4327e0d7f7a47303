"""Stories: a behavior told as the statements of a test. Templates only arrange what a story says."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from testgen.bindings.names import method_name, parameter_names
from testgen.bindings.places import path_seen, place_of
from testgen.bindings.protocol import Binding, Outcome, Step
from testgen.errors import BindingError, Location, TestgenError
from testgen.values.agreement import agree
from testgen.values.plain import Plain

__all__ = ["Call", "StepStory", "Story", "names_used", "step_arguments", "tell_actions", "tell_steps"]

_SCALARS = frozenset((bool, int, float, str, type(None)))
"""Whose literals need no import."""


@dataclass(frozen=True, slots=True)
class Story:
    """What every template needs of a behavior; bindings with a template of their own add to it.

    Attributes:
        path: A short word for each step that tells this behavior from others; names tests and files.
        summary: The behavior in a sentence.
        imports: Further names the test uses, by module.
        n_told: How many of the behavior's transitions it tells; None tells all. Behaviors that begin with the same
            ones are told alike, and one test stands for them.
    """

    path: tuple[str, ...]
    summary: str
    imports: Mapping[str, frozenset[str]] = field(default_factory=dict)
    n_told: int | None = None

    def progress(self) -> tuple[int, ...] | None:
        """How many of the behavior's first transitions have been performed once each statement has succeeded, in order.

        Statements are what the journal holds of a test that passes. From this, coverage knows how far a test came that
        failed; None, where nobody has said, counts it for nothing. A last number below `n_told` is that of a test
        which shows that the system refuses what comes next.
        """
        return None


@dataclass(frozen=True, slots=True)
class Call:
    """One statement and what the specification says afterwards.

    Attributes:
        method: Name of the binding's method.
        arguments: By parameter name.
        changed: The observed variables that the step changes, with their new values.
        others: Other outcomes that the specification allows of this call, where the system chooses.
    """

    method: str
    arguments: Mapping[str, Plain]
    changed: Mapping[str, Plain]
    others: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class StepStory(Story):
    """A behavior with one statement a step.

    Attributes:
        start: The statement that brings the system to the initial state, if the binding has one.
        initial: Every observed variable's value at the start.
        calls: The steps.
        end: The statement that closes the test, if the binding has one.
    """

    start: Call | None = None
    initial: Mapping[str, Plain] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    end: Call | None = None

    def progress(self) -> tuple[int, ...]:
        n_calls = len(self.calls)
        return (*([0] if self.start else []), *range(1, n_calls + 1), *([n_calls] if self.end else []))


def tell_actions(steps: Sequence[Step]) -> Story:
    """Tell a behavior by the names of its actions."""
    names = [step.action for step in steps]
    return Story(tuple(method_name(name) for name in names), ", ".join(names) if names else "the initial state")


def tell_steps(binding: type[Binding], initial: Mapping[str, Plain], steps: list[Step]) -> StepStory:
    """Tell a behavior step by step, with the observed variables that each step changes.

    Raises:
        BindingError: An action has no method, or its parameters do not fit.
    """
    observed = binding.observers()
    methods = binding.action_methods()
    calls: list[Call] = []
    for step in steps:
        if step.action not in methods:
            raise BindingError(f"{binding.__name__} has no method for the action {step.action!r}")
        method = methods[step.action]
        arguments = step_arguments(binding, method, step)
        changed = {name: step.after[name] for name in observed if not agree(step.before[name], step.after[name])}
        calls.append(Call(method.__name__, arguments, changed))
    start = _start(binding, initial)
    end = _end(binding, steps[-1].after if steps else initial)
    told = [initial[name] for name in observed]
    told += [value for call in (start, end) if call for value in call.arguments.values()]
    told += [value for call in calls for value in (*call.arguments.values(), *call.changed.values())]
    actions = tell_actions(steps)
    return StepStory(
        path=actions.path,
        summary=actions.summary,
        imports=names_used(told),
        start=start,
        initial={name: initial[name] for name in observed},
        calls=tuple(calls),
        end=end,
    )


def names_used(values: Iterable[Plain]) -> dict[str, frozenset[str]]:
    """The classes, by module, whose constructors stand in the literals of `values`."""
    names: dict[str, set[str]] = {}
    pending = list(values)
    seen: dict[int, object] = {}  # by identity: steps share their values, which are most of what there is to walk
    while pending:
        value = pending.pop()
        if type(value) in _SCALARS or id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            pending += value
        elif type(value).__module__ != "builtins":
            names.setdefault(type(value).__module__, set()).add(type(value).__qualname__.partition(".")[0])
            if is_dataclass(value):  # whose repr spells its fields
                pending += [getattr(value, part.name) for part in fields(value) if part.repr]
    return {module: frozenset(used) for module, used in names.items()}


def _start(binding: type[Binding], initial: Mapping[str, Plain]) -> Call | None:
    starter: Any = binding.starter()  # Any: see Binding._decorated
    if starter is None:
        return None
    arguments = _fitting(binding, starter, starter.from_initial_state(initial))
    return Call(starter.__name__, arguments, {})


def _end(binding: type[Binding], final: Mapping[str, Plain]) -> Call | None:
    finisher: Any = binding.finisher()  # Any: see Binding._decorated
    if finisher is None:
        return None
    arguments = _fitting(binding, finisher, finisher.from_final_state(final))
    return Call(finisher.__name__, arguments, {})


def step_arguments(binding: type[Binding], method: Any, step: Step) -> Mapping[str, Plain]:
    """The arguments by which `method` performs a step.

    Args:
        binding: Of the method, for messages.
        method: One of `action_methods`; Any as in Binding._decorated.
        step: Which the method's action labels.

    Raises:
        BindingError: They do not fit its parameters.
    """
    if method.parameters is not None:
        return _fitting(binding, method, _declared(binding, method, step))
    names = _parameters(method)
    if step.parameters:
        told = dict(zip(parameter_names(step.parameters), step.arguments, strict=True))
        if not names.fit(told):
            raise BindingError(
                f"{binding.__name__}.{method.__name__} takes the parameters {', '.join(names.all)}, "
                f"but {step.action!r} has {', '.join(step.parameters)}",
                location=place_of(method),
                hint=f"name the method's parameters as the specification does: {', '.join(told)}",
            )
        return names.ordered(told)
    if not len(names.needed) <= len(step.arguments) <= len(names.all):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes {_counted(names)} ({', '.join(names.all)}), "
            f"but the dump's label {step.action!r} has {len(step.arguments)} arguments",
            location=place_of(method),
            hint="TLC before 2025-02 prints no arguments: declare @action(..., parameters=function of (before, after))",
        )
    return dict(zip(names.all, step.arguments, strict=False))


def _declared(binding: type[Binding], method: Any, step: Step) -> Mapping[str, Plain]:
    """What the method's declared function finds in the states of a step.

    Raises:
        BindingError: It fails.
    """
    states = (step.before, step.after)
    try:
        found: Mapping[str, Plain] = (
            method.parameters(*states, step) if _n_positional(method.parameters) == 3 else method.parameters(*states)
        )
    except TestgenError:
        raise
    except Exception as error:  # a binding's author wrote what runs here, and it may raise anything
        changed = [name for name in step.before if not agree(step.before[name], step.after[name])]
        raise BindingError(
            f"the parameters declared for {binding.__name__}.{method.__name__} cannot be found from the states "
            f"of a step {step.action!r} ({type(error).__name__}: {error}), which changes {_listed(changed)}",
            location=_line_of_others(error) or place_of(method),
            hint="each step of that action must tell them: look at what all of them change",
        ) from error
    return found


def _line_of_others(error: Exception) -> Location | None:
    """Where the code of a binding's author came to fail: not in what it called of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if Path(frame.filename).parent != Path(__file__).parent]
    return Location(path_seen(theirs[-1].filename), theirs[-1].lineno) if theirs else None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names)} alone" if names else "nothing"


@dataclass(frozen=True, slots=True)
class _Names:
    """The parameters of a method, in order.

    Attributes:
        all: Which it names.
        needed: Those without a default.
        takes_any: Whether it takes any others by name.
    """

    all: tuple[str, ...]
    needed: frozenset[str]
    takes_any: bool

    def fit(self, names: Iterable[str]) -> bool:
        given = frozenset(names)
        return self.needed <= given and (self.takes_any or given <= frozenset(self.all))

    def ordered(self, arguments: Mapping[str, Plain]) -> Mapping[str, Plain]:
        """In the method's order, which is that of the reader."""
        first = {name: arguments[name] for name in self.all if name in arguments}
        return first | {name: value for name, value in arguments.items() if name not in first}


def _fitting(binding: type[Binding], method: Any, arguments: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """Declared arguments, as the method takes them.

    Raises:
        BindingError: They do not fit its parameters.
    """
    names = _parameters(method)
    if not isinstance(arguments, Mapping):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes ({', '.join(names.all)}), "
            f"but its declared parameters are of type {type(arguments).__name__}",
            location=place_of(method),
            hint="let the function give a dict: the method's parameters by name",
        )
    if not names.fit(arguments):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes ({', '.join(names.all)}), "
            f"but its declared parameters give ({', '.join(map(str, arguments))})",
            location=place_of(method),
            hint="let the function give a dict: the method's parameters by name",
        )
    return names.ordered(arguments)


@functools.cache
def _parameters(method: Any) -> _Names:
    """What a test gives the method by name: its parameters, and those results that it does not take.

    Raises:
        BindingError: One has no name to give it by.
    """
    parameters = list(inspect.signature(method).parameters.values())[1:]
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            shown = f"*{parameter.name}" if parameter.kind is parameter.VAR_POSITIONAL else f"{parameter.name}, /"
            raise BindingError(
                f"{method.__qualname__} takes {shown}, but a test gives arguments by name",
                location=place_of(method),
                hint="name each parameter of the method",
            )
    named = {parameter.name: parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    results = [name for name in getattr(method, "outcome_names", ()) if name not in named]
    needed = [name for name, parameter in named.items() if parameter.default is parameter.empty]
    return _Names((*named, *results), frozenset((*needed, *results)), len(named) < len(parameters))


def _counted(names: _Names) -> str:
    least, most = len(names.needed), len(names.all)
    words = "parameter" if most == 1 else "parameters"
    return f"{most} {words}" if least == most else f"{least} to {most} {words}"


@functools.cache
def _n_positional(function: Any) -> int:
    """How many positional parameters a function has that must be given; 2 where Python cannot tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
        for parameter in parameters
    )
