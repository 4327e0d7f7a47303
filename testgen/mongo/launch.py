"""Start a mongod as our child, as the only member of a replica set, and wait until it is the primary.

Measured on mongod 6.0.5: about 0.35 s to the primary, 128 MB of memory, 3 MB of disk. The settings that make it so:

- `writeConcernMajorityJournalDefault: false`: change streams read with read concern majority, and by default a write
  counts as majority only once the journal is flushed, which nobody does before a timer of 100 ms. With it each
  change-stream test costs 100 ms, without it 4 ms. It changes when a write counts, not the order of anything, and is
  wrong only for tests of durability after a crash.
"""

from __future__ import annotations

import contextlib
import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pymongo.errors

from testgen.errors import ServerError
from testgen.mongo.child import Child
from testgen.mongo.directories import make_directory, remove_directory
from testgen.mongo.errors import translated
from testgen.mongo.locate import MONGOD_HINT, Mongod, wrong_program
from testgen.systems.ports import free_ports, is_listening
from testgen.systems.waiting import wait_for

__all__ = ["launch_mongod"]

ATTEMPTS = 5
"""Ports to try; taking one between our look and mongod's bind is rare, five times in a row is something else."""
ADDRESS_IN_USE = 48
"""Exit status of a mongod that cannot bind its port."""


def launch_mongod(
    mongod: Mongod,
    *,
    parent: Path | None = None,
    ports: Iterator[int] | None = None,
    timeout_seconds: float = 120,
) -> Child:
    """Start a mongod and make it the primary of its own replica set.

    Call it from the main thread: the death signal that ends mongod with us is tied to the thread that starts it
    (prctl(2)), so from another thread it is left out, and after a SIGKILL of this process mongod runs a moment longer,
    until it is found by who removes its directory.

    Args:
        mongod: The program.
        parent: Where its directory is made; by default the system's place for temporary files.
        ports: Ports to try; random free ones by default.
        timeout_seconds: For each of the two waits, for mongod to listen and to become the primary. It tells a hang:
            a mongod that ends is not waited for.

    Raises:
        ServerError: It did not start; the message ends with the last lines of its log.
    """
    ports = ports or free_ports()
    for _ in range(ATTEMPTS):
        directory = make_directory(parent=parent)
        child: Child | None = None
        try:
            child = Child(mongod, directory, next(ports))
            if _listens(child, mongod, timeout_seconds):
                _initiate(child, timeout_seconds)
                return child
        except OSError as error:
            _discard(child, directory)
            raise _no_start(mongod, error) from error
        except BaseException:  # also when interrupted
            _discard(child, directory)
            raise
        _discard(child, directory)
    raise ServerError(
        f"mongod found its port taken {ATTEMPTS} times",
        hint=f"if {mongod.path} is a script that starts mongod, it must do so by exec, so that the process stays ours",
    )


def _listens(child: Child, mongod: Mongod, timeout_seconds: float) -> bool:
    """Wait until the child listens; False if its port belongs to somebody else.

    The port may have been taken since we saw it free, even by another mongod, which would answer in place of ours: so
    whoever answers is asked for its process number.
    """

    def listener() -> int | None:
        if child.exit_status is not None:
            return 0
        if not is_listening(child.port):
            return None
        with contextlib.suppress(pymongo.errors.PyMongoError, KeyError), _direct(child.port, patience_ms=500) as client:
            pid: int = client.admin.command("serverStatus", repl=0, metrics=0, locks=0)["pid"]
            return pid
        return None

    pid = wait_for("mongod to listen", listener, timeout_seconds=timeout_seconds, explain=child.log_tail)
    if child.exit_status not in (None, ADDRESS_IN_USE):
        raise _no_start(mongod, None, child.death())
    return pid == child.pid


def _initiate(child: Child, timeout_seconds: float) -> None:
    member = {"_id": 0, "host": f"127.0.0.1:{child.port}"}
    configuration = {
        "_id": "rs0",
        "members": [member],
        "writeConcernMajorityJournalDefault": False,
        "settings": {"electionTimeoutMillis": 1000},
    }

    def is_primary() -> bool:
        if child.exit_status is not None:
            raise ServerError(f"mongod ended while becoming the primary: {child.death()}")
        return bool(client.admin.command("hello")["isWritablePrimary"])

    # A client that saw the node before this believes for 10 s that it has no sessions: use it for nothing else.
    with translated("starting the replica set", diagnose=lambda _: child.death()), _direct(child.port) as client:
        client.admin.command("replSetInitiate", configuration)
        wait_for("mongod to become the primary", is_primary, timeout_seconds=timeout_seconds, explain=child.log_tail)


def _direct(port: int, *, patience_ms: int = 30000) -> pymongo.MongoClient[dict[str, Any]]:  # Any: as documents are
    return pymongo.MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=patience_ms, socketTimeoutMS=60000
    )


def _no_start(mongod: Mongod, error: OSError | None, death: str | None = None) -> ServerError:
    """Explain a mongod that the system refused to execute, or that ended at once."""
    if error is not None and error.errno == errno.ENOSPC:
        return ServerError(f"mongod did not start: {error}", hint="set TMPDIR to another disk")
    if refusal := _refusal(mongod, error):
        return ServerError(f"mongod did not start: {refusal}", hint=MONGOD_HINT)
    return ServerError(f"mongod did not start: {death}")


def _refusal(mongod: Mongod, error: OSError | None) -> str | None:
    """Find out why a program does not even start; None if it does.

    Run again without setpriv, which hides the reason: it gives what the system refuses to execute to the shell.
    """
    try:
        if error is not None:
            raise error
        answer = subprocess.run([mongod.path, "--version"], capture_output=True, timeout=60, check=False)
    except OSError as refused:
        return wrong_program(mongod.path) if refused.errno == errno.ENOEXEC else f"{mongod.path}: {refused.strerror}"
    except subprocess.TimeoutExpired:
        return None
    words = answer.stderr.decode("utf-8", "replace").strip()
    return f"{mongod.path} does not run here: {words}" if answer.returncode and words else None


def _discard(child: Child | None, directory: Path) -> None:
    if child is not None:
        child.kill()
    remove_directory(directory)
