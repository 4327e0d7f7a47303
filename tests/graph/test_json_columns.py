"""Transitions of JSON read as arrays, against the same read one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.errors import TestgenError
from testgen.graph import json_stream, tlc_json
from testgen.graph.json_columns import find_shape
from testgen.graph.model import StateGraph
from testgen.graph.source import Stream
from testgen.graph.tlc_json_transitions import TransitionTable

STATES = [{"fp": fp, "val": {"x": x}, "initial": x == 0} for x, fp in enumerate((5, -71, 0, 2**63 - 1, -(2**63), 12))]
LABELS = [("Set", {}), ("Set", {"v": "1"}), ('odd "},{" \\ name', {"a": '"},\\n{\\"from\\": 1"', "b": "<<1>>"})]


def edge(source: int, target: int, label: int) -> dict[str, object]:
    action, parameters = LABELS[label]
    fingerprints = [state["fp"] for state in STATES]
    return {
        "from": fingerprints[source], "to": fingerprints[target], "action": action, "actionParams": parameters
    }  # fmt: skip


edges = st.lists(
    st.builds(edge, st.integers(0, 5), st.integers(0, 5), st.integers(0, len(LABELS) - 1)), min_size=1, max_size=40
)


class SmallPieces(Stream):
    """Gives few bytes at a time, so that a small file is read in many batches."""

    def read(self, size: int = 300) -> bytes:
        return super().read(min(size, 300))


def read(content: str) -> StateGraph | tuple[type[TestgenError], str]:
    try:
        return tlc_json.read_tlc_json("file", [SmallPieces("file", io.BytesIO(content.encode()))])
    except TestgenError as error:
        return type(error), str(error)


def read_both(monkeypatch: pytest.MonkeyPatch, content: str) -> tuple[object, object, int]:
    """What is read at once and one by one, and how often all of a batch was taken at once."""
    taken: list[bool] = []
    at_once = TransitionTable.add_at_once

    def counting(*arguments: object, **named: object) -> bool:
        taken.append(at_once(*arguments, **named))
        return taken[-1]

    with monkeypatch.context() as patch:
        patch.setattr(json_stream, "_BATCH", 300)
        patch.setattr(TransitionTable, "add_at_once", counting)
        one = read(content)
        patch.setattr(TransitionTable, "add_at_once", lambda *_, **__: False)
        other = read(content)
    return one, other, sum(taken)


def digest(result: object) -> object:
    return result.digest if isinstance(result, StateGraph) else result


@given(edges, st.sampled_from([None, 2]), st.data())
def test_arrays_give_the_same_graph_or_error(
    drawn: list[dict[str, object]], indent: int | None, data: st.DataObject
) -> None:
    content = json.dumps({"states": STATES, "edges": drawn * 4}, indent=indent)
    at, kind = data.draw(st.integers(0, len(content) - 1)), data.draw(st.sampled_from('0"x,{}- 7:'))
    if data.draw(st.booleans()):
        content = content[:at] + kind + content[at + data.draw(st.integers(0, 1)) :]
    with pytest.MonkeyPatch.context() as monkeypatch:
        one, other, _ = read_both(monkeypatch, content)
    assert digest(one) == digest(other)


def test_most_batches_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(
        {"states": STATES, "edges": [edge(at % 6, (at + 1) % 6, at % 2) for at in range(200)]}, indent=2
    )
    one, other, taken = read_both(monkeypatch, content)
    assert digest(one) == digest(other)
    assert taken > 20


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
def test_what_is_written_otherwise_is_read_or_told_as_one_by_one(
    change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.dumps({"states": STATES, "edges": [edge(at % 6, (at + 1) % 6, at % 2) for at in range(60)]})
    head, _, tail = content.partition('"edges"')
    changed = head + '"edges"' + tail[:900] + change(tail[900:])
    one, other, taken = read_both(monkeypatch, changed)
    assert digest(one) == digest(other)
    assert taken > 0


def test_shape_of_an_element_is_where_its_numbers_are() -> None:
    shape = find_shape(b'{"from": -5, "to": 7, "act": "A"}', (-5, 7), b'},{"from"')
    assert shape is not None
    assert (shape.head, shape.between) == (b'{"from": ', b', "to": ')
    assert find_shape(b'{"to": 7, "from": -5}', (-5, 7), b'},{"to"') is None
    assert find_shape(b'{"from": -5, "to": 7}', (-5, 7), b"") is None
