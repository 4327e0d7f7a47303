"""Reading literals back: what was written returns, and nothing else is taken."""

from __future__ import annotations

import pytest
from hypothesis import given

from testgen.values import Model, python_literal, to_plain
from testgen.values.literal import read_literal
from tests.strategies import Term, build, terms


@given(terms())
def test_what_is_written_is_read(term: Term) -> None:
    plain = to_plain(build(term))
    found = read_literal(python_literal(plain))
    assert found == plain
    assert python_literal(found) == python_literal(plain)  # which tells True from 1


def test_model_values_and_empty_sets() -> None:
    plain = {Model("m 1"): set(), "empty": frozenset(), "none": None}
    assert read_literal(python_literal(plain)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "x",
        "1.5",
        "-True",
        "b'1'",
        "open('x')",
        "Model(1)",
        "Model('a', 'b')",
        "Model(name='a')",
        "set([1])",
        "frozenset([1])",
        "{**{}}",
        "{[1]}",
        "{[1]: 2}",
        "[*[1]]",
        "[x for x in [1]]",
        "f'{1}'",
        "(" * 1000,
        "1\0",
    ],
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the literal of a value"):
        read_literal(text)
