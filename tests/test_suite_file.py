"""The suite file: what is written is read again, and only for the graph it was written for."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.behavior import Suite, Telling
from testgen.errors import GraphError, InputError, TestgenError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import Request, select_behaviors
from testgen.suite_file import read_outline, read_suite, suite_text, write_suite_file
from tests.strategies import PlainGraph, plain_graphs


def read(plain: PlainGraph, seed: int = 0) -> StateGraph:
    rng = random.Random(seed)
    return read_dot(Source("drawn.dot", plain.renumbered(rng).dot(rng).encode()))


def ladder(rungs: int = 2) -> PlainGraph:
    values = tuple((("int", number),) for number in range(rungs + 1))
    steps = tuple((rung, label, rung + 1) for rung in range(rungs) for label in ("L", "R(1)"))
    return PlainGraph(("x",), values, frozenset({0}), steps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suites")


def told(suite: Suite, rng: random.Random) -> Suite:
    """The suite with tellings of chance."""
    tellings: list[Telling | None] = []
    for number, behavior in enumerate(suite.behaviors):
        n_told = rng.randint(0, len(behavior.transitions))
        progress = tuple(sorted(rng.randint(0, n_told) for _ in range(rng.randrange(4))))
        telling = Telling(f"{number:08x}", n_told, rng.choice([None, progress]))
        tellings.append(rng.choice([telling, telling, None]))
    return replace(suite, tellings=tuple(tellings))


@given(plain=plain_graphs(), seed=st.integers(0, 99))
def test_how_tests_tell_behaviors_is_read_again(plain: PlainGraph, seed: int, folder: Path) -> None:
    graph = read(plain)
    suite = told(select_behaviors(graph, Request("states", max_steps=3)), random.Random(seed))
    path = folder / "rendered.json"
    write_suite_file(suite_text(suite, version="1"), path)
    assert read_suite(path, graph).tellings == suite.tellings
    assert suite_text(read_suite(path, graph), version="1") == path.read_text()
    assert [outline.id for outline in read_outline(path)] == [behavior.id for behavior in suite.behaviors]


@pytest.mark.parametrize(
    "change",
    [
        {"tellings": [{"transitions": 3, "progress": []}]},
        {"tellings": [{"transitions": 2, "progress": [1, 0]}]},
        {"tellings": [{"transitions": 1, "progress": [0, 2]}]},
        {"tellings": [{"transitions": -1, "progress": None}]},
        {"tellings": [{"transitions": 2, "progress": [-1]}]},
        {"tellings": [{"transitions": 2, "progress": [True]}]},
        {"tellings": [{"transitions": 2, "progress": 5}]},
        {"tellings": [{"transitions": "2", "progress": None}]},
        {"tellings": [{"transitions": 2}]},
        {"tellings": []},
        {"tellings": {}},
        {"tellings": 1},
    ],
)
def test_a_telling_that_cannot_be_is_told(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    suite = select_behaviors(read(ladder()))
    tellings = tuple(Telling(behavior.id[:8], 2, (0, 1, 2)) for behavior in suite.behaviors)
    write_suite_file(suite_text(replace(suite, tellings=tellings), version="1"), path)
    assert read_suite(path, suite.graph).tellings == tellings
    with pytest.raises(InputError, match="no suite file of this version"):
        read_suite(edited(path, **change), suite.graph)


@given(plain=plain_graphs())
def test_what_is_written_is_read_again_for_every_dump_of_the_graph(plain: PlainGraph, folder: Path) -> None:
    suite = select_behaviors(read(plain), Request("states", max_steps=3))
    path = folder / "suite.json"
    write_suite_file(suite_text(suite, version="1"), path)
    again = read_suite(path, read(plain, seed=1))
    assert again.behaviors == suite.behaviors
    assert (again.selection, again.lower_bound, again.uncovered) == (
        suite.selection,
        suite.lower_bound,
        suite.uncovered,
    )
    assert suite_text(again, version="1") == path.read_text()
    for outline, behavior in zip(read_outline(path), suite.behaviors, strict=True):
        assert outline.id == behavior.id
        assert list(outline.actions) == [str(suite.graph.action(step)) for step in behavior.transitions]


def test_a_suite_of_another_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    write_suite_file(suite_text(select_behaviors(read(ladder(2))), version="1"), path)
    with pytest.raises(GraphError, match="is a suite of another graph"):
        read_suite(path, read(ladder(3)))


def edited(path: Path, **changes: Any) -> Path:
    document = json.loads(path.read_text())
    for key, value in changes.items():
        document[key] = value
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[1]", "no schema"),
        ('{"schema": "testgen.suite/2"}', "no schema"),
        ('{"schema": "testgen.suite/1"}', "no 'graph'"),
        ("[" * 100_000, "nested too deep"),
        ("\xff", "is not JSON"),
    ],
)
def test_what_is_no_suite_file_is_told(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text(text)
    for reading in (lambda: read_suite(path, read(ladder())), lambda: read_outline(path)):
        with pytest.raises(TestgenError, match=words) as caught:
            reading()
        assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transitions": [3, 0]}, "is no path of the graph"),
        ({"states": [1, 1, 2]}, "is no path of the graph"),
        ({"states": [0, 1, 2, 2]}, "is no path of the graph"),
        ({"id": "0" * 32}, "is no path of the graph"),
        ({"transitions": [99, 99]}, "a number in it stands for nothing"),
        ({"transitions": ["a", "b"]}, "is no path of the graph"),
        ({"transitions": 7}, "it has one kind of value where another belongs"),
        ({"states": []}, "a number in it stands for nothing"),
    ],
)
def test_an_edited_behavior_that_is_no_path_is_told(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    suite = select_behaviors(read(ladder()))
    write_suite_file(suite_text(suite, version="1"), path)
    told = json.loads(path.read_text())["behaviors"]
    told[0] |= change
    with pytest.raises(InputError, match=words):
        read_suite(edited(path, behaviors=told), suite.graph)


def test_a_file_of_somebody_is_not_overwritten_and_a_suite_file_is(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text("mine")
    text = suite_text(select_behaviors(read(ladder())), version="1")
    with pytest.raises(InputError, match="not a suite file"):
        write_suite_file(text, path)
    assert path.read_text() == "mine"
    path.unlink()
    write_suite_file(text, path)
    write_suite_file(text.replace('"1"', '"2"'), path)
    assert '"testgen": "2"' in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["suite.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"options": [[]]},
        {"options": ["red \x1b[31m"]},
        {"criterion": "\ud800"},
        {"criterion": "x" * 2000},
        {"uncovered": {"a": "b"}},
        {"uncovered": {"a": -1}},
        {"lower_bound": True},
        {"behaviors": [{"id": None}]},
        {"behaviors": [1]},
        {"behaviors": []},
        {"actions": {"0": 1}},
    ],
)
def test_odd_values_are_told(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    suite = select_behaviors(read(ladder()))
    write_suite_file(suite_text(suite, version="1"), path)
    edited(path, **change)
    for reading in (lambda: read_suite(path, suite.graph), lambda: read_outline(path)):
        with pytest.raises(InputError):
            reading()


def test_a_number_of_thousands_of_digits_is_told(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    text = suite_text(select_behaviors(read(ladder())), version="1")
    path.write_text(text.replace('"lower_bound": 4', f'"lower_bound": {"9" * 5000}'))
    with pytest.raises(InputError, match="what no suite file does"):
        read_outline(path)


def test_a_behavior_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    write_suite_file(suite_text(select_behaviors(read(ladder())), version="1"), path)
    told = json.loads(path.read_text())["behaviors"]
    with pytest.raises(InputError, match="one twice"):
        read_outline(edited(path, behaviors=[*told, told[0]]))
