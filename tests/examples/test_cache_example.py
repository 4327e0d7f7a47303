"""The suite of the cache finds what cachetools really did until 7.1.6, and other faults of caches."""

from __future__ import annotations

import pytest

from tests.examples.project import Example

GROWING_MAKES_ROOM_FOR_ALL = """
from cachetools import Cache, TTLCache

fixed = TTLCache.__setitem__


def before_7_1_7(self, key, value):
    if key in self and self.getsizeof(value) > self.getsizeof(Cache.__getitem__(self, key)):
        self.expire()
        while self.currsize + self.getsizeof(value) > self.maxsize:
            self.popitem()
    fixed(self, key, value)


TTLCache.__setitem__ = before_7_1_7
"""

GETTING_IS_NO_USE = """
from cachetools import Cache, TTLCache

TTLCache.__getitem__ = Cache.__getitem__
"""

GETTING_MAKES_YOUNG = """
from cachetools import TTLCache

plain = TTLCache.__getitem__


def sliding(self, key):
    value = plain(self, key)
    self[key] = value
    return value


TTLCache.__getitem__ = sliding
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example("cache", tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (GROWING_MAKES_ROOM_FOR_ALL, "variable size, after put"),
        (GETTING_IS_NO_USE, "variable used, after get"),
        (GETTING_MAKES_YOUNG, "variable size, after tick"),
    ],
    ids=["growing makes room for all", "getting is no use", "getting makes young"],
)
def test_fault_is_noticed(cache: Example, fault: str, kind: str) -> None:
    out = cache.run(fault=fault)
    assert kind in out.partition("failures by kind")[2], out[-3000:]
