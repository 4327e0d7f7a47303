"""Which results a step may have besides its behavior's: what the specification leaves to the system.

A step is *called* by a method and those of its arguments that the caller chooses. From one state, transitions that are
called alike and differ in what can be observed afterwards are alternatives: the caller has no say in which it is.

Of states that cannot be told apart by what was called and observed until then, the system may be in any. So the set of
them is kept along a behavior, as in determinizing an automaton (Rabin and Scott 1959), and the alternatives of a step
are those from all of them; else a system would be blamed that only shows late which state it went to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from testgen.behavior import Behavior
from testgen.bindings import Binding, Outcome, Step, StepStory, Story
from testgen.bindings.comparison import AnyOf, Comparison
from testgen.bindings.pending import is_pending
from testgen.bindings.story import names_used, step_arguments
from testgen.errors import BindingError
from testgen.graph import StateGraph, StateId, TransitionId
from testgen.values import Plain, Value, python_literal, to_plain

__all__ = ["Alternatives"]

Called = tuple[str, str]
"""A method's name, and the arguments that the caller chooses, as text."""
Shown = tuple[str, tuple[int, ...]]
"""What a step shows: its results, as text, and of each observed variable the number of what is expected after it."""


class Alternatives:
    """Finds the alternatives of the steps of one graph's behaviors, as one binding calls and observes them.

    Args:
        graph: The graph.
        binding: The binding.
        step: Makes a step of a transition.
    """

    def __init__(self, graph: StateGraph, binding: type[Binding], step: Callable[[TransitionId], Step]) -> None:
        self._graph = graph
        self._binding = binding
        self._step = step
        self._methods = [binding.action_methods().get(action.name) for action in graph.actions]
        self._method_named = {method.__name__: method for method in self._methods if method is not None}
        observers = {name: method for name, method in binding.observers().items() if name in graph.variables}
        self._observed = [graph.variables.index(name) for name in observers]
        self._expected = np.empty((graph.n_states, len(observers)), dtype=np.int64)
        self._is_exact = np.ones(len(observers), dtype=bool)
        for number, (column, observer) in enumerate(zip(self._observed, observers.values(), strict=True)):
            comparison: Comparison = getattr(observer, "comparison", None) or Comparison()
            self._is_exact[number] = not (comparison.any_of or comparison.within or is_pending(observer))
            numbers = _numbers_of_expected(graph.values[column], comparison)
            self._expected[:, number] = numbers[graph.ranks[:, column]]
        self._calls: dict[TransitionId, tuple[Called, Mapping[str, Plain]] | None] = {}
        self._has_choices: bool | None = None

    def told(self, behavior: Behavior, story: Story) -> Story:
        """The story, and with each of its steps the other outcomes of the same call.

        A story that is not told step by step, and one of which no step has any, stays as it is. From a statement on
        that is not the call of its step, nothing is known.
        """
        if not isinstance(story, StepStory) or not self._may_choose():
            return story
        calls = list(story.calls)
        possible = self._possible_starts(behavior.states[0])
        for number, (call, transition) in enumerate(zip(story.calls, behavior.transitions, strict=False)):
            own = self._call(transition)
            if own is None or own[0] != self._called(call.method, call.arguments):
                break
            reached = self._reached(possible, own[0])
            shown = self._shown(transition)
            alike = [taken for other, takens in reached.items() for taken in takens if self._alike(other, shown)]
            possible = sorted({int(self._graph.targets[taken]) for taken in alike})
            del reached[shown]
            if reached:
                before = behavior.states[number]
                others = [self._outcome(taken[0], before) for _, taken in sorted(reached.items())]
                calls[number] = replace(call, others=tuple(others))
        if calls == list(story.calls):
            return story
        told = [value for call in calls for other in call.others for value in _values(other)]
        return replace(story, calls=tuple(calls), imports=_joined(story.imports, names_used(told)))

    def _may_choose(self) -> bool:
        """Whether anywhere two transitions that leave one state may be called alike; most graphs need no more."""
        if self._has_choices is None and self._binding.deterministic:
            self._has_choices = False
        if self._has_choices is None:
            groups: dict[object, int] = {}
            group_of_label = [groups.setdefault(self._group(label), len(groups)) for label in range(len(self._methods))]
            codes = (
                self._graph.sources.astype(np.int64) * len(groups)
                + np.array(group_of_label, dtype=np.int64)[self._graph.labels]
            )
            self._has_choices = len(np.unique(codes)) < len(codes) or len(self._graph.initial) > 1
        return self._has_choices

    def _group(self, label: int) -> object:
        """What transitions with this label have in common with others that may be called alike."""
        method: Any = self._methods[label]  # Any: functions with attributes, as in Binding._decorated
        if method is None:
            return label
        if method.parameters is not None:
            return method.__name__  # a matter of the states
        action = self._graph.actions[label]
        try:
            step = Step(action.name, action.arguments, {}, {}, action.parameters)
            return self._called(method.__name__, self._split(method, step_arguments(self._binding, method, step))[0])
        except BindingError:
            return label

    def _possible_starts(self, start: StateId) -> list[StateId]:
        """The initial states that look like `start` to whoever begins there."""
        differ = self._expected[self._graph.initial] != self._expected[start]
        alike = ~(differ & self._is_exact).any(axis=1)
        states: list[StateId] = self._graph.initial[alike].tolist()
        starter: Any = self._binding.starter()  # Any: as above
        if starter is None or len(states) == 1:
            return states
        begun = {state: python_literal(starter.from_initial_state(self._plain(state))) for state in states}
        return [state for state in states if begun[state] == begun[start]]

    def _reached(self, possible: Sequence[StateId], called: Called) -> dict[Shown, list[TransitionId]]:
        """The transitions from these states that are called so, by what can be seen of them."""
        reached: dict[Shown, list[TransitionId]] = defaultdict(list)
        for state in possible:
            first, end = self._graph.offsets[state : state + 2].tolist()
            for transition in range(first, end):
                method = self._methods[self._graph.labels[transition]]
                if method is None or method.__name__ != called[0]:
                    continue
                call = self._call(transition)
                if call is not None and call[0] == called:
                    reached[self._shown(transition)].append(transition)
        return reached

    def _call(self, transition: TransitionId) -> tuple[Called, Mapping[str, Plain]] | None:
        """How a transition is called, and its results; None if the binding does not know."""
        if transition not in self._calls:
            method: Any = self._methods[self._graph.labels[transition]]  # Any: as above
            try:
                arguments = step_arguments(self._binding, method, self._step(transition))
            except Exception:  # of a step that no behavior takes, perhaps, and which the binding need not know
                self._calls[transition] = None
            else:
                own, results = self._split(method, arguments)
                self._calls[transition] = self._called(method.__name__, own), results
        return self._calls[transition]

    def _called(self, method: str, arguments: Mapping[str, Plain]) -> Called:
        own, _ = self._split(self._method_named.get(method), arguments)
        return method, python_literal(dict(own))

    @staticmethod
    def _split(method: Any, arguments: Mapping[str, Plain]) -> tuple[Mapping[str, Plain], Mapping[str, Plain]]:
        """The arguments that the caller chooses, and those that the system does."""
        hidden = getattr(method, "outcome_names", ())
        return (
            {name: value for name, value in arguments.items() if name not in hidden},
            {name: value for name, value in arguments.items() if name in hidden},
        )

    def _shown(self, transition: TransitionId) -> Shown:
        call = self._call(transition)
        assert call is not None, "only transitions are asked about whose call is known"
        target = int(self._graph.targets[transition])
        return python_literal(dict(call[1])), tuple(self._expected[target].tolist())

    def _alike(self, one: Shown, other: Shown) -> bool:
        """Whether a system that shows the one may be taken to show the other.

        Of a tolerance nothing is known here; what has no observer yet is not compared.
        """
        differ = np.array(one[1]) != np.array(other[1])
        return one[0] == other[0] and not (differ & self._is_exact).any()

    def _outcome(self, transition: TransitionId, before: StateId) -> Outcome:
        """What a transition shows, told as a change of the observed variables of `before`."""
        call = self._call(transition)
        assert call is not None, "as in _shown"
        old, new = self._graph.ranks[before], self._graph.ranks[int(self._graph.targets[transition])]
        after = self._step(transition).after
        names = [self._graph.variables[column] for column in self._observed if old[column] != new[column]]
        return Outcome(call[1], {name: after[name] for name in names})

    def _plain(self, state: StateId) -> Mapping[str, Plain]:
        return {name: to_plain(value) for name, value in self._graph.state(state).items()}


def _numbers_of_expected(values: Sequence[Value], comparison: Comparison) -> npt.NDArray[np.int64]:
    """For each value of a variable a number of what a system is to show; equal ones are compared with the same."""
    if comparison == Comparison():
        return np.arange(len(values))
    numbers: dict[str, int] = {}
    shown = [_shown_text(comparison, to_plain(value)) for value in values]
    return np.array([numbers.setdefault(text, len(numbers)) for text in shown], dtype=np.int64)


def _shown_text(comparison: Comparison, value: Plain) -> str:
    try:
        expected = comparison.expected(value)
        return repr(expected) if isinstance(expected, AnyOf) else python_literal(expected)
    except BindingError:  # told where a test would have it; here each such value is one of its own
        return f"unknown: {python_literal(value)}"


def _values(outcome: Outcome) -> list[Plain]:
    return [*outcome.results.values(), *outcome.changed.values()]


def _joined(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {module: one.get(module, frozenset()) | other.get(module, frozenset()) for module in {**one, **other}}
