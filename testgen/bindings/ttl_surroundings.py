"""What all tests of `TTLEmissionOrdering` on a server share: the TTL monitor's gate, oplog, documents and a stream.

A pass of the monitor takes a second and concerns the whole server. A look at oplog, documents or stream takes as long
for a thousand tests as for one. So each is made once for all tests that want it, see `Binding.shared_step`.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass

from bson import Timestamp
from pymongo.collection import Collection

from testgen.bindings.mongo import PROCESS, Document
from testgen.errors import ServerError
from testgen.mongo import ChangeStream, Event, ParkedOperation, Server, TTLGate, operation_time, read_oplog

__all__ = ["Logged", "Surroundings", "surroundings_of"]

_END_OF_TIME = Timestamp(2**32 - 1, 0)
_IMAGES = ("fullDocument", "fullDocumentBeforeChange")


@dataclass(frozen=True, slots=True)
class Logged:
    """A write in the oplog."""

    time: Timestamp
    op: str
    key: str


class Surroundings:
    """What all tests on a server share: the TTL monitor behind its gate, the oplog of their collection, and a stream.

    Oplog and stream are read once for all, and what comes is sorted by test, in the order it came. Readers of their own
    would each go through what all tests wrote, and a change stream takes 6 µs for each entry that its filter rejects
    (mongod 6.0.5): with a thousand tests in lock-step, 30 ms a test.
    """

    def __init__(self, server: Server, collection: Collection[Document]) -> None:
        self.server = server
        self._collection = collection
        self._own_process = {"$regex": f"^{PROCESS}[.]"}
        own = {"ns": collection.full_name, "op": {"$in": ["i", "u", "d"]}}
        self._matching = {"$or": [own, {"ns": "admin.$cmd", "o.applyOps.ns": collection.full_name}]}
        self._documents: dict[str, list[Document]] = {}
        self._stream: ChangeStream | None = None
        self._events: dict[str, deque[Event]] = {}
        self._gate: TTLGate | None = None
        self._closing: ParkedOperation[None] | None = None
        self._read_until = operation_time(server)
        self._logs: dict[str, list[Logged]] = {}

    def join(self, prefix: str) -> None:
        """Begin a test: the stream is open, and there is no pass from here on but those let through."""
        self._events[prefix] = deque()
        self._close_gate()
        if self._stream is None:
            has_created_at = [{f"{image}.createdAt": {"$exists": True}} for image in _IMAGES]
            self._stream = ChangeStream(
                self.server,
                self._collection.database.name,
                self._collection.name,
                pipeline=[{"$match": {"documentKey._id": self._own_process}}, {"$match": {"$or": has_created_at}}],
                options={"fullDocumentBeforeChange": "whenAvailable"},
            )

    def leave(self, prefix: str) -> None:
        """End a test; a server that is not ours gets its monitor back after the last one."""
        self._logs.pop(prefix, None)
        self._events.pop(prefix, None)
        if not self._events:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close()
            if not self.server.is_ours:
                self._remove_gate()

    def next_event(self, prefix: str) -> Event | None:
        """The next event of one test; None if the stream has none, however long one waited."""
        stream, events = self._stream, self._events[prefix]
        assert stream is not None, "a test has joined"
        for read in (stream.next_batch, stream.drain):
            if not events:
                self._sort(read())
        return events.popleft() if events else None

    def drain(self) -> None:
        """Read what the stream has for any test, up to now."""
        assert self._stream is not None, "a test has joined"
        self._sort(self._stream.drain())

    def take_events(self, prefix: str) -> list[Event]:
        """All further events of one test, as far as the stream has been read."""
        events = list(self._events[prefix])
        self._events[prefix].clear()
        return events

    def _sort(self, events: list[Event]) -> None:
        for event in events:
            queue = self._events.get(_prefix(event["documentKey"]["_id"]))
            if queue is not None:
                queue.append(event)

    def let_one_pass(self) -> int:
        """Let the monitor make exactly one pass, and look what it has left.

        Returns:
            The number of passes that the server has made.
        """
        gate = self._close_gate()
        try:
            if self._closing is not None:
                self._closing.result()
                self._closing = None
            n_passes = gate.let_one_pass()
        except ServerError:
            self._remove_gate()  # the next pass begins anew
            raise
        self.look()
        return n_passes

    def look(self) -> None:
        """Read documents and oplog, for all tests."""
        self.read_log()
        self._documents = {}
        with self.server.doing("reading the documents"):
            for document in self._collection.find({"_id": self._own_process}):
                self._documents.setdefault(_prefix(document["_id"]), []).append(document)

    def documents_of(self, prefix: str) -> list[Document]:
        """The documents of one test that were there at the last look."""
        return self._documents.get(prefix, [])

    def log_of(self, prefix: str) -> list[Logged]:
        """The writes to documents of one test, in the order of the oplog."""
        return list(self._logs.get(prefix, ()))

    def read_log(self) -> None:
        """Read what has come into the oplog."""
        # A forward reading waits for what is still on its way, so there is no need of a mark to read up to.
        entries = read_oplog(self.server, after=self._read_until, until=_END_OF_TIME, matching=self._matching)
        for entry in entries:
            self._read_until = entry["ts"]
            for operation in entry["o"]["applyOps"] if entry["op"] == "c" else (entry,):
                if operation["ns"] == self._collection.full_name:
                    key = (operation.get("o2") or operation["o"])["_id"]
                    self._logs.setdefault(_prefix(key), []).append(Logged(entry["ts"], operation["op"], key))

    def operations_on(self, prefix: str) -> list[str]:
        """What was done to documents that are of no interest after this."""
        self.read_log()
        operations = [logged.op for logged in self.log_of(prefix)]
        self._logs.pop(prefix, None)
        return operations

    @property
    def passes(self) -> int:
        """The number of passes that the server has made."""
        return self._close_gate().passes

    def _close_gate(self) -> TTLGate:
        if self._gate is None:
            self._gate = TTLGate(self.server)
            if self.server.is_ours:  # and the monitor disabled: while it comes to the gate, tests can begin
                self._closing = ParkedOperation(self._gate.close)
            else:
                self._gate.close()
        return self._gate

    def _remove_gate(self) -> None:
        gate, self._gate, self._closing = self._gate, None, None
        if gate is not None:
            with contextlib.suppress(ServerError):
                gate.remove()


def _prefix(key: object) -> str:
    """What the keys of one test have in common; see `MongoBinding.key`."""
    return str(key).rpartition(".")[0] + "."


_shared: Surroundings | None = None


def surroundings_of(server: Server, collection: Collection[Document]) -> Surroundings:
    global _shared
    if _shared is None or _shared.server is not server:
        _shared = Surroundings(server, collection)
    return _shared
