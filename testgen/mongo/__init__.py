"""A MongoDB replica set to drive: found, started, probed, watched over, stopped; and controls that make it step.

Knows nothing of TLA+, bindings or pytest. Importing it imports pymongo.

    server = shared_server()                    # one per process, started when first asked for
    with ChangeStream(server, "shop", "items") as stream:
        server.client.shop.items.insert_one({"_id": 1})
        events = stream.drain()                 # everything acknowledged so far, without sleeping
"""

from testgen.mongo.capabilities import Capabilities, require
from testgen.mongo.change_stream import ChangeStream, Event, is_sentinel, start_point
from testgen.mongo.clock import mark_oplog, operation_time, successor, token_time
from testgen.mongo.errors import MissingCapability
from testgen.mongo.failpoint import Failpoint, ParkedOperation
from testgen.mongo.oplog import OplogEntry, read_oplog
from testgen.mongo.server import Server, connect_server, find_server, start_server
from testgen.mongo.shared import shared_server, stop_shared_server
from testgen.mongo.ttl_gate import TTLGate
from testgen.systems.waiting import WaitTimeout

__all__ = [
    "Capabilities",
    "ChangeStream",
    "Event",
    "Failpoint",
    "MissingCapability",
    "OplogEntry",
    "ParkedOperation",
    "Server",
    "TTLGate",
    "WaitTimeout",
    "connect_server",
    "find_server",
    "is_sentinel",
    "mark_oplog",
    "operation_time",
    "read_oplog",
    "require",
    "shared_server",
    "start_point",
    "start_server",
    "stop_shared_server",
    "successor",
    "token_time",
]
