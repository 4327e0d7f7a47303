"""Whether a binding fits a specification: all that does not, told at once and before anything is rendered."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from testgen.bindings.comparison import AnyOf, Comparison
from testgen.bindings.hiding import hidden_import
from testgen.bindings.pending import is_pending
from testgen.bindings.places import place_of
from testgen.bindings.protocol import Binding, Step
from testgen.bindings.story import step_arguments
from testgen.errors import BindingError
from testgen.values.plain import Plain

__all__ = ["AT_RUN_TIME", "Finding", "Specified", "verify_binding"]

AT_RUN_TIME = frozenset({"comparison", "construction"})
"""Kinds of what refuses a build though it could be rendered: tests would come to it one after the other."""


@dataclass(frozen=True, slots=True)
class Specified:
    """What a binding is held against.

    Attributes:
        variables: Of the specification.
        examples: For each action, and each number and names of arguments that its labels have, some steps, which change
            different variables.
        values: Gives values that a variable takes; asked only of variables that are compared in a way of their own.
    """

    variables: tuple[str, ...]
    examples: tuple[Step, ...]
    values: Callable[[str], Iterable[Plain]] = lambda variable: ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a binding that its author should know.

    Attributes:
        kind: "action-without-method", "unknown-variable", "arguments", "method-without-action",
            "unobserved-variable", "observed-twice", "comparison", "unknown-field", "construction", "hidden-import" or
            "not-implemented".
        subject: The action, method or variable.
        message: In words.
        refuses: Whether no suite can be built because of it.
    """

    kind: str
    subject: str
    message: str
    refuses: bool


def verify_binding(binding: type[Binding], specified: Specified) -> list[Finding]:
    """Everything that does not fit, what prevents a build first.

    Raises:
        BindingError: Two methods perform the same action, so nothing can be told.
    """
    found = [
        *_actions_without_method(binding, specified),
        *_unknown_variables(binding, specified),
        *_arguments_that_do_not_fit(binding, specified),
        *_comparisons_that_fail(binding, specified),
        *_construction(binding),
        *_methods_without_action(binding, specified),
        *_unobserved_variables(binding, specified),
        *_observed_twice(binding),
        *_hidden_import(binding),
        *_not_implemented(binding),
    ]
    return sorted(found, key=lambda finding: not finding.refuses)


