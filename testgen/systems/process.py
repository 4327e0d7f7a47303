"""A process that is our child: it dies with us, and says how it ended and what it said last."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from testgen.errors import ServerError
from testgen.process_group import dying_with_us, has_ended, kill_group

__all__ = ["ChildProcess", "end_processes", "last_lines", "starting"]

_TAIL_BYTES = 20_000
_TAIL_LINES = 10
_LINE_LENGTH = 240
_running: set[ChildProcess] = set()


class ChildProcess:
    """A running process with all that it starts in turn. `kill` it; the plugin ends what a test run leaves.

    Start it from the main thread: the death signal that ends it with us is tied to the thread that starts it
    (prctl(2)), so from another thread it is left out, and after a SIGKILL of this process the child runs on.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        name: str,
        output: IO[bytes] | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        has_pipes: bool = False,
    ) -> None:
        """Start it.

        Args:
            command: The program and its arguments.
            name: What messages call it.
            output: Where what it says goes, a file that can be read as well; by default one without a name.
            folder: In which it runs.
            environment: Variables in addition to ours.
            has_pipes: Its input and its output are pipes, for us to talk to it; `output` is what it says of errors.

        Raises:
            OSError: The system refuses to execute it. (With setpriv it is setpriv that says so and ends.)
        """
        self.name = name
        self._output = output or tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            self.popen = subprocess.Popen(
                [*dying_with_us(), *command],
                stdin=subprocess.PIPE if has_pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if has_pipes else self._output,
                stderr=self._output,
                cwd=folder,
                env=os.environ | environment if environment else None,
                start_new_session=True,  # Ctrl-C reaches us only, and a group of its own can be ended as a whole
            )
        except BaseException:
            self._output.close()
            raise
        self.pid = self.popen.pid
        self._owner = os.getpid()
        self._has_ended = False
        self._asking = threading.Lock()  # of two threads that wait for a process, one would be told that it runs
        _running.add(self)

    @property
    def exit_status(self) -> int | None:
        """As `subprocess` has it: None while it runs, negative for a signal. What it leaves running is ended, too."""
        with self._asking:
            if not self._has_ended and has_ended(self.popen):
                self._end_group()
            return self.popen.poll()

    def death(self, *, timeout_seconds: float = 0) -> str | None:
        """Say how it ended, without what it said; None while it runs.

        Args:
            timeout_seconds: How long to wait for the end; a lost connection may be seen a moment before it.
        """
        if not timeout_seconds and not has_ended(self.popen):
            return None
        deadline = time.monotonic() + timeout_seconds
        while (status := self.exit_status) is None:
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.003)
        how = f"was killed by signal {_signal(-status)}" if status < 0 else f"exited with status {status}"
        return f"{self.name} (process {self.pid}) {how}"

    def tail(self) -> str:
        """The last lines that it said, indented, for the end of a message."""
        lines = self.last_lines()[-_TAIL_LINES:]
        return "".join(f"\n    {line[:_LINE_LENGTH]}" for line in ["its output ends with:", *lines]) if lines else ""

    def last_lines(self) -> list[str]:
        """What it said last, without empty lines."""
        return last_lines(self._output.fileno()) if not self._output.closed else []

    def kill(self) -> None:
        """End it at once, as a crash would, with all that it started; and wait until it has gone."""
        with self._asking:
            if not self._has_ended:
                self._end_group()
            self.popen.wait()

    def close(self) -> None:
        """Kill it, and forget what it said."""
        self.kill()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # something was still to be written
                    pipe.close()
        self._output.close()
        _running.discard(self)

    def _end_group(self) -> None:
        """Once: later its number may be somebody else's."""
        self._has_ended = True
        kill_group(self.popen)


@contextlib.contextmanager
def starting(name: str, program: str) -> Iterator[None]:
    """Raise `ServerError` in place of what the system says of a program that cannot be started.

    Raises:
        ServerError: There is no such program, or it cannot be executed.
    """
    if shutil.which(program) is None:
        raise ServerError(f"{name} did not start: there is no program {program}")
    try:
        yield
    except OSError as error:
        raise ServerError(f"{name} did not start: {program}: {error.strerror}") from error


def end_processes() -> None:
    """Close every process of ours that is still there: when pytest ends, and when Python does."""
    for process in list(_running):
        if process._owner == os.getpid():  # and not a copy of us that was forked
            process.close()


atexit.register(end_processes)


def last_lines(descriptor: int) -> list[str]:
    """The last lines of an open file that somebody may be writing, without empty ones; its position stays."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL_BYTES)
    lines = os.pread(descriptor, size - start, start).decode("utf-8", "replace").splitlines()
    return [line for line in (lines[1:] if start else lines) if line.strip()]


def _signal(number: int) -> str:
    with contextlib.suppress(ValueError):
        return f"{number} ({signal.Signals(number).name})"
    return str(number)
