"""Recording what handwritten tests do: a binding that remembers its steps, for graph coverage to find them in a graph.

    server = binding_fixture(recorded(Transactions))

A test that drives a system through a binding performs actions of the specification, whoever wrote it. After each one,
all that the binding observes is noted; which transitions these were is for `testgen.coverage.recorded` to find out, as
the running side knows no graphs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from testgen.bindings.protocol import Binding
from testgen.errors import BindingError
from testgen.values.plain import python_literal

__all__ = ["Recording", "recorded", "recording_of"]

B = TypeVar("B", bound=Binding)


@dataclass(slots=True)
class Recording:
    """What was done through one instance of a binding.

    Attributes:
        initial: What was observed before the first action, by variable, as literals; None if there was none.
        steps: Actions that came to their end: the names that each may have in the specification, and what was observed.
        broken_by: Why nothing more was recorded: an action raised, so what it did to the system is not known.
    """

    initial: dict[str, str] | None = None
    steps: list[tuple[tuple[str, ...], dict[str, str]]] = field(default_factory=list)
    broken_by: str = ""

    def document(self) -> dict[str, Any]:
        """As a run log has it."""
        steps = [{"actions": list(names), "observed": observed} for names, observed in self.steps]
        return {"initial": self.initial or {}, "steps": steps, "broken_by": self.broken_by}


def recorded(binding: type[B]) -> type[B]:
    """Derive a binding that records its actions. An action that another one performs in turn is part of that one.

    Raises:
        BindingError: It observes nothing, so nothing could be found in a graph.
    """
    if not _exact_observers(binding):
        raise BindingError(
            f"{binding.__name__} observes nothing that could be recorded",
            hint="mark with @observes; variables that are not just compared are left out",
        )
    methods = {method.__name__: _recording(method) for method in binding.action_methods().values()}
    derived = type(
        binding.__name__, (binding,), {"__module__": binding.__module__, "__doc__": binding.__doc__, **methods}
    )
    result: type[B] = derived
    return result


def recording_of(binding: Binding) -> Recording | None:
    """What was recorded; None if the binding does not record, or has performed nothing."""
    recording: Recording | None = binding.__dict__.get("_recording")
    return recording


def _recording(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def perform(self: Binding, *args: Any, **kwargs: Any) -> Any:  # Any: of whatever signature the method has
        recording: Recording = self.__dict__.setdefault("_recording", Recording())
        if self.journal.is_open or recording.broken_by:
            return method(self, *args, **kwargs)
        if recording.initial is None:
            recording.initial = _observed(self)
        try:
            result = method(self, *args, **kwargs)
        except BaseException as error:
            recording.broken_by = f"{method.__name__} raised {type(error).__name__}"
            raise
        names: tuple[str, ...] = method.action_names  # type: ignore[attr-defined]  # functions with attributes
        recording.steps.append((names, _observed(self)))
        return result

    return perform


def _observed(binding: Binding) -> dict[str, str]:
    return {variable: python_literal(observer(binding)) for variable, observer in _exact_observers(type(binding))}


def _exact_observers(binding: type[Binding]) -> list[tuple[str, Callable[..., Any]]]:
    """Those that show a variable as the specification has it, by which a state can be found in its graph."""
    return [pair for pair in binding.observers().items() if getattr(pair[1], "comparison", None) is None]