def _actions_without_method(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    for name in sorted({step.action for step in specified.examples} - binding.action_methods().keys()):
        words = f"the action {name!r} has no method in {binding.__name__}: decorate one with @action({name!r})"
        yield Finding("action-without-method", name, words, refuses=True)


def _unknown_variables(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    for name in sorted(binding.observers().keys() - set(specified.variables)):
        method = binding.observers()[name]
        words = (
            f"{binding.__name__}.{method.__name__} observes {name!r}, which the specification does not have; "
            f"its variables are {', '.join(specified.variables)}{_at(method)}"
        )
        yield Finding("unknown-variable", name, words, refuses=True)


def _arguments_that_do_not_fit(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    """Tried with the examples, until one fails. A binding with a story of its own makes of arguments what it likes."""
    if _has_own_story(binding):
        return
    methods = binding.action_methods()
    told: set[str] = set()
    for step in specified.examples:
        method = methods.get(step.action)
        if method is None or step.action in told:
            continue
        try:
            step_arguments(binding, method, step)
        except BindingError as error:
            told.add(step.action)
            yield Finding("arguments", step.action, _in_a_line(error), refuses=True)


def _comparisons_that_fail(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    """Tried with values of the variables."""
    for variable, method in binding.observers().items():
        comparison: Comparison | None = getattr(method, "comparison", None)
        if comparison is None or variable not in specified.variables:
            continue
        unseen = set(comparison.ignore)
        is_tried = False
        for value in specified.values(variable):
            is_tried = True
            try:
                shown = replace(comparison, ignore=frozenset()).expected(value)
            except BindingError as error:
                place = _at(method) if error.location is None else ""
                words = f"the variable {variable!r}: {_in_a_line(error)}{place}"
                yield Finding("comparison", variable, words, refuses=True)
                unseen.clear()
                break
            unseen -= _fields(shown)
        for field in sorted(unseen) if is_tried else ():
            words = f"the observer of {variable!r} ignores the field {field!r}, which no value of it has{_at(method)}"
            yield Finding("unknown-field", variable, words, refuses=False)


def _fields(value: object) -> set[str]:
    """The strings that are a key, or stand where a record inside a set has one."""
    match value:
        case AnyOf():
            return set().union(*map(_fields, value.values))
        case Mapping():
            own = {key for key in value if isinstance(key, str)}
            return own.union(*map(_fields, value.values()))
        case tuple() if len(value) == 2 and isinstance(value[0], str):
            return {value[0]} | _fields(value[1])
        case list() | tuple() | set() | frozenset():
            return set().union(*map(_fields, value))
        case _:
            return set()


def _construction(binding: type[Binding]) -> Iterator[Finding]:
    """A test makes the instance and has nothing to give it."""
    try:
        inspect.signature(binding).bind()
    except TypeError as error:
        words = (
            f"{binding.__name__} cannot be made without arguments ({error}){_at(binding.__init__)}: "
            "let a method that @starts take them, or give them defaults"
        )
        yield Finding("construction", binding.__name__, words, refuses=True)
    except ValueError:  # Python cannot tell
        return


def _methods_without_action(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    """Methods of the class itself: those that it inherits may be for other specifications."""
    specified_names = {step.action for step in specified.examples}
    own = {method for name in vars(binding) if (method := _method(binding, name)) is not None}
    for method in sorted(own, key=lambda method: method.__name__):
        names: tuple[str, ...] = getattr(method, "action_names", ())
        if names and not specified_names.intersection(names):
            what = " or ".join(map(repr, names))
            words = f"{binding.__name__}.{method.__name__} performs {what}, which no step of the graph is{_at(method)}"
            yield Finding("method-without-action", method.__name__, words, refuses=False)


def _unobserved_variables(binding: type[Binding], specified: Specified) -> Iterator[Finding]:
    for name in specified.variables:
        if name not in binding.observers() and name not in binding.unobserved:
            words = (
                f"nobody observes the variable {name!r}: decorate a method of {binding.__name__} with "
                f"@observes({name!r}), or name it in {binding.__name__}.unobserved"
            )
            yield Finding("unobserved-variable", name, words, refuses=False)


def _observed_twice(binding: type[Binding]) -> Iterator[Finding]:
    """Only one of two observers is ever asked: most likely a copied line whose name was not changed."""
    observers: dict[str, set[str]] = defaultdict(set)
    for name in dir(binding):
        if (variable := getattr(_method(binding, name), "variable", None)) is not None:
            observers[variable].add(getattr(binding, name).__name__)
    for variable, methods in observers.items():
        if len(methods) > 1:
            asked = binding.observers()[variable].__name__
            words = (
                f"{binding.__name__} observes the variable {variable!r} in {' and '.join(sorted(methods))}; "
                f"only {asked} is asked{_at(binding.observers()[variable])}"
            )
            yield Finding("observed-twice", variable, words, refuses=False)


def _hidden_import(binding: type[Binding]) -> Iterator[Finding]:
    if (place := hidden_import(binding)) is not None:
        name = binding.__name__
        words = f"the class {name} hides the {name} that {place} imports: import that under another name"
        yield Finding("hidden-import", name, words, refuses=False)


def _not_implemented(binding: type[Binding]) -> Iterator[Finding]:
    for what, methods in (("action", binding.action_methods()), ("variable", binding.observers())):
        for name, method in methods.items():
            if is_pending(method):
                place = f"{binding.__name__}.{method.__name__}{_at(method)}"
                words = f"the {what} {name!r} is not implemented yet in {place}"
                yield Finding("not-implemented", name, words, refuses=False)


def _in_a_line(error: BindingError) -> str:
    words = error.message if error.location is None else f"{error.location}: {error.message}"
    return words if error.hint is None else f"{words}; {error.hint}"


def _at(method: Callable[..., Any]) -> str:
    place = place_of(method)
    return "" if place is None else f" ({place})"


def _method(binding: type[Binding], name: str) -> Callable[..., Any] | None:
    found = getattr(binding, name, None)
    return found if callable(found) else None


def _has_own_story(binding: type[Binding]) -> bool:
    own: Any = binding.story  # Any: a method bound to its class
    usual: Any = Binding.story
    return own.__func__ is not usual.__func__
