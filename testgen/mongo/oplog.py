"""Reading the oplog: what was written, in the order of operation times.

Always forward: a forward scan stops before an operation that has its time but is not committed yet, so what it returns
is gapless. A backward scan shows what lies behind such a hole and would let a reader see an order that no change stream
ever shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pymongo.errors
from bson import Timestamp

from testgen.mongo.clock import mark_oplog
from testgen.mongo.server import Server
from testgen.systems.waiting import WaitTimeout

__all__ = ["OplogEntry", "read_oplog"]

OplogEntry = dict[str, Any]  # Any: a document holds anything

_END_OF_TIME = Timestamp(2**32 - 1, 0)


def read_oplog(
    server: Server,
    *,
    after: Timestamp,
    until: Timestamp | None = None,
    matching: Mapping[str, Any] | None = None,
    timeout_seconds: float = 30,
) -> list[OplogEntry]:
    """Read the entries between two times, both exclusive, oldest first.

    Args:
        server: To read from.
        after: From `mark_oplog` or `operation_time`.
        until: By default a mark that is written now: everything acknowledged so far. Without marks, the oplog's end,
            which is the same where a forward scan waits for what is on its way.
        matching: Further conditions, as {"ns": "shop.items"}. A transaction is one entry `applyOps` in "admin.$cmd";
            a TTL deletion is {op: "d", o: {_id}} without the document.
        timeout_seconds: The scan waits for operations that have their time and are not committed.

    Raises:
        MissingCapability: The oplog cannot be read.
        WaitTimeout: An operation was not committed in time.
    """
    server.require("oplog")
    if until is None:
        until = mark_oplog(server, "end of reading") if server.capabilities.sentinel else _END_OF_TIME
    query = {"ts": {"$gt": after, "$lt": until}, **(matching or {})}
    try:
        with server.doing("reading the oplog"):
            return list(server.client.local["oplog.rs"].find(query, max_time_ms=max(1, int(timeout_seconds * 1000))))
    except pymongo.errors.ExecutionTimeout as error:
        what = f"the oplog to be complete up to {until.time}.{until.inc}"
        raise WaitTimeout(
            f"waited {timeout_seconds:g} s for {what}; an operation in between is not committed"
        ) from error
