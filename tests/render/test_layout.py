"""Generated files need no formatter: calls and imports are laid out as `ruff format` leaves them."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from testgen.render.layout import LINE_LENGTH, layout_call, layout_import
from testgen.values import Model, Plain

REPOSITORY = Path(__file__).resolve().parents[2]

# Without double quotes: where a string has more of them than of single ones, the formatter turns the quotes round.
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=30)
atoms = st.integers(-(10**6), 10**9) | st.booleans() | texts | st.builds(Model, texts)
short_keys = st.integers(0, 99) | texts
hashable = st.recursive(
    atoms, lambda inner: st.frozensets(inner, max_size=5) | st.lists(inner, max_size=4).map(tuple), max_leaves=8
)
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(short_keys, inner, max_size=5),
        st.sets(hashable, max_size=6),
    ),
    max_leaves=25,
)
names = st.from_regex(r"[a-z_][a-zA-Z_]{0,20}", fullmatch=True)
odd_names = st.sampled_from(["class", "é", "a b", "1st", "__debug__", "name", "self", "indent"])


def test_calls_are_as_the_formatter_leaves_them(tmp_path: Path) -> None:
    statements: list[str] = []

    @settings(
        max_examples=400, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(values, max_size=3), st.dictionaries(names | odd_names, values, max_size=4))
    def collect(arguments: list[Plain], named: dict[str, Plain]) -> None:
        statements.append(layout_call("system.perform_an_action", *arguments, **named))

    collect()
    assert sum("\n" in statement for statement in statements) > 50
    path = tmp_path / "calls.py"
    path.write_text("def test_all():\n" + "".join(f"    {statement}\n" for statement in statements))
    compile(path.read_text(), "calls.py", "exec")
    assert format_diff(path) == ""


@pytest.mark.parametrize("width", range(LINE_LENGTH - 8, LINE_LENGTH + 8))
def test_lines_break_at_exactly_the_formatters_width(width: int, tmp_path: Path) -> None:
    path = tmp_path / "widths.py"
    calls = [
        layout_call("s.do", "x" * (width - len('    s.do("")'))),
        layout_call("s.do", a="x" * (width - len('    s.do(a=[""])') - 2), b=[1]),
        layout_call("s.do", ["x" * (width - len('        [""],')), 1]),
        layout_call("s.do", {"k": "x" * (width - len('        {"k": ""}'))}),
        layout_call("s.do", {"k": {"x" * (width - len('            "k": {""},')), "y"}}),
        layout_call("s.do", [frozenset({"x" * (width - len('            frozenset({""}),'))})]),
        layout_call("s.do", ("x" * (width - len('        ("",)')),)),
    ]
    path.write_text("def test_all():\n" + "".join(f"    {call}\n" for call in calls))
    assert format_diff(path) == ""


def test_a_variable_may_be_called_like_a_parameter_of_the_layout() -> None:
    assert layout_call("s.check", name=1, indent=2, self=3) == "s.check(name=1, indent=2, self=3)"


@pytest.mark.parametrize("name", ["class", "état", "a b", "__debug__", ""])
def test_name_that_cannot_be_a_keyword_goes_into_a_dictionary(name: str) -> None:
    call = layout_call("dict", ok=1, **{name: 2})
    assert eval(call, {"dict": dict}) == {"ok": 1, name: 2}


def test_imports_are_as_the_linter_sorts_and_the_formatter_breaks_them(tmp_path: Path) -> None:
    names = [
        "Set",
        "TTL",
        "insert",
        "Clear",
        "_hidden",
        "Erase",
        "A",
        "MAX_SIZE",
        "Move",
        *(f"Op{n}" for n in range(12)),
    ]
    lines = [layout_import("testgen.b", names[:6]), layout_import("testgen.c", [*names, "AVeryLongNameOfAClass" * 4])]
    path = tmp_path / "imports.py"
    path.write_text("\n".join(lines) + "\n")
    assert "(\n" in lines[1]
    assert format_diff(path) == ""
    check = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "I",
        "--config",
        "line-length=120",
        str(path),
    ]
    assert subprocess.run(check, capture_output=True, text=True, check=False).returncode == 0


def format_diff(path: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--diff",
        "--line-length",
        str(LINE_LENGTH),
        str(path),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
