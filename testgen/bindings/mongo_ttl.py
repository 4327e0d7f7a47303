"""Binding of `TTLEmissionOrdering`: documents that the server deletes by itself, and a stream that tells of it.

A pass of the TTL monitor takes a second and concerns the whole server, so tests share passes: `lockstep` has
`testgen.runtime` run them together up to each. The monitor stands before a gate at all other times, and whoever lets a
pass through makes sure that it was exactly one. What tests share as well is the reading of oplog, documents and stream:
once for all that want to see them, none of which goes on before it has seen its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from bson import Timestamp
from pymongo import WriteConcern
from pymongo.client_session import ClientSession

from testgen.bindings.decorators import action, ends, observes
from testgen.bindings.mongo import Document, MongoBinding
from testgen.bindings.ttl_surroundings import Logged, surroundings_of
from testgen.mongo import Event, Server
from testgen.values.plain import Plain

__all__ = ["Entry", "TTLOrdering", "undelivered"]

Entry = dict[str, Any]
"""An event of the specification: `ts`, `op` ("i" or "d") and `doc`."""

_OPERATIONS = {"insert": "i", "delete": "d"}
_W1 = WriteConcern(w=1)
_LONG = timedelta(days=3650)
_indexed: set[Server] = set()


def _staged(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"created_at": after["docs"][-1]["createdAt"]}


def _changed_document(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Plain]:
    pairs = zip(before["docs"], after["docs"], strict=True)
    return {"doc": next(number for number, (old, new) in enumerate(pairs, 1) if old != new)}


def undelivered(state: Mapping[str, Any]) -> list[Entry]:
    """What the consumer's filter lets through and has not been delivered."""
    return [
        entry
        for entry in state["oplog"]
        if state["docs"][entry["doc"] - 1]["createdAt"] != "missing" and entry not in state["delivered"]
    ]


