"""Ports on which a server of ours may listen, and whether it is ours that does."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

__all__ = ["free_ports", "is_free", "is_listening", "listens"]

_PORTS = range(20000, 32000)  # below Linux's range for outgoing connections, which begins at 32768
_PROC = Path("/proc")
_LISTEN = "0A"


def free_ports() -> Iterator[int]:
    """Yield ports on which nothing listens at this moment, at random, so that two processes rarely choose the same."""
    # Seeded by the system, not by a number: the same ports in every process would collide.
    chooser = random.SystemRandom()
    while True:
        port = chooser.choice(_PORTS)
        if is_free(port):
            yield port


def is_free(port: int) -> bool:
    """Whether a server of ours could bind the port now."""
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def listens(group: int, port: int) -> bool:
    """Whether a process of the group listens on the port; another one may have taken it since we saw it free.

    Only Linux tells whose it is (proc(5)); elsewhere somebody who listens there is taken for ours.
    """
    if not is_listening(port):
        return False
    tables = [table for name in ("tcp", "tcp6") if (table := _PROC / "self" / "net" / name).is_file()]
    sockets = {f"socket:[{inode}]" for table in tables for inode in _listening_sockets(table, port)}
    return not tables or any(_has_open(pid, sockets) for pid in _members(group))


def _listening_sockets(table: Path, port: int) -> Iterator[str]:
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTEN and fields[1].endswith(f":{port:04X}"):
            yield fields[9]


def _members(group: int) -> Iterator[int]:
    for pid in (int(path.name) for path in _PROC.iterdir() if path.name.isdecimal()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == group:
                yield pid


def _has_open(pid: int, names: set[str]) -> bool:
    with contextlib.suppress(OSError):  # it is just ending
        for path in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(path.readlink()) in names:
                    return True
    return False
