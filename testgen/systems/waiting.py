"""Waiting for a system: always with a deadline, and with words for what was waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from testgen.errors import ServerError

__all__ = ["WaitTimeout", "wait_for"]

T = TypeVar("T")


class WaitTimeout(ServerError):  # noqa: N818 - named for what happened, as the other members of its family
    """Something that a system was expected to do did not happen before the deadline."""


def wait_for(
    what: str,
    attempt: Callable[[], T | None],
    *,
    timeout_seconds: float,
    interval_seconds: float = 0.003,
    explain: Callable[[], str] = lambda: "",
) -> T:
    """Try until something other than None or False comes back; on the monotonic clock, so that clock jumps do no harm.

    Args:
        what: Ends the sentence "waited 10 s for ...".
        attempt: Called at least once, also with no time left.
        timeout_seconds: From now on; an attempt under way is not interrupted.
        interval_seconds: Pause between two attempts.
        explain: Adds to the message how things stand.

    Raises:
        WaitTimeout: The deadline passed.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = attempt()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() >= deadline:
            raise WaitTimeout(f"waited {timeout_seconds:g} s for {what}{explain()}")
        time.sleep(interval_seconds)
