"""Bindings: classes that perform a specification's actions on a system and observe it. Knows no graph, no template."""

from testgen.bindings.change import changed_element, changed_key
from testgen.bindings.decorators import action, ends, observes, resets, starts, step
from testgen.bindings.names import method_name
from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding, Divergence, OtherOutcome, Outcome, Step
from testgen.bindings.registry import binding_file, find_binding, known_bindings, load_name, matching_bindings
from testgen.bindings.story import Call, StepStory, Story

__all__ = [
    "Binding",
    "Call",
    "Divergence",
    "NotImplementedYet",
    "OtherOutcome",
    "Outcome",
    "Step",
    "StepStory",
    "Story",
    "action",
    "binding_file",
    "changed_element",
    "changed_key",
    "ends",
    "find_binding",
    "known_bindings",
    "load_name",
    "matching_bindings",
    "method_name",
    "observes",
    "resets",
    "starts",
    "step",
]
