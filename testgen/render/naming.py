"""Names of tests, and which file each test goes into.

A test is named for its steps and the first digits of its behavior's id. Files follow the steps too: tests that begin
alike stand together, until a file is small enough. So both stay what they are when other behaviors come or go.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testgen.bindings import Story
from testgen.render.specified import SpecifiedBehavior

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
        key: What the name ends with, which no other test's name does: digits of the id.
        story: What happens.
        behavior: The same in the specification's own words.
    """

    name: str
    id: str
    key: str
    story: Story
    behavior: SpecifiedBehavior | None = None


def name_tests(stories: Iterable[tuple[str, Story]]) -> list[NamedStory]:
    """Name each (behavior id, story).

    Equal first digits, which of eight are very rare, bring out the whole id. Behaviors with equal ids, which a dump has
    whose states show equal values (VIEW), are counted on.
    """
    pairs = list(stories)
    alike = Counter(behavior[:_ID_DIGITS] for behavior, _ in pairs)
    named = []
    used: Counter[str] = Counter()
    for behavior, story in pairs:
        digits = behavior[:_ID_DIGITS]
        unique = digits if alike[digits] == 1 else behavior
        used[unique] += 1
        key = unique if used[unique] == 1 else f"{unique}_{used[unique]}"
        named.append(NamedStory(f"test_{_slug(story.path)}_{key}", behavior, key, story))
    return named


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


def group_into_files(tests: Sequence[NamedStory], ending: str = ".py") -> dict[str, list[NamedStory]]:
    """Which tests go into which file, `test_` and `ending` around its name, both in the given order.

    Where steps do not tell enough tests apart, ids do: the number of such files changes only when their tests grow
    sixteenfold.
    """
    stems = _stems(tests)
    sizes = Counter(stems.values())
    files: dict[str, list[NamedStory]] = {}
    for test in tests:
        stem = stems[test.name]
        digits = 0
        while sizes[stem] > TESTS_PER_FILE * 16**digits:
            digits += 1
        name = f"{stem}_{test.id[:digits]}{ending}" if digits else f"{stem}{ending}"
        files.setdefault(name, []).append(test)
    return files


def _stems(tests: Sequence[NamedStory]) -> dict[str, str]:
    """The stem of each test's file, by the test's name: groups that begin alike are split at the next step while large.

    Steps without end are common to all tests of some graphs, so this goes round a list instead of calling itself.
    """
    stems: dict[str, str] = {}
    pending = [(0, list(tests))]
    while pending:
        n_steps, group = pending.pop()
        stem = _stem(group[0].story.path[:n_steps]) if group else ""
        branches: dict[str, list[NamedStory]] = defaultdict(list)
        for test in group:
            branches[test.story.path[n_steps] if n_steps < len(test.story.path) else ""].append(test)
        if len(group) <= TESTS_PER_FILE or list(branches) == [""]:
            stems |= {test.name: stem for test in group}
            continue
        for branch in branches.values():
            if len(branch) >= TESTS_PER_FILE // _SMALL:
                pending.append((n_steps + 1, branch))
            else:
                stems |= {test.name: f"{stem}_others" for test in branch}
    return stems


def _stem(prefix: Sequence[str]) -> str:
    return f"test_{_slug(prefix)}" if prefix else "test_all"
