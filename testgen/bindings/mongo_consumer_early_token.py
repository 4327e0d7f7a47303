"""Binding of `ChangeStreamConsumer` with `TokenFirst`: a consumer that loses an event by a crash in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from testgen.bindings.mongo_consumer import Shown, StreamConsumer, no_parameters, rest_of
from testgen.bindings.mongo_consumer_program import ConsumerProgram, Copy, change_copy
from testgen.bindings.protocol import Step, action, ends, starts
from testgen.bindings.story import StepStory
from testgen.mongo import Event
from testgen.values.plain import Plain

__all__ = ["EarlyTokenConsumer"]


def _loss(final: Mapping[str, Any]) -> dict[str, Plain]:
    """The events that were lost, and the replica of a consumer that applies all others."""
    events: list[Shown] = final["events"]
    kept = {*final["applied"], final["inHand"], *range(final["saved"] + 1, len(events) + 1)}
    lost = [n for n, event in enumerate(events, 1) if n not in kept and event["op"] != "invalidate"]
    copies = {doc: Copy() for doc in range(1, len(final["docs"]) + 1)}
    for number, event in enumerate(events, 1):
        if number not in lost and event["op"] != "invalidate":
            for doc in copies if event["op"] == "drop" else [event["id"]]:
                change_copy(copies[doc], _as_delivered(event))
    replica = [{"base": copy.base, "v": copy.v} for copy in copies.values()]
    return {**rest_of(final), "lost": lost, "replica": replica}


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

    @action("Deliver", parameters=no_parameters)
    def deliver(self) -> None:
        """The consumer takes the next event, and saves its token; it is yet to be applied."""
        self._consumer.receive()
        self._consumer.save()
        self._twin.start_after_saved()  # it may be behind the other, and reach the end of a stream later
        self._twin.receive()

    @action("Apply", parameters=no_parameters)
    def apply(self) -> None:
        """The consumer applies the event whose token it has saved."""
        self._consumer.apply()
        self._twin.apply()
        self._twin.save()

    @action("Crash", parameters=no_parameters)
    def crash(self) -> None:
        super().crash()
        self._twin.crash()

    @action("ResumeAfter", "ResumeRefused", parameters=no_parameters)
    def resume_after(self) -> None:
        super().resume_after()
        if self._consumer.mode == "streaming":
            self._twin.start_after_saved()

    @action("StartAfter", parameters=no_parameters)
    def start_after(self) -> None:
        super().start_after()
        self._twin.start_after_saved()

    @starts(lambda initial: {"documents": len(initial["docs"]), "droppable": False})  # type: ignore[arg-type]  # a list
    def start(self, documents: int, droppable: bool) -> None:
        super().start(documents, droppable)
        self._twin = ConsumerProgram(self._open_stream, self._keys, self._end)

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

    def _lost_to(self, consumer: ConsumerProgram) -> list[int]:
        events = enumerate(self._own_events(), 1)
        return [n for n, e in events if e["operationType"] != "invalidate" and e["_id"] not in consumer.applied]
