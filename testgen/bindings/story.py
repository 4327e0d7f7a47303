"""Stories: a behavior told as the statements of a test. Templates only arrange what a story says."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from testgen.bindings.protocol import Binding, Outcome, Step, method_name, parameter_names
from testgen.errors import BindingError
from testgen.values.agreement import agree
from testgen.values.plain import Plain

__all__ = ["Call", "StepStory", "Story", "names_used", "step_arguments", "tell_actions", "tell_steps"]


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
    while pending:
        value = pending.pop()
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
    arguments: Mapping[str, Plain] = starter.from_initial_state(initial)
    _check_parameters(binding, starter, arguments)
    return Call(starter.__name__, arguments, {})


def _end(binding: type[Binding], final: Mapping[str, Plain]) -> Call | None:
    finisher: Any = binding.finisher()  # Any: see Binding._decorated
    if finisher is None:
        return None
    arguments: Mapping[str, Plain] = finisher.from_final_state(final)
    _check_parameters(binding, finisher, arguments)
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
        arguments: Mapping[str, Plain] = method.parameters(step.before, step.after)
        _check_parameters(binding, method, arguments)
        return arguments
    names = _parameter_names(method)
    if len(step.arguments) != len(names):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes {len(names)} parameters ({', '.join(names)}), "
            f"but the dump's label {step.action!r} has {len(step.arguments)} arguments",
            hint="TLC before 2025-02 prints no arguments: declare @action(..., parameters=function of (before, after))",
        )
    if not step.parameters:
        return dict(zip(names, step.arguments, strict=True))
    told = dict(zip(parameter_names(step.parameters), step.arguments, strict=True))
    if told.keys() != set(names):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes the parameters {', '.join(names)}, "
            f"but {step.action!r} has {', '.join(step.parameters)}",
            hint=f"name the method's parameters as the specification does: {', '.join(told)}",
        )
    return {name: told[name] for name in names}


def _check_parameters(binding: type[Binding], method: Any, arguments: Mapping[str, Plain]) -> None:
    names = _parameter_names(method)
    if not isinstance(arguments, Mapping):
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes ({', '.join(names)}), "
            f"but its declared parameters are of type {type(arguments).__name__}",
            hint="let the function give a dict: the method's parameters by name",
        )
    if list(arguments) != names:
        raise BindingError(
            f"{binding.__name__}.{method.__name__} takes ({', '.join(names)}), "
            f"but its declared parameters give ({', '.join(arguments)})"
        )


@functools.cache
def _parameter_names(method: Any) -> list[str]:
    """What a statement gives it: its parameters, and those results that it does not take."""
    names = list(inspect.signature(method).parameters)[1:]
    return names + [name for name in getattr(method, "outcome_names", ()) if name not in names]
