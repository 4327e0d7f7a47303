"""Bindings of `TTLEmissionOrdering`: documents that the server deletes by itself, and a stream that tells of it.

A pass of the TTL monitor takes a second and concerns the whole server, so tests share passes: `lockstep` has
`testgen.runtime` run them together up to each. The monitor stands before a gate at all other times, and whoever lets a
pass through makes sure that it was exactly one. What tests share as well is the reading of oplog, documents and stream:
once for all that want to see them, none of which goes on before it has seen its own.

Two of the specification's configurations have steps that no server may take: a pass that deletes what is not
committed, a stream that delivers a later event first. The tests of `ImpossibleEarlyTTL` and `ImpossibleReorder` drive
the server up to the first such step and prove that it had the occasion, and refused.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from bson import Timestamp
from pymongo import WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from testgen.bindings.mongo import Document, MongoBinding
from testgen.bindings.protocol import Step, action, ends, observes, step
from testgen.bindings.story import Call, StepStory, tell_steps
from testgen.errors import BindingError, ServerError
from testgen.mongo import ChangeStream, Event, ParkedOperation, Server, TTLGate, operation_time, read_oplog
from testgen.values.plain import Plain

__all__ = ["ImpossibleEarlyTTL", "ImpossibleReorder", "TTLOrdering"]

Entry = dict[str, Any]
"""An event of the specification: `ts`, `op` ("i" or "d") and `doc`."""

_OPERATIONS = {"insert": "i", "delete": "d"}
_END_OF_TIME = Timestamp(2**32 - 1, 0)
_IMAGES = ("fullDocument", "fullDocumentBeforeChange")
_W1 = WriteConcern(w=1)
_indexed: set[Server] = set()


def _staged(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"created_at": after["docs"][-1]["createdAt"]}


def _changed_document(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Plain]:
    pairs = zip(before["docs"], after["docs"], strict=True)
    return {"doc": next(number for number, (old, new) in enumerate(pairs, 1) if old != new)}


def _undelivered(state: Mapping[str, Any]) -> list[Entry]:
    """What the consumer's filter lets through and has not been delivered."""
    return [
        entry
        for entry in state["oplog"]
        if state["docs"][entry["doc"] - 1]["createdAt"] != "missing" and entry not in state["delivered"]
    ]


@dataclass(frozen=True, slots=True)
class _Logged:
    """A write in the oplog."""

    time: Timestamp
    op: str
    key: str


class _Surroundings:
    """What all tests on a server share: the TTL monitor behind its gate, the oplog of their collection, and a stream.

    Oplog and stream are read once for all, and what comes is sorted by test, in the order it came. Readers of their own
    would each go through what all tests wrote, and a change stream takes 6 µs for each entry that its filter rejects
    (mongod 6.0.5): with a thousand tests in lock-step, 30 ms a test.
    """

    def __init__(self, server: Server, collection: Collection[Document]) -> None:
        self.server = server
        self._collection = collection
        self._own_process = {"$regex": f"^{os.getpid()}[.]"}
        own = {"ns": collection.full_name, "op": {"$in": ["i", "u", "d"]}}
        self._matching = {"$or": [own, {"ns": "admin.$cmd", "o.applyOps.ns": collection.full_name}]}
        self._documents: dict[str, list[Document]] = {}
        self._stream: ChangeStream | None = None
        self._events: dict[str, deque[Event]] = {}
        self._gate: TTLGate | None = None
        self._closing: ParkedOperation[None] | None = None
        self._read_until = operation_time(server)
        self._logs: dict[str, list[_Logged]] = {}

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
                self._closing.result(timeout_seconds=30)
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

    def log_of(self, prefix: str) -> list[_Logged]:
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
                    self._logs.setdefault(_prefix(key), []).append(_Logged(entry["ts"], operation["op"], key))

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


_shared: _Surroundings | None = None


def _surroundings_of(server: Server, collection: Collection[Document]) -> _Surroundings:
    global _shared
    if _shared is None or _shared.server is not server:
        _shared = _Surroundings(server, collection)
    return _shared


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
        self._surroundings = _surroundings_of(self.server, self.collection)
        self._surroundings.join(self.prefix)
        self._now = datetime.now(UTC)
        self._sessions: dict[int, ClientSession] = {}
        self._aborted: set[int] = set()
        self._kinds: list[str] = []
        self._delivered: list[Event] = []
        self._is_seen = True  # there is nothing to see yet
        self._log: list[_Logged] = []
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

    @ends(lambda final: {"rest": _undelivered(final)})
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
        for session in self._sessions.values():
            session.end_session()  # which aborts a transaction that is open still
        self._surroundings.leave(self.prefix)

    def _date(self, kind: str, doc: int) -> datetime:
        """The later a document is staged, the younger it is: a pass deletes the oldest first."""
        age = timedelta(seconds=1000 - doc) if kind == "past" else timedelta(seconds=-10000)
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


