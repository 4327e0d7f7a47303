"""Reading TLC's text: what each spelling means, and what is said of text that is none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.errors import ParseError
from testgen.values import ValueReader, ValueSyntaxError, parse_value, split_action, split_state
from tests.strategies import Term, build, meaning, spell, terms


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("-7", "-7"),
        ("2147483647", "2147483647"),
        ("007", "7"),
        ("TRUE", "TRUE"),
        (" FALSE\n", "FALSE"),
        ("BOOLEAN", "{FALSE, TRUE}"),
        ('"a b"', '"a b"'),
        ('""', '""'),
        ('"TRUE"', '"TRUE"'),
        (r'"q\"b\\t\tn\nr\rf\fend"', r'"q\"b\\t\tn\nr\rf\fend"'),
        (r'"odd escape \q"', '"odd escape q"'),
        ('"]>>)} |-> :> @@ .."', '"]>>)} |-> :> @@ .."'),
        ("m1", "m1"),
        ("1a", "1a"),
        ("TRUEish", "TRUEish"),
        ("{}", "{}"),
        ("{ }", "{}"),
        ("{2, 1}", "{1, 2}"),
        ("{3, 1, 2, -4}", "{-4, 1, 2, 3}"),
        ("{10, 9}", "{9, 10}"),
        ("{1, 1}", "{1}"),
        ('{"b", "a"}', '{"a", "b"}'),
        ("1..3", "1..3"),
        ("-4..-1", "-4..-1"),
        ("1 .. 2", "{1, 2}"),
        ("1..1", "{1}"),
        ("1..0", "{}"),
        ("5..-5", "{}"),
        ("{1..3, {2, 3, 1}}", "{1..3}"),
        ("<<>>", "<<>>"),
        ("<< >>", "<<>>"),
        ('<<1, "two", <<>>, {}>>', '<<1, "two", <<>>, {}>>'),
        ("<<<<<<1>>>>>>", "<<<<<<1>>>>>>"),
        ("<< 1,\n   4,\n   9 >>", "<<1, 4, 9>>"),
        ('[zeta |-> 1, a |-> "x", b |-> [c |-> {}]]', '[a |-> "x", b |-> [c |-> {}], zeta |-> 1]'),
        ("[IF_ |-> 1]", "[IF_ |-> 1]"),
        ("[ f |->\n      1,\n  g |-> <<2>> ]", "[f |-> 1, g |-> <<2>>]"),
        ("(0 :> 0 @@ 1 :> -1)", "(0 :> 0 @@ 1 :> -1)"),
        ("(5 :> 1 @@ 10 :> 2 @@ 9 :> 3)", "(5 :> 1 @@ 9 :> 3 @@ 10 :> 2)"),
        ('(<<0, 5>> :> "v")', '(<<0, 5>> :> "v")'),
        ("(FALSE :> TRUE @@ TRUE :> FALSE)", "(FALSE :> TRUE @@ TRUE :> FALSE)"),
        ('("k 1" :> 1 @@ "ok" :> 1)', '("k 1" :> 1 @@ "ok" :> 1)'),
        ('("TRUE" :> 1)', '("TRUE" :> 1)'),
        ("( k :>\n      1 @@\n  k2 :> 2 )", "(k :> 1 @@ k2 :> 2)"),
        ("(1 :> 7 @@ 1 :> 8)", "<<7>>"),
        ("(1..2 :> {})", "({1, 2} :> {})"),
        ("(7)", "7"),
        ("SUBSET {1, 2}", "{{1, 2}, {1}, {2}, {}}"),
        ("SUBSET (1..2)", "{{1, 2}, {1}, {2}, {}}"),
        ("SUBSET {}", "{{}}"),
        ("SUBSET 1..20", "SUBSET (1..20)"),
        ("SUBSET (1..20)", "SUBSET (1..20)"),
        ("[1..2 -> {0}]", "{<<0, 0>>}"),
        ("[{} -> {0}]", "{<<>>}"),
        ("[{0} -> {}]", "{}"),
        ("[m1 -> 1..9]", "[m1 -> 1..9]"),
        ("[1..6 -> 1..6]", "[1..6 -> 1..6]"),
        ("[a: {1}, b: {TRUE}]", "{[a |-> 1, b |-> TRUE]}"),
        ("[b: 1..300, a: 1..300]", "[a : 1..300, b : 1..300]"),
        ('({1, 2} \\X {"p"})', '{<<1, "p">>, <<2, "p">>}'),
        ("(1..300 \\X 1..300)", "(1..300 \\X 1..300)"),
        ("(1..999999999 \\X {})", "{}"),
        ("{SUBSET (1..20), 1}", "{1, SUBSET (1..20)}"),
    ],
)
def test_text_has_one_canonical_spelling(text: str, key: str) -> None:
    value = parse_value(text)
    assert value.key == key
    assert parse_value(value.key) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "expected a value, found the end"),
        ("  ", 1, 3, "expected a value, found the end"),
        ("1 2", 1, 3, "'2' after the end of the value"),
        ("<<1, 2", 1, 1, "sequence is not closed"),
        ("<<1, 2]", 1, 7, "expected >> in the sequence, found ']'"),
        ("{1, 2", 1, 1, "set is not closed"),
        ("{1,\n {2,\n 3}", 1, 1, "set is not closed"),
        ("{1,\n {2,\n 3", 2, 2, "set is not closed"),
        ("{1,}", 1, 4, "expected a value, found '}'"),
        ("{1 2}", 1, 4, "expected } in the set, found '2'"),
        ("[a |-> 1", 1, 1, "record is not closed"),
        ("[a |-> 1, 2]", 1, 11, "expected a field's name in the record, found '2'"),
        ("[a |-> 1, a |-> 2]", 1, 12, "field 'a' stands twice in the record"),
        ("[a |-> 1, b : 2]", 1, 13, "expected |-> in the record, found ':'"),
        ("[a: {1}, b |-> 2]", 1, 12, "expected : in the set of records, found '|->'"),
        ("[1..2 |-> 3]", 1, 7, "expected -> in the set of functions, found '|->'"),
        ("[1 -> 2", 1, 1, "set of functions is not closed"),
        ("(1 :> 2", 1, 1, "function is not closed"),
        ("(1 :> 2 @@ 3)", 1, 13, "expected :> in the function, found ')'"),
        ("(1 \\X 2", 1, 1, "product is not closed"),
        ("(1, 2)", 1, 3, "expected ) in the value in brackets, found ','"),
        ('"abc', 1, 1, "string is not closed"),
        ('<<"a", "b\\"', 1, 8, "string is not closed"),
        ("1..", 1, 4, "expected the upper end of an interval, found the end"),
        ("1..m1", 1, 4, "expected the upper end of an interval, found 'm'"),
        ("{1..99999999999}", 1, 2, "interval wider than TLC's integers"),
        ("9" * 5000, 1, 1, "number of more than 1000 digits"),
        ("1.." + "9" * 5000, 1, 4, "number of more than 1000 digits"),
        ("٣", 1, 1, "expected a value, found '٣'"),
        ("@", 1, 1, "expected a value, found '@'"),
        ("<<1,\n  <<2,\n    ?>> >>", 3, 5, "expected a value, found '?'"),
    ],
)
def test_malformed_text_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_value(text)
    error = caught.value
    assert error.message == words
    assert error.location is not None
    assert (error.location.line, error.location.column) == (line, column)
    assert error.excerpt == text.split("\n")[line - 1]
    assert error.excerpt_column == column


@pytest.mark.parametrize(
    "brackets", [("{", "}"), ("<<", ">>"), ("[a |-> ", "]"), ("(0 :> ", ")"), ("(", ")"), ("SUBSET ", "")]
)
def test_deep_nesting_is_read_or_refused_without_exhausting_the_stack(brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    innermost = "m1"  # not a set, so SUBSET stays an expression
    assert parse_value(opening * 90 + innermost + closing * 90).key
    for depth in (101, 5000):
        with pytest.raises(ValueSyntaxError, match="nested more than 100 deep"):
            parse_value(opening * depth + innermost + closing * depth)


@given(terms(), st.randoms(use_true_random=False))
def test_every_spelling_is_read_as_the_value_it_spells(term: Term, rng: random.Random) -> None:
    value = build(term)
    assert parse_value(spell(term, rng, plain=True)) == value
    assert parse_value(spell(term, rng)) == value
    assert parse_value(value.key) == value
    assert parse_value(value.key).key == value.key


@given(terms(), terms(), st.randoms(use_true_random=False))
def test_values_are_equal_exactly_when_they_mean_the_same(one: Term, other: Term, rng: random.Random) -> None:
    first, second = parse_value(spell(one, rng)), parse_value(spell(other, rng))
    assert (first == second) == (meaning(one) == meaning(other))
    assert (first.order == second.order) == (first == second)


@settings(max_examples=50)
@given(st.lists(terms(), max_size=6), st.randoms(use_true_random=False))
def test_a_reader_that_remembers_reads_as_one_that_does_not(many: list[Term], rng: random.Random) -> None:
    reader = ValueReader()
    for term in [*many, *many]:
        text = spell(term, rng)
        assert reader.read(text).key == parse_value(text).key


def error_in(text: str) -> ValueSyntaxError | None:
    try:
        parse_value(text)
    except ValueSyntaxError as error:
        return error
    return None


@given(terms(max_leaves=6), st.data())
def test_damaged_text_is_a_value_or_a_located_error(term: Term, data: st.DataObject) -> None:
    text = spell(term, random.Random(1))
    at = data.draw(st.integers(0, len(text)))
    damaged = data.draw(
        st.sampled_from([text[:at], text[:at] + text[at + 1 :], text[:at] + '"' + text[at:], text[at:]])
    )
    error = error_in(damaged)
    assert error is None or 0 <= error.offset <= len(damaged)
    assert error is None or error.location is not None


@given(st.text(alphabet='{}[]()<>|-:@.,"\\ \n aTRUEX1/', max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    if error_in(text) is None:
        value = parse_value(text)
        assert parse_value(value.key) == value


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["x", "y", "log_1", "Éa"]), terms()), min_size=1, unique_by=lambda p: p[0]))
def test_a_printed_state_is_cut_into_its_variables(pairs: list[tuple[str, Term]]) -> None:
    rng = random.Random(0)
    texts = [(name, spell(term, rng)) for name, term in pairs]
    state = "\n".join(f"/\\ {name} = {text}" for name, text in texts)
    variables = split_state(state)
    assert [(variable.name, variable.value) for variable in variables] == texts
    for variable in variables:
        assert state[variable.offset :].startswith(variable.value)


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "expected 'variable = value'"),
        ("/\\ = 1", 0, "expected 'variable = value'"),
        ("x", 0, "expected 'variable = value'"),
        ("/\\ x = 1\n/\\ 2", 9, "expected 'variable = value'"),
        ("/\\ x = 1\n/\\ x = 2", 9, "variable 'x' stands twice in the state"),
    ],
)
def test_what_is_no_state_is_told(text: str, offset: int, words: str) -> None:
    with pytest.raises(ValueSyntaxError) as caught:
        split_state(text)
    assert (caught.value.message, caught.value.offset) == (words, offset)


@pytest.mark.parametrize(
    ("label", "name", "arguments"),
    [
        ("", "", []),
        ("Up", "Up", []),
        ("S!Inc", "S!Inc", []),
        ("Two(1,m1)", "Two", ["1", "m1"]),
        ("1a(2)", "1a", ["2"]),
        ("Setp({m1, m2})", "Setp", ["{m1, m2}"]),
        ('Act("d1",1,(0 :> "a" @@ 1 :> "b"))', "Act", ['"d1"', "1", '(0 :> "a" @@ 1 :> "b")']),
        ('Str("a,)\\"q")', "Str", ['"a,)\\"q"']),
        ("Arg(7,<Operator Id>)", "Arg", ["7", "<Operator Id>"]),
        ("[ft]", "[ft]", []),
        ("F(1>>, <<2)", "F(1>>, <<2)", []),
        ("F(", "F(", []),
        ('"""', '"""', []),
        ("{{ x }}", "{{ x }}", []),
    ],
)
def test_a_label_is_a_name_with_arguments(label: str, name: str, arguments: list[str]) -> None:
    found_name, found = split_action(label)
    assert (found_name, [value.key for value in found]) == (name, arguments)
