"""The suite of the queue notices the classic faults of queues between threads."""

from __future__ import annotations

import pytest

from tests.examples.project import Example

LOST_WAKEUP = """
import queue


def get(self):
    with self.not_empty:
        while not self._qsize():
            self.not_empty.wait()
        return self._get()


queue.Queue.get = get
"""

LOOKS_ONCE = """
import queue


def get(self):
    with self.not_empty:
        if not self._qsize():
            self.not_empty.wait()
        item = self._get()
        self.not_full.notify()
        return item


queue.Queue.get = get
"""

LAST_IN_FIRST_OUT = """
import queue

queue.Queue._get = queue.LifoQueue._get
"""

ONE_PLACE_MORE = """
import queue

plain = queue.Queue.__init__
queue.Queue.__init__ = lambda self, maxsize: plain(self, maxsize + 1)
"""


@pytest.fixture(scope="module")
def queue_example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example("queue", tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (LOST_WAKEUP, "variable doing, after get", '["p2"]: expected "woken", observed "asleep"'),
        (LOOKS_ONCE, "variable doing, after resume", "dead of IndexError"),
        (LAST_IN_FIRST_OUT, "variable buffer, after get", "observed  "),
        (ONE_PLACE_MORE, "variable buffer, after put", "observed  "),
    ],
    ids=["lost wakeup", "looks once", "last in, first out", "one place more"],
)
def test_fault_is_noticed(queue_example: Example, fault: str, kind: str, words: str) -> None:
    out = queue_example.run(fault=fault)
    assert words in out
    assert kind in out.partition("failures by kind")[2], out[-3000:]
