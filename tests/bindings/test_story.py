"""A behavior told step by step, and the misfits between a binding and a specification."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from testgen.bindings import Binding, Step, action, observes, starts
from testgen.bindings.decorators import ends
from testgen.bindings.story import Story, names_used, step_arguments, tell_steps
from testgen.errors import BindingError
from testgen.values import Model, Plain


def grown_by(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    assert isinstance(before["count"], int)
    assert isinstance(after["count"], int)
    return {"amount": after["count"] - before["count"]}


class Counter(Binding):
    @starts(lambda initial: {"count": initial["count"]})
    def begin(self, count: int) -> None: ...

    @action("Add")
    def add(self, amount: int) -> None: ...

    @action("Grow", parameters=grown_by)
    def grow(self, amount: int) -> None: ...

    @observes("count")
    def read(self) -> int: ...


def step(name: str, *arguments: Plain, before: int = 0, after: int = 0) -> Step:
    hidden = {"hidden": before + after}
    return Step(name, arguments, {"count": before} | hidden, {"count": after} | hidden)


def test_story_has_a_statement_a_step_and_the_observed_changes() -> None:
    steps = [step("Add", 2, before=0, after=2), step("Grow", before=2, after=5), step("Add", 0, before=5, after=5)]
    story = tell_steps(Counter, {"count": 0, "hidden": 1}, steps)
    assert story.start is not None
    assert (story.start.method, story.start.arguments) == ("begin", {"count": 0})
    assert story.initial == {"count": 0}
    assert [(call.method, call.arguments, call.changed) for call in story.calls] == [
        ("add", {"amount": 2}, {"count": 2}),
        ("grow", {"amount": 3}, {"count": 5}),
        ("add", {"amount": 0}, {}),
    ]
    assert story.path == ("add", "grow", "add")
    assert story.summary == "Add, Grow, Add"


class Bare(Binding):
    @action("Add")
    def add(self, amount: int) -> None: ...


class Ended(Counter):
    @ends(lambda final: {})
    def check_rest(self) -> None: ...


@pytest.mark.parametrize(
    ("binding", "n_steps", "progress"),
    [
        (Counter, 3, (0, 1, 2, 3)),
        (Counter, 0, (0,)),
        (Bare, 2, (1, 2)),
        (Bare, 0, ()),
        (Ended, 2, (0, 1, 2, 2)),
    ],
)
def test_each_step_is_a_transition_and_neither_start_nor_end_is(
    binding: type[Binding], n_steps: int, progress: tuple[int, ...]
) -> None:
    story = tell_steps(binding, {"count": 0}, [step("Add", 1)] * n_steps)
    assert story.progress() == progress


def test_story_of_another_kind_does_not_know_how_far_its_statements_get() -> None:
    assert Story(("a",), "a").progress() is None


def test_binding_tells_step_by_step_by_default() -> None:
    assert Counter.story({"count": 0}, [step("Add", 1)]) == tell_steps(Counter, {"count": 0}, [step("Add", 1)])


def test_behavior_without_steps_is_its_initial_state() -> None:
    story = tell_steps(Counter, {"count": 0}, [])
    assert (story.path, story.summary, story.calls) == ((), "the initial state", ())


def test_change_from_one_to_true_is_a_change() -> None:
    story = tell_steps(Counter, {"count": 1}, [Step("Add", (0,), {"count": 1}, {"count": True})])
    assert story.calls[0].changed == {"count": True}


@dataclass(frozen=True)
class Coin:
    worth: object


class Purse:
    @dataclass(frozen=True)
    class Note:
        worth: object


def test_classes_in_literals_are_imported_wherever_they_stand() -> None:
    values = [1, {"a": [{Model("m")}]}, (Coin(Purse.Note(2)),)]
    assert names_used(values) == {"testgen.values.plain": {"Model"}, __name__: {"Coin", "Purse"}}


def test_model_value_that_only_the_start_names_is_imported() -> None:
    class Started(Binding):
        @starts(lambda initial: {"owner": initial["owner"]})
        def begin(self, owner: object) -> None: ...

    assert "testgen.values.plain" in tell_steps(Started, {"owner": Model("o")}, []).imports


class Misfit(Binding):
    @action("Many")
    def many(self, one: int, two: int) -> None: ...

    @action("Wrong", parameters=lambda before, after: {"three": 3})
    def wrong(self, one: int) -> None: ...


class MisfitStart(Binding):
    @starts(lambda initial: {"other": 1})
    def begin(self, count: int) -> None: ...


@pytest.mark.parametrize(
    ("binding", "steps", "words"),
    [
        (Misfit, [step("Gone")], "Misfit has no method for the action 'Gone'"),
        (Misfit, [step("Many", 1)], "Misfit.many takes 2 parameters (one, two), but the dump's label 'Many' has 1"),
        (Misfit, [step("Many", 1, 2, 3)], "but the dump's label 'Many' has 3 arguments"),
        (Misfit, [step("Wrong")], "Misfit.wrong takes (one), but its declared parameters give (three)"),
        (MisfitStart, [], "MisfitStart.begin takes (count), but its declared parameters give (other)"),
    ],
)
def test_misfit_says_what_the_method_takes_and_what_it_would_get(
    binding: type[Binding], steps: list[Step], words: str
) -> None:
    with pytest.raises(BindingError, match=re.escape(words)):
        tell_steps(binding, {"count": 0}, steps)


def test_label_without_arguments_comes_with_the_way_out() -> None:
    with pytest.raises(BindingError) as caught:
        tell_steps(Misfit, {}, [step("Many")])
    assert caught.value.hint is not None
    assert "parameters=" in caught.value.hint


def test_named_arguments_go_to_the_parameters_of_their_names() -> None:
    class Named(Binding):
        @action("Move")
        def move(self, to_place: int, tid: str) -> None: ...

    one = Step("Move", ("t1", 7), {}, {}, ("tid", "toPlace"))
    assert tell_steps(Named, {}, [one]).calls[0].arguments == {"to_place": 7, "tid": "t1"}
    with pytest.raises(BindingError, match="takes the parameters to_place, tid, but 'Move' has tid, place"):
        tell_steps(Named, {}, [Step("Move", ("t1", 7), {}, {}, ("tid", "place"))])


# Parameters


class Flexible(Binding):
    @action("Put")
    def put(self, key: str, value: int = 0, *, note: str = "") -> None: ...

    @action("Any")
    def any(self, key: str, **rest: object) -> None: ...

    @action("Step", parameters=lambda before, after, step: {"value": step.arguments[0], "name": step.action.lower()})
    def from_step(self, name: str, value: object) -> None: ...

    @action("Late", parameters=lambda before, after, offset=1: {"amount": after["x"] - before["x"] + offset})
    def late(self, amount: int) -> None: ...

    @action("Rest")
    def rest(self, *rest: object) -> None: ...

    @action("Only")
    def only(self, key: str, /) -> None: ...


def arguments(action_name: str, given: tuple[object, ...], names: tuple[str, ...] = ()) -> dict[str, object]:
    step = Step(action_name, given, {"x": 1}, {"x": 5}, names)
    return dict(step_arguments(Flexible, Flexible.action_methods()[action_name], step))


@pytest.mark.parametrize(
    ("action_name", "given", "names", "expected"),
    [
        ("Put", ("a",), (), {"key": "a"}),
        ("Put", ("a", 1, "b"), (), {"key": "a", "value": 1, "note": "b"}),
        ("Put", (1, "a"), ("value", "key"), {"key": "a", "value": 1}),
        ("Any", (1, "a"), ("anything", "key"), {"key": "a", "anything": 1}),
        ("Step", (7,), (), {"name": "step", "value": 7}),
        ("Late", (), (), {"amount": 5}),
    ],
)
def test_arguments_fit_parameters_with_defaults_and_any_names(
    action_name: str, given: tuple[object, ...], names: tuple[str, ...], expected: dict[str, object]
) -> None:
    found = arguments(action_name, given, names)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("action_name", "given", "names", "words"),
    [
        ("Put", (), (), "takes 1 to 3 parameters (key, value, note), but the dump's label 'Put' has 0"),
        ("Put", (1, 2, 3, 4), (), "takes 1 to 3 parameters"),
        ("Put", (1,), ("value",), "takes the parameters key, value, note, but 'Put' has value"),
        ("Put", ("a", 1), ("key", "Values"), "but 'Put' has key, Values"),
        ("Rest", (1,), (), "Flexible.rest takes *rest, but a test gives arguments by name"),
        ("Only", (1,), (), "Flexible.only takes key, /, but a test gives arguments by name"),
    ],
)
def test_arguments_that_fit_no_parameter_are_told_with_the_place(
    action_name: str, given: tuple[object, ...], names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(BindingError) as caught:
        arguments(action_name, given, names)
    assert words in caught.value.message
    assert caught.value.location is not None
    assert caught.value.location.path.endswith("test_story.py")
    assert caught.value.hint is not None
