"""Differences are told field by field."""

import pytest
from hypothesis import given

from testgen.runtime.conformance import differences
from testgen.values import Model, to_plain
from testgen.values.agreement import agree
from tests.strategies import Term, build, terms


@pytest.mark.parametrize(
    ("expected", "observed", "told"),
    [
        (1, 1, []),
        (1, 2, ["value: expected 1, observed 2"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ['["a"][1]: expected 2, observed 3']),
        ([1, 2], [1], ["[1]: expected 2, observed nothing"]),
        ([1], [1, Model("m")], ['[1]: expected nothing, observed Model("m")']),
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, [
            '["a"]: expected 1, observed nothing',
            '["b"]: expected 2, observed 3',
            '["c"]: expected nothing, observed 4',
        ]),
        ({"s": {1, 2, 3}}, {"s": {2, 3, 4, 5}}, ['["s"]: {1} missing', '["s"]: {4, 5} unexpected']),
        ([True], [1], ["[0]: expected True, observed 1"]),
        ([7], {2: 7}, ["[1]: expected 7, observed nothing", "[2]: expected nothing, observed 7"]),
        ({1: [2]}, [(3,)], ["[1][0]: expected 2, observed 3"]),
        ([], None, ["value: expected [], observed None"]),
        ("a", ["a"], ['value: expected "a", observed ["a"]']),
    ],
)  # fmt: skip
def test_path_and_both_sides_are_told(expected: object, observed: object, told: list[str]) -> None:
    assert list(differences(expected, observed)) == told


@given(terms(max_leaves=6), terms(max_leaves=6))
def test_something_is_told_exactly_if_the_values_do_not_agree(one: Term, other: Term) -> None:
    expected, observed = to_plain(build(one)), to_plain(build(other))
    assert (list(differences(expected, observed)) == []) == agree(expected, observed)
