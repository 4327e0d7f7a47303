"""Binding of `ChangeStreamConsumer`: writers, and a consumer that crashes and resumes from the token it has saved.

The specification numbers events and tokens. What the n-th event is, an uninterrupted control stream tells, and token 0
is the one that the server sends when the consumer first opens its stream. The times of events are numbered by the
commands that caused them: an event that has not exactly the operation time which the server reported for one of the
test's writes has no number, and agrees with nothing.

That also makes it sufficient to read the control stream late, when a token needs its number and at the test's end:
events are never taken back, and from their times it can be told which write each belongs to. The documents are read
after each write, in a transaction or not; nothing else that a test does writes any.

Tests share a collection and one control stream, and each ends with a write of its own behind all others: a stream that
delivers it has nothing else left, and is not waited for. Only a test whose behavior drops the collection gets its own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pymongo.errors
from bson import Timestamp
from pymongo.client_session import ClientSession
from pymongo.write_concern import WriteConcern

from testgen.bindings.mongo import Document, MongoBinding
from testgen.bindings.protocol import Divergence, Step, action, ends, observes, starts
from testgen.bindings.story import StepStory, tell_steps
from testgen.mongo import ChangeStream, Event, Server, is_sentinel, start_point
from testgen.mongo.change_stream import SENTINEL
from testgen.systems.waiting import wait_for
from testgen.values.plain import Plain

__all__ = ["EarlyTokenConsumer", "StreamConsumer"]

Token = Mapping[str, Any]  # Any: as the server made it
Shown = dict[str, Any]
"""A record of the specification."""

_INVALID_RESUME_TOKEN = 260
_ABSENT: Document = {"base": 0, "v": 0}
_W1 = WriteConcern(w=1)
_STALE_SECONDS = 60.0  # the server ends a cursor that nobody has read for 10 minutes
_CHANGES = ("insert", "update", "replace", "delete")


@dataclass(slots=True)
class _Copy:
    """A document of the replica, with the token of the event that changed it last."""

    base: int = 0
    v: int = 0
    at: Token | None = None


class _Consumer:
    """A program that repeats all changes of a collection on a replica.

    Attributes:
        replica: By `_id`. It survives a crash, as does `saved`.
        saved: The token that is in a safe place.
        position: The token of the last event delivered.
        mode: As the specification has it.
        sessions: For observation: the token that each stream was opened with, and those of its events.
        applied: For observation: the tokens of the events that changed the replica.
    """

    def __init__(self, open_stream: Callable[..., ChangeStream], keys: list[str], end: str) -> None:
        """Open the first stream.

        Args:
            open_stream: Takes arguments of `ChangeStream`.
            keys: The `_id` of every document that there may be.
            end: The `_id` of a document whose event is the last.
        """
        self._open_stream = open_stream
        self._end = end
        self._stream = open_stream(batch_size=1)
        self._ahead: deque[Event] = deque()
        self._in_hand: Event | None = None
        self.replica = {key: _Copy() for key in keys}
        self.saved = self.position = self._stream.token
        self.mode = "streaming"
        self.sessions: list[tuple[Token, list[Token]]] = [(self.saved, [])]
        self.applied: list[Token] = []

    def receive(self) -> None:
        """Take the next event in hand.

        Raises:
            Divergence: There is none, though the stream has been read beyond the last write.
        """
        event = self._next()
        if event is None:
            raise Divergence("events that the consumer's stream has for it", "one or more", "none")
        self._take(event)

    def apply(self) -> None:
        """Apply the event in hand, unless it is known already by its token."""
        event, self._in_hand = self._in_hand, None
        assert event is not None
        if event["operationType"] == "drop":
            keys = list(self.replica)
        elif event["operationType"] in _CHANGES:
            keys = [event["documentKey"]["_id"]]
        else:
            return
        news = [key for key in keys if _is_news(event["_id"], self.replica[key].at)]
        for key in news:
            _change(self.replica[key], event)
        if news:
            self.applied.append(event["_id"])

    def save(self) -> None:
        self.saved = self.position

    def crash(self) -> None:
        """Forget everything but replica and saved token; the server forgets the cursor."""
        self._stream.close()
        self._ahead.clear()
        self._in_hand = None
        self.position = self.saved
        self.mode = "down"

    def open(self, start: Mapping[str, Token]) -> None:
        """Open a new stream.

        Args:
            start: After the saved token, from `start_point`.
        """
        try:
            self._stream = self._open_stream(start=start, batch_size=1)
        except pymongo.errors.OperationFailure as error:
            if error.code != _INVALID_RESUME_TOKEN:
                raise
            self.mode = "refused"
            return
        self.position = self.saved
        self.mode = "streaming"
        self.sessions.append((self.position, []))

    def start_after_saved(self) -> None:
        """Open a new stream if there is none."""
        if self.mode != "streaming":
            self.open(start_point(start_after=self.saved))

    def catch_up(self) -> list[Token]:
        """Take and apply all there is, in new streams where needed.

        Returns:
            The tokens of the events that were delivered. The last one repeats another if a new stream leads back to
            an end that was there already, and so would the next.
        """
        caught: list[Token] = []
        if self._in_hand is not None:
            self.apply()
        if self.mode == "invalidated":
            self.save()
        self.start_after_saved()
        while (event := self._next()) is not None:
            self._take(event)
            self.apply()
            caught.append(event["_id"])
            if self.mode == "invalidated":
                if caught.count(event["_id"]) > 1:
                    break
                self.save()
                self.start_after_saved()
        return caught

    def _next(self) -> Event | None:
        """The next event; None if there is none up to a time later than all writes."""
        while True:
            if not self._ahead:
                self._ahead.extend(self._stream.next_batch() or self._stream.drain())
            event = self._ahead.popleft() if self._ahead else None
            if event is None or not is_sentinel(event):
                return None if event is not None and _key(event) == self._end else event

    def _take(self, event: Event) -> None:
        self._in_hand = event
        self.position = event["_id"]
        self.sessions[-1][1].append(event["_id"])
        if event["operationType"] == "invalidate":
            if self._stream.is_open:
                self._ahead.extend(self._stream.next_batch())
            if not self._stream.is_open:
                self.mode = "invalidated"


def _key(event: Event) -> object:
    """The `_id` of the document that an event is about; None for one about the collection."""
    return event.get("documentKey", {}).get("_id")


def _is_news(token: Token, last: Token | None) -> bool:
    return last is None or token["_data"] > last["_data"]


def _change(copy: _Copy, event: Event) -> None:
    copy.at = event["_id"]
    match event["operationType"]:
        case "insert" | "replace":
            copy.base, copy.v = event["fullDocument"]["base"], event["fullDocument"]["v"]
        case "update":
            if copy.base:  # as the database, which finds nothing to update
                copy.v = event["updateDescription"]["updatedFields"]["v"]
        case _:
            copy.base = copy.v = 0


class _ControlStream:
    """All events of a collection, never interrupted but by an invalidate event, after which it goes on."""

    def __init__(self, server: Server, database: str, collection: str) -> None:
        self.server = server
        self.place = (database, collection)
        self._stream = ChangeStream(server, database, collection)
        self._read_at = time.monotonic()
        self.events: list[Event] = []

    @property
    def is_fresh(self) -> bool:
        """Whether it was read not long ago, so that its cursor is there still."""
        return time.monotonic() - self._read_at < _STALE_SECONDS

    def read(self) -> None:
        """Ask once for what has happened since."""
        self._append(self._stream.next_batch)

    def read_until(self, key: str) -> None:
        """Read up to an event of the document `key`."""

        def arrived() -> bool:
            self.read()
            return any(_key(event) == key for event in self.events)

        wait_for(f"the control stream to deliver an event of {key}", arrived, timeout_seconds=10, interval_seconds=0)

    def drain(self) -> None:
        """Read everything that was acknowledged before this call."""
        self._append(self._stream.drain)
        while self._goes_on:
            self._append(self._stream.drain)

    def close(self) -> None:
        self._stream.close()

    def _append(self, ask: Callable[[], list[Event]]) -> None:
        batch = ask()
        self.events += batch
        self._read_at = time.monotonic()
        self._goes_on = not self._stream.is_open
        if self._goes_on:
            self._stream.close()
            start = start_point(start_after=self.events[-1]["_id"])
            self._stream = ChangeStream(self.server, *self.place, start=start)


_shared: _ControlStream | None = None


def _shared_control(server: Server, database: str, collection: str) -> _ControlStream:
    """The control stream of all tests of this process on that collection, which run one after the other."""
    global _shared
    place = (database, collection)
    if _shared is None or _shared.server is not server or _shared.place != place or not _shared.is_fresh:
        _shared = _ControlStream(server, database, collection)
    _shared.events.clear()
    return _shared


def _nothing(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    return {}


def _written(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    """The document that a plain write concerns, and the number it writes."""
    return {"doc": after["events"][-1]["id"], "number": after["written"]}


def _deleted(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"doc": after["events"][-1]["id"]}


def _staged(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"op": after["txn"][-1]["op"], "doc": after["txn"][-1]["id"], "number": after["written"]}


def _rest(final: Mapping[str, Any]) -> dict[str, Plain]:
    """All events, and the numbers of those which the consumer is delivered if it goes on from there."""
    session = final["sessions"][-1]
    position = [session["from"], *session["received"]][-1]
    begin = final["saved"] if final["mode"] in ("down", "refused") else position
    return {"events": final["events"], "rest": list(range(begin + 1, len(final["events"]) + 1))}


class StreamConsumer(MongoBinding):
    """A collection that is written to, and a consumer that applies each event before it saves the token."""

    collection_name: ClassVar[str] = "consumer"
    fixture: ClassVar[str] = "consumer"
    needs: ClassVar[tuple[str, ...]] = ("change_streams", "transactions")
    # Bounds of the model, and what is seen in the events that are delivered.
    unobserved: ClassVar[tuple[str, ...]] = ("applied", "began", "crashes", "events", "inHand", "txn", "written")

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[str] = []
        self._end = self.key("end")
        self._droppable = False
        self._writer = self.server.client.start_session(causal_consistency=False)
        self._transaction: ClientSession | None = None
        self._times: list[Timestamp | None] = []
        self._docs: list[Shown] | None = None

    @starts(lambda initial: {"documents": len(initial["docs"]), "droppable": False})  # type: ignore[arg-type]  # a list
    def start(self, documents: int, droppable: bool) -> None:
        """Open the streams.

        Args:
            documents: How many there may be; none is there yet.
            droppable: Whether the collection is this test's own.
        """
        self._keys = [self.key(doc) for doc in range(1, documents + 1)]
        self._docs = [dict(_ABSENT) for _ in self._keys]  # no other test has had these keys
        self._droppable = droppable
        database = self.collection.database
        if droppable:
            name = f"{self.collection_name}.{self.prefix}own"
            with self.server.doing("creating a collection"):
                # A transaction that begins right after it must find it (error 246): hence not w:1.
                database.with_options(write_concern=WriteConcern("majority")).create_collection(name)
            self.collection = database.get_collection(name, write_concern=_W1)
            self._control = _ControlStream(self.server, database.name, name)
        else:
            self._control = _shared_control(self.server, database.name, self.collection_name)
        self._consumer = _Consumer(self._open_stream, self._keys, self._end)
        self._first = self._consumer.saved

    @action("Insert", parameters=_written)
    def insert(self, doc: int, number: int) -> None:
        self._write("insert", doc, number)

    @action("Update", parameters=_written)
    def update(self, doc: int, number: int) -> None:
        """Set one field of two."""
        self._write("update", doc, number)

    @action("Replace", parameters=_written)
    def replace(self, doc: int, number: int) -> None:
        self._write("replace", doc, number)

    @action("Delete", parameters=_deleted)
    def delete(self, doc: int) -> None:
        self._write("delete", doc, 0)

    @action("Stage", parameters=_staged)
    def stage(self, op: str, doc: int, number: int) -> None:
        """Write in the transaction, which is begun if it is not open."""
        if self._transaction is None:
            self._transaction = self.server.client.start_session(causal_consistency=False)
            self._transaction.start_transaction(write_concern=_W1)
        self._perform(op, doc, number, self._transaction)

    @action("Commit", parameters=_nothing)
    def commit(self) -> None:
        session = self._take_transaction()
        with self.server.doing("committing the transaction"):
            session.commit_transaction()
        self._times.append(session.operation_time)
        session.end_session()

    @action("Abort", parameters=_nothing)
    def abort(self) -> None:
        session = self._take_transaction()
        with self.server.doing("aborting the transaction"):
            session.abort_transaction()
        session.end_session()

    @action("Drop", parameters=_nothing)
    def drop(self) -> None:
        """Drop the collection; the next insert creates it anew."""
        assert self._droppable, "other tests have documents in the shared collection"
        self._docs = None
        with self.server.doing("dropping the collection"):
            self.collection.drop(session=self._writer)
        self._times.append(self._writer.operation_time)

    @action("Deliver", parameters=_nothing)
    def deliver(self) -> None:
        """The consumer takes the next event, and applies it."""
        self._consumer.receive()
        self._consumer.apply()

    @action("SaveToken", parameters=_nothing)
    def save_token(self) -> None:
        self._consumer.save()

    @action("Crash", parameters=_nothing)
    def crash(self) -> None:
        self._consumer.crash()

    @action("ResumeAfter", "ResumeRefused", parameters=_nothing)
    def resume_after(self) -> None:
        """The consumer opens a new stream with resumeAfter and its saved token; that may be refused."""
        self._consumer.open(start_point(resume_after=self._consumer.saved))

    @action("StartAfter", parameters=_nothing)
    def start_after(self) -> None:
        """The consumer opens a new stream with startAfter and its saved token."""
        self._consumer.open(start_point(start_after=self._consumer.saved))

    @ends(_rest)
    def check_rest(self, events: list[Shown], rest: list[int]) -> None:
        """All events are these; a consumer that goes on is delivered exactly the rest, and its replica converges."""
        self._check_end(events, rest)
        self.expect("the replica of a consumer that has caught up", self.docs(), self._copies(self._consumer))

    @observes("docs")
    def docs(self) -> list[Shown]:
        """What a read outside of any transaction finds; read anew after each write."""
        if self._docs is None:
            with self.server.doing("reading the documents"):
                found = {document["_id"]: document for document in self.collection.find(self.own_documents())}
            found = {key: document for key, document in found.items() if SENTINEL not in key}
            self._docs = [_without_id(found.pop(key, _ABSENT)) for key in self._keys]
            self._docs += [_without_id(document) for document in found.values()]
        return self._docs

    @observes("sessions")
    def sessions(self) -> list[Shown]:
        """Each stream of the consumer, in numbers."""
        return [
            {"from": self._number(begin), "received": [self._number(token) for token in received]}
            for begin, received in self._consumer.sessions
        ]

    @observes("mode")
    def mode(self) -> str:
        return self._consumer.mode

    @observes("replica")
    def replica(self) -> list[Shown]:
        copies = self._consumer.replica.values()
        return [{"at": 0 if c.at is None else self._number(c.at), "base": c.base, "v": c.v} for c in copies]

    @observes("saved")
    def saved(self) -> int | str:
        return self._number(self._consumer.saved)

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory:
        """Tell a behavior; one with a drop asks for a collection of its own."""
        story = tell_steps(cls, initial, steps)
        assert story.start is not None
        droppable = any(told.action == "Drop" for told in steps)
        return replace(story, start=replace(story.start, arguments={**story.start.arguments, "droppable": droppable}))

    def close(self) -> None:
        super().close()
        self.server.end_sessions(session for session in (self._writer, self._transaction) if session is not None)
        if self._droppable and not self.server.has_gone:
            self._control.close()
            with self.server.doing("dropping the collection"):
                self.collection.drop()

    def _open_stream(self, **arguments: Any) -> ChangeStream:  # Any: see ChangeStream
        """Open a change stream on this test's documents, closed after the test."""
        pipeline = [] if self._droppable else [self.own_events()]  # events of the collection itself have no document
        place = (self.collection.database.name, self.collection.name)
        stream = ChangeStream(self.server, *place, pipeline=pipeline, sentinel_prefix=self.prefix, **arguments)
        self._streams.append(stream)
        return stream

    def _write(self, op: str, doc: int, number: int) -> None:
        self._perform(op, doc, number, self._writer)
        self._times.append(self._writer.operation_time)

    def _perform(self, op: str, doc: int, number: int, session: ClientSession) -> None:
        self._docs = None
        key, fields = {"_id": self.key(doc)}, {"base": number, "v": number}
        found = 1
        with self.server.doing(f"performing {op} of document {doc}"):
            match op:
                case "insert":
                    self.collection.insert_one({**key, **fields}, session=session)
                case "update":
                    found = self.collection.update_one(key, {"$set": {"v": number}}, session=session).modified_count
                case "replace":
                    found = self.collection.replace_one(key, fields, session=session).modified_count
                case _:
                    found = self.collection.delete_one(key, session=session).deleted_count
        self.expect(f"documents changed by the {op}", 1, found)

    def _take_transaction(self) -> ClientSession:
        session, self._transaction = self._transaction, None
        assert session is not None, "the behavior has staged something"
        self._docs = None
        return session

    def _check_end(self, events: list[Shown], rest: list[int]) -> None:
        if self._droppable:
            self._control.drain()
        else:
            with self.server.doing("inserting a last document"):
                self.collection.insert_one({"_id": self._end})
            self._control.read_until(self._end)
        self.expect("the events", events, [self._shown(event) for event in self._own_events()])
        caught = [self._number(token) for token in self._consumer.catch_up()]
        self.expect("events that the consumer is delivered if it goes on", rest, caught)

    def _copies(self, consumer: _Consumer) -> list[Shown]:
        return [{"base": copy.base, "v": copy.v} for copy in consumer.replica.values()]

    def _own_events(self) -> list[Event]:
        """The test's events in the control stream, as far as it has been read."""
        if self._droppable:
            return self._control.events
        return [e for e in self._control.events if str(_key(e)).startswith(self.prefix) and not self._is_ours(e)]

    def _is_ours(self, event: Event) -> bool:
        """Whether the event is of a write that is no part of the behavior."""
        return _key(event) == self._end or is_sentinel(event)

    def _number(self, token: Token) -> int | str:
        """The number of a token; words if the control stream does not have the event, however far it is read."""
        if token == self._first:
            return 0
        for read_on in (self._control.read, self._control.drain, None):
            for number, event in enumerate(self._own_events(), 1):
                if event["_id"] == token:
                    return number
            if read_on is not None:
                read_on()
        return "a token that the control stream does not have"

    def _shown(self, event: Event) -> Shown:
        """An event as the specification has it."""
        shown: Shown = {"op": event["operationType"]}
        if "documentKey" in event:
            key = event["documentKey"]["_id"]
            shown["id"] = self._keys.index(key) + 1 if key in self._keys else key
        shown |= _without_id(event.get("fullDocument", {}))
        shown |= event.get("updateDescription", {}).get("updatedFields", {})
        shown["time"] = self._time(event["clusterTime"])
        shown["txn"] = "txnNumber" in event
        return dict(sorted(shown.items()))  # as a dump has them, to be compared by eye

    def _time(self, cluster_time: Timestamp) -> int | str:
        if cluster_time in self._times:
            return self._times.index(cluster_time) + 1
        return "a time at which nothing was written"