class ImpossibleEarlyTTL(TTLOrdering):
    """A real monitor in place of one that deletes what is not committed (`AllowTTLBeforeCommit` TRUE).

    No server is like that. Each behavior is told up to the first pass that deletes too early, and ends with the proof
    that the server makes this pass and spares the document. What the specification lets follow cannot be had, so
    one test stands for all behaviors that begin alike, and those without such a pass are left out.
    """

    @step
    def refuses_to_reap(self, docs: list[int]) -> None:
        """A pass comes while these documents have expired and are not committed: it spares them, until they are.

        The evidence: the monitor counts exactly one more pass; the pass deletes what it should, among it a document
        made for it, in the same collection; the transactions are open during the pass and can be committed after it;
        only then do the inserts come into the oplog, and after them, by a second pass, the deletes.
        """
        log = [_event(entry) for entry in self.oplog()]
        live = [d for d, shown in enumerate(self.docs(), 1) if shown == {"createdAt": "past", "state": "live"}]
        decoy = f"decoy.{self.prefix}"
        with self.server.doing("inserting a document for the pass to delete"):
            self.collection.insert_one({"_id": f"{decoy}1", "createdAt": self._date("past", 0)})
        self.expect("documents in open transactions at the pass", docs, self._uncommitted(docs))

        n_passes = self._surroundings.passes
        self.expect("passes made by now", n_passes + 1, self._let_one_pass())
        self._is_seen = False
        self.expect("what the pass did to a document made for it", ["i", "d"], self._surroundings.operations_on(decoy))
        log += [{"op": "d", "doc": doc} for doc in live]
        self.expect("the oplog after the pass", log, [_event(entry) for entry in self.oplog()])
        self.expect("documents in open transactions after the pass", docs, self._uncommitted(docs))

        for doc in docs:
            self.commit(doc)
        log += [{"op": "i", "doc": doc} for doc in docs]
        self.expect("the oplog after the commits", log, [_event(entry) for entry in self.oplog()])
        shown = [doc for doc, shown in enumerate(self.docs(), 1) if shown["state"] == "live" and doc in docs]
        self.expect("documents that are there after the commits", docs, shown)

        self._let_one_pass()
        self._is_seen = False
        log += [{"op": "d", "doc": doc} for doc in docs]
        self.expect("the oplog after a second pass", log, [_event(entry) for entry in self.oplog()])
        events = [_event(entry) for entry in self._entries([*self._delivered, *self._further_events()])]
        passing = [event for event in log if self._kinds[event["doc"] - 1] != "missing"]
        self.expect("all events that were delivered", passing, events)

    def _uncommitted(self, docs: list[int]) -> list[int]:
        return [doc for doc in docs if self._sessions[doc].in_transaction]

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory | None:
        """Tell a behavior up to the first pass that deletes what is not committed."""

        def refusal(taken: Step) -> Call | None:
            reaped = [number for number, doc in _numbered(taken.after["docs"]) if doc["state"] == "reaped"]
            return Call("refuses_to_reap", {"docs": reaped}, {}) if reaped else None

        return _tell_up_to(refusal, cls, initial, steps)


class ImpossibleReorder(TTLOrdering):
    """A real stream in place of one that delivers events in any order (`AllowOutOfOrderEmit` TRUE).

    No server is like that. Each behavior is told up to the first delivery out of order, and ends with the proof that
    the server, which has both events, delivers the earlier one. What the specification lets follow cannot be had, so
    one test stands for all behaviors that begin alike, and those without such a delivery are left out.
    """

    @step
    def refuses_to_deliver(self, event: Entry, before: Entry) -> None:
        """The stream does not deliver `event` before the event `before`, though it has both.

        The evidence: both are in the oplog and undelivered, `before` first; the next event is `before`; `event` comes
        in its turn, as do all others.
        """
        kinds = self._kinds
        delivered = self.delivered()
        waiting = [
            _event(entry) for entry in self.oplog() if kinds[entry["doc"] - 1] != "missing" and entry not in delivered
        ]
        self.expect("the first event in the oplog that is undelivered", before, waiting[0] if waiting else None)
        self.expect("whether the other is in the oplog, undelivered", True, event in waiting[1:])

        self.deliver()
        self.expect("the next event that is delivered", before, _event(self.delivered()[-1]))
        rest = [_event(entry) for entry in self._entries(self._further_events())]
        self.expect("the events delivered after it", waiting[1:], rest)

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory | None:
        """Tell a behavior up to the first delivery that is out of order."""

        def refusal(taken: Step) -> Call | None:
            if taken.action != "Deliver":
                return None
            first, chosen = _undelivered(taken.before)[0], _sequence(taken.after["delivered"])[-1]
            if first == chosen:
                return None
            return Call("refuses_to_deliver", {"event": _event(chosen), "before": _event(first)}, {})

        return _tell_up_to(refusal, cls, initial, steps)


def _tell_up_to(
    refusal: Callable[[Step], Call | None],
    binding: type[TTLOrdering],
    initial: Mapping[str, Plain],
    steps: list[Step],
) -> StepStory | None:
    """Tell a behavior up to the first step that the server must refuse, and the refusal in place of that step.

    A behavior without such a step is left out: what a server does is the subject of `TTLOrdering`.
    """
    for number, taken in enumerate(steps):
        if (refused := refusal(taken)) is not None:
            told = tell_steps(binding, initial, steps[:number])
            return replace(
                told,
                path=(*told.path, refused.method),
                summary=f"impossible, and refused: {', '.join(step.action for step in steps[: number + 1])}",
                end=refused,
                n_told=number + 1,
            )
    return None


def _event(entry: Mapping[str, Any]) -> Entry:
    """An entry without its time."""
    return {"op": entry["op"], "doc": entry["doc"]}


def _sequence(value: Plain) -> list[Any]:  # Any: what the specification's sequences hold
    if not isinstance(value, list):
        raise BindingError(f"expected a sequence, found {value!r}", hint="is this a dump of TTLEmissionOrdering?")
    return value


def _numbered(value: Plain) -> list[tuple[int, Any]]:  # Any: as in _sequence
    return list(enumerate(_sequence(value), 1))
