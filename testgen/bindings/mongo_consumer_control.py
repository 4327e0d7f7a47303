"""All that happened to a collection: the measure of a consumer that crashes and resumes."""

from __future__ import annotations

import time
from collections.abc import Callable

from testgen.bindings.mongo_consumer_program import event_key
from testgen.mongo import ChangeStream, Event, Server, start_point
from testgen.systems.waiting import wait_for

__all__ = ["ControlStream", "shared_control"]

_STALE_SECONDS = 60.0  # the server ends a cursor that nobody has read for 10 minutes


class ControlStream:
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
            return any(event_key(event) == key for event in self.events)

        wait_for(f"the control stream to deliver an event of {key}", arrived, timeout_seconds=30, interval_seconds=0)

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


_shared: ControlStream | None = None


def shared_control(server: Server, database: str, collection: str) -> ControlStream:
    """The control stream of all tests of this process on that collection, which run one after the other."""
    global _shared
    place = (database, collection)
    if _shared is None or _shared.server is not server or _shared.place != place or not _shared.is_fresh:
        _shared = ControlStream(server, database, collection)
    _shared.events.clear()
    return _shared
