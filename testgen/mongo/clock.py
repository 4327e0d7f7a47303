"""Cluster time: when a write happened, how far a stream has come, and a mark that is strictly later than all writes.

Times are `bson.Timestamp`: seconds and an increment, totally ordered, never the wall clock of the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import Timestamp

from testgen.mongo.server import Server

__all__ = ["mark_oplog", "operation_time", "successor", "token_time"]


def operation_time(server: Server) -> Timestamp:
    """The time of the last operation that the server has seen, by a `ping`; 0.2 ms.

    A stream started at it delivers the event *at* it too, for startAtOperationTime is inclusive: use `successor`.
    """
    with server.doing("reading the operation time"):
        time: Timestamp = server.client.admin.command("ping")["operationTime"]
        return time


def mark_oplog(server: Server, note: str = "sentinel") -> Timestamp:
    """Write a no-op into the oplog and return its time, strictly later than every write acknowledged before; 0.2 ms.

    Raises:
        MissingCapability: The server has no `appendOplogNote`.
    """
    server.require("sentinel")
    # On a server of the user's, a change stream sees the mark only when the journal is flushed, which without `j` is a
    # timer's affair (100 ms). Ours counts a write before that, see `testgen.mongo.launch`; `j` would cost 1 ms.
    concern = {"w": 1} if server.is_ours else {"w": 1, "j": True}
    with server.doing("marking the oplog"):
        answer = server.client.admin.command("appendOplogNote", data={"testgen": note}, writeConcern=concern)
        time: Timestamp = answer["operationTime"]
        return time


def successor(time: Timestamp) -> Timestamp:
    """The next time, to begin just after an event.

    >>> successor(Timestamp(7, 1))
    Timestamp(7, 2)
    """
    return Timestamp(time.time, time.inc + 1)


def token_time(token: Mapping[str, Any]) -> Timestamp:  # Any: as the server made it
    """The cluster time inside a resume token of MongoDB.

    Its `_data` is a KeyString in hexadecimal: type 82 (timestamp), then seconds and increment, four bytes each
    (seen in 6.0.5; other servers have formats of their own, see `Capabilities.is_genuine`).

    Raises:
        ValueError: The token is not MongoDB's.

    >>> token_time({"_data": "82000000070000000229295A1004"})
    Timestamp(7, 2)
    """
    data = token["_data"]
    if not isinstance(data, str) or not data.startswith("82"):
        raise ValueError(f"not a resume token of MongoDB: {token!r}")
    return Timestamp(int(data[2:10], 16), int(data[10:18], 16))