class TTLOrdering(MongoBinding):
    """Documents that expire, the passes that delete them, and a change stream filtered by `createdAt`."""

    needs: ClassVar[tuple[str, ...]] = (
        "change_streams",
        "oplog",
        "sentinel",
        "transactions",
        "pre_images",
        "failpoints",
        "ttl_gate",
    )
    collection_name: ClassVar[str] = "ttl"
    collection_options: ClassVar[Mapping[str, Any]] = {"changeStreamPreAndPostImages": {"enabled": True}}
    fixture: ClassVar[str] = "ttl"
    lockstep: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._surroundings = surroundings_of(self.server, self.collection)
        self._surroundings.join(self.prefix)
        self._now = datetime.now(UTC)
        self._sessions: dict[int, ClientSession] = {}
        self._aborted: set[int] = set()
        self._kinds: list[str] = []
        self._delivered: list[Event] = []
        self._is_seen = True  # there is nothing to see yet
        self._log: list[Logged] = []
        self._documents: list[Document] = []
        self._idle_passes = 0

    @action("Stage", parameters=_staged)
    def stage(self, created_at: str) -> None:
        """Insert a document in a transaction of its own, and leave that open."""
        self._is_seen = False
        self._kinds.append(created_at)
        doc = len(self._kinds)
        document: Document = {"_id": self.key(doc)}
        if created_at != "missing":
            document["createdAt"] = self._date(created_at, doc)
        session = self.server.client.start_session(causal_consistency=False)
        self._sessions[doc] = session
        with self.server.doing(f"staging document {doc}"):
            session.start_transaction(write_concern=_W1)
            self.collection.insert_one(document, session=session)

    @action("Commit", parameters=_changed_document)
    def commit(self, doc: int) -> None:
        """Commit the transaction that a document was inserted in."""
        self._is_seen = False
        with self.server.doing(f"committing document {doc}"):
            self._sessions[doc].commit_transaction()

    @action("Abort", parameters=_changed_document)
    def abort(self, doc: int) -> None:
        """Abort the transaction that a document was inserted in."""
        self._is_seen = False
        self._aborted.add(doc)
        with self.server.doing(f"aborting document {doc}"):
            self._sessions[doc].abort_transaction()

    @action("TTLPass", parameters=lambda before, after: {})
    def ttl_pass(self) -> None:
        """Let the TTL monitor make exactly one pass."""
        n_before = len(self._log)
        self._let_one_pass()
        self._log = self._surroundings.log_of(self.prefix)
        self._documents = self._surroundings.documents_of(self.prefix)
        if len(self._log) == n_before:
            self._idle_passes += 1

    @action("Deliver", parameters=lambda before, after: {})
    def deliver(self) -> None:
        """Take the next event."""
        event = self._surroundings.next_event(self.prefix)
        self.expect("whether there is an event to deliver", True, event is not None)
        assert event is not None
        self._delivered.append(event)

    @ends(lambda final: {"rest": undelivered(final)})
    def check_rest(self, rest: list[Entry]) -> None:
        """The stream has exactly these events left, in this order, and all else is as it was."""
        self._is_seen = False
        self.check_state()
        late = self._entries(self._further_events())
        self.expect("events that are still to be delivered", rest, late)

    @observes("docs")
    def docs(self) -> list[Entry]:
        """Each document as the server shows it; which of the two why it does not show one is what this test did."""
        self._look()
        found = {self._number(document["_id"]): document for document in self._documents}
        shown = []
        for doc in sorted({*range(1, len(self._kinds) + 1), *found}):
            if doc in found:
                shown.append({"createdAt": self._kind(found[doc]), "state": "live"})
            else:
                shown.append({"createdAt": self._kinds[doc - 1], "state": self._state_unseen(doc)})
        return shown

    @observes("oplog")
    def oplog(self) -> list[Entry]:
        """The test's writes in the order of the server's own log."""
        self._look()
        return [{"ts": self._rank(entry.time), "op": entry.op, "doc": self._number(entry.key)} for entry in self._log]

    @observes("delivered")
    def delivered(self) -> list[Entry]:
        """The events, each with the place that its cluster time has in the oplog."""
        return self._entries(self._delivered)

    @observes("idlePasses")
    def idle_passes(self) -> int:
        return self._idle_passes

    def close(self) -> None:
        super().close()
        self.server.end_sessions(self._sessions.values())
        self._surroundings.leave(self.prefix)

    def _date(self, kind: str, doc: int) -> datetime:
        """The later a document is staged, the younger it is: a pass deletes the oldest first.

        Years away, as the server's clock may differ from ours, and either may be set.
        """
        age = _LONG - timedelta(seconds=doc) if kind == "past" else -_LONG
        return self._now - age

    def _kind(self, document: Document) -> str:
        if (date := document.get("createdAt")) is None:
            return "missing"
        return "past" if date.replace(tzinfo=UTC) < self._now else "future"

    def _state_unseen(self, doc: int) -> str:
        if doc in self._aborted:
            return "aborted"
        return "staged" if self._sessions[doc].in_transaction else "deleted"

    def _let_one_pass(self) -> int:
        return self.shared_step(self._surroundings.let_one_pass, costly=True)

    def _further_events(self) -> list[Event]:
        """All that the stream has, up to now, and that was not delivered."""
        self.shared_step(self._surroundings.drain)
        return self._surroundings.take_events(self.prefix)

    def _look(self) -> None:
        """Read documents and oplog, unless this test has done nothing to them since.

        What they show without that will show at the next step or, at the latest, at the end.
        """
        if not self._is_seen:
            self.shared_step(self._surroundings.look)
            self._log = self._surroundings.log_of(self.prefix)
            self._documents = self._surroundings.documents_of(self.prefix)
            self._is_seen = True

    def _entries(self, events: list[Event]) -> list[Entry]:
        self._look()
        return [
            {
                "ts": self._rank(event["clusterTime"]),
                "op": _OPERATIONS.get(event["operationType"], event["operationType"]),
                "doc": self._number(event["documentKey"]["_id"]),
            }
            for event in events
        ]

    def _rank(self, time: Timestamp) -> int | None:
        """What the specification calls `ts`: it counts this test's writes. None for a time that is not in the oplog."""
        times = [entry.time for entry in self._log]
        return sum(other <= time for other in times) if time in times else None

    def _number(self, key: str) -> int:
        return int(self.parts(key)[0])

    def _prepare_collection(self) -> None:
        super()._prepare_collection()
        if self.server not in _indexed:
            with self.server.doing("making the TTL index"):
                self.server.client["testgen"][self.collection_name].create_index("createdAt", expireAfterSeconds=0)
            _indexed.add(self.server)
