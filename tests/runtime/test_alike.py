"""One fault that many tests meet is told by a few stories; none is lost, and the groups come last."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import run_pytest

COUNTER = """
from testgen.bindings import Binding, action, observes


class Counter(Binding):
    def __init__(self):
        self.n = BEGIN

    @action("Add")
    def add(self, k):
        self.n = FAULT

    @observes("n")
    def shown(self):
        return self.n
"""


@pytest.fixture
def counter(tmp_path: Path, write_dot: Callable[..., Path], run_testgen: Callable[..., object]) -> Path:
    """A suite of 23 tests, which add numbers from 1 to 23."""
    (tmp_path / "counter.py").write_text(COUNTER)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    assert 1 == 2\n")
    dump = write_dot([{"n": str(k)} for k in range(24)], [(0, f"Add({k})", k) for k in range(1, 24)])
    run_testgen("build", dump, "--binding", f"{tmp_path / 'counter.py'}:Counter", "--out", tmp_path / "generated", "-q")
    return tmp_path


def put(folder: Path, begin: str = "0", fault: str = "k") -> None:
    path = folder / "counter.py"
    path.write_text(path.read_text().replace("BEGIN", begin).replace("FAULT", fault))


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_of_23_failures_alike_20_are_told_and_all_listed(options: tuple[str, ...], counter: Path) -> None:
    put(counter, fault="-k")
    output = run_pytest(counter, *options, "--junitxml=report.xml")
    stories, _, rest = output.partition("3 more failures are like these; -vv tells all")
    assert len(re.findall(r"^behavior \w+ diverges", stories, re.M)) == 20
    assert "assert 1 == 2" in stories
    assert len(re.findall(r"^FAILED generated/", rest, re.M)) == 23
    assert "diverges" not in rest
    assert rest.index("FAILED ") < rest.index("failures by kind") < rest.index("24 failed in")
    assert "   23  variable n, after add  (at 23 places in the graph)\n" in rest
    assert (counter / "report.xml").read_text().count(" diverges from the specification") == 23


@pytest.mark.parametrize("option", ["-vv", "--tb=line"])
def test_all_are_told_where_somebody_wants_them(option: str, counter: Path) -> None:
    put(counter, fault="-k")
    output = run_pytest(counter, "-q", option, "generated")
    assert "like these" not in output
    stories = output.partition("short test summary")[0]
    lines = re.findall(r"^generated/test_all\.py:\d+: variable n, after add: system and .* differ$", stories, re.M)
    assert (stories.count("diverges from"), len(lines)) == ((0, 23) if option == "--tb=line" else (23, 0))


def test_kinds_are_told_apart(counter: Path) -> None:
    put(counter, fault="-k if k < 22 else 1 // 0")
    output = run_pytest(counter, "generated")
    stories, _, _ = output.partition("1 more failure is like these; -vv tells all")
    assert len(re.findall(r"^behavior \w+ diverges", stories, re.M)) == 20 + 2


def test_systems_that_do_not_begin_are_told_once_for_a_few(counter: Path) -> None:
    put(counter, begin="1 // 0")
    output = run_pytest(counter, "generated")
    assert output.partition("3 more failures are like these")[0].count("\nZeroDivisionError: ") == 20
    assert "23 errors in" in output
    assert "   23  ZeroDivisionError raised, at the start\n" in output
