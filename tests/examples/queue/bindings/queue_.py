"""`queue.Queue` with real threads against `BoundedQueue`: who sleeps, who is woken, and who overtakes whom.

What to learn from it: how to test threads without luck.

- **A schedule is a behavior.** The specification has a step wherever a thread takes the queue's lock. So the binding
  decides who takes it: each lock of the queue is a `Turnstile`, a real lock behind a gate that lets in one thread at a
  time, and only when its step has come. Nothing is slept for, and the scheduler of the machine has no say.
- **Blocked is seen and not guessed.** A step is over when the thread has finished its call or sleeps in a condition,
  and all that it has woken stand at the turnstile again. The conditions count whom they wake; that a thread is
  "asleep" is therefore a fact, and no "it has not come back for a while".
- **What is replaced decides nothing.** The queue's code, its lock and its conditions are the real ones; the turnstile
  and the conditions' watch only stand in front. They take the places of `mutex`, `not_empty` and `not_full`, which
  Python does not document but has had under these names since 2.4.

The queue conforms, and that is the surprise: in 168 of the graph's 1,866 transitions a consumer that has just come
takes an item while another one waits, and in 92 one that was woken finds nothing and goes to sleep again, at the end of
the line. Real threads do all of that. The documentation promises no fairness; `queue-fair-check.cfg` has TLC show that
there is none.

How it came about: `testgen init ../../../graphs/queue.dot` beside an empty `testgen.toml`. (A binding that is called
`queue.py` would be in the way of Python's own module, hence `queue_.py`.) Run it in this folder: `testgen build`, then
`pytest generated`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypedDict

from testgen.bindings import Binding, action, observes

PRODUCERS, CONSUMERS, CAPACITY = ("p1", "p2"), ("c1", "c2"), 2
"""As in `graphs/specs/queue.cfg`."""
HANGS_AFTER_SECONDS = 60
"""Tells a deadlock, on the slowest machine; nothing else waits for time to pass."""


class Item(TypedDict):
    """As the specification has it: who put it, and in which call."""

    by: str
    nth: int


class Watch:
    """What each thread is doing, and whose turn it is. Has a lock of its own, which the queue does not know."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.doing = dict.fromkeys(names, "idle")
        self.is_over = False
        self._on_their_way = 0  # woken threads that do not stand at the turnstile yet
        self._turn = ""
        self._changed = threading.Condition()

    def is_now(self, what: str) -> None:
        """The calling thread is doing something else from now on."""
        with self._changed:
            self.doing[threading.current_thread().name] = what
            self._changed.notify_all()

    def wakes(self, count: int) -> None:
        with self._changed:
            self._on_their_way += count

    def stand(self) -> None:
        """The calling thread has been woken; it stays here until it is its turn."""
        me = threading.current_thread().name
        with self._changed:
            self._on_their_way -= 1
            self.doing[me] = "woken"
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._turn == me or self.is_over)
            self._turn = ""
            self.doing[me] = "busy"

    def perform(self, start: Callable[[], None]) -> None:
        """Have something begin, and wait until all threads are at rest."""
        with self._changed:
            start()
            assert self._changed.wait_for(self._is_at_rest, HANGS_AFTER_SECONDS), f"threads hang: {self.doing}"

    def call(self, name: str, inbox: queue.SimpleQueue[Callable[[], None] | None], task: Callable[[], None]) -> None:
        """Have a thread begin a call."""
        self.doing[name] = "busy"
        inbox.put(task)

    def let_in(self, name: str) -> None:
        """Let a woken thread through the turnstile."""
        self.doing[name] = "busy"
        self._turn = name
        self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def _is_at_rest(self) -> bool:
        return self._on_their_way == 0 and "busy" not in self.doing.values()


