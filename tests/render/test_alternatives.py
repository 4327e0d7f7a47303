"""Steps whose result the system chooses carry the other results; those that the caller chooses carry none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testgen.bindings import Binding, NotImplementedYet, Outcome, StepStory, action, observes, starts
from testgen.bindings.story import tell_steps
from testgen.errors import BindingError
from testgen.graph import StateGraph, load
from testgen.render.alternatives import Alternatives
from testgen.render.suite import _Teller
from testgen.selection import Request, select_behaviors

WriteDot = Callable[..., Path]


class Die(Binding):
    unobserved = ("hidden",)

    @action("Roll")
    def roll(self) -> None: ...

    @action("Turn")
    def turn(self, face: int) -> None: ...

    @observes("face")
    def face(self) -> int:
        return 0


class Chosen(Die):
    @action("Turn", outcome=["face"])
    def turn(self) -> int:  # type: ignore[override]  # what the caller chose is now up to the system
        return 0


class Fixed(Die):
    deterministic = True


def others(graph: StateGraph, binding: type[Binding]) -> dict[str, list[list[str]]]:
    """For each behavior, by its actions and the faces it shows, the other outcomes of each step."""
    teller = _Teller(graph)
    alternatives = Alternatives(graph, binding, teller.step)
    told = {}
    for behavior in select_behaviors(graph, Request(criterion="behaviors")).behaviors:
        initial, steps = teller.steps(behavior)
        story = alternatives.told(behavior, tell_steps(binding, initial, steps))
        assert isinstance(story, StepStory)
        name = " ".join(f"{step.action}={step.after['face']}" for step in steps)
        told[name] = [[str(other) for other in call.others] for call in story.calls]
    return told


def states(*pairs: tuple[int, int]) -> list[dict[str, str]]:
    return [{"face": str(face), "hidden": str(hidden)} for face, hidden in pairs]


def test_other_targets_of_the_same_action_are_alternatives(write_dot: WriteDot) -> None:
    path = write_dot(states((0, 0), (1, 0), (2, 0)), [(0, "Roll", 1), (0, "Roll", 2)])
    assert others(load(str(path)), Die) == {"Roll=1": [["face=2"]], "Roll=2": [["face=1"]]}


def test_other_arguments_are_the_callers_choice_unless_the_binding_says_otherwise(write_dot: WriteDot) -> None:
    path = write_dot(states((0, 0), (1, 0), (2, 0)), [(0, "Turn(1)", 1), (0, "Turn(2)", 2)])
    assert others(load(str(path)), Die) == {"Turn=1": [[]], "Turn=2": [[]]}
    assert others(load(str(path)), Chosen) == {"Turn=1": [["face=2, face=2"]], "Turn=2": [["face=1, face=1"]]}


def test_another_action_is_the_callers_choice(write_dot: WriteDot) -> None:
    path = write_dot(states((0, 0), (1, 0), (2, 0)), [(0, "Roll", 1), (0, "Turn(2)", 2)])
    assert others(load(str(path)), Die) == {"Roll=1": [[]], "Turn=2": [[]]}


def test_actions_that_one_method_performs_without_a_difference_are_the_systems_choice(write_dot: WriteDot) -> None:
    class Send(Binding):
        @action("Arrive", "Lose")
        def send(self) -> None: ...

        @observes("face")
        def face(self) -> int:
            return 0

    path = write_dot(states((0, 0), (1, 0), (0, 1)), [(0, "Arrive", 1), (0, "Lose", 2)])
    assert others(load(str(path)), Send) == {"Arrive=1": [["nothing changes"]], "Lose=0": [["face=1"]]}


def test_what_only_shows_later_is_an_alternative_then(write_dot: WriteDot) -> None:
    """The first roll looks the same either way; a system blamed at the second would be blamed wrongly."""
    path = write_dot(
        states((0, 0), (1, 1), (1, 2), (5, 1), (6, 2)),
        [(0, "Roll", 1), (0, "Roll", 2), (1, "Roll", 3), (2, "Roll", 4)],
    )
    assert others(load(str(path)), Die) == {"Roll=1 Roll=5": [[], ["face=6"]], "Roll=1 Roll=6": [[], ["face=5"]]}


def test_what_can_be_told_apart_before_is_none(write_dot: WriteDot) -> None:
    path = write_dot(
        states((0, 0), (1, 1), (2, 2), (5, 1), (6, 2)),
        [(0, "Roll", 1), (0, "Roll", 2), (1, "Roll", 3), (2, "Roll", 4)],
    )
    assert others(load(str(path)), Die) == {"Roll=1 Roll=5": [["face=2"], []], "Roll=2 Roll=6": [["face=1"], []]}


LATER = [(0, "Roll", 1), (0, "Roll", 2), (1, "Roll", 3), (2, "Roll", 4)]


def test_what_is_projected_to_the_same_is_none_and_shows_later(write_dot: WriteDot) -> None:
    class Parity(Die):
        @observes("face", project=lambda face: face % 2)
        def face(self) -> int:
            return 0

    path = write_dot(states((0, 0), (1, 0), (3, 0), (4, 0), (5, 0)), LATER)
    assert others(load(str(path)), Parity) == {"Roll=1 Roll=4": [[], ["face=5"]], "Roll=3 Roll=5": [[], ["face=4"]]}


def within(face: int) -> list[int]:
    return [face, face + 1]


@pytest.mark.parametrize("options", [{"within": 1}, {"any_of": within}])
def test_what_may_be_taken_for_the_other_leaves_both_ways_open(options: dict[str, Any], write_dot: WriteDot) -> None:
    class Near(Die):
        @observes("face", **options)
        def face(self) -> int:
            return 0

    path = write_dot(states((0, 0), (10, 0), (11, 0), (40, 0), (50, 0)), LATER)
    assert others(load(str(path)), Near) == {
        "Roll=10 Roll=40": [["face=11"], ["face=50"]],
        "Roll=11 Roll=50": [["face=10"], ["face=40"]],
    }


def test_what_nobody_observes_yet_leaves_both_ways_open(write_dot: WriteDot) -> None:
    class Begun(Die):
        @observes("hidden")
        def hidden(self) -> int:
            raise NotImplementedYet("hidden")

    path = write_dot(states((0, 0), (0, 1), (0, 2), (4, 1), (5, 2)), LATER)
    assert others(load(str(path)), Begun) == {
        "Roll=0 Roll=4": [["hidden=2"], ["face=5, hidden=2"]],
        "Roll=0 Roll=5": [["hidden=1"], ["face=4, hidden=1"]],
    }


def test_initial_states_that_look_alike_are_told_apart_by_what_begins_the_test(write_dot: WriteDot) -> None:
    class Started(Die):
        @starts(lambda initial: {"hidden": initial["hidden"]})
        def start(self, hidden: int) -> None: ...

    dump = states((0, 1), (0, 2), (1, 1), (2, 2)), [(0, "Roll", 2), (1, "Roll", 3)], (0, 1)
    graph = load(str(write_dot(*dump)))
    assert others(graph, Die) == {"Roll=1": [["face=2"]], "Roll=2": [["face=1"]]}
    assert others(graph, Started) == {"Roll=1": [[]], "Roll=2": [[]]}


def test_a_binding_can_demand_the_behaviors_own_outcome(write_dot: WriteDot) -> None:
    path = write_dot(states((0, 0), (1, 0), (2, 0)), [(0, "Roll", 1), (0, "Roll", 2)])
    assert others(load(str(path)), Fixed) == {"Roll=1": [[]], "Roll=2": [[]]}


def test_arguments_declared_from_states_tell_the_callers_choice(write_dot: WriteDot) -> None:
    class Declared(Die):
        @action("Roll", parameters=lambda before, after: {"even": after["face"] % 2 == 0})  # type: ignore[operator]
        def roll(self, even: bool) -> None: ...  # type: ignore[override]  # as above

    path = write_dot(states((0, 0), (1, 0), (2, 0), (4, 0)), [(0, "Roll", 1), (0, "Roll", 2), (0, "Roll", 3)])
    assert others(load(str(path)), Declared) == {"Roll=1": [[]], "Roll=2": [["face=4"]], "Roll=4": [["face=2"]]}


def test_declared_arguments_that_fail_for_a_step_of_no_behavior_do_not_matter(write_dot: WriteDot) -> None:
    class Picky(Die):
        @action("Roll", parameters=lambda before, after: {"half": 2 // after["face"]})  # type: ignore[operator]
        def roll(self, half: int) -> None: ...  # type: ignore[override]  # as above

    graph = load(str(write_dot(states((1, 0), (0, 0), (2, 0)), [(0, "Roll", 1), (0, "Roll", 2)])))
    teller = _Teller(graph)
    behavior = next(
        behavior
        for behavior in select_behaviors(graph, Request(criterion="behaviors")).behaviors
        if teller.steps(behavior)[1][0].after["face"] == 2
    )
    story = tell_steps(Picky, *teller.steps(behavior))
    assert Alternatives(graph, Picky, teller.step).told(behavior, story) is story


def test_outcome_takes_a_list_of_names() -> None:
    with pytest.raises(BindingError, match="is to be a list of names"):
        action("Take", outcome="item")


def test_outcome_in_words() -> None:
    assert str(Outcome({"item": 1}, {"bag": {2}})) == "item=1, bag={2}"
    assert str(Outcome()) == "nothing changes"
