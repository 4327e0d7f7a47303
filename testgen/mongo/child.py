"""A mongod process that is our child: its command line, its death with us, and what it said before it ended.

The settings are there for speed, and were measured on mongod 6.0.5:

- journal files of 2 MB that are not preallocated: 3 MB of disk instead of 300 MB.
- test commands on, for failpoints; TTL monitor off until a `TTLGate` opens it, at one pass a second.
- transactions that may stay open for weeks: after ten minutes the server aborts one, and so it does when the machine's
  clock is set forward, of which a test would be told as of a divergence.
- stopped by SIGKILL: SIGTERM takes a second, and the files are thrown away anyway.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
from pathlib import Path

from testgen.mongo.directories import remove_directory
from testgen.mongo.locate import Mongod
from testgen.systems.process import ChildProcess, last_lines

__all__ = ["Child"]

COMPLAINTS = 5
_LINE_LENGTH = 240
_NO_COMPLAINTS = ("I ", "W ", "BACKTRACE:")
_LITTLE_DISK_BYTES = 32 << 20


class Child:
    """A mongod process of ours with its directory."""

    def __init__(self, mongod: Mongod, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        (directory / "data").mkdir()
        command = _command(mongod, directory, port)
        self._process = ChildProcess(command, name="mongod", output=(directory / "output").open("w+b"))
        self.pid = self._process.pid

    @property
    def exit_status(self) -> int | None:
        """As `subprocess` has it: None while it runs, negative for a signal."""
        return self._process.exit_status

    def death(self, *, timeout_seconds: float = 0) -> str | None:
        """Say how mongod ended; None while it runs.

        Args:
            timeout_seconds: How long to wait for the end; a lost connection may be seen a moment before it.
        """
        if (how := self._process.death(timeout_seconds=timeout_seconds)) is None:
            return None
        said = "" if self.exit_status == -signal.SIGKILL else self.log_tail()  # of that it knows nothing itself
        return f"{how}{self._full_disk()}{said}"

    def kill(self) -> None:
        """End mongod at once, wait until it has gone, and remove its directory; 20 to 90 ms."""
        self._process.close()
        remove_directory(self.directory)

    def log_tail(self) -> str:
        """What mongod said last, indented, for the end of a message: its complaints, or else its last lines."""
        raw = [*self._process.last_lines(), *_last_lines(self.directory / "log")]
        lines = [line for line in map(_readable, raw) if line is not None]
        complaints = [line for line in lines if not line.startswith(_NO_COMPLAINTS)]
        chosen = complaints[-COMPLAINTS:] or lines[-2:]
        return "".join(f"\n    {line[:_LINE_LENGTH]}" for line in ["its log ends with:", *chosen]) if chosen else ""

    def _full_disk(self) -> str:
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(self.directory).free
            if free < _LITTLE_DISK_BYTES:
                return f"; the disk of {self.directory} is full, with {free >> 10} KB free"
        return ""


def _command(mongod: Mongod, directory: Path, port: int) -> list[str]:
    parameters = {
        "enableTestCommands": 1,
        "diagnosticDataCollectionEnabled": "false",
        "ttlMonitorSleepSecs": 1,
        "ttlMonitorEnabled": "false",
        "transactionLifetimeLimitSeconds": 4_000_000,
        "periodicNoopIntervalSecs": 1,
        "writePeriodicNoops": "true",
    }
    return [
        *(str(mongod.path), "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", "rs0"),
        *("--dbpath", str(directory / "data"), "--logpath", str(directory / "log")),
        *("--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"),
        *("--wiredTigerEngineConfigString", "log=(file_max=2MB,prealloc=false)"),
        *(word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")),
    ]


def _last_lines(path: Path) -> list[str]:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return last_lines(file.fileno())
    return []


def _readable(line: str) -> str | None:
    """Shorten a line of mongod's structured log (JSON since 4.4) to severity, component, message and attributes.

    Returns:
        None for a line that was cut off, as on a full disk.

    >>> _readable('{"s": "E", "c": "CONTROL", "msg": "no", "attr": {"error": 28, "message": {"msg": "No space left"}}}')
    'E CONTROL: no {"error": 28, "message": "No space left"}'
    """
    try:
        entry = json.loads(line)
        attributes = dict(entry.get("attr", {}))
        if "msg" in (message := attributes.get("message") or {}):  # WiredTiger's, among a dozen fields
            attributes["message"] = message["msg"]
        text = f"{entry['s']} {entry['c']}: {entry['msg']} {json.dumps(attributes) if attributes else ''}"
        return " ".join(text.split())
    except (ValueError, KeyError, TypeError):
        return None if line.startswith('{"t":') else line
