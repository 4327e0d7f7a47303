"""Forks of a process that has collected a suite: started, limited in time and memory, and ended with all they began."""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["Running", "fork", "limit_memory", "limit_time", "ready", "time_limit", "wait_limit"]

_LEAST_SECONDS, _TIMES_AS_LONG, _IDLE = 1.0, 20, 10
"""A test has gone astray after this much processor time, or so many times what it takes without a mutant; it may wait
`_IDLE` times as long."""
_MEMORY_BYTES = 4 << 30
_OUT_OF_TIME = signal.SIGPROF, signal.SIGALRM, signal.SIGKILL

Json = dict[str, Any]  # Any: JSON


class Running:
    """A mutant's process.

    Attributes:
        mutant: As ordered.
        tests: Which it runs, in this order.
        pid: Of the process.
        pipe: What it answers comes out here.
        progress: The position of the test that it is at.
        deadline: When it must have answered, of `time.monotonic`.
    """

    def __init__(
        self, mutant: Json, tests: list[int], pid: int, pipe: int, progress: mmap.mmap, deadline: float
    ) -> None:
        self.mutant = mutant
        self.tests = tests
        self.pid = pid
        self.pipe = pipe
        self.progress = progress
        self.deadline = deadline

    def answer(self) -> Json:
        """What became of the mutant, once the process has said its last word or has been silent for too long."""
        text = b""
        while self.is_in_time() and not text.endswith(b"\n") and (part := os.read(self.pipe, 65536)):
            text += part
        status = self.stop(kill=not self.is_in_time())
        tests_run = int.from_bytes(self.progress[:8], "little") + 1
        if text:
            answer: Json = json.loads(text)
        elif os.WIFSIGNALED(status) and os.WTERMSIG(status) in _OUT_OF_TIME:
            answer = {"end": "timeout", "tests_run": tests_run}
        else:
            answer = {"end": "crashed", "tests_run": tests_run, "message": _words(status)}
        return answer

    def is_in_time(self) -> bool:
        return time.monotonic() < self.deadline

    def stop(self, *, kill: bool = True) -> int:
        """Wait for the process, or end it; end what its tests have started. The status with which it ended."""
        if kill:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        os.close(self.pipe)
        return status


def ready(running: dict[int, Running]) -> list[int]:
    """The pipes that can be read or need not be waited for any more; waits for the first."""
    if not running:
        return []
    patience = min(one.deadline for one in running.values()) - time.monotonic()
    readable, _, _ = select.select(list(running), [], [], max(patience, 0))
    return readable or [pipe for pipe, one in running.items() if not one.is_in_time()]


def fork(work: Callable[[], None]) -> int:
    """Do `work` in a fork of this process; its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of threads, of which a test runner has none that matter
        pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        os.setpgid(0, 0)  # what tests start, and leave behind when they are broken off, can be found by this
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        work()
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


def time_limit(seconds: float) -> float:
    """How much processor time a test may take that takes `seconds` without a mutant."""
    return max(_LEAST_SECONDS, _TIMES_AS_LONG * seconds)


def wait_limit(seconds: float) -> float:
    """How long, waiting included, it may take."""
    return time_limit(seconds) * _IDLE


def limit_time(seconds: float) -> None:
    """Let this process end by a signal if the next test takes far longer than `seconds`."""
    signal.setitimer(signal.ITIMER_PROF, time_limit(seconds))
    signal.setitimer(signal.ITIMER_REAL, wait_limit(seconds))


def limit_memory() -> None:
    """Let this process fail to get more memory before the machine does."""
    import resource

    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _words(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"the process ended with exit code {os.waitstatus_to_exitcode(status)}"
