"""`cachetools.TTLCache` against `ExpiringCache`, which was written from its documentation.

Three things to learn from it:

- **Time is given, not waited for.** The cache takes a `timer`; ours is a number that `Tick` adds to. Where a system
  has no such door, look for one before you write `sleep`.
- **Looking must not touch.** To read an item is to use it, so whatever looks at the cache changes what it evicts next.
  The observers therefore look at a copy, and drain that.
- **What is compared with what.** An answer is a variable of the specification as well (`last`), and it is where the
  arguments of a step are found, as the dump's labels have none.

The library conforms since 7.1.7. Versions before that throw out an item that had room when another one grows, and the
suite shows it in three steps (14 of 191 tests, with 7.1.6):

       1 put(key="b", size=1)
       2 put(key="a", size=1)
    >  3 put(key="a", size=2)        size: expected {"a": 2, "b": 1}, observed {"a": 2, "b": 0}

How it came about: `testgen init ../../../graphs/cache.dot` beside an empty `testgen.toml`, then a few lines in place of
each `raise NotImplementedYet`. Run it in this folder: `testgen build`, then `pytest generated`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from cachetools import TTLCache

from testgen.bindings import Binding, action, observes

KEYS, MAX_SIZE, TTL = ("a", "b"), 3, 2
"""As in `graphs/specs/cache.cfg`."""


def _key(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": after["last"]["key"]}


def _key_and_size(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": after["last"]["key"], "size": after["last"]["value"]}


class Cache(Binding):
    """A cache whose values are their own sizes, and whose clock stands still between ticks."""

    unobserved: ClassVar[tuple[str, ...]] = ("left",)  # seen in what is gone after a tick

    def __init__(self) -> None:
        self.now = 0
        self.cache: TTLCache[str, int] = TTLCache(MAX_SIZE, TTL, timer=lambda: self.now, getsizeof=lambda value: value)
        self._last: dict[str, object] = {"op": "none", "key": "", "value": 0}

    @action("Put", parameters=_key_and_size)
    def put(self, key: str, size: int) -> None:
        self.cache[key] = size
        self._answered("put", key, size)

    @action("Get", parameters=_key)
    def get(self, key: str) -> None:
        self._answered("get", key, self.cache.get(key, 0))

    @action("Remove", parameters=_key)
    def remove(self, key: str) -> None:
        self._answered("remove", key, self.cache.pop(key, 0))

    @action("PopItem", parameters=lambda before, after: {})
    def pop_item(self) -> None:
        self._answered("popitem", *self.cache.popitem())

    @action("Tick", parameters=lambda before, after: {})
    def tick(self) -> None:
        self.now += 1
        self._answered("tick", "", 0)

    @observes("last")
    def last(self) -> dict[str, object]:
        return self._last

    @observes("size")
    def size(self) -> dict[str, int]:
        untouched = copy.deepcopy(self.cache)
        return {key: untouched.get(key, 0) for key in KEYS}

    @observes("used")
    def used(self) -> list[str]:
        """The keys as `popitem` takes them, the least recently used one first."""
        drained = copy.deepcopy(self.cache)
        return [drained.popitem()[0] for _ in range(len(drained))]

    def _answered(self, op: str, key: str, value: int) -> None:
        self._last = {"op": op, "key": key, "value": value}
