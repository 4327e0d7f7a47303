"""Tests that share a costly step: all go up to it, it is performed once, all go on.

A pass of MongoDB's TTL monitor takes a second and concerns the whole server, so a thousand tests with three passes each
cannot have their own. A binding whose class says `lockstep = True` performs such a step by `self.shared_step(perform)`,
which alone just calls `perform`. When pytest comes to the first of its tests, that test and those that follow are run
together, each in a thread of its own, of which only one at a time is awake: in the order of the tests, each up to its
next shared step or its end; then the shared step, performed by the main thread; and so on. Where tests wait for
different steps, costly ones come last, as then most wait for them. What came of each test is told when pytest comes to
it, so each remains an item of its own, with its own outcome, story and time.

What a test prints is captured with the first test of its batch. Only tests whose one argument is the binding are
batched; those that may be skipped by a mark, and a test that is alone, run as ever.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

import pytest

from testgen.bindings.protocol import Binding
from testgen.runtime.fixtures import BINDING, PREPARED
from testgen.runtime.instances import close_instance, make_instance

__all__ = ["BATCH_SIZE", "Run", "call_in_lockstep", "close_prepared", "run_together", "seconds_taken"]

BATCH_SIZE = 1000
"""The most tests that are run together; each has a thread, and its binding's sessions, until pytest has come to it."""

_RUN = pytest.StashKey["Run"]()
_SECONDS = pytest.StashKey[float]()
_INTERRUPT_SECONDS, _WAKING_SECONDS = 2.0, 60.0
"""For a test that was interrupted in the middle of something, and for one that slept and only has to be scheduled."""

Perform = Callable[[], object]


class Run:
    """One test under way in a thread that is awake only during `go_on`.

    Attributes:
        shared: The shared step that it waits for; None while it runs and once it has ended.
        is_costly: Whether that step is.
        seconds: Its own time, and its part of the shared steps'.
    """

    def __init__(self, test: Callable[[], object], binding: Binding) -> None:
        self.shared: Perform | None = None
        self.is_costly = False
        self.seconds = 0.0
        self._test = test
        self._awake = threading.Lock()
        self._asleep = threading.Lock()
        self._awake.acquire()
        self._asleep.acquire()
        self._answer: object = None
        self._failure: Exception | None = None
        self._is_abandoned = False
        self._sleeps = True
        self._error: BaseException | None = None
        self._traceback: TracebackType | None = None
        self._thread = threading.Thread(target=self._run, name="testgen lock-step", daemon=True)
        binding.shared_step = self._wait  # type: ignore[method-assign, assignment]  # it gives back what it is given

    def start(self) -> None:
        """Make its thread, which sleeps.

        Raises:
            RuntimeError: The system gives no more threads.
        """
        self._thread.start()

    def go_on(self, answer: object = None, failure: Exception | None = None) -> None:
        """Let it run until it waits for a shared step or has ended.

        Args:
            answer: What the shared step it waited for returned.
            failure: What that step raised instead.
        """
        self.shared, self._answer, self._failure = None, answer, failure
        begun = time.perf_counter()
        self._sleeps = False
        self._awake.release()
        self._asleep.acquire()  # where an interruption of the main thread comes through
        self._sleeps = self.shared is not None
        self.seconds += time.perf_counter() - begun

    def abandon(self) -> None:
        """Make it end as soon as it can: at its shared step, or, interrupted, at the next one."""
        self._is_abandoned = True
        self.shared = None
        patience = _INTERRUPT_SECONDS
        if self._sleeps:
            self._sleeps, patience = False, _WAKING_SECONDS
            self._awake.release()
        if self._thread.ident is not None:
            self._thread.join(patience)

    def tell(self) -> None:
        """Raise what the test raised, if it did."""
        __tracebackhide__ = True
        if self._error is not None:
            # One error of a shared step is raised in many tests, and collects their tracebacks: tell this one's.
            raise self._error.with_traceback(self._traceback)

    def _run(self) -> None:
        __tracebackhide__ = True
        self._awake.acquire()
        try:
            if not self._is_abandoned:
                self._test()
        except BaseException as error:  # told when pytest comes to the test: a skip, an exit, a failure
            self._error, self._traceback = error, error.__traceback__
        self._asleep.release()

    def _wait(self, perform: Perform, *, costly: bool = False) -> object:
        __tracebackhide__ = True
        if self._is_abandoned:
            raise _Abandoned
        self.shared, self.is_costly = perform, costly
        self._asleep.release()
        self._awake.acquire()
        if self._is_abandoned:
            raise _Abandoned
        if self._failure is not None:
            raise self._failure
        return self._answer


class _Abandoned(BaseException):
    """Ends a test whose batch was interrupted; nobody is told."""


