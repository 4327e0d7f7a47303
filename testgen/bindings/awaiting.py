"""`async def` methods of bindings, called by tests that are plain functions.

Each instance of a binding has an event loop of its own, made when it is first needed and closed after `close`: what a
test leaves behind in it (tasks, connections) cannot reach the next test, and tests in lock-step, which are in threads
of their own, have theirs. An instance that `@resets` keeps for several tests keeps its loop, and so a pool of
connections. Neither pytest-asyncio nor another plugin is needed.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import traceback
from collections.abc import Callable
from typing import Any

from testgen.bindings.time_limit import Interruption

__all__ = ["close_loop", "finish", "synchronous"]

_LOOP = "_loop"


def synchronous(method: Callable[..., Any]) -> Callable[..., Any]:
    """An `async def` method as one that a test can call; any other as it is.

    Called by a coroutine of the same loop it is awaited as usual.
    """
    if not inspect.iscoroutinefunction(method):
        return method

    @functools.wraps(method)
    def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:  # Any: of whatever signature the method has
        __tracebackhide__ = True
        return finish(self, method(self, *args, **kwargs))

    return awaited


def finish(instance: object, result: Any) -> Any:  # Any: what a method returns
    """Run a coroutine to its end in the instance's loop; give back anything else."""
    if not inspect.iscoroutine(result) or _is_in_a_loop():
        return result
    __tracebackhide__ = True
    loop = _loop_of(instance)
    task = loop.create_task(result)
    try:
        return loop.run_until_complete(task)
    except Interruption as interruption:
        interruption.awaited = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in task.get_stack())
        raise


def close_loop(instance: object) -> None:
    """Cancel what still runs in the instance's loop, and close it."""
    runner: asyncio.Runner | None = instance.__dict__.pop(_LOOP, None)
    if runner is not None:
        runner.close()


def _loop_of(instance: object) -> asyncio.AbstractEventLoop:
    if _LOOP not in instance.__dict__:
        instance.__dict__[_LOOP] = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    runner: asyncio.Runner = instance.__dict__[_LOOP]
    return runner.get_loop()


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
