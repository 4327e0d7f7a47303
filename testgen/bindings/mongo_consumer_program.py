"""The consumer in the suites of `ChangeStreamConsumer`: it repeats all changes of a collection on a replica."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pymongo.errors

from testgen.bindings.divergence import Divergence
from testgen.mongo import ChangeStream, Event, is_sentinel, start_point

__all__ = ["ConsumerProgram", "Copy", "Token", "change_copy", "event_key"]

Token = Mapping[str, Any]  # Any: as the server made it

_INVALID_RESUME_TOKEN = 260
_CHANGES = ("insert", "update", "replace", "delete")


@dataclass(slots=True)
class Copy:
    """A document of the replica, with the token of the event that changed it last."""

    base: int = 0
    v: int = 0
    at: Token | None = None


class ConsumerProgram:
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
        self.replica = {key: Copy() for key in keys}
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
            change_copy(self.replica[key], event)
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
                return None if event is not None and event_key(event) == self._end else event

    def _take(self, event: Event) -> None:
        self._in_hand = event
        self.position = event["_id"]
        self.sessions[-1][1].append(event["_id"])
        if event["operationType"] == "invalidate":
            if self._stream.is_open:
                self._ahead.extend(self._stream.next_batch())
            if not self._stream.is_open:
                self.mode = "invalidated"


def event_key(event: Event) -> object:
    """The `_id` of the document that an event is about; None for one about the collection."""
    return event.get("documentKey", {}).get("_id")


def _is_news(token: Token, last: Token | None) -> bool:
    return last is None or token["_data"] > last["_data"]


def change_copy(copy: Copy, event: Event) -> None:
    copy.at = event["_id"]
    match event["operationType"]:
        case "insert" | "replace":
            copy.base, copy.v = event["fullDocument"]["base"], event["fullDocument"]["v"]
        case "update":
            if copy.base:  # as the database, which finds nothing to update
                copy.v = event["updateDescription"]["updatedFields"]["v"]
        case _:
            copy.base = copy.v = 0
