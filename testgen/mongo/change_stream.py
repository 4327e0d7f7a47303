"""A change stream driven by raw commands, each sent when the test says, and drained without sleeping.

pymongo's `watch` sends `aggregate` at once and `getMore` at will, and resumes by itself. Here each is a call.
All commands of a stream go through one explicit session, or the server refuses getMore with error 50738: pymongo's
implicit sessions come from a pool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bson import ObjectId, Timestamp

from testgen.mongo.clock import mark_oplog, token_time
from testgen.mongo.errors import MissingCapability
from testgen.mongo.server import Server
from testgen.systems.waiting import wait_for

__all__ = ["ChangeStream", "Event", "is_sentinel", "start_point"]

Event = dict[str, Any]  # Any: a document holds anything

SENTINEL = "testgen.sentinel."
"""Part of the `_id` of sentinel documents, see `ChangeStream.drain`."""


class ChangeStream:
    """An open change stream; a context manager that closes it.

    Attributes:
        token: The newest resume token: of the last batch (postBatchResumeToken), not of an event.
        is_open: False once the server has closed the cursor, as it does after an invalidate event.
    """

    def __init__(
        self,
        server: Server,
        database: str,
        collection: str | None = None,
        *,
        pipeline: Sequence[Mapping[str, Any]] = (),
        start: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        batch_size: int | None = None,
        sentinel_prefix: str = "",
    ) -> None:
        """Open it: one `aggregate`, 0.9 ms; the point from which it delivers is fixed by the time this returns.

        That point is in the order of operation times, not of acknowledgments: a write that was given its time before
        and is acknowledged afterwards is not delivered.

        Args:
            server: To watch.
            database: To watch.
            collection: To watch; None watches the database.
            pipeline: Stages after `$changeStream`, such as the `$match` that keeps to one test's documents.
            start: Where to begin, from `start_point`; by default now.
            options: Further fields of `$changeStream`, such as fullDocument.
            batch_size: Most events that one `next_batch` returns; unlimited by default.
            sentinel_prefix: Begins the `_id` of sentinel documents so that `pipeline` lets them pass; matters only
                on servers without `appendOplogNote`.

        Raises:
            pymongo.errors.OperationFailure: The server refused, as with error 260 for a token of an invalidate event.
        """
        self._server = server
        self._collection = collection
        self._database = server.client[database]
        self._batch = {} if batch_size is None else {"batchSize": batch_size}
        self._sentinel_prefix = sentinel_prefix
        self._session = server.client.start_session(causal_consistency=False)
        stage = {"$changeStream": {**(start or {}), **(options or {})}}
        command = {
            "aggregate": collection or 1,
            "pipeline": [stage, *pipeline],
            "cursor": {"batchSize": 0},
            "readConcern": {"level": "majority"},
        }
        try:
            with server.doing("opening a change stream"):
                cursor = self._database.command(command, session=self._session)["cursor"]
        except BaseException:
            self._session.end_session()
            raise
        self._cursor_id = cursor["id"]
        self._cursor_collection = cursor["ns"].partition(".")[2]
        self.token: Mapping[str, Any] = cursor.get("postBatchResumeToken", {})

    @property
    def is_open(self) -> bool:
        return bool(self._cursor_id)

    def next_batch(self, *, await_ms: int = 1) -> list[Event]:
        """Ask once for what has happened since; one `getMore`.

        Args:
            await_ms: How long the server waits for an event if there is none.

        Returns:
            Events in the stream's order; none proves nothing, as the server may not have got that far.

        Raises:
            pymongo.errors.OperationFailure: The server refused, as with error 47 for a pre-image that is required and
                was not kept, or 237 for a cursor that was killed.
        """
        if not self.is_open:
            return []
        command = {"getMore": self._cursor_id, "collection": self._cursor_collection, "maxTimeMS": await_ms}
        with self._server.doing("reading a change stream"):
            cursor = self._database.command({**command, **self._batch}, session=self._session)["cursor"]
        self._cursor_id = cursor["id"]
        self.token = cursor.get("postBatchResumeToken", self.token)
        events: list[Event] = cursor["nextBatch"]
        return events

    def drain(self, *, timeout_seconds: float = 30) -> list[Event]:
        """Read until everything is delivered that was acknowledged before this call; 1.6 ms.

        A mark is written to the oplog, strictly later than all those writes, and the stream is read until its token
        has passed the mark. To compare the token with the time of the last *write* instead loses events: the first
        token of a new stream is already the time that the next write will get, and the events of a transaction share
        one time. Where the server has no marks, or tokens that cannot be read, a sentinel document is inserted into
        the watched collection, and the stream is read until its event; that event is not returned.

        Returns:
            Events in the stream's order. Fewer if the server closed the stream, see `is_open`.

        Raises:
            WaitTimeout: The stream did not get there.
            MissingCapability: The server has no marks, and the stream watches a whole database.
        """
        return self._read_until(*self._present(), timeout_seconds)

    def next_events(self, *, timeout_seconds: float = 30) -> list[Event]:
        """Read until there are events, or there is none of what was acknowledged before this call.

        Returns:
            One batch of events; none only if the stream has none, however long one waited.

        Raises:
            WaitTimeout: The stream did not get there.
            MissingCapability: As of `drain`.
        """
        if events := _proper(self.next_batch()):
            return events
        is_present, what = self._present()
        return self._read_until(lambda batch: bool(_proper(batch)) or is_present(batch), what, timeout_seconds)

    def close(self) -> None:
        """Kill the cursor and end the session, unless the server has gone."""
        try:
            if self.is_open and not self._server.has_gone:
                command = {"killCursors": self._cursor_collection, "cursors": [self._cursor_id]}
                with self._server.doing("closing a change stream"):
                    self._database.command(command, session=self._session)
        finally:
            self._cursor_id = 0
            self._session.end_session()

    def __enter__(self) -> ChangeStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _present(self) -> tuple[Callable[[list[Event]], bool], str]:
        """Mark the present: which batch is the first that reaches it, and what that is in words."""
        able = self._server.capabilities
        if able.sentinel and able.is_genuine:
            mark = mark_oplog(self._server)
            return (
                lambda _: token_time(self.token) >= mark,
                f"a change stream to pass time {mark.time}.{mark.inc}",
            )
        if self._collection is None:
            raise MissingCapability(
                f"{self._server.capabilities.name} lacks appendOplogNote, which a stream on a whole database needs",
                missing=("sentinel",),
            )
        key = f"{self._sentinel_prefix}{SENTINEL}{ObjectId()}"
        with self._server.doing("inserting a sentinel document"):
            self._database[self._collection].insert_one({"_id": key})
        return (
            lambda batch: any(event.get("documentKey") == {"_id": key} for event in batch),
            f"a change stream to deliver the sentinel {key}",
        )

    def _read_until(self, is_last: Callable[[list[Event]], bool], what: str, timeout_seconds: float) -> list[Event]:
        events: list[Event] = []

        def arrived() -> bool:
            batch = self.next_batch()
            events.extend(batch)
            return not self.is_open or is_last(batch)

        wait_for(
            what,
            arrived,
            timeout_seconds=timeout_seconds,
            interval_seconds=0,  # getMore waits by itself
            explain=lambda: f"; it stands at {dict(self.token)} with {len(events)} events",
        )
        return _proper(events)


def start_point(
    *,
    resume_after: Mapping[str, Any] | None = None,
    start_after: Mapping[str, Any] | None = None,
    at: Timestamp | None = None,
) -> Mapping[str, Any]:
    """Say where a stream begins: after the event of a token, or at a time.

    Args:
        resume_after: Token of an event; refused (error 260) if that is an invalidate event.
        start_after: The same, and an invalidate event will do.
        at: Inclusive: the event at this time is delivered, and all events of a transaction committed at it.
    """
    fields = {"resumeAfter": resume_after, "startAfter": start_after, "startAtOperationTime": at}
    return {name: value for name, value in fields.items() if value is not None}


def _proper(events: list[Event]) -> list[Event]:
    return [event for event in events if not is_sentinel(event)]


def is_sentinel(event: Event) -> bool:
    """Tell whether an event is about a sentinel document; a resumed stream may deliver one again."""
    key = event.get("documentKey", {}).get("_id")
    return isinstance(key, str) and SENTINEL in key
