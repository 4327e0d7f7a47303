"""Names of tests, and which file each test goes into.

A test is named for its steps and the first digits of its behavior's id. Files follow the steps too: tests that begin
alike stand together, until a file is small enough. So both stay what they are when other behaviors come or go.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testgen.bindings import Story

__all__ = ["NamedStory", "group_into_files", "name_tests"]

TESTS_PER_FILE = 120
"""At some fifteen lines a test, a file that an editor and a reviewer still like."""
_SMALL = 8
"""A group of fewer than TESTS_PER_FILE / 8 tests gets no file of its own when it must be split off."""
_SLUG_LENGTH = 60
_ID_DIGITS = 8
_NOT_WORD = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class NamedStory:
    """A behavior's story with the name of its test.

    Attributes:
        name: A Python identifier, unique in the suite: `test_`, the steps, and digits of the id.
        id: The behavior's id.
        story: What happens.
    """

    name: str
    id: str
    story: Story


def name_tests(stories: Iterable[tuple[str, Story]]) -> list[NamedStory]:
    """Name each (behavior id, story). Equal names, which eight digits make very rare, get the whole id."""
    pairs = list(stories)
    short = [_test_name(behavior[:_ID_DIGITS], story) for behavior, story in pairs]
    counts: dict[str, int] = defaultdict(int)
    for name in short:
        counts[name] += 1
    return [
        NamedStory(name if counts[name] == 1 else _test_name(behavior, story), behavior, story)
        for name, (behavior, story) in zip(short, pairs, strict=True)
    ]


def _test_name(digits: str, story: Story) -> str:
    return "_".join(["test", _slug(story.path), digits])


def _slug(path: Sequence[str]) -> str:
    """Steps as one lower-case word of at most 60 characters, cut between steps where possible."""
    words = [_NOT_WORD.sub("_", word.lower()).strip("_") or "step" for word in path] or ["start"]
    slug = "_".join(words)
    if len(slug) <= _SLUG_LENGTH:
        return slug
    kept: list[str] = []
    while sum(map(len, kept)) + len(kept) + len(words[len(kept)]) <= _SLUG_LENGTH:
        kept.append(words[len(kept)])
    return "_".join(kept) or slug[:_SLUG_LENGTH]


def group_into_files(tests: Sequence[NamedStory]) -> dict[str, list[NamedStory]]:
    """Which tests go into which file (`test_*.py`), both in the given order."""
    files: dict[str, list[NamedStory]] = {}
    _split(tests, (), files)
    return files


def _split(tests: Sequence[NamedStory], prefix: tuple[str, ...], files: dict[str, list[NamedStory]]) -> None:
    """Put tests whose stories begin with `prefix` into one file, or one file for each next step."""
    groups: dict[str, list[NamedStory]] = defaultdict(list)
    for test in tests:
        following = test.story.path[len(prefix) : len(prefix) + 1]
        groups[following[0] if following else ""].append(test)
    if len(tests) <= TESTS_PER_FILE:
        _add(_stem(prefix), tests, files)
        return
    if list(groups) == [""]:  # nothing tells them apart but their ids
        _scatter(_stem(prefix), tests, files)
        return
    rest: list[NamedStory] = []
    for word, group in groups.items():
        if word and len(group) >= TESTS_PER_FILE // _SMALL:
            _split(group, (*prefix, word), files)
        else:
            rest += group
    if rest:
        _scatter(f"{_stem(prefix)}_others", rest, files)


def _scatter(stem: str, tests: Sequence[NamedStory], files: dict[str, list[NamedStory]]) -> None:
    """Spread tests over files by their ids; the number of files changes only when the tests double."""
    digits = 0
    while len(tests) > TESTS_PER_FILE * 16**digits:
        digits += 1
    for test in tests:
        _add(f"{stem}_{test.id[:digits]}" if digits else stem, [test], files)


def _add(stem: str, tests: Sequence[NamedStory], files: dict[str, list[NamedStory]]) -> None:
    files.setdefault(f"{stem}.py", []).extend(tests)


def _stem(prefix: tuple[str, ...]) -> str:
    return f"test_{_slug(prefix)}" if prefix else "test_all"
