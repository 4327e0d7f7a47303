"""Binding of `ResumeTokenArming`: a driver whose `watch` returns before its cursor is open on the server.

pymongo's own `watch` opens the cursor at once, so a lazy driver is played with raw commands: `watch` sends nothing but
a ping for the time, `arm` sends the aggregate.

Of the lazy driver (`UseStartAt` FALSE) the specification predicts which events get lost. Its tests assert exactly that
loss, and that a twin of the stream, pinned to the time of `watch` and armed at the same moment, loses nothing: so the
pin is what makes the difference, and not a server that happened to be quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bson import Timestamp

from testgen.bindings.decorators import action, ends, observes
from testgen.bindings.mongo import MongoBinding
from testgen.errors import BindingError
from testgen.mongo import ChangeStream, operation_time, read_oplog, start_point, successor
from testgen.mongo.change_stream import SENTINEL
from testgen.values.plain import Plain

__all__ = ["LazyArming", "PinnedArming"]

Insert = dict[str, int]
"""An event of the specification: `writer`, and the `nth` document it inserts."""


def _last_write(before: Mapping[str, Plain], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"writer": after["oplog"][-1]["writer"], "nth": after["oplog"][-1]["nth"]}


def _window(final: Mapping[str, Any]) -> dict[str, Plain]:
    """What was written after watch() and before the first event that the stream could deliver.

    Raises:
        BindingError: Something is still to be delivered, so nothing can be said of what is lost.
    """
    if final["resumeToken"] != len(final["oplog"]):
        raise BindingError("the behavior ends before all is delivered", hint="take whole ones: --criterion behaviors")
    return {"lost": final["oplog"][final["watchedAt"] : len(final["oplog"]) - len(final["delivered"])]}


class PinnedArming(MongoBinding):
    """A driver that remembers the time of `watch` and opens its cursor there (`UseStartAt` TRUE)."""

    collection_name: ClassVar[str] = "arming"
    fixture: ClassVar[str] = "stream"
    unobserved: ClassVar[tuple[str, ...]] = ("resumeToken", "stream", "watchedAt")  # seen in what is delivered
    pinned: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._begun = operation_time(self.server)
        self._watched_at: Timestamp | None = None
        self._stream: ChangeStream | None = None
        self._twin: ChangeStream | None = None
        self._delivered: list[Insert] = []

    @action("Write", parameters=_last_write)
    def write(self, writer: int, nth: int) -> None:
        """Insert a document into the watched collection."""
        with self.server.doing(f"inserting document {nth} of writer {writer}"):
            self.collection.insert_one({"_id": self.key(writer, nth)})

    @action("Watch", parameters=lambda before, after: {})
    def watch(self) -> None:
        """Return from `watch` without having opened anything; note the time."""
        self._watched_at = operation_time(self.server)

    @action("Arm", parameters=lambda before, after: {})
    def arm(self) -> None:
        """Open the cursor, as the first command to the server does."""
        assert self._watched_at is not None
        pin = start_point(at=successor(self._watched_at))
        self._stream = self.open_stream(start=pin if self.pinned else None, batch_size=1)
        self._twin = self.open_stream(start=pin)

    @action("Deliver", parameters=lambda before, after: {})
    def deliver(self) -> None:
        """Take the next event."""
        assert self._stream is not None
        self._delivered.append(self._insert(self.next_event(self._stream)["documentKey"]["_id"]))

    @ends(_window)
    def check_loss(self, lost: list[Insert]) -> None:
        """The stream has nothing more to deliver, has lost exactly these events, and a pinned one loses none."""
        assert self._stream is not None
        assert self._twin is not None
        after_watch = [self._insert(event["documentKey"]["_id"]) for event in self._twin.drain()]
        late = [self._insert(event["documentKey"]["_id"]) for event in self._stream.drain()]
        self.expect("events delivered after the behavior's end", [], late)
        self.expect("events lost since watch()", lost, [event for event in after_watch if event not in self._delivered])
        self.expect("events that a stream pinned to watch() delivers", [*lost, *self._delivered], after_watch)

    @observes("delivered")
    def delivered(self) -> list[Insert]:
        return self._delivered

    @observes("oplog")
    def oplog(self) -> list[Insert]:
        """The test's inserts in the order of the server's own log."""
        matching = {"ns": self.collection.full_name, "op": "i", "o._id": self.own_documents()["_id"]}
        entries = read_oplog(self.server, after=self._begun, matching=matching)
        return [self._insert(key) for entry in entries if SENTINEL not in (key := entry["o"]["_id"])]

    def _insert(self, key: str) -> Insert:
        writer, nth = self.parts(key)
        return {"writer": int(writer), "nth": int(nth)}


class LazyArming(PinnedArming):
    """A driver that notes nothing at `watch` (`UseStartAt` FALSE)."""

    pinned: ClassVar[bool] = False
