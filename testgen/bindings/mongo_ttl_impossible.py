"""Bindings of `TTLEmissionOrdering` with a step that no server may take: an early deletion, a later event first.

Two of the specification's configurations have a pass that deletes what is not committed, and a stream that delivers in
any order. The tests drive the server up to the first such step and prove that it had the occasion, and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from testgen.bindings.decorators import step
from testgen.bindings.mongo_ttl import Entry, TTLOrdering, undelivered
from testgen.bindings.protocol import Step
from testgen.bindings.story import Call, StepStory, tell_steps
from testgen.errors import BindingError
from testgen.values.plain import Plain

__all__ = ["ImpossibleEarlyTTL", "ImpossibleReorder"]


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

    deterministic: ClassVar[bool] = True  # what this specification lets a stream choose from is what no stream has

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
            first, chosen = undelivered(taken.before)[0], _sequence(taken.after["delivered"])[-1]
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