def run_together(runs: Sequence[Run]) -> None:
    """Run started tests to their ends, in order, with one performance of each step that they share.

    A shared step that raises does so in every test that waits for it.

    Raises:
        BaseException: The main thread was interrupted; no test is left waiting.
    """
    try:
        for run in runs:
            run.go_on()
        while waiting := [run for run in runs if run.shared is not None]:
            answer, failure = None, None
            begun = time.perf_counter()
            perform = next((run for run in waiting if not run.is_costly), waiting[0]).shared
            assert perform is not None
            taking_part = [run for run in waiting if run.shared == perform]
            try:
                answer = perform()
            except Exception as error:  # the tests' affair, as it would be if each performed the step itself
                failure = error
            share = (time.perf_counter() - begun) / len(taking_part)
            for run in taking_part:
                run.seconds += share
                run.go_on(answer, failure)
    except BaseException:
        for run in runs:
            run.abandon()
        raise


def call_in_lockstep(item: pytest.Function) -> bool | None:
    """Tell what came of a test that is run in lock-step, and first run its batch if that has not been done.

    Returns:
        True if the test passed; None if it is none of ours, and pytest is to call it.
    """
    __tracebackhide__ = True
    run = item.stash.get(_RUN, None)
    if run is None:
        items = _batch(item)
        if len(items) < 2:  # alone it can do without threads, which debuggers do not like
            return None
        run_together(_start_runs(items))
        run = item.stash[_RUN]
    del item.stash[_RUN]  # a test that is called again, as by a plugin that repeats failures, runs again
    item.stash[_SECONDS] = run.seconds
    run.tell()
    return True


def seconds_taken(item: pytest.Item) -> float | None:
    """How long the test itself took, and its part of what it shared; None if it did not run in lock-step."""
    return item.stash.get(_SECONDS, None)


def close_prepared(items: Sequence[pytest.Item]) -> None:
    """Close the bindings of tests that were run and that pytest never came to, as after the first failure with -x."""
    for item in items:
        if PREPARED in item.stash:
            binding = item.stash[PREPARED]
            del item.stash[PREPARED]
            close_instance(binding)


def _batch(first: pytest.Function) -> list[pytest.Function]:
    """The tests to run together with `first`, which is the first of them; none if it is not for lock-step."""
    if (kind := _lockstep_binding(first)) is None:
        return []
    batch = []
    for item in _items_to_come(first):
        if _lockstep_binding(item) is kind and _RUN not in item.stash and PREPARED not in item.stash:
            assert isinstance(item, pytest.Function)
            batch.append(item)
            if len(batch) == BATCH_SIZE:
                break
    return batch


def _start_runs(items: Sequence[pytest.Function]) -> list[Run]:
    """Make a binding for each test, but the first, which has one, and start its run; fewer if there is no room."""
    kind = type(items[0].stash[BINDING])
    runs: list[Run] = []
    for item in items:
        try:
            binding = make_instance(kind) if runs else item.stash[BINDING]
        except Exception:  # noqa: S112 - raised once more, and told, when pytest sets the test up
            continue
        run = Run(_bound(item, kind, binding), binding)
        try:
            run.start()
        except RuntimeError:  # no more threads: the rest makes another batch
            if not runs:
                raise
            close_instance(binding)
            break
        if runs:
            item.stash[PREPARED] = binding
        item.stash[_RUN] = run
        runs.append(run)
    return runs


def _bound(item: pytest.Function, kind: type[Binding], binding: Binding) -> Callable[[], object]:
    def test() -> object:
        __tracebackhide__ = True
        return item.obj(**{kind.fixture_name(): binding})

    return test


def _lockstep_binding(item: pytest.Item) -> type[Binding] | None:
    """The binding of a generated test that can be run in lock-step."""
    if not isinstance(item, pytest.Function) or item.config.getoption("trace", False):
        return None
    if item.get_closest_marker("skip") or item.get_closest_marker("skipif"):
        return None
    for name in item.fixturenames:
        kind: type[Binding] | None = getattr(getattr(item.module, name, None), "testgen_binding", None)
        if kind is not None and kind.lockstep:
            return kind if list(inspect.signature(item.obj).parameters) == [name] else None
    return None


def _items_to_come(first: pytest.Function) -> Iterator[pytest.Item]:
    """The items that this process will run, from `first` on."""
    items = first.session.items
    if not hasattr(first.config, "workerinput"):
        yield from items[items.index(first) :]
        return
    # A worker of pytest-xdist collects all tests and runs those it is sent; its queue has no public name (3.8.0), and
    # before 3.7 could not be looked into. Then each test runs alone.
    yield first
    for plugin in first.config.pluginmanager.get_plugins():
        if (lock := getattr(getattr(plugin, "torun", None), "lock", None)) is not None:
            with lock() as queued:
                ahead = [plugin.nextitem_index, *queued]
            yield from (items[index] for index in ahead if isinstance(index, int))
