"""Names of tests and files: unique, readable, and the same when other behaviors come or go."""

import hashlib
import random
import re

from hypothesis import given
from hypothesis import strategies as st

from testgen.bindings import Story
from testgen.render.naming import TESTS_PER_FILE, NamedStory, group_into_files, name_tests

words = st.sampled_from(["Inc", "Stop", "inc", "stop", "Set(1)", "Set[1]", "", "é", "others", "x" * 70]) | st.text(
    max_size=5
)
paths = st.lists(words, max_size=4).map(tuple)


def told(path: tuple[str, ...], number: int = 0) -> tuple[str, Story]:
    behavior = hashlib.sha256(f"{path}{number}".encode()).hexdigest()[:32]
    return behavior, Story(path, "")


def named(paths: list[tuple[str, ...]]) -> list[NamedStory]:
    return name_tests(told(path, number) for number, path in enumerate(paths))


@given(st.lists(st.tuples(st.sampled_from(["0" * 32, "0" * 31 + "1", "1" * 32]), paths), max_size=12))
def test_names_are_unique_identifiers_whatever_the_steps_are(stories: list[tuple[str, tuple[str, ...]]]) -> None:
    tests = name_tests((behavior, Story(path, "")) for behavior, path in stories)
    names = [test.name for test in tests]
    assert len(set(map(str.lower, names))) == len(stories)
    assert all(re.fullmatch(r"test_[a-z0-9_]{1,110}", name) for name in names)


@given(st.lists(paths, min_size=1, max_size=30), st.integers(1, 40))
def test_every_test_is_in_one_file_in_the_given_order(paths: list[tuple[str, ...]], times: int) -> None:
    tests = named(paths * times)
    files = group_into_files(tests)
    place = {test.name: number for number, test in enumerate(tests)}
    placed = [[place[test.name] for test in group] for group in files.values()]
    assert sorted(number for group in placed for number in group) == list(range(len(tests)))
    assert all(group == sorted(group) for group in placed)
    assert all(re.fullmatch(r"test_[a-z0-9_]{1,80}\.py", name) for name in files)
    assert len(set(map(str.lower, files))) == len(files)


def test_name_says_the_steps_and_eight_digits_of_the_id() -> None:
    behavior, story = told(("StartTransaction", "write 1"))
    assert name_tests([(behavior, story)])[0].name == f"test_starttransaction_write_1_{behavior[:8]}"


def test_behavior_without_steps_has_a_name() -> None:
    assert named([()])[0].name.startswith("test_start_")


def test_long_steps_are_cut_between_words() -> None:
    name = named([("alpha",) * 30])[0].name
    assert re.fullmatch(r"test_alpha(_alpha){9}_[0-9a-f]{8}", name)


def test_first_eight_digits_in_common_bring_out_the_whole_id() -> None:
    tests = name_tests([("a" * 8 + "b" * 24, Story(("x",), "")), ("a" * 8 + "c" * 24, Story(("x",), ""))])
    assert [test.name for test in tests] == [f"test_x_{'a' * 8}{'b' * 24}", f"test_x_{'a' * 8}{'c' * 24}"]


def test_key_ends_the_name_and_is_the_only_one() -> None:
    """Also of tests with other steps: a run log knows a test by its key."""
    ids = ["a" * 8 + "b" * 24, "a" * 8 + "c" * 24, "d" * 32, "d" * 32, "e" * 32]
    tests = name_tests((behavior, Story((f"x{number}",), "")) for number, behavior in enumerate(ids))
    assert [test.key for test in tests] == [ids[0], ids[1], "d" * 32, f"{'d' * 32}_2", "e" * 8]
    assert all(test.name.endswith(f"_{test.key}") for test in tests)


def test_behaviors_with_one_id_are_counted_on_and_none_is_lost() -> None:
    tests = name_tests([("a" * 32, Story(("x",), ""))] * 3)
    assert [test.name.removeprefix(f"test_x_{'a' * 32}") for test in tests] == ["", "_2", "_3"]


def test_small_suite_is_one_file() -> None:
    assert list(group_into_files(named([("a",), ("b",)]))) == ["test_all.py"]


def test_large_suite_is_split_by_first_step_and_small_groups_stand_together() -> None:
    files = group_into_files(named([("a",)] * 100 + [("b",)] * 30 + [("c",)] * 3 + [("d",)] * 2))
    assert {name: len(tests) for name, tests in files.items()} == {
        "test_a.py": 100,
        "test_b.py": 30,
        "test_all_others.py": 5,
    }


def test_no_file_is_much_larger_than_an_editor_likes() -> None:
    rng = random.Random(1)
    tests = named([tuple(rng.choice("abc") for _ in range(rng.randint(0, 5))) for _ in range(3000)])
    assert max(map(len, group_into_files(tests).values())) <= 1.5 * TESTS_PER_FILE


def test_suite_that_can_stop_after_each_of_a_thousand_steps_is_split_without_recursion() -> None:
    tests = named([("inc",) * n + ("stop",) for n in range(2000)])
    files = group_into_files(tests)
    assert sum(map(len, files.values())) == 2000
    assert max(map(len, files.values())) <= 1.5 * TESTS_PER_FILE


def test_one_behavior_more_changes_one_file() -> None:
    rng = random.Random(2)
    tests = named([tuple(rng.choice("abcd") for _ in range(3)) for _ in range(1500)])
    before = {name: [test.name for test in group] for name, group in group_into_files(tests[:-1]).items()}
    after = {name: [test.name for test in group] for name, group in group_into_files(tests).items()}
    assert [name for name in after if after[name] != before.get(name)] == [
        next(name for name in after if tests[-1].name in after[name])
    ]
    assert before.keys() <= after.keys()


def test_tests_that_only_ids_tell_apart_are_spread_by_their_first_digit() -> None:
    files = group_into_files(named([("x",)] * 1800))
    assert sorted(files) == [f"test_x_{digit:x}.py" for digit in range(16)]


def test_many_behaviors_that_end_alike_get_a_file_of_their_own() -> None:
    files = group_into_files(named([("a",)] * 40 + [("a", "b")] * 100))
    assert {name: len(tests) for name, tests in files.items()} == {"test_a.py": 40, "test_a_b.py": 100}
