"""Array kernels against plain versions."""

from __future__ import annotations

import re
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.graph import _kernels
from testgen.graph._kernels import (
    Ascending,
    breadth_first_levels,
    decode_integers,
    escaped_evenly,
    find_all,
    intern_ranges,
    line_bounds,
    sorted_rows,
    starting,
    successor_positions,
)

PADDING = b" " * 32
text_bytes = st.binary(max_size=60) | st.lists(st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b""]), max_size=20).map(
    b"".join
)


def as_array(text: bytes) -> np.ndarray:
    return np.frombuffer(text, dtype=np.uint8)


@given(text_bytes)
def test_lines_are_those_that_split_gives(text: bytes) -> None:
    starts, ends = line_bounds(as_array(text))
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    found = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    assert found == [line.removesuffix(b"\r") for line in lines]


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_lines_are_found_across_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    text = b"ab\n\ncdef\n" * 7
    whole = [part.tolist() for part in line_bounds(as_array(text))]
    monkeypatch.setattr(_kernels, "_CHUNK", chunk)
    assert [part.tolist() for part in line_bounds(as_array(text))] == whole


numbers = st.one_of(
    st.integers(-(2**63) - 2, -(2**63) + 2), st.integers(2**63 - 2, 2**63 + 2), st.integers(), st.integers(-20, 20)
)


@given(st.lists(st.tuples(numbers.map(str) | st.sampled_from(["", "-", "--1", "+1", "007", "x", "9" * 19, "0" * 25]),
                          st.sampled_from(["", " ", "x", "-", ".", "/", ":"])), max_size=8))  # fmt: skip
def test_integers_are_decoded_as_int_would(items: list[tuple[str, str]]) -> None:
    text, starts = b"", []
    for number, after in items:
        starts.append(len(text))
        text += f"{number}{after} ".encode()
    values, ends = decode_integers(as_array(text + PADDING), np.array(starts, dtype=np.int64))
    for start, value, end in zip(starts, values.tolist(), ends.tolist(), strict=True):
        match = re.compile(rb"-?\d+").match(text, start)
        if match is None or len(match.group().lstrip(b"-")) > 19 or not -(2**63) <= int(match.group()) < 2**63:
            assert end == start
        else:
            assert (value, end) == (int(match.group()), match.end())


@given(
    st.lists(st.sampled_from([b"", b"a", b"b", b"ab", b"ba", b"aaaa", b"aaab"]) | st.binary(max_size=4), max_size=20)
)
def test_equal_ranges_get_one_number(items: list[bytes]) -> None:
    check_interned(items)


def check_interned(items: list[bytes]) -> None:
    text, starts, ends = b"", [], []
    for item in items:
        starts.append(len(text))
        text += item
        ends.append(len(text))
    array = as_array(text + PADDING)
    firsts, interned = intern_ranges(array, np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64))
    assert len(firsts) == len(set(items))
    for item, number in zip(items, interned.tolist(), strict=True):
        first = int(firsts[number])
        assert items[first] == item
        assert items.index(item) == first


def test_ranges_whose_hashes_collide_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hash that is always zero, only the comparison of bytes is left."""

    class Weak:
        def __getattr__(self, name: str) -> object:
            return getattr(np, name)

        @staticmethod
        def unique(array: np.ndarray, **options: bool) -> object:
            return np.unique(array * 0 if array.dtype == np.uint64 else array, **options)

    monkeypatch.setattr(_kernels, "np", Weak())
    check_interned([b"ab", b"ba", b"ab", b"cc", b"", b"x", b"cc"])


@st.composite
def adjacency(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    size = draw(st.integers(1, 8))
    state = st.integers(0, size - 1)
    rows = draw(st.lists(st.lists(state, max_size=4), min_size=size, max_size=size))
    return rows, draw(st.lists(state, max_size=3))


@given(adjacency())
def test_levels_are_those_of_a_queue(drawn: tuple[list[list[int]], list[int]]) -> None:
    rows, initial = drawn
    levels = dict.fromkeys(initial, 1)
    queue = deque(initial)
    while queue:
        state = queue.popleft()
        for target in rows[state]:
            if target not in levels:
                levels[target] = levels[state] + 1
                queue.append(target)
    offsets = np.cumsum([0, *map(len, rows)])
    targets = np.array([target for row in rows for target in row], dtype=np.int32)
    found = breadth_first_levels(offsets, targets, np.array(initial, dtype=np.int32))
    assert found.tolist() == [levels.get(state, 0) for state in range(len(rows))]


@given(adjacency())
def test_successor_positions_are_the_rows_in_order(drawn: tuple[list[list[int]], list[int]]) -> None:
    rows, states = drawn
    offsets = np.cumsum([0, *map(len, rows)])
    found = successor_positions(offsets, np.array(states, dtype=np.int64))
    assert found.tolist() == [position for state in states for position in range(offsets[state], offsets[state + 1])]


@given(st.binary(max_size=30) | st.lists(st.sampled_from([b"\\", b"x"]), max_size=20).map(b"".join), st.data())
def test_backslashes_before_a_place_are_counted(text: bytes, data: st.DataObject) -> None:
    at = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    before = [len(text[:place]) - len(text[:place].rstrip(b"\\")) for place in at]
    found = escaped_evenly(as_array(text + PADDING), np.array(at, dtype=np.int64))
    assert found.tolist() == [count % 2 == 0 for count in before]


int64 = st.integers(-(2**63), 2**63 - 1) | st.integers(-50, 50)


@given(st.sets(int64, max_size=200), st.lists(int64, max_size=30), st.booleans())
def test_numbers_are_found_in_sorted_ones(keys: set[int], others: list[int], crowded: bool) -> None:
    if crowded:
        keys |= set(range(100))
    ordered = sorted(keys)
    wanted = [*others, *ordered[::3]]
    found = Ascending(np.array(ordered, dtype=np.int64)).find(np.array(wanted, dtype=np.int64))
    assert found.tolist() == [ordered.index(number) if number in keys else -1 for number in wanted]


@given(
    st.sampled_from([1, 7, 2**20, 2**31 - 1, 2**62]).flatmap(
        lambda most: st.lists(st.tuples(*[st.integers(0, most)] * 3), max_size=40)
    )
)
def test_rows_are_sorted_as_tuples_are(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    assert list(zip(*(column.tolist() for column in sorted_rows(*columns)), strict=True)) == sorted(rows)


@given(
    st.lists(st.sampled_from([b"{", b"},", b'"from"', b" ", b"\n", b"{{", b"x" * 9]), max_size=30).map(b"".join),
    st.data(),
)
def test_patterns_are_found_as_find_would(text: bytes, data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from([b"{", b'},{"from"', b"x", b"},\n{ ", b"{{", b'{"from"']))
    array = as_array(text + PADDING)
    expected = [at for at in range(len(text)) if text.startswith(pattern, at)]
    assert find_all(array, pattern).tolist() == expected
    anywhere = np.arange(-len(pattern), len(array) + 2)
    assert anywhere[starting(array, anywhere, pattern)].tolist() == expected


def test_a_pattern_longer_than_the_text_is_not_found() -> None:
    assert not len(find_all(as_array(b"{" + PADDING), b"{" + b" " * 60))
