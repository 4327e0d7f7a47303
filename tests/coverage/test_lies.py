"""Lies in a graph: that tests notice them, and that those which go unnoticed are told for what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testgen.behavior import Suite
from testgen.coverage.lies import ENDS, LieReport, _spoken, tell_lies
from testgen.errors import InputError, SelectionError, TestgenError
from testgen.graph import load
from testgen.render import RenderedFile, render_suite
from testgen.selection import Request, select_behaviors
from tests.conftest import STORE_BINDING

COUNTER = """
from testgen.bindings import Binding, action, observes


class Counter(Binding):
    def __init__(self):
        self.n = 0

    @action("Up")
    def up(self):
        self.n += {step}

    @action("Twice")
    def twice(self):
        self.n += 2

    @observes("n")
    def observed(self):
        return self.n


class Trusting(Counter):
    '''Compares nothing.'''

    def expect(self, subject, expected, observed):
        pass
"""


def lie(dump: Path, binding: str, *, count: int = 20, seed: int = 0, template: str | None = None) -> LieReport:
    suite = select_behaviors(load(str(dump)), Request("transitions"))

    def render(part: Suite, folder: Path) -> Sequence[RenderedFile]:
        files = render_suite(part, binding, version="1", folder=folder, template=template)
        return [file for file in files if file.n_tests]

    return tell_lies(suite, render, count=count, seed=seed)


@pytest.fixture
def counter(write_dot: Callable[..., Path]) -> Path:
    """Counts to four by one or two; `secret` is what nobody can observe."""
    states = [{"n": str(n), "secret": str(n * n)} for n in range(5)]
    return write_dot(states, [(n, "Up", n + 1) for n in range(4)] + [(n, "Twice", n + 2) for n in range(3)])


@pytest.fixture
def bindings(tmp_path: Path) -> str:
    path = tmp_path / "counter.py"
    path.write_text(COUNTER.format(step=1), encoding="utf-8")
    return str(path)


def test_every_lie_that_is_told_is_noticed(counter: Path, bindings: str) -> None:
    report = lie(counter, f"{bindings}:Counter", count=30)
    assert {one.end for one in report.lies} == {"noticed", "untold"}
    for one in report.lies:
        assert (one.end == "untold") == (one.what == "secret"), one
        assert one.end == "untold" or one.words.startswith("test_")
    assert report.percent == 100
    assert {one.kind for one in report.lies if one.end == "noticed"} == {"value", "target"}


def test_tests_that_compare_nothing_notice_nothing(counter: Path, bindings: str) -> None:
    report = lie(counter, f"{bindings}:Trusting", count=30)
    assert {one.end for one in report.lies} == {"unnoticed", "untold"}
    assert report.percent == 0


def test_a_lie_that_no_test_can_be_made_of_is_refused(store: Path) -> None:
    """`Store` finds the parameter of Take in the history, which a lie may empty."""
    report = lie(store, STORE_BINDING, count=40)
    assert {"noticed", "refused"} <= {one.end for one in report.lies} <= set(ENDS)
    refused = next(one for one in report.lies if one.end == "refused")
    assert (refused.what, "cannot be found from the states" in refused.words) == ("history", True)


def test_the_same_seed_tells_the_same_lies(counter: Path, bindings: str) -> None:
    once, again, other = (lie(counter, f"{bindings}:Counter", count=10, seed=seed) for seed in (3, 3, 4))
    assert once == again
    assert once.lies != other.lies
    assert len({(one.kind, one.state, one.what, one.told) for one in once.lies}) == 10


def test_no_more_lies_are_told_than_there_are(counter: Path, bindings: str) -> None:
    """5 states with 4 other values of 2 variables each, and 4 transitions that could lead elsewhere on their level."""
    report = lie(counter, f"{bindings}:Counter", count=1000)
    values = [one for one in report.lies if one.kind == "value"]
    assert len(values) == 5 * 4 * 2
    assert all(one.behaviors >= 1 for one in report.lies)


def test_tests_that_fail_without_a_lie_are_no_witnesses(counter: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(COUNTER.format(step=3), encoding="utf-8")
    with pytest.raises(InputError, match=r"tests fail without a lie, so that they would notice any: test_"):
        lie(counter, f"{tmp_path / 'wrong.py'}:Counter")


def test_a_graph_that_leaves_nothing_to_lie_about_is_refused(write_dot: Callable[..., Path], bindings: str) -> None:
    dump = write_dot([{"n": "0"}, {"n": "0"}], [(0, "Up", 1)])
    with pytest.raises((SelectionError, TestgenError)):
        lie(dump, f"{bindings}:Counter")


def test_digits_of_names_are_no_part_of_what_tests_say() -> None:
    """A binding that tells only the beginning of behaviors gives them ids of their own, which a lie changes."""

    class File:
        name = "test_x.py"

        def __init__(self, digits: str, value: int) -> None:
            self.text = f'def test_up_1_{digits}(c):\n    """Behavior {digits}: up."""\n    c.up(n={value})\n'

    assert _spoken([File("0a1b2c3d", 12345678)]) == _spoken([File("ffffffff_2", 12345678)])
    assert _spoken([File("0a1b2c3d", 12345678)]) != _spoken([File("0a1b2c3d", 87654321)])
