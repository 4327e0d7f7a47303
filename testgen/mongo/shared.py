"""One server for the whole process, started when first asked for: one per worker of pytest-xdist.

Workers do not share one: failpoints, parameters and the TTL monitor belong to the whole server.
"""

from __future__ import annotations

import atexit
import os
import threading

from testgen.errors import ServerError
from testgen.mongo.server import Server, find_server

__all__ = ["shared_server", "stop_shared_server"]

_lock = threading.Lock()
_server: Server | None = None
_failure: ServerError | None = None
_owner = 0


def shared_server() -> Server:
    """The server of this process. Ask first from the main thread; see `testgen.mongo.launch.launch_mongod`.

    Raises:
        ServerError: It could not be started, now or when first asked for, or has gone since; at once, in every case
            but the first.
    """
    global _server, _failure, _owner
    with _lock:
        if _owner != os.getpid():  # first time, or forked from a process that had one
            _server, _failure, _owner = None, None, os.getpid()
        if _failure is not None:
            raise _failure.with_traceback(None)
        if _server is None:
            try:
                _server = find_server()
            except ServerError as error:
                _failure = error
                raise
        _server.check()
        return _server


def stop_shared_server() -> None:
    """Stop the server of this process, if one was started; the next use starts another."""
    global _server, _failure
    with _lock:
        server, _server, _failure = _server, None, None
        if server is not None:
            server.stop()


atexit.register(stop_shared_server)
