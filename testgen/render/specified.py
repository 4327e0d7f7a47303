"""A behavior in the specification's own words, for templates that know no binding: actions, arguments, values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from testgen.behavior import Behavior
from testgen.bindings import Binding, Step, StepStory, Story
from testgen.bindings.story import tell_actions
from testgen.graph import StateGraph
from testgen.values import Plain, Value

__all__ = ["Specification", "SpecifiedBehavior", "SpecifiedStep"]


class Specification(Binding):
    """Stands where no binding is given: tests in another language have their own."""

    template: ClassVar[str] = "behaviors/test.jsonl.j2"

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> Story:
        return tell_actions(steps)


@dataclass(frozen=True, slots=True)
class SpecifiedStep:
    """One step.

    Attributes:
        action: As the specification spells it.
        arguments: By name where the binding or the dump tells names, else in order; empty where neither tells them.
        changed: The variables that the step changes, with their new values.
    """

    action: str
    arguments: Mapping[str, Plain] | Sequence[Plain]
    changed: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SpecifiedBehavior:
    """What a test is about, as the graph has it and as far as it is told; looked up when a template asks for it."""

    graph: StateGraph
    behavior: Behavior
    story: Story

    @property
    def initial(self) -> Mapping[str, Value]:
        """Every variable's value at the start."""
        return self.graph.state(self.behavior.states[0])

    @property
    def steps(self) -> Iterator[SpecifiedStep]:
        """The steps in order."""
        calls = self.story.calls if isinstance(self.story, StepStory) else ()
        ranks = self.graph.ranks[list(self.behavior.states)].tolist()
        for number, transition in enumerate(self.behavior.transitions[: self.story.n_told]):
            action = self.graph.action(transition)
            arguments: Mapping[str, Plain] | Sequence[Plain] = action.arguments
            if number < len(calls):
                arguments = calls[number].arguments
            elif action.parameters:
                arguments = dict(zip(action.parameters, action.arguments, strict=True))
            changed = {
                variable: self.graph.values[column][after]
                for column, (variable, before, after) in enumerate(
                    zip(self.graph.variables, ranks[number], ranks[number + 1], strict=True)
                )
                if before != after
            }
            yield SpecifiedStep(action.name, arguments, changed)