class Turnstile:
    """The queue's lock. A thread that comes back from sleep must wait for its turn in front of it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = threading.Lock()
        self.release = self._lock.release

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._watch.doing.get(threading.current_thread().name) == "asleep" and blocking:
            self._watch.stand()
        return self._lock.acquire(blocking, timeout)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Ended(BaseException):
    """The test is over: leave the queue."""


class WatchedCondition(threading.Condition):
    """A condition that says who sleeps, and how many it wakes. Both happen under the queue's lock."""

    def __init__(self, lock: Turnstile, watch: Watch) -> None:
        super().__init__(lock)  # type: ignore[arg-type]  # a lock in all that Condition asks of it
        self._watch = watch
        self._sleepers = 0

    def wait(self, timeout: float | None = None) -> bool:
        self._sleepers += 1
        self._watch.is_now("asleep")
        told = super().wait(timeout)
        if self._watch.is_over:
            raise Ended
        return told

    def notify(self, n: int = 1) -> None:
        woken = min(n, self._sleepers)
        self._sleepers -= woken
        self._watch.wakes(woken)
        super().notify(n)


def _caller(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {"thread": next(name for name, calls in after["calls"].items() if calls != before["calls"][name])}


def _resumed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    was_woken = [name for name, what in before["doing"].items() if what == "woken"]
    return {"thread": next(name for name in was_woken if after["doing"][name] != "woken")}


class BoundedQueue(Binding):
    """A queue, and a thread for each producer and consumer that waits to be told what to call."""

    unobserved: ClassVar[tuple[str, ...]] = ("line",)  # seen in who is woken

    def __init__(self) -> None:
        self.watch = Watch((*PRODUCERS, *CONSUMERS))
        self.queue: queue.Queue[Item] = queue.Queue(CAPACITY)
        self.queue.mutex = turnstile = Turnstile(self.watch)  # type: ignore[assignment]  # a lock in all that is asked
        self.queue.not_empty = WatchedCondition(turnstile, self.watch)
        self.queue.not_full = WatchedCondition(turnstile, self.watch)
        self._calls = dict.fromkeys((*PRODUCERS, *CONSUMERS), 0)
        self._got: dict[str, list[Item]] = {name: [] for name in CONSUMERS}
        self._inboxes: dict[str, queue.SimpleQueue[Callable[[], None] | None]] = {}
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in self._calls]
        for thread in self._threads:
            self._inboxes[thread.name] = queue.SimpleQueue()
            thread.start()

    @action("Put", parameters=_caller)
    def put(self, thread: str) -> None:
        self._calls[thread] += 1
        item: Item = {"by": thread, "nth": self._calls[thread]}
        self.watch.perform(lambda: self.watch.call(thread, self._inboxes[thread], lambda: self.queue.put(item)))

    @action("Get", parameters=_caller)
    def get(self, thread: str) -> None:
        self._calls[thread] += 1

        def take() -> None:
            self._got[thread].append(self.queue.get())

        self.watch.perform(lambda: self.watch.call(thread, self._inboxes[thread], take))

    @action("Resume", parameters=_resumed)
    def resume(self, thread: str) -> None:
        """Let a woken thread take the lock."""
        self.expect(f"thread {thread}", "woken", self.watch.doing[thread])
        self.watch.perform(lambda: self.watch.let_in(thread))

    @observes("buffer")
    def buffer(self) -> list[Item]:
        return list(self.queue.queue)  # all threads are at rest

    @observes("doing")
    def doing(self) -> dict[str, str]:
        return dict(self.watch.doing)

    @observes("got")
    def got(self) -> dict[str, list[Item]]:
        return self._got

    @observes("calls")
    def calls(self) -> dict[str, int]:
        return self._calls

    def close(self) -> None:
        self.watch.end()
        with self.queue.mutex:
            for condition in (self.queue.not_empty, self.queue.not_full):
                condition.notify_all()
        for inbox in self._inboxes.values():
            inbox.put(None)
        for thread in self._threads:
            thread.join(HANGS_AFTER_SECONDS)
            assert not thread.is_alive(), f"thread {thread.name} hangs"

    def _work(self) -> None:
        inbox = self._inboxes[threading.current_thread().name]
        while (task := inbox.get()) is not None:
            try:
                task()
                self.watch.is_now("idle")
            except Ended:
                return
            except Exception as error:  # of the queue: a result, and to be told as one
                self.watch.is_now(f"dead of {error!r}")
                return
