"""Directories of our servers, and what becomes of them when their owner is killed.

A shell waits for the owner's end, however it comes, and removes the directory. Where that did not happen, as after a
loss of power, the directory names its owner, so that it is found to be stale and removed when the next server starts.

The name is testgen-mongod-NAMESPACE-PID-START-RANDOM. A process number alone would be mistaken for the owner's once it
is used again, so the owner's start time stands beside it. Process numbers mean something only within a PID namespace:
two containers that share a temporary directory must not sweep each other's living servers.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from testgen.errors import ServerError

__all__ = ["make_directory", "process_start", "remove_directory", "sweep_directories"]

PREFIX = "testgen-mongod-"
_CLEANING = """
read -r _
pid=$(cat "$0/data/mongod.lock") && { cat "/proc/$pid/cmdline" || ps -o command= -p "$pid"; } | grep -qF -- "$0" &&
    kill -9 "$pid"
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$0" && exit; sleep 0.1; done
"""
"""Run by sh, with the directory as $0. It reads from a pipe that nobody writes to; the system closes our end with us.
A mongod that is still there is killed, and may write a last file while its directory is being removed."""

_cleaners: dict[Path, subprocess.Popen[bytes]] = {}
_NAME = re.compile(rf"{PREFIX}(?P<namespace>\w+)-(?P<pid>\d+)-(?P<start>\w+)-\w+")


def make_directory(*, parent: Path | None = None) -> Path:
    """Make an empty directory owned by this process, readable for this user only, and removed when this process ends.

    Args:
        parent: Where; by default the system's place for temporary files (`$TMPDIR`).

    Raises:
        ServerError: It cannot be made.
    """
    owner = f"{_namespace()}-{os.getpid()}-{process_start(os.getpid())}-"
    try:
        path = Path(tempfile.mkdtemp(prefix=PREFIX + owner, dir=parent))
    except OSError as error:
        raise ServerError(f"no directory for mongod can be made: {error}", hint="set TMPDIR to another disk") from error
    with contextlib.suppress(OSError):  # no shell: the next start removes it
        _cleaners[path] = subprocess.Popen(
            ["/bin/sh", "-c", _CLEANING, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # or it would keep a pipe open in which we run
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath},
            start_new_session=True,  # what kills our whole group must spare it
        )
    return path


def sweep_directories(*, parent: Path | None = None) -> list[Path]:
    """Remove the directories of owners that are dead, and end servers that still run in them.

    Returns:
        The directories removed.
    """
    swept = []
    for path in sorted((parent or Path(tempfile.gettempdir())).glob(f"{PREFIX}*")):
        if _is_stale(path):
            _end_orphan(path)
            remove_directory(path)
            swept.append(path)
    return swept


def remove_directory(path: Path) -> None:
    """Remove a directory with all that is in it; one that is gone already will do."""
    shutil.rmtree(path, ignore_errors=True)
    if (cleaner := _cleaners.pop(path, None)) is not None:
        with cleaner:
            cleaner.kill()


def process_start(pid: int) -> str | None:
    """When a process started, in the system's own words, without blanks; None if there is no such process.

    On Linux field 22 of /proc/PID/stat, in ticks since boot (proc(5)); elsewhere what `ps` says.
    """
    if Path("/proc/self/stat").exists():
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()  # the name before it may hold anything
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return re.sub(r"\W+", "", answer.stdout) or None


def _is_stale(path: Path) -> bool:
    name = _NAME.fullmatch(path.name)
    if name is None or name["namespace"] != _namespace():
        return False
    with contextlib.suppress(OSError):  # swept by another process in this moment
        return path.stat().st_uid == os.getuid() and process_start(int(name["pid"])) != name["start"]
    return False


def _end_orphan(path: Path) -> None:
    """Kill the server of a stale directory if it outlived its owner; it does so only where setpriv is missing."""
    with contextlib.suppress(OSError, ValueError):  # no lock file, or nothing in it: no server
        pid = int((path / "data" / "mongod.lock").read_text(encoding="ascii"))
        if str(path) in _command_line(pid):
            os.kill(pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.exists():
        return proc.read_text(encoding="utf-8", errors="replace")
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "0"
