"""Running TLC as a child that cannot outlive us: one loop reads what it says and dumps, and watches for signals.

The dump comes through a named pipe, so that it is compressed while TLC works and never lies on the disk uncompressed.
POSIX only.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from testgen.process_group import dying_with_us, has_ended, kill_group

__all__ = ["Interruption", "run_process"]

TICK_SECONDS = 0.25
_CHUNK_BYTES = 1 << 20


class Interruption:
    """Whether we were told to stop.

    Inside the `with` block signals are noted instead of acted upon, so that cleaning up is undisturbed.
    Outside of the main thread Python lets nobody catch signals; then nothing is noted.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.by: signal.Signals | None = None
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in self.SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.by = signal.Signals(number)


def run_process(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    stderr: Path,
    on_line: Callable[[str], None],
    interruption: Interruption,
    dump_pipe: Path | None = None,
    on_dump: Callable[[bytes], None] = lambda _: None,
    on_tick: Callable[[], None] = lambda: None,
    timeout_seconds: float | None = None,
) -> int | None:
    """Run a command to its end, or until interrupted or out of time; then it and its children are killed.

    Args:
        command: Program and arguments.
        folder: Where to run it.
        environment: All its variables.
        stderr: File that gets its standard error.
        on_line: Gets each line of its standard output, without the end.
        interruption: Watched.
        dump_pipe: Named pipe to read beside it, made by the caller; its bytes go to `on_dump`.
        on_dump: Gets them.
        on_tick: Called at least every `TICK_SECONDS`.
        timeout_seconds: When to end it; never by default.

    Returns:
        The exit status (negative: the signal that killed it); None if we ended it.
    """
    with stderr.open("wb") as errors, _open_pipe(dump_pipe) as pipe:
        process = subprocess.Popen(
            [*dying_with_us(), *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C reaches us only, and the whole group can be killed
        )
        try:
            ended = _listen(process, pipe, on_line, on_dump, on_tick, _Patience(interruption, timeout_seconds))
            if ended:
                has_ended(process, wait=True)
        finally:
            kill_group(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    return process.returncode if ended else None


class _Patience:
    """When to stop waiting."""

    def __init__(self, interruption: Interruption, timeout_seconds: float | None) -> None:
        self._interruption = interruption
        self._ends = None if timeout_seconds is None else time.monotonic() + timeout_seconds

    def is_over(self) -> bool:
        return self._interruption.by is not None or (self._ends is not None and time.monotonic() > self._ends)


def _listen(
    process: subprocess.Popen[bytes],
    pipe: int | None,
    on_line: Callable[[str], None],
    on_dump: Callable[[bytes], None],
    on_tick: Callable[[], None],
    patience: _Patience,
) -> bool:
    """Read until standard output ends and the pipe is empty; False if patience ended first."""
    assert process.stdout is not None
    output, rest = process.stdout.fileno(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        if pipe is not None:
            selector.register(pipe, selectors.EVENT_READ)
        next_tick = 0.0
        while output in selector.get_map():
            if patience.is_over():
                return False
            for key, _ in selector.select(TICK_SECONDS):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if key.fd == pipe:
                    on_dump(chunk)
                elif chunk:
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        on_line(_text(line))
                else:
                    selector.unregister(output)
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + TICK_SECONDS
                on_tick()
    if rest:
        on_line(_text(rest))
    with contextlib.suppress(BlockingIOError):  # empty
        while pipe is not None:
            on_dump(os.read(pipe, _CHUNK_BYTES))
    return True


@contextlib.contextmanager
def _open_pipe(path: Path | None) -> Iterator[int | None]:
    if path is None:
        yield None
        return
    # Open for writing too, so that it does not count as ended before TLC has come or after it has gone.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield pipe
    finally:
        os.close(pipe)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
