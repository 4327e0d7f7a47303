"""Agreement is equality as TLA+ has it."""

import pytest
from hypothesis import given

from testgen.values import Model, to_plain
from testgen.values.agreement import agree
from tests.strategies import Term, build, terms


@pytest.mark.parametrize(
    ("expected", "observed"),
    [
        (1, 1), ("a", "a"), (True, True), (Model("m"), Model("m")), ([], []), ([], {}), ({}, []), ([], ()),
        ([1, "a"], (1, "a")), (["a", "b"], {1: "a", 2: "b"}), ({2: 1}, {2: 1}), ({"a": [{}]}, {"a": [[]]}),
        ({1, 2}, {2, 1}), ({1, 2}, frozenset({1, 2})), (1, 1.0),
    ],
)  # fmt: skip
def test_equal_values_agree_in_either_direction(expected: object, observed: object) -> None:
    assert agree(expected, observed)
    assert agree(observed, expected)


@pytest.mark.parametrize(
    ("expected", "observed"),
    [
        (1, 2), (True, 1), (False, 0), ([True], [1]), ({"a": 0}, {"a": False}), ("m", Model("m")), ([1], [1, 2]),
        ([1, 2], [2, 1]), ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, {"b": 1}), (["a"], {2: "a"}), (["a"], {0: "a"}),
        ([], set()), ({}, None), ([], ""), ("a", ["a"]), ([[1]], [{1: 2}]),
    ],
)  # fmt: skip
def test_different_values_do_not_agree_in_either_direction(expected: object, observed: object) -> None:
    assert not agree(expected, observed)
    assert not agree(observed, expected)


def sets_mix_booleans_with_numbers(term: Term) -> bool:
    """What Python cannot tell apart and TLC never makes."""
    return "bool" in str(term) and "int" in str(term)


@given(terms(max_leaves=5), terms(max_leaves=5))
def test_plain_values_agree_exactly_if_the_values_are_equal(one: Term, other: Term) -> None:
    if sets_mix_booleans_with_numbers((one, other)):
        return
    left, right = build(one), build(other)
    assert agree(to_plain(left), to_plain(right)) == (left == right)
    assert agree(to_plain(left), to_plain(left))
