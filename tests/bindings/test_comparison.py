"""Observers that compare otherwise than by equality: what conforms, what does not, and how a divergence tells it."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given

from testgen.bindings import Binding, Divergence, action, observes
from testgen.bindings.comparison import Comparison, odd_part, without_fields
from testgen.errors import BindingError
from testgen.values import Model, frozen, to_plain
from testgen.values.agreement import agree_within
from tests.strategies import build, terms


def shows(value: object, **options: Any) -> Binding:
    """A binding whose only observer shows `value`."""

    class Shows(Binding):
        @observes("x", **options)
        def x(self) -> object:
            return value

    return Shows()


def divergence(binding: Binding, expected: object) -> Divergence:
    with pytest.raises(Divergence) as caught:
        binding.check_state(x=expected)
    return caught.value


@pytest.mark.parametrize(
    ("options", "expected", "observed", "wrong"),
    [
        ({"within": 0.01}, 10, 10.005, 10.02),
        ({"within": 0.01}, [{"at": 10}], [{"at": 10.005}], [{"at": 10.02}]),
        ({"within": 2}, {"a": 1, "b": True}, {"a": 3, "b": True}, {"a": 3, "b": 1}),
        ({"within": 1}, {1: 5, 2: 6}, [5, 7], [5, 8]),
        ({"within": 0.5}, 1, Decimal("1.5"), Decimal("1.6")),
        ({"within": 0.5}, 1, Fraction(3, 2), float("nan")),
        ({"within": 1}, 10**400, 10**400 + 1, 1.0),
        ({"ignore": "id"}, {"id": 1, "n": 2}, {"id": 9, "n": 2}, {"id": 1, "n": 3}),
        ({"ignore": ("id", "at")}, [{"id": 1, "at": 1, "n": {"id": 2}}], [{"at": 7, "n": {}}], [{"at": 1, "n": 1}]),
        ({"ignore": "id"}, {(("id", 1), ("n", 2))}, {(("id", 9), ("n", 2))}, {(("id", 1), ("n", 3))}),
        ({"project": lambda cents: cents / 100}, 1250, 12.5, 1250),
        ({"project": len}, [1, 2, 3], 3, [1, 2, 3]),
        ({"any_of": list}, {1, 2}, 2, 3),
        ({"any_of": lambda value: [value, None]}, "a", None, "b"),
        ({"any_of": list}, {(("n", 1),), (("n", 2),)}, {"n": 2}, {"n": 3}),
        ({"any_of": list}, {(1, (2,))}, [1, [2]], [1, [3]]),
        ({"any_of": lambda value: [], }, 1, None, None),
        ({"project": lambda n: n / 2, "any_of": lambda n: [n, -n], "within": 0.1}, 5, -2.55, -2.7),
    ],
)  # fmt: skip
def test_what_conforms_and_what_does_not(
    options: dict[str, Any], expected: object, observed: object, wrong: object
) -> None:
    if observed is not None or wrong is not None:
        shows(observed, **options).check_state(x=expected)
    divergence(shows(wrong, **options), expected)


@pytest.mark.parametrize(
    ("options", "subject"),
    [
        ({}, "variable x"),
        ({"within": 0.01}, "variable x (within 0.01)"),
        ({"ignore": "id"}, "variable x (ignoring field id)"),
        ({"ignore": ["to", "id"]}, "variable x (ignoring fields id, to)"),
        ({"project": abs, "within": 3}, "variable x (projected, within 3)"),
    ],
)
def test_divergence_says_how_it_compared(options: dict[str, Any], subject: str) -> None:
    told = divergence(shows(100, **options), 1)
    assert (told.subject, told.expected, told.observed) == (subject, 1, 100)


def test_divergence_shows_both_sides_as_they_were_compared() -> None:
    told = divergence(shows([{"id": 5, "n": 2}], ignore="id"), [{"id": 1, "n": 1}])
    assert (told.expected, told.observed) == ([{"n": 1}], [{"n": 2}])
    assert repr(divergence(shows(3, any_of=list), [1, "a"]).expected) == 'any of 1, "a"'
    assert repr(divergence(shows(3, any_of=list), []).expected) == "any of no values"


@pytest.mark.parametrize(
    ("observed", "odd"),
    [
        (None, "None"),
        (1.5, "a value of type float, which is no value of TLA+; @observes(..., within=0.01) compares floats"),
        ([{"a": b"x"}], "a value of type bytes"),
        ((part for part in "ab"), "a value of type generator"),
        (object, "a value of type type"),
    ],
)
def test_observation_that_is_no_value_is_told_with_its_place(observed: object, odd: str) -> None:
    note = divergence(shows(observed), 1).note
    assert note.startswith("tests/bindings/test_comparison.py:") or "/test_comparison.py:" in note
    assert f"x shows {odd}" in note


def test_plain_values_and_what_a_projection_is_compared_with_are_not_odd() -> None:
    assert divergence(shows([1, {"a": {Model("m"), frozenset()}}]), 1).note == ""
    assert divergence(shows(1.5, within=0.1), 1).note == ""
    assert divergence(shows(None, project=lambda value: value), 1).note == ""


def test_value_that_holds_itself_is_searched_to_an_end() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert odd_part(endless) == ""
    assert odd_part([endless, None]) == "None"


@pytest.mark.parametrize(
    ("option", "function"), [("project", lambda value: value["gone"]), ("any_of", lambda value: value + 1)]
)
def test_function_that_fails_is_the_bindings_fault_and_told_with_its_place(
    option: str, function: Callable[[Any], Any]
) -> None:
    with pytest.raises(BindingError) as caught:
        shows(1, **{option: function}).check_state(x={"a": 1})
    assert caught.value.location is not None
    assert caught.value.location.line == function.__code__.co_firstlineno
    assert f'{option} fails for {{"a": 1}} (' in caught.value.message
    assert caught.value.hint is not None


@pytest.mark.parametrize("allowed", ["ab", 5, {"a": 1}, None])
def test_allowed_values_are_a_collection(allowed: object) -> None:
    with pytest.raises(BindingError, match=r"any_of gives .* for 1"):
        shows(1, any_of=lambda value: allowed).check_state(x=1)


def test_function_that_was_not_written_in_python_has_the_place_of_its_observer() -> None:
    with pytest.raises(BindingError, match=r"any_of gives 1 for") as caught:
        shows(1, any_of=len).check_state(x=[1])
    assert caught.value.location is not None
    assert caught.value.location.line == shows.__code__.co_firstlineno + 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"within": -1}, "within=-1 is no distance"),
        ({"within": True}, "within=True is no distance"),
        ({"within": float("nan")}, "within=nan is no distance"),
        ({"within": "0.1"}, "within='0.1' is no distance"),
        ({"project": "field"}, "project='field' is no function"),
        ({"any_of": [1, 2]}, "any_of=[1, 2] is no function"),
        ({"ignore": [1]}, "ignore has 1, which is no name"),
    ],
)
def test_option_of_a_wrong_kind_is_refused_when_the_class_is_made(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BindingError) as caught:
        shows(1, **options)
    assert words in caught.value.message


def test_ignored_field_of_a_function_of_pairs_is_not_taken_for_a_sequence_of_pairs() -> None:
    ignored = frozenset({"id"})
    assert without_fields({(1, 2), (("id", 1), ("n", 2))}, ignored) == {(1, 2), (("n", 2),)}
    assert without_fields([("id", 1)], ignored) == [("id", 1)]


@given(terms())
def test_without_options_everything_is_as_equality_says(term: Any) -> None:
    value = to_plain(build(term))
    assert Comparison().disagreement(value, value) is None
    assert agree_within(value, value, 0.5)
    assert without_fields(value, frozenset({"no such field"})) == value


@given(terms())
def test_frozen_is_the_form_inside_a_set(term: Any) -> None:
    assume(not ("'bool'" in str(term) and "'int'" in str(term)))  # TLC has no function from {TRUE, 1}
    assert to_plain(build(("set", [term]))) == {frozen(to_plain(build(term)))}


def test_observer_of_several_kinds_may_be_async_and_inherit() -> None:
    class Base(Binding):
        @observes("x", within=1)
        def x(self) -> int:
            return 5

    class Derived(Base):
        @action("A")
        def a(self) -> None: ...

    Derived().check_state(x=6)
    with pytest.raises(Divergence):
        Derived().check_state(x=7)