def _without_id(document: Mapping[str, Any]) -> Shown:
    return {name: value for name, value in document.items() if name != "_id"}


def _loss(final: Mapping[str, Any]) -> dict[str, Plain]:
    """The events that were lost, and the replica of a consumer that applies all others."""
    events: list[Shown] = final["events"]
    kept = {*final["applied"], final["inHand"], *range(final["saved"] + 1, len(events) + 1)}
    lost = [n for n, event in enumerate(events, 1) if n not in kept and event["op"] != "invalidate"]
    copies = {doc: _Copy() for doc in range(1, len(final["docs"]) + 1)}
    for number, event in enumerate(events, 1):
        if number not in lost and event["op"] != "invalidate":
            for doc in copies if event["op"] == "drop" else [event["id"]]:
                _change(copies[doc], _as_delivered(event))
    replica = [{"base": copy.base, "v": copy.v} for copy in copies.values()]
    return {**_rest(final), "lost": lost, "replica": replica}


def _as_delivered(event: Shown) -> Event:
    """As much of an event of the server as the consumer looks at."""
    return {
        "_id": {},
        "operationType": event["op"],
        "fullDocument": event,
        "updateDescription": {"updatedFields": event},
    }


class EarlyTokenConsumer(StreamConsumer):
    """A consumer that saves the token of an event before it applies the event, and loses it by a crash in between.

    The bug is the consumer's, so a real server shows it. Each test asserts exactly the loss that the specification
    predicts. Beside it goes a twin that differs in one thing, that it applies before it saves: it reads streams of its
    own, takes, applies and crashes in the same steps, opens a new stream when the other does, if it needs one, and
    loses nothing.
    """

    @action("Deliver", parameters=_nothing)
    def deliver(self) -> None:
        """The consumer takes the next event, and saves its token; it is yet to be applied."""
        self._consumer.receive()
        self._consumer.save()
        self._twin.start_after_saved()  # it may be behind the other, and reach the end of a stream later
        self._twin.receive()

    @action("Apply", parameters=_nothing)
    def apply(self) -> None:
        """The consumer applies the event whose token it has saved."""
        self._consumer.apply()
        self._twin.apply()
        self._twin.save()

    @action("Crash", parameters=_nothing)
    def crash(self) -> None:
        super().crash()
        self._twin.crash()

    @action("ResumeAfter", "ResumeRefused", parameters=_nothing)
    def resume_after(self) -> None:
        super().resume_after()
        if self._consumer.mode == "streaming":
            self._twin.start_after_saved()

    @action("StartAfter", parameters=_nothing)
    def start_after(self) -> None:
        super().start_after()
        self._twin.start_after_saved()

    @starts(lambda initial: {"documents": len(initial["docs"]), "droppable": False})  # type: ignore[arg-type]  # a list
    def start(self, documents: int, droppable: bool) -> None:
        super().start(documents, droppable)
        self._twin = _Consumer(self._open_stream, self._keys, self._end)

    @ends(_loss)
    def check_loss(self, events: list[Shown], rest: list[int], lost: list[int], replica: list[Shown]) -> None:
        """Exactly the events `lost` are lost to the consumer, for good; its twin loses none."""
        self._check_end(events, rest)
        self.expect("events that are lost", lost, self._lost_to(self._consumer))
        self.expect("the replica of the consumer that saves first", replica, self._copies(self._consumer))
        self._twin.catch_up()
        self.expect("events that are lost to the twin, which applies first", [], self._lost_to(self._twin))
        self.expect("the replica of the twin, which applies first", self.docs(), self._copies(self._twin))

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory:
        """Tell a behavior, and say whether an event is lost in it."""
        story = super().story(initial, steps)
        assert story.end is not None
        lost: Any = story.end.arguments["lost"]
        found = f"exhibited, loses event {', '.join(map(str, lost))}" if lost else "loses nothing"
        return replace(story, summary=f"{found}: {story.summary}")

    def _lost_to(self, consumer: _Consumer) -> list[int]:
        events = enumerate(self._own_events(), 1)
        return [n for n, e in events if e["operationType"] != "invalidate" and e["_id"] not in consumer.applied]
