"""Ending what takes too long, so that one step that hangs costs one test and not the run.

On the main thread of a system that has it, `SIGALRM` interrupts whatever Python runs or waits for: a loop, a lock, a
socket, a child process, an event loop. Elsewhere (Windows, tests in lock-step) the call runs in a thread of its own,
which is left behind when it is overdue.

Code that swallows the interruption (`except:` around a retry) is interrupted again and again. What no signal can
interrupt, such as a loop in C, ends the process at last: faulthandler writes where it hangs, and pytest-xdist goes on
with another worker.
"""

from __future__ import annotations

import contextvars
import faulthandler
import math
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from testgen.bindings.places import path_seen
from testgen.errors import BindingError

__all__ = ["Interruption", "Overdue", "check_seconds", "limited", "suspend_limits", "tell_last_words_to", "time_limit"]

T = TypeVar("T")

_AGAIN_SECONDS = 1.0
"""After which what swallows an interruption is interrupted once more; meanwhile it may clean up."""
_ON_THE_WAY = "awaiting.py", "decorators.py", "outcome.py", "protocol.py", "time_limit.py"
_last_words: int | None = None
_is_suspended = False


class Overdue(AssertionError):  # noqa: N818 - a result about the system, as a divergence is
    """What was to end within a time has not, and was stopped.

    Attributes:
        doing: What, in words: a statement of a test, usually.
        seconds: How long it was given.
        place: Where it was when it was stopped, if that is known: `path:line, in function: source`.
    """

    def __init__(self, doing: str, seconds: float, place: str = "") -> None:
        super().__init__(f"{doing} did not end within {seconds:g} s" + (f"; it was at {place}" if place else ""))
        self.doing = doing
        self.seconds = seconds
        self.place = place


class Interruption(BaseException):
    """Raised in what is overdue. Not an Exception, or half of all code would take it for a failed attempt.

    Attributes:
        awaited: Where a coroutine stood, if the event loop that runs it was interrupted.
    """

    awaited: Sequence[traceback.FrameSummary] = ()


def tell_last_words_to(descriptor: int | None) -> None:
    """Let a process that cannot be interrupted end, and tell this file descriptor where it hangs; None lets it hang."""
    global _last_words
    _last_words = descriptor


def suspend_limits() -> None:
    """Let everything take its time from now on: somebody is looking at it with a debugger."""
    global _is_suspended
    _is_suspended = True
    tell_last_words_to(None)
    faulthandler.cancel_dump_traceback_later()


def check_seconds(subject: str, seconds: object) -> None:
    """See that `seconds` can be a limit.

    Raises:
        BindingError: They cannot; `subject` is what has them.
    """
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is not None and not (is_number and 0 < seconds < math.inf):  # type: ignore[operator]  # a number
        raise BindingError(
            f"{subject} cannot have {seconds!r} seconds", hint="give a number above 0, or None for no limit"
        )


def limited(call: Callable[[], T], seconds: float | None, doing: str) -> T:
    """Call, and stop it when it takes longer than `seconds`, if a number is given.

    Raises:
        Overdue: It did.
    """
    __tracebackhide__ = True
    if seconds is None or _is_debugged():
        return call()
    if not _has_alarm():
        return _in_thread(call, seconds, doing)
    with time_limit(seconds, doing):
        return call()


@contextmanager
def time_limit(seconds: float, doing: str) -> Iterator[None]:
    """Stop the body when it takes longer than `seconds`; where there is no alarm, do not.

    Raises:
        Overdue: It did.
    """
    __tracebackhide__ = True
    if not _has_alarm() or _is_debugged():
        yield
        return
    outer_seconds, outer_interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer_seconds <= seconds:  # whoever set that alarm is going to be told
        yield
        return
    begun = time.monotonic()
    is_over = False
    stack: list[traceback.FrameSummary] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not is_over and not _is_suspended:
            stack[:] = stack or traceback.extract_stack(frame)
            raise Interruption

    outer = signal.signal(signal.SIGALRM, interrupt)
    if _last_words is not None:
        faulthandler.dump_traceback_later(2 * seconds + 5 * _AGAIN_SECONDS, exit=True, file=_last_words)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        try:
            yield
        finally:
            is_over = True
        if stack:  # it has swallowed the interruption
            raise Overdue(doing, seconds, _shown(stack))
    except (Interruption, Exception) as error:  # whatever it has made of the interruption
        if not stack or isinstance(error, Overdue):
            raise
        awaited = error.awaited if isinstance(error, Interruption) else ()
        overdue = Overdue(doing, seconds, _shown([*stack, *awaited]))
        raise overdue.with_traceback(error.__traceback__) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer)
        if _last_words is not None:
            faulthandler.cancel_dump_traceback_later()
        if outer_seconds:
            left = outer_seconds - (time.monotonic() - begun)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), outer_interval)


def _is_debugged() -> bool:
    return _is_suspended or "pydevd" in sys.modules


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _in_thread(call: Callable[[], T], seconds: float, doing: str) -> T:
    """Call in a thread that the process does not wait for at its end."""
    results: list[T] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            results.append(context.run(call))
        except BaseException as error:  # raised again where it is waited for
            errors.append(error)

    thread = threading.Thread(target=work, name=f"testgen: {doing}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Overdue(doing, seconds, _place_of_thread(thread))
    if errors:
        raise errors[0]
    return results[0]


def _place_of_thread(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    return "" if frame is None else _shown(traceback.extract_stack(frame))


def _shown(frames: Iterable[traceback.FrameSummary]) -> str:
    """The innermost place in code that is not Python's own, nor on the way to a step: authors know it."""
    library, here = Path(threading.__file__).parent, Path(__file__).parent
    known = {str(here / name) for name in _ON_THE_WAY}
    own = [frame for frame in frames if not (frame.filename in known or Path(frame.filename).is_relative_to(library))]
    named = [frame for frame in own if not frame.filename.startswith("<")]
    if not named:
        return ""
    last = named[-1]
    return f"{path_seen(last.filename)}:{last.lineno}, in {last.name}: {last.line}"
