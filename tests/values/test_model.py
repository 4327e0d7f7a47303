"""What equals what in TLA+, and sets that TLC writes as expressions."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.values import parse_value
from testgen.values.model import is_field_name
from tests.strategies import Term, build, meaning, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1..3", "{1, 2, 3}"),
        ("1..3", "{3, 2, 1, 2}"),
        ("1..2", "{1, 2}"),
        ("2..1", "{}"),
        ("[a |-> 1]", '("a" :> 1)'),
        ('("b" :> 2 @@ "a" :> 1)', "[a |-> 1, b |-> 2]"),
        ("<<7>>", "(1 :> 7)"),
        ("<<7, 8>>", "(2 :> 8 @@ 1 :> 7)"),
        ("<< >>", "<<>>"),
        ("SUBSET 1..2", "{{1, 2}, {2}, {1}, {}}"),
        ("SUBSET (1..20)", "SUBSET 1..20"),
        ("BOOLEAN", "{TRUE, FALSE}"),
        ("[1..2 -> BOOLEAN]", "{<<FALSE, FALSE>>, <<FALSE, TRUE>>, <<TRUE, FALSE>>, <<TRUE, TRUE>>}"),
        ("{<<1, 2>>}", "{(1 :> 1 @@ 2 :> 2)}"),
        ("[b: {1}, a: {2}]", "{[a |-> 2, b |-> 1]}"),
        ("[b: 1..99, a: 1..99]", "[a: 1..99, b: 1..99]"),
        ("({1} \\X {2})", "{<<1, 2>>}"),
        ("SUBSET {3, 1, 2}", "SUBSET 1..3"),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert parse_value(one) == parse_value(other)
    assert hash(parse_value(one)) == hash(parse_value(other))
    assert len({parse_value(one), parse_value(other)}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TRUE", "1"),
        ("FALSE", "0"),
        ("m1", '"m1"'),
        ("TRUE", '"TRUE"'),
        ("1", '"1"'),
        ("{}", "<<>>"),
        ("{1}", "<<1>>"),
        ("<<1>>", "(0 :> 1)"),
        ("<<1>>", "[a |-> 1]"),
        ("{<<>>}", "<<>>"),
        ("(TRUE :> 1)", "(1 :> 1)"),
        ('"a\\n"', '"a\\\\n"'),
        ("SUBSET (1..20)", '"SUBSET (1..20)"'),
        ("({1} \\X {2} \\X {3})", "(({1} \\X {2}) \\X {3})"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert parse_value(one) != parse_value(other)


def test_a_value_is_not_its_python_look_alike() -> None:
    assert parse_value("1") != 1
    assert parse_value('"a"') != "a"


@given(terms(), terms())
def test_keys_are_equal_exactly_when_meanings_are(one: Term, other: Term) -> None:
    assert (build(one).key == build(other).key) == (meaning(one) == meaning(other))


@given(st.lists(terms(max_leaves=4), min_size=3, max_size=3))
def test_order_is_total(drawn: list[Term]) -> None:
    a, b, c = sorted(map(build, drawn))
    assert not b < a
    assert not c < b
    assert not c < a
    assert (a < b) or (a == b)


@given(st.sets(st.integers(-5, 8), max_size=8))
def test_a_power_set_holds_every_subset(base: set[int]) -> None:
    listed = "{" + ", ".join(map(str, sorted(base))) + "}"
    subsets = [chosen for size in range(len(base) + 1) for chosen in combinations(sorted(base), size)]
    spelled = "{" + ", ".join("{" + ", ".join(map(str, chosen)) + "}" for chosen in subsets) + "}"
    assert parse_value(f"SUBSET {listed}") == parse_value(spelled)


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_function_set_holds_every_function(arguments: int, results: int) -> None:
    rows = product(range(results), repeat=arguments)
    spelled = "{" + ", ".join("<<" + ", ".join(map(str, row)) + ">>" for row in rows) + "}"
    assert parse_value(f"[1..{arguments} -> 0..{results - 1}]") == parse_value(spelled)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("SUBSET 1..12", True),
        ("SUBSET 1..13", False),
        ("[1..12 -> 1..2]", True),
        ("[1..13 -> 1..2]", False),
        ("[1..4000000000 -> 1..2]", False),
        ("[1..2 -> 1..4000000000]", False),
        ("(1..64 \\X 1..64)", True),
        ("(1..64 \\X 1..65)", False),
        ("[a: 1..4096]", True),
        ("[a: 1..4097]", False),
        ("SUBSET SUBSET (1..13)", False),
    ],
)
def test_small_sets_are_listed_and_large_ones_stay_expressions(text: str, listed: bool) -> None:
    assert (parse_value(text).key[0] == "{") == listed


@pytest.mark.parametrize("text", ["", "1", "12", "a b", "SUBSET", "TRUE", "é", "a-b", "_", "a\n"])
def test_not_a_field_name(text: str) -> None:
    assert not is_field_name(text)


@pytest.mark.parametrize("text", ["a", "A1", "1a", "_a", "a_1", "IF_"])
def test_a_field_name(text: str) -> None:
    assert is_field_name(text)
