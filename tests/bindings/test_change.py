"""Where a step changed a value is found, or told that there is no one place."""

import pytest

from testgen.bindings import changed_element, changed_key


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ({"a": 1, "b": 1}, {"a": 1, "b": 2}, "b"),
        ([0, 0], [0, 1], 2),
        ([], {"a": 1}, "a"),  # the empty function is the empty sequence
        (["x"], {1: "x", 3: "x"}, 3),
        ({"a": True}, {"a": 1}, "a"),  # equal in Python, not in TLA+
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, "a"),
        ([], ["x"], 1),
    ],
)
def test_key_that_changed(before: object, after: object, key: object) -> None:
    assert changed_key(before, after) == key


@pytest.mark.parametrize(
    ("before", "after", "element"),
    [
        (set(), {("a", 1)}, ("a", 1)),
        ({1, 2}, {2}, 1),
        ([1, 2], [1, 2, 3], 3),
        ([1, 2, 3], [2, 3], 1),
        ([1, 1], [1], 1),
        ([], [None], None),
    ],
)
def test_element_that_came_or_went(before: object, after: object, element: object) -> None:
    assert changed_element(before, after) == element


@pytest.mark.parametrize(
    ("find", "before", "after", "words"),
    [
        (changed_key, [0, 0], [1, 1], "2 keys changed, 1, 2"),
        (changed_key, {"a": 1}, {"a": 1}, "none of its keys changed"),
        (changed_key, {"a": 1}, 1, "int is neither a function nor a sequence"),
        (changed_key, {1}, {2}, "set is neither a function nor a sequence"),
        (changed_element, {1}, {2}, "2 elements changed, 1, 2"),
        (changed_element, [1], [2], "not one element came or went"),
        (changed_element, [1], [1, 2, 3], "not one element came or went"),
        (changed_element, {"a": 1}, {}, "dict and dict are neither two sets nor two sequences"),
    ],
)
def test_no_one_place_is_told(find: object, before: object, after: object, words: str) -> None:
    assert callable(find)
    with pytest.raises(ValueError, match=f"^{words}$"):
        find(before, after)
