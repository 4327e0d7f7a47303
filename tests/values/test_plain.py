"""Plain Python for TLA+ values, and literals that nothing in a dump can break out of."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.values import Model, parse_value, python_literal, to_plain
from tests.strategies import HOSTILE, Term, build, hostile_strings, terms


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("-7", -7),
        ("TRUE", True),
        ('"a\\nb"', "a\nb"),
        ("m1", Model("m1")),
        ("<<1, <<2>>>>", [1, [2]]),
        ("<<>>", []),
        ("[a |-> 1, b |-> <<2>>]", {"a": 1, "b": [2]}),
        ('("k 1" :> {})', {"k 1": set()}),
        ("(m1 :> 1 @@ m2 :> 2)", {Model("m1"): 1, Model("m2"): 2}),
        ("(<<1, 2>> :> 3)", {(1, 2): 3}),
        ("{1, 2}", {1, 2}),
        ("1..3", {1, 2, 3}),
        ("{<<1>>, <<>>}", {(1,), ()}),
        ("{{1}, {}}", {frozenset({1}), frozenset()}),
        ("{[a |-> {1}]}", {(("a", frozenset({1})),)}),
        ("({1} :> [a |-> 1])", {frozenset({1}): {"a": 1}}),
        ("SUBSET (1..20)", Model("SUBSET (1..20)")),
        ("{SUBSET (1..20)}", {Model("SUBSET (1..20)")}),
        ("1..2147483647", Model("1..2147483647")),
        ("{1..2147483647}", {Model("1..2147483647")}),
    ],
)
def test_value_in_plain_python(text: str, plain: object) -> None:
    found = to_plain(parse_value(text))
    assert found == plain
    assert type(found) is type(plain)


def test_a_model_value_is_not_the_string() -> None:
    assert to_plain(parse_value("m1")) != to_plain(parse_value('"m1"'))


@pytest.mark.parametrize(
    ("plain", "literal"),
    [
        (True, "True"),
        (None, "None"),
        (-3, "-3"),
        ("a", '"a"'),
        ("it's", '"it\'s"'),
        ('say "hi"\\', "'say \"hi\"\\\\'"),
        ("\n\0é", '"\\n\\x00\\xe9"'),
        ((1,), "(1,)"),
        ((), "()"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        ({10, 9, -1}, "{-1, 9, 10}"),
        ({"b", "a", 2}, '{2, "a", "b"}'),
        (frozenset({(2,), (1,)}), "frozenset({(1,), (2,)})"),
        (Model("m1"), 'Model("m1")'),
        ({"a": [Model('"')]}, '{"a": [Model(\'"\')]}'),
    ],
)
def test_literal(plain: object, literal: str) -> None:
    assert python_literal(plain) == literal
    assert evaluated(literal) == plain


def evaluated(source: str) -> Any:
    return eval(source, {"__builtins__": {"set": set, "frozenset": frozenset}, "Model": Model})


def tree(value: Any) -> Any:
    """The value with its types, as `==` takes True for 1."""
    match value:
        case list() | tuple():
            return type(value), [tree(element) for element in value]
        case dict():
            return dict, {repr(tree(key)): tree(result) for key, result in value.items()}
        case set() | frozenset():
            return type(value), sorted(repr(tree(element)) for element in value)
        case _:
            return type(value), value


@given(terms())
def test_a_literal_evaluates_to_the_value_it_spells(term: Term) -> None:
    plain = to_plain(build(term))
    literal = python_literal(plain)
    assert tree(evaluated(literal)) == tree(plain)
    assert literal.isascii()
    assert "\n" not in literal
    assert python_literal(evaluated(literal)) == literal


@given(st.lists(terms(max_leaves=6), max_size=5))
def test_a_module_of_literals_compiles_and_holds_the_values(many: list[Term]) -> None:
    values = [to_plain(build(term)) for term in many]
    rows = "".join(f"    {python_literal(value)},  # row\n" for value in values)
    namespace: dict[str, Any] = {"Model": Model}
    exec(compile(f'"""A module."""\nVALUES = [\n{rows}]\n', "generated", "exec"), namespace)
    assert [tree(value) for value in namespace["VALUES"]] == [tree(value) for value in values]
    assert set(namespace) == {"Model", "VALUES", "__builtins__", "__doc__"}


@given(hostile_strings)
def test_a_model_value_of_any_name_spells_itself(name: str) -> None:
    assert evaluated(repr(Model(name))) == Model(name)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_literal_in_a_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(f"VALUE = {python_literal(text)}\nAFTER = 1\n", encoding="utf-8")
    namespace: dict[str, Any] = {}
    exec(compile(path.read_bytes(), "module.py", "exec"), namespace)
    assert (namespace["VALUE"], namespace["AFTER"]) == (text, 1)


def test_nested_sets_are_spelled_in_linear_time() -> None:
    plain = to_plain(parse_value("{" * 60 + "}" * 60))
    started = time.process_time()
    assert python_literal(plain).count("frozenset(") == 59
    assert time.process_time() - started < 1  # spelled twice a level, it would outlive the universe
