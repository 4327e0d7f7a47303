"""A child process and all that it starts in turn: it dies with us, and it ends as a whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from typing import Any

__all__ = ["dying_with_us", "has_ended", "kill_group"]


def dying_with_us() -> list[str]:
    """Have Linux kill the child when we die, even by SIGKILL: setpriv of util-linux becomes the command (prctl(2)).

    Python's own way, `preexec_fn`, is unsafe in a process with threads.

    Returns:
        What goes in front of the command; nothing on other systems, and in another thread than the main one, to whose
        end the signal would be tied.
    """
    setpriv = shutil.which("setpriv")
    in_main_thread = threading.current_thread() is threading.main_thread()
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv and in_main_thread else []


def has_ended(process: subprocess.Popen[Any], *, wait: bool = False) -> bool:  # Any: text or bytes
    """Ask the system whether it has ended, or wait until it has; half a microsecond.

    It is not reaped, so that the number of its group cannot become somebody else's before the group is killed. (It is
    on macOS before Python 3.13, which has no waitid(2); there numbers are not given out again so soon either.)
    """
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):
        return (process.wait() if wait else process.poll()) is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | (0 if wait else os.WNOHANG)) is not None
    except ChildProcessError:  # another thread is waiting for it just now, and has its end
        return True


def kill_group(process: subprocess.Popen[Any]) -> None:  # Any: text or bytes
    """Kill a process that leads a group, with what is left of the group; a wrapper may be gone and its program not."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses a group of the dead
        os.killpg(process.pid, signal.SIGKILL)
