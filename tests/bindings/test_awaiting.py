"""`async def` methods: each instance has a loop of its own, in which all of them run and which ends with it."""

import asyncio
from typing import Any

import pytest

from testgen.bindings import Binding, Divergence, action, ends, observes, resets, starts, step
from testgen.bindings.awaiting import close_loop
from testgen.runtime.instances import close_instance


class Queue(Binding):
    def __init__(self) -> None:
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.was_cancelled = False
        self.is_closed = False

    @starts(lambda initial: {})
    async def start(self) -> None:
        self.queue: asyncio.Queue[int] = asyncio.Queue()
        self.consumer = asyncio.create_task(self.wait_for_ever())

    async def wait_for_ever(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise

    @action("Put")
    async def put(self, item: int) -> int:
        self.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        await self.queue.put(item)
        return item

    @step
    async def put_two(self) -> None:
        await asyncio.gather(self.put(1), self.put(2))

    @step
    def put_one_by_one(self) -> None:
        self.put(3)
        self.put(4)

    @observes("size", within=0.5)
    async def size(self) -> int:
        self.loops.append(asyncio.get_running_loop())
        return self.queue.qsize()

    @ends(lambda final: {})
    async def finish(self) -> None:
        await asyncio.sleep(0)

    @resets
    async def clean(self) -> None:
        self.queue = asyncio.Queue()

    async def close(self) -> None:  # type: ignore[override]  # which is awaited
        await asyncio.sleep(0)
        self.is_closed = True


@pytest.fixture
def queue() -> Any:
    made = Queue()
    made.start()
    yield made
    close_loop(made)


def test_each_kind_of_method_may_be_async(queue: Any) -> None:
    assert queue.put(7) == 7
    assert queue.last_outcome == 7
    queue.check_state(size=1)
    with pytest.raises(Divergence, match="variable size"):
        queue.check_state(size=2)
    queue.finish()
    assert queue.journal.entries == ["start()", "put(7)", "finish()"]
    resetter = Queue.resetter()
    assert resetter is not None
    resetter(queue)
    queue.check_state(size=0)


def test_methods_that_call_one_another_await_or_not_as_they_are(queue: Any) -> None:
    queue.put_two()
    queue.check_state(size=2)
    queue.put_one_by_one()
    queue.check_state(size=4)
    assert queue.journal.entries == ["start()", "put_two()", "put_one_by_one()"]


def test_one_instance_has_one_loop_and_no_other_has_it(queue: Any) -> None:
    other = Queue()
    other.start()
    for one in (queue, other):
        one.put(1)
        one.check_state(size=1)
        assert len(set(one.loops)) == 1
    assert set(queue.loops).isdisjoint(other.loops)
    close_loop(other)


def test_closing_awaits_close_and_ends_what_still_runs() -> None:
    queue: Any = Queue()
    queue.start()
    queue.put(1)
    assert not queue.was_cancelled
    close_instance(queue)
    assert queue.is_closed
    assert queue.was_cancelled
    assert queue.loops[0].is_closed()


def test_loop_is_closed_though_close_raises() -> None:
    class Stuck(Queue):
        async def close(self) -> None:  # type: ignore[override]  # as above
            raise OSError("stuck")

    queue: Any = Stuck()
    queue.start()
    queue.put(1)
    with pytest.raises(OSError, match="stuck"):
        close_instance(queue)
    assert queue.loops[0].is_closed()


def test_binding_without_async_methods_has_no_loop() -> None:
    class Plain(Binding):
        @action("A")
        def a(self) -> None: ...

    plain = Plain()
    plain.a()
    assert "_loop" not in vars(plain)
    close_instance(plain)
