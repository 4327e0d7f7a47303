"""The decorators of a binding's methods: which action each performs, which variable it observes, when it is called.

Most decorated methods are statements of generated tests: each call is written into the journal, and limited in time.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from testgen.bindings.awaiting import synchronous
from testgen.bindings.choice import compare_results
from testgen.bindings.comparison import Comparison
from testgen.bindings.outcome import Raises, raising
from testgen.bindings.places import place_of
from testgen.bindings.protocol import Binding, Parameters
from testgen.bindings.time_limit import Overdue, check_seconds, limited
from testgen.errors import BindingError
from testgen.values.plain import Plain, python_literal

__all__ = ["action", "ends", "observes", "resets", "starts", "step"]

P = ParamSpec("P")
R = TypeVar("R")


def action(
    *names: str,
    parameters: Parameters | None = None,
    outcome: Sequence[str] = (),
    raises: Raises | None = None,
    seconds: float | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a method that performs the actions `names`.

    Args:
        names: As the specification spells them.
        parameters: How to find the method's parameters from the states; by default they are the label's arguments.
        outcome: Arguments whose values the system chooses, not the caller. The method returns what the system chose, of
            several a dict. It need not take them: those that it does not are the last of a label without names.
        raises: An exception (or several in a tuple) that the method must raise, where the specification has a refusal;
            or a dict of exceptions that it may raise, with the outcome of each, for which see `last_outcome`.
        seconds: How long it may take, in place of the class's `step_seconds`.

    Raises:
        BindingError: A name is no string, as with a bare `@action`, or the method is none that can be called.
    """
    _check_names("action", names)
    check_seconds(f"@action({', '.join(map(repr, names))})", seconds)
    if isinstance(outcome, str):
        raise BindingError(f"outcome={outcome!r} is to be a list of names", hint=f"outcome=[{outcome!r}]")
    if outcome and raises is not None and not isinstance(raises, Mapping):
        raise BindingError(
            f"@action({', '.join(map(repr, names))}) must raise, and so cannot return its outcome {', '.join(outcome)}",
            hint="raises={SomeError: outcome}, a dict, says what the outcome is where it may raise",
        )

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        _check_method("action", method)
        performed = method if raises is None else raising(synchronous(method), raises, place_of(method))
        journaled: Any = _journaled(performed, seconds)
        if outcome:
            journaled = compare_results(journaled, tuple(outcome), frozenset(inspect.signature(method).parameters))
        journaled.outcome_names = tuple(outcome)
        journaled.action_names = names
        journaled.parameters = parameters
        result: Callable[P, R] = journaled
        return result

    return decorate


def step(method: Callable[P, R]) -> Callable[P, R]:
    """Mark a method that is a statement of generated tests: each call is written into the journal."""
    _check_method("step", method)
    return _journaled(method, None)


def _journaled(method: Callable[P, R], seconds: float | None) -> Callable[P, R]:
    called: Callable[P, R] = synchronous(method)

    @functools.wraps(method)
    def journaled(*args: P.args, **kwargs: P.kwargs) -> R:
        binding = args[0]
        assert isinstance(binding, Binding), "a step is a method of a Binding"
        journal = binding.journal
        if journal.is_open:  # called by another step
            return called(*args, **kwargs)
        shown = [python_literal(argument) for argument in args[1:]]
        shown += [f"{name}={python_literal(argument)}" for name, argument in kwargs.items()]
        statement = f"{method.__name__}({', '.join(shown)})"
        journal.entries.append(statement)
        journal.is_open = True
        __tracebackhide__ = True  # pytest then leaves this frame out
        limit = binding.step_seconds if seconds is None else seconds
        try:
            if limit is None or binding.lockstep:
                result = called(*args, **kwargs)
            else:
                result = limited(functools.partial(called, *args, **kwargs), limit, statement)
            binding.__dict__["_outcome"] = result
            return result
        except Overdue:
            binding.__dict__["_is_overdue"] = True
            raise
        finally:
            journal.is_open = False

    return journaled


def resets(method: Callable[P, R]) -> Callable[P, R]:
    """Mark the method that makes the system as new between two tests, where that is faster than another instance.

    It is called before every test but the first; after a test that failed the instance is closed, and the next test
    gets another one.
    """
    _check_method("resets", method)
    marked: Any = synchronous(method)
    marked.makes_new = True
    result: Callable[P, R] = marked
    return result


def starts(
    parameters: Callable[[Mapping[str, Plain]], Mapping[str, Plain]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark the method that brings a fresh system to a behavior's initial state.

    Args:
        parameters: Finds the method's parameters from that state.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        journaled: Any = step(method)
        journaled.from_initial_state = parameters
        result: Callable[P, R] = journaled
        return result

    return decorate


def ends(
    parameters: Callable[[Mapping[str, Plain]], Mapping[str, Plain]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark the method that is called at a behavior's end: that nothing more happens, for instance.

    Args:
        parameters: Finds the method's parameters from the behavior's last state.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        journaled: Any = step(method)
        journaled.from_final_state = parameters
        result: Callable[P, R] = journaled
        return result

    return decorate


def observes(
    variable: str,
    *,
    project: Callable[[Any], Any] | None = None,  # Any: values of the specification and what a system shows
    any_of: Callable[[Any], Iterable[Any]] | None = None,
    ignore: str | Iterable[str] = (),
    within: float = 0,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a method that reads the specification's `variable` from the system, as a plain value.

    Args:
        variable: As the specification spells it.
        project: Makes of the specification's value what the system shows of it, which the method returns.
        any_of: Makes of the (projected) value the values that the system may show.
        ignore: Fields of records that are not compared, wherever in the value they stand.
        within: How far numbers may be apart, wherever in the value they stand.

    Raises:
        BindingError: The name is no string, as with a bare `@observes`; an option is not what it should be.
    """
    _check_names("observes", (variable,))
    comparison = Comparison(project, any_of, frozenset({ignore} if isinstance(ignore, str) else ignore), within)
    comparison.check(variable)

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        _check_method("observes", method)
        marked: Any = synchronous(method)
        marked.variable = variable
        if comparison != Comparison():
            marked.comparison = comparison
        result: Callable[P, R] = marked
        return result

    return decorate


def _check_method(decorator: str, method: object) -> None:
    """What is decorated can be called with an instance, and a call of it does something."""
    kind = ""
    if isinstance(method, staticmethod | classmethod | property | type):
        kind = type(method).__name__ if not isinstance(method, type) else "class"
    elif inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        kind = "generator, of which a call does nothing"
    elif not callable(method):
        kind = f"value of type {type(method).__name__}"
    if kind:
        name = getattr(method, "__name__", repr(method))
        raise BindingError(
            f"@{decorator} marks {name}, which is a {kind}",
            location=place_of(method),
            hint="decorate a method of the class, `def` or `async def`, without yield",
        )


def _check_names(decorator: str, names: tuple[object, ...]) -> None:
    odd = next((name for name in names if not isinstance(name, str)), None)
    if odd is not None:
        raise BindingError(f'@{decorator} takes a name of the specification, such as @{decorator}("Name"), not {odd!r}')
