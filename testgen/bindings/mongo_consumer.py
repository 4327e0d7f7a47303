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

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from bson import Timestamp
from pymongo.client_session import ClientSession
from pymongo.write_concern import WriteConcern

from testgen.bindings.mongo import Document, MongoBinding
from testgen.bindings.mongo_consumer_control import ControlStream, shared_control
from testgen.bindings.mongo_consumer_program import ConsumerProgram, Token, event_key
from testgen.bindings.protocol import Step, action, ends, observes, starts
from testgen.bindings.story import StepStory, tell_steps
from testgen.mongo import ChangeStream, Event, is_sentinel, start_point
from testgen.mongo.change_stream import SENTINEL
from testgen.values.plain import Plain

__all__ = ["Shown", "StreamConsumer", "no_parameters", "rest_of"]

Shown = dict[str, Any]
"""A record of the specification."""

_ABSENT: Document = {"base": 0, "v": 0}
_W1 = WriteConcern(w=1)


def no_parameters(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    """Those of an action that has none."""
    return {}


def _written(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    """The document that a plain write concerns, and the number it writes."""
    return {"doc": after["events"][-1]["id"], "number": after["written"]}


def _deleted(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"doc": after["events"][-1]["id"]}


def _staged(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"op": after["txn"][-1]["op"], "doc": after["txn"][-1]["id"], "number": after["written"]}


def rest_of(final: Mapping[str, Any]) -> dict[str, Plain]:
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
            self._control = ControlStream(self.server, database.name, name)
        else:
            self._control = shared_control(self.server, database.name, self.collection_name)
        self._consumer = ConsumerProgram(self._open_stream, self._keys, self._end)
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

    @action("Commit", parameters=no_parameters)
    def commit(self) -> None:
        session = self._take_transaction()
        with self.server.doing("committing the transaction"):
            session.commit_transaction()
        self._times.append(session.operation_time)
        session.end_session()

    @action("Abort", parameters=no_parameters)
    def abort(self) -> None:
        session = self._take_transaction()
        with self.server.doing("aborting the transaction"):
            session.abort_transaction()
        session.end_session()

    @action("Drop", parameters=no_parameters)
    def drop(self) -> None:
        """Drop the collection; the next insert creates it anew."""
        assert self._droppable, "other tests have documents in the shared collection"
        self._docs = None
        with self.server.doing("dropping the collection"):
            self.collection.drop(session=self._writer)
        self._times.append(self._writer.operation_time)

    @action("Deliver", parameters=no_parameters)
    def deliver(self) -> None:
        """The consumer takes the next event, and applies it."""
        self._consumer.receive()
        self._consumer.apply()

    @action("SaveToken", parameters=no_parameters)
    def save_token(self) -> None:
        self._consumer.save()

    @action("Crash", parameters=no_parameters)
    def crash(self) -> None:
        self._consumer.crash()

    @action("ResumeAfter", "ResumeRefused", parameters=no_parameters)
    def resume_after(self) -> None:
        """The consumer opens a new stream with resumeAfter and its saved token; that may be refused."""
        self._consumer.open(start_point(resume_after=self._consumer.saved))

    @action("StartAfter", parameters=no_parameters)
    def start_after(self) -> None:
        """The consumer opens a new stream with startAfter and its saved token."""
        self._consumer.open(start_point(start_after=self._consumer.saved))

    @ends(rest_of)
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

    def _copies(self, consumer: ConsumerProgram) -> list[Shown]:
        return [{"base": copy.base, "v": copy.v} for copy in consumer.replica.values()]

    def _own_events(self) -> list[Event]:
        """The test's events in the control stream, as far as it has been read."""
        if self._droppable:
            return self._control.events
        return [e for e in self._control.events if str(event_key(e)).startswith(self.prefix) and not self._is_ours(e)]

    def _is_ours(self, event: Event) -> bool:
        """Whether the event is of a write that is no part of the behavior."""
        return event_key(event) == self._end or is_sentinel(event)

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
