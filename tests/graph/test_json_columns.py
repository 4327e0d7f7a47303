"""States and transitions of JSON read as arrays, against the same read one by one."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.errors import TestgenError
from testgen.graph import json_stream, tlc_json
from testgen.graph.json_columns import StateColumns, StateShape, TransitionShape, find_states, find_transitions
from testgen.graph.json_stream import JsonStream
from testgen.graph.model import StateGraph
from testgen.graph.source import Stream
from testgen.graph.tlc_json_states import StateTable

Json = dict[str, Any]  # Any: what JSON holds

FINGERPRINTS = 5, -71, 0, 2**63 - 1, -(2**63), 12
STATES: list[Json] = [{"fp": fp, "val": {"x": x}, "initial": x == 0} for x, fp in enumerate(FINGERPRINTS)]
LABELS = [("Set", {}), ("Set", {"v": "1"}), ('odd "},{" \\ name', {"a": '"},\\n{\\"from\\": 1"', "b": "<<1>>"})]
INNER: Json = {"fp": 1, "val": {"x": 0, "y": 1}, "initial": True}
VALUES = 0, -12, True, "m1", 'odd "},{" \\ ,"y": ', [], [1, "two"], {"y": 1}, {"n": {"y": [{"x": 0}]}}, [INNER, INNER]
"""Of a variable; some look like what stands around it."""


def edge(source: int, target: int, label: int) -> Json:
    action, parameters = LABELS[label]
    return {"from": FINGERPRINTS[source], "to": FINGERPRINTS[target], "action": action, "actionParams": parameters}


edges = st.lists(
    st.builds(edge, st.integers(0, 5), st.integers(0, 5), st.integers(0, len(LABELS) - 1)), min_size=1, max_size=40
)
values = st.sampled_from(VALUES[:6]) | st.sampled_from(VALUES)


@st.composite
def states(draw: st.DrawFn) -> list[Json]:
    """Some states with the same variables, the first one initial."""
    names = draw(st.lists(st.sampled_from(["x", "y", "é", 'a"b', "fp"]), min_size=1, unique=True))
    shown = draw(st.lists(st.tuples(*[values] * len(names)), min_size=1, max_size=40))
    return [
        {"fp": fp * 7919**4 * (-1) ** fp, "val": dict(zip(names, row, strict=True)), "initial": fp % 7 == 0}
        for fp, row in enumerate(shown)
    ]


class SmallPieces(Stream):
    """Gives few bytes at a time, so that a small file is read in many batches."""

    def read(self, size: int = 300) -> bytes:
        return super().read(min(size, 300))


def read(content: str) -> StateGraph | tuple[object, ...]:
    try:
        return tlc_json.read_tlc_json("file", [SmallPieces("file", io.BytesIO(content.encode()))])
    except TestgenError as error:  # its excerpt ends where a batch does
        return type(error), error.message, error.location, error.hint


def read_both(content: str) -> tuple[object, object, Counter[type]]:
    """What is read at once and one by one, and how many pieces of each shape were read at once."""
    pieces: Counter[type] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_BATCH", 300)
        patch.setattr(json_stream, "_PIECE", 400)
        for shape in (StateShape, TransitionShape):
            patch.setattr(shape, "columns", counting(shape, pieces))
        one = read(content)
        patch.setattr(JsonStream, "_take_at_once", lambda *_: False)
        other = read(content)
    return one, other, pieces


def counting(shape: Any, pieces: Counter[type]) -> Callable[..., object]:  # Any: either one, which are alike
    columns = shape.columns

    def counted(*arguments: object) -> object:
        found = columns(*arguments)
        pieces[shape] += found is not None
        return found

    return counted


def digest(result: object) -> object:
    if not isinstance(result, StateGraph):
        return result
    return result.digest, [[value.key for value in column] for column in result.values], result.warnings


def damaged(content: str, data: st.DataObject) -> str:
    """The same, perhaps with one character more, or another one, somewhere."""
    if data.draw(st.booleans()):
        return content
    at, kind = data.draw(st.integers(0, len(content) - 1)), data.draw(st.sampled_from('0"x,{}- 7:'))
    return content[:at] + kind + content[at + data.draw(st.integers(0, 1)) :]


@given(edges, st.sampled_from([None, 2]), st.data())
def test_arrays_give_the_same_transitions_or_error(drawn: list[Json], indent: int | None, data: st.DataObject) -> None:
    content = damaged(json.dumps({"states": STATES, "edges": drawn * 4}, indent=indent), data)
    one, other, _ = read_both(content)
    assert digest(one) == digest(other)


@given(states(), st.sampled_from([None, 2]), st.booleans(), st.data())
def test_arrays_give_the_same_states_or_error(
    drawn: list[Json], indent: int | None, is_ascii: bool, data: st.DataObject
) -> None:
    document = {"states": drawn * 2, "edges": [edge(2, 2, 0)]}
    one, other, _ = read_both(damaged(json.dumps(document, indent=indent, ensure_ascii=is_ascii), data))
    assert digest(one) == digest(other)


@pytest.mark.parametrize("indent", [None, 2])
def test_most_is_read_at_once(indent: int | None) -> None:
    shown = [{"x": x % 7, "log": ["a"] * (x % 3), "y": {"n": x}} for x in range(100)]
    states = [{"fp": -(7**20) * x, "val": value, "initial": x % 2 == 0} for x, value in enumerate(shown)]
    edges = [{"from": 0, "to": -(7**20) * (x % 100), "act": "A", "params": {"n": f"{x % 5}"}} for x in range(200)]
    content = json.dumps({"states": states, "edges": edges}, indent=indent)
    one, other, pieces = read_both(content)
    assert digest(one) == digest(other)
    assert pieces[StateShape] > 10
    assert pieces[TransitionShape] > 10


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"from": 0,', '"from": 00,'),
        lambda text: text.replace('"from": 0,', '"from": -0,'),
        lambda text: text.replace('"from": 0,', '"from": 0.0,'),
        lambda text: text.replace('"from": 0,', '"from": 1e1,'),
        lambda text: text.replace('"to": 0,', '"to": 99999999999999999999,'),
        lambda text: text.replace('"to": 0,', '"to": 3,'),
        lambda text: text.replace('"to": 0,', '"ot": 0,'),
        lambda text: text.replace('"from": 0,', '"from"; 0,'),
        lambda text: text.replace('"action": "Set"', '"action": "Set", "action": "Set"'),
        lambda text: text.replace('"action": "Set"', '"action": "Set", "to": 5'),
        lambda text: text.replace('"actionParams": {}', '"actionParams": {}, "from": 5'),
        lambda text: text.replace('"actionParams": {}', '"actionParams": {}, "more": [1, {"from": 5}]'),
        lambda text: text.replace('"actionParams": {"v": "1"}', '"actionParams": {"v": "1", "v": "2"}'),
    ],
)
def test_transitions_written_otherwise_are_read_or_told_as_one_by_one(change: Callable[[str], str]) -> None:
    content = json.dumps({"states": STATES, "edges": [edge(at % 6, (at + 1) % 6, at % 2) for at in range(60)]})
    head, _, tail = content.partition('"edges"')
    changed = head + '"edges"' + tail[:900] + change(tail[900:])
    one, other, pieces = read_both(changed)
    assert digest(one) == digest(other)
    assert pieces[TransitionShape] > 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"fp": 7,', '"fp": 07,'),
        lambda text: text.replace('"fp": 7,', '"fp": 7.0,'),
        lambda text: text.replace('"fp": 7,', '"fp":7,'),
        lambda text: text.replace('"fp": 7,', '"fp": 7, "more": 0,'),
        lambda text: text.replace('"x": 7, "y": 1', '"y": 1, "x": 7'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": 7, "x": 7, "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": 7, "y": 1, "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": 7, "z": 1, "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x":  7 , "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": , "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": 7'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": {"a": 0, "y": 2} ,"y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": {"a": 0, "a": 2}, "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": {"a": 0, "y": 2}, "y": 1').replace(
            '"x": 8, "y": 2', '"x": 8'
        ),
        lambda text: text.replace('"x": 8, "y": 2', '"x": 8').replace(
            '"x": 9, "y": 0', '"x": {"a": 0, "y": 2}, "y": 0'
        ),
        lambda text: text.replace('"x": 7, "y": 1', '"x": 7.5, "y": 1'),
        lambda text: text.replace('"x": 7, "y": 1', '"x": null, "y": 1'),
        lambda text: text.replace('"y": 1}, "initial": false', '"y": 1}, "initial": 0', 1),
        lambda text: text.replace('"y": 1}, "initial": false', '"y": 1 }, "initial": false', 1),
        lambda text: text.replace('"y": 1}, "initial": false', '"y": 1}, "initial": false, "fp": 3', 1),
    ],
)
@pytest.mark.parametrize("place", [0, 900])
def test_states_written_otherwise_are_read_or_told_as_one_by_one(change: Callable[[str], str], place: int) -> None:
    states = [{"fp": x, "val": {"x": x, "y": x % 3}, "initial": x == 50} for x in range(7, 60)]
    content = json.dumps({"states": states * 2, "edges": []})
    head, tail = content[:place], content[place:]
    changed = head + change(tail)
    assert changed != content
    one, other, pieces = read_both(changed)
    assert digest(one) == digest(other)
    assert pieces[StateShape] > 0 or place == 0  # then all are other than the first one


@pytest.mark.parametrize("space", [0, 30, 500])
def test_space_between_elements_may_be_longer_than_they_are(space: int) -> None:
    content = json.dumps({"states": STATES * 9, "edges": [edge(at % 6, (at + 1) % 6, at % 2) for at in range(99)]})
    one, other, _ = read_both(content.replace("}, {", "}," + " " * space + "{"))
    assert isinstance(one, StateGraph)
    assert digest(one) == digest(other)


def test_what_only_looks_like_a_state_leaves_no_value() -> None:
    inner = {"fp": 1, "val": {"x": 99}, "initial": True}
    states = [{"fp": x, "val": {"x": [inner] * 3 if x == 30 else 0}, "initial": x == 0} for x in range(60)]
    one, other, pieces = read_both(json.dumps({"states": states, "edges": []}))
    assert digest(one) == digest(other)
    assert isinstance(one, StateGraph)
    assert len(one.values[0]) == 2
    assert pieces[StateShape] > 0


def test_shape_of_an_element_is_where_its_numbers_are() -> None:
    shape = find_transitions(b'{"from": -5, "to": 7, "act": "A"}', (-5, 7), b'},{"from"')
    assert shape is not None
    assert (shape.head, shape.between) == (b'{"from": ', b', "to": ')
    assert find_transitions(b'{"to": 7, "from": -5}', (-5, 7), b'},{"to"') is None
    assert find_transitions(b'{"from": -5, "to": 7}', (-5, 7), b"") is None


def test_shape_of_a_state_is_what_stands_around_its_values() -> None:
    shape = find_states(b'{"fp": 7, "val": {"x": 7, "y": [7]}, "initial": true}', b'}, {"fp"')
    assert shape is not None
    assert (shape.head, shape.before) == (b'{"fp": ', (b', "val": {"x": ', b', "y": '))
    assert (shape.initial, shape.other) == (b'}, "initial": true}', b'}, "initial": false}')
    for other in (
        b'{"fp": 7, "val": {}, "initial": true}',
        b'{"fp": 7, "initial": true, "val": {"x": 7}}',
        b'{"fp": 7, "val": {"x": 7}, "initial": true, "fp": 7}',
        b'{"fp": 7, "val": {"x": 7, "x": 7}, "initial": true}',
        b'{"fp": 7, "val": {"x": 7, "y": 7 , "z": 7}, "initial": true}',
    ):
        assert find_states(other, b'}, {"fp"') is None


def test_each_fingerprint_is_found_where_it_is_declared_first() -> None:
    declared = np.random.default_rng(1).integers(0, 200, 1000)
    states = StateTable("file")
    assert states._take(StateColumns(declared, np.zeros(1000, dtype=bool), []))
    fingerprints, firsts = states.by_fingerprint()
    expected, places = np.unique(declared, return_index=True)
    assert (fingerprints.tolist(), firsts.tolist()) == (expected.tolist(), places.tolist())
