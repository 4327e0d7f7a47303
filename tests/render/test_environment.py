"""Templates: where they are found, what they may do, and how their errors read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.errors import RenderError
from testgen.render.environment import docstring_text, render_template, shipped_templates
from tests.strategies import hostile_strings


@given(hostile_strings | st.text(), st.none() | st.integers(10, 40))
def test_prose_in_a_docstring_is_inert(text: str, width: int | None) -> None:
    inert = docstring_text(text, width)
    assert inert.isascii()
    assert inert == "" or inert.isprintable()
    assert not set(inert) & {'"', "\\"}
    assert eval(f'"""{inert}."""') == f"{inert}."
    assert width is None or len(inert) <= width


def test_lone_surrogate_in_prose_is_inert() -> None:
    assert docstring_text("a\ud800b") == "a/ud800b"


def test_text_that_looks_like_a_template_is_not_rendered_again(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text("{{ text }}")
    assert render_template("t.j2", {"text": "{{ 1 + 1 }}"}, extra_folder=tmp_path) == "{{ 1 + 1 }}"


def test_users_folder_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "story").mkdir()
    (tmp_path / "story" / "test.py.j2").write_text("mine")
    assert render_template("story/test.py.j2", {}, extra_folder=tmp_path) == "mine"


def test_template_may_be_a_file_and_include_shipped_and_neighboring_ones(tmp_path: Path) -> None:
    (tmp_path / "part.j2").write_text("part")
    (tmp_path / "mine.j2").write_text("{% include 'part.j2' %}, {{ call('f', 1) }}, {{ 'a' | py }}")
    assert render_template(str(tmp_path / "mine.j2"), {}) == 'part, f(1), "a"'


def test_shipped_templates_are_there() -> None:
    assert (shipped_templates() / "story" / "test.py.j2").is_file()


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("fine\n{{ unknown }}", 2, "uses what is not there: 'unknown' is undefined"),
        ("{{ 'x'.unknown.more }}", 1, "uses what is not there: 'str object' has no attribute 'unknown'"),
        ("\n{% for %}", 2, "is malformed: Expected an expression"),
        ("\n\n{% if true %}", 3, "is malformed: Unexpected end of template"),
        ("{{ 1 | nofilter }}", 1, "is malformed: No filter named 'nofilter'"),
        ("\n{{ 1 / 0 }}", 2, "failed (ZeroDivisionError: division by zero)"),
        ("\n{{ [1][5] + 1 }}", 2, "uses what is not there"),
        ("{% include 't.j2' %}", 1, "failed (RecursionError"),
        ("\n{{ call() }}", 2, "failed (TypeError"),
        ("\n\n{% include 'gone.j2' %}", 3, "no template 'gone.j2'"),
    ],
)
def test_error_of_a_template_names_file_and_line(template: str, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t.j2"
    path.write_text(template)
    with pytest.raises(RenderError) as caught:
        render_template(str(path), {})
    assert words in str(caught.value)
    assert caught.value.location is not None
    assert (caught.value.location.path, caught.value.location.line) == (str(path), line)
    assert caught.value.excerpt == template.split("\n")[line - 1]


def test_template_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_bytes(b"caf\xe9")
    with pytest.raises(RenderError, match=r"t\.j2: the template is not UTF-8") as caught:
        render_template("t.j2", {}, extra_folder=tmp_path)
    assert caught.value.location is not None
    assert caught.value.location.path == str(tmp_path / "t.j2")


def test_missing_template_lists_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "mine.py.j2").write_text("")
    with pytest.raises(RenderError, match=r"no template 'stroy/test\.py\.j2'") as caught:
        render_template("stroy/test.py.j2", {}, extra_folder=tmp_path)
    assert caught.value.hint is not None
    assert "mine.py.j2" in caught.value.hint
    assert "story/test.py.j2" in caught.value.hint
