"""Values as text of other languages: text stays text, whatever stands in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.render.literals import cpp_literal, json_literal
from testgen.values import Model, parse_value
from testgen.values.itf import itf_value
from tests.strategies import Term, build, hostile_strings, terms


@dataclass
class Insert:
    ndx: int
    value: object = None
    prior_size: int | None = field(default=None, kw_only=True)
    client: int = field(default=0, compare=False)


@dataclass
class Sized:
    prior_size: int = field(kw_only=True)
    ndx: int


class Odd:
    def __repr__(self) -> str:
        return 'Odd("1")'


@pytest.mark.parametrize(
    ("value", "in_json", "in_cpp"),
    [
        (True, "true", "true"),
        (None, "null", "nullptr"),
        (-7, "-7", "-7"),
        ([1, ("a", [])], '[1, ["a", []]]', '{1, {"a", {}}}'),
        ({3, 10, "b", "a"}, '{"#set": [3, 10, "a", "b"]}', '{3, 10, "a", "b"}'),
        (frozenset(), '{"#set": []}', "{}"),
        ({"a": 1}, '{"a": 1}', '{{"a", 1}}'),
        ({2: 1}, '{"#map": [[2, 1]]}', "{{2, 1}}"),
        ({"#set": 1}, '{"#map": [["#set", 1]]}', '{{"#set", 1}}'),
        (Model("m"), '{"#unserializable": "m"}', '"m"'),
        (parse_value("[a |-> {m}]"), '{"a": {"#set": [{"#unserializable": "m"}]}}', '{{"a", {"m"}}}'),
        (Insert(1), '{"Insert": {"ndx": 1}}', "Insert{.ndx = 1}"),
        (
            [Insert(1, Insert(2), prior_size=3, client=4)],
            '[{"Insert": {"ndx": 1, "value": {"Insert": {"ndx": 2}}, "prior_size": 3}}]',
            "{Insert{.ndx = 1, .value = Insert{.ndx = 2}, .prior_size = 3}}",
        ),
        (Sized(1, prior_size=2), '{"Sized": {"ndx": 1, "prior_size": 2}}', "Sized{.ndx = 1, .prior_size = 2}"),
        (Odd(), '{"#unserializable": "Odd(\\"1\\")"}', '"Odd(\\"1\\")"'),
    ],
)
def test_spelling(value: object, in_json: str, in_cpp: str) -> None:
    assert json_literal(value) == in_json
    assert cpp_literal(value) == in_cpp


@given(terms())
def test_json_of_a_value_is_read_back_and_is_ascii_on_one_line(term: Term) -> None:
    text = json_literal(build(term))
    assert itf_value(json.loads(text)) == build(term)
    assert text.isascii()
    assert text.isprintable()


@given(hostile_strings | st.text())
def test_string_in_cpp_is_one_literal_of_the_same_text(text: str) -> None:
    literal = cpp_literal(text)
    assert literal.isascii()
    assert literal.isprintable()
    assert literal[0] == literal[-1] == '"'
    content = literal[1:-1].encode().decode("unicode_escape").encode("latin-1").decode()
    assert content == text
    assert '"' not in literal[1:-1].replace("\\\\", "").replace('\\"', "")


@pytest.mark.parametrize("literal", [json_literal, cpp_literal])
def test_name_that_a_template_uses_and_nothing_defines_is_no_text(literal: Callable[[object], str]) -> None:
    with pytest.raises(jinja2.UndefinedError, match="'gone' is undefined"):
        literal([{"a": jinja2.StrictUndefined(name="gone")}])


@given(terms())
def test_json_and_cpp_are_the_same_every_time(term: Term) -> None:
    value: Mapping[str, object] = {"x": build(term)}
    assert json_literal(value) == json_literal({"x": build(term)})
    assert cpp_literal(value) == cpp_literal({"x": build(term)})
