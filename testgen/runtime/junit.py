"""What JUnit XML says of a generated test beside its name: properties, which pytest-xdist carries over by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from testgen.runtime.generated import key_of, specified_behaviors

__all__ = ["note_behavior", "note_divergence"]


def note_behavior(item: pytest.Item, when: str) -> None:
    """Note which behavior a test is about, once, if a JUnit report is written."""
    if when != "setup" or not _is_wanted(item) or (key := key_of(item)) is None:
        return
    behavior, actions = specified_behaviors(item.path.parent).get(key, (key, None))
    item.user_properties.append(("testgen.behavior", behavior))
    if actions is not None:
        item.user_properties.append(("testgen.actions", actions))


def note_divergence(item: pytest.Item, entries: Sequence[str], kind: str) -> None:
    """Note at which step, and how, it failed."""
    if _is_wanted(item):
        item.user_properties.append(("testgen.step", len(entries)))
        item.user_properties.append(("testgen.statement", entries[-1] if entries else ""))
        item.user_properties.append(("testgen.divergence", kind))


def _is_wanted(item: pytest.Item) -> bool:
    return bool(item.config.getoption("xmlpath", None))
