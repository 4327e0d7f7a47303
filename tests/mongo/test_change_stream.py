"""Streams deliver exactly what was written, each command when the test says; on a real replica set."""

import dataclasses
from typing import Any

import pymongo.errors
import pytest
from bson import Timestamp

from testgen.mongo import change_stream
from testgen.mongo.change_stream import ChangeStream, Event, is_sentinel, start_point
from testgen.mongo.clock import mark_oplog, operation_time, successor, token_time
from testgen.mongo.errors import MissingCapability
from testgen.mongo.failpoint import Failpoint, ParkedOperation
from testgen.mongo.server import Server
from testgen.systems.waiting import WaitTimeout

pytestmark = pytest.mark.mongo


def keys(events: list[Event]) -> list[Any]:
    return [event["documentKey"]["_id"] for event in events]


def drained_by_write_time(stream: ChangeStream, written: Timestamp) -> list[Event]:
    """The fault: believe that all is delivered once the token has the time of the last write."""
    events: list[Event] = []
    while token_time(stream.token) < written:
        events += stream.next_batch()
    return events


def test_marks_are_later_than_every_write_before(server: Server, collection: str) -> None:
    times = []
    for number in range(20):
        answer = server.client.lab.command("insert", collection, documents=[{"_id": number}])
        times += [answer["operationTime"], mark_oplog(server)]
    assert times == sorted(set(times))


def test_drain_delivers_every_event_in_order(server: Server, collection: str) -> None:
    with ChangeStream(server, "lab", collection) as stream:
        assert stream.drain() == []
        for first in range(0, 100, 5):
            server.client.lab[collection].insert_many([{"_id": number} for number in range(first, first + 5)])
            assert keys(stream.drain()) == list(range(first, first + 5))


@pytest.mark.parametrize("has_marks", [True, False])
def test_next_events_are_waited_for_if_there_are_any(
    has_marks: bool, server: Server, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "capabilities", dataclasses.replace(server.capabilities, sentinel=has_marks))
    with ChangeStream(server, "lab", collection, batch_size=1) as stream:
        assert stream.next_events() == []
        for first in range(0, 20, 2):
            server.client.lab[collection].insert_many([{"_id": number} for number in (first, first + 1)])
            assert [keys(stream.next_events()) for _ in range(3)] == [[first], [first + 1], []]


def test_to_drain_by_the_time_of_the_write_would_lose_its_event(server: Server, collection: str) -> None:
    lost = 0
    for number in range(10):
        with ChangeStream(server, "lab", collection) as stream:
            answer = server.client.lab.command("insert", collection, documents=[{"_id": number}])
            events = drained_by_write_time(stream, answer["operationTime"])
            lost += events == []
            assert keys(events + stream.drain()) == [number]
    assert lost > 0


def test_to_drain_by_the_time_of_a_transaction_would_lose_its_end(server: Server, collection: str) -> None:
    with ChangeStream(server, "lab", collection, batch_size=2) as stream:
        with server.client.start_session() as session:
            with session.start_transaction():
                for number in range(5):
                    server.client.lab[collection].insert_one({"_id": number}, session=session)
            committed = session.operation_time
        assert committed is not None
        first = drained_by_write_time(stream, committed)
        rest = stream.drain()
        assert keys(first + rest) == [0, 1, 2, 3, 4]
        assert rest != [], "the fault lost nothing: is it still one?"
        assert {event["clusterTime"] for event in first + rest} == {committed}


def test_a_pipeline_keeps_to_one_tests_documents(server: Server, collection: str) -> None:
    mine = [{"$match": {"documentKey._id": {"$regex": "^b7\\."}}}]
    with ChangeStream(server, "lab", collection, pipeline=mine) as stream:
        server.client.lab[collection].insert_many([{"_id": f"b{number % 9}.k{number}"} for number in range(30)])
        assert keys(stream.drain()) == ["b7.k7", "b7.k16", "b7.k25"]


def test_a_stream_opened_late_has_lost_what_was_written_before(server: Server, collection: str) -> None:
    """The lazily armed cursor, and the two ways to pin it."""
    server.client.lab[collection].insert_one({"_id": "before"})
    watched = operation_time(server)
    server.client.lab[collection].insert_one({"_id": "window"})
    with (
        ChangeStream(server, "lab", collection) as lazy,
        ChangeStream(server, "lab", collection, start=start_point(at=watched)) as inclusive,
        ChangeStream(server, "lab", collection, start=start_point(at=successor(watched))) as pinned,
    ):
        server.client.lab[collection].insert_one({"_id": "after"})
        assert keys(lazy.drain()) == ["after"]
        assert keys(pinned.drain()) == ["window", "after"]
        assert keys(inclusive.drain()) == ["before", "window", "after"]


def test_resumed_after_each_event_the_rest_is_delivered(server: Server, collection: str) -> None:
    with ChangeStream(server, "lab", collection) as stream:
        server.client.lab[collection].insert_many([{"_id": number} for number in range(6)])
        events = stream.drain()
    for number, event in enumerate(events):
        for start in (start_point(resume_after=event["_id"]), start_point(start_after=event["_id"])):
            with ChangeStream(server, "lab", collection, start=start) as resumed:
                assert resumed.drain() == events[number + 1 :]


def test_a_dropped_collection_closes_the_stream(server: Server, collection: str) -> None:
    with ChangeStream(server, "lab", collection) as stream:
        server.client.lab[collection].insert_one({"_id": 1})
        server.client.lab.drop_collection(collection)
        events = stream.drain()
        assert [event["operationType"] for event in events] == ["insert", "drop", "invalidate"]
        assert not stream.is_open and stream.drain() == []
    invalidated = events[-1]["_id"]
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        ChangeStream(server, "lab", collection, start=start_point(resume_after=invalidated))
    assert caught.value.code == 260, "an answer of the server stays what it is"
    with ChangeStream(server, "lab", collection, start=start_point(start_after=invalidated)) as after:
        server.client.lab[collection].insert_one({"_id": 2})
        assert "insert" in [event["operationType"] for event in after.drain()]


def test_pre_and_post_images_are_exact(server: Server, collection: str) -> None:
    images = {"fullDocument": "required", "fullDocumentBeforeChange": "whenAvailable"}
    with ChangeStream(server, "lab", collection, options=images) as stream:
        server.client.lab[collection].insert_one({"_id": 1, "v": 0})
        for number in (1, 2):
            server.client.lab[collection].update_one({"_id": 1}, {"$set": {"v": number}})
        events = stream.drain()
    assert [event["fullDocument"]["v"] for event in events] == [0, 1, 2]
    assert [event["fullDocumentBeforeChange"]["v"] for event in events[1:]] == [0, 1]


def test_without_marks_a_sentinel_document_is_used(
    server: Server, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "capabilities", dataclasses.replace(server.capabilities, sentinel=False))
    mine = [{"$match": {"documentKey._id": {"$regex": "^b7\\."}}}]
    with ChangeStream(server, "lab", collection, pipeline=mine, sentinel_prefix="b7.") as stream:
        for _ in range(2):
            server.client.lab[collection].insert_many([{"_id": f"b{n}.{id(object())}.{_}"} for n in (6, 7)])
            assert [key[:3] for key in keys(stream.drain())] == ["b7."]
        first = stream.token
    with ChangeStream(server, "lab", collection, start=start_point(at=Timestamp(1, 1))) as again:
        assert [is_sentinel(event) for event in again.next_batch()].count(True) == 2
        assert not any(is_sentinel(event) for event in again.drain())
    assert first
    with ChangeStream(server, "lab") as whole, pytest.raises(MissingCapability, match="whole database"):
        whole.drain()


def test_a_stream_that_does_not_get_there_is_given_up(
    server: Server, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Timestamp(operation_time(server).time + 1000, 1)
    monkeypatch.setattr(change_stream, "mark_oplog", lambda _: far)
    with (
        ChangeStream(server, "lab", collection) as stream,
        pytest.raises(WaitTimeout, match=rf"waited 0.1 s for a change stream to pass time {far.time}.1; it stands"),
    ):
        stream.drain(timeout_seconds=0.1)


def test_the_point_of_opening_is_in_the_order_of_operation_times(server: Server, collection: str) -> None:
    """A write parked with its time taken is not delivered by a stream opened then, though acknowledged later."""
    namespace = f"lab.{collection}"
    with ChangeStream(server, "lab", collection) as early:
        data = {"collectionNS": namespace, "first_id": "A"}
        with Failpoint(server, "hangAfterCollectionInserts", data=data) as hold:
            table = server.client.lab[collection]
            parked = ParkedOperation(lambda: table.insert_one({"_id": "A"}))
            hold.wait_entered()
            server.client.lab.command("insert", collection, documents=[{"_id": "B"}], writeConcern={"w": 1})
            assert early.next_batch() == [], "B is committed, but A has the earlier time"
            with ChangeStream(server, "lab", collection) as late:
                hold.off()
                parked.result()
                assert keys(early.drain()) == ["A", "B"]
                assert "A" not in keys(late.drain())


def test_nothing_is_left_open_on_the_server(server: Server, collection: str) -> None:
    def open_cursors() -> int:
        total: int = server.client.admin.command("serverStatus")["metrics"]["cursor"]["open"]["total"]
        return total

    before = open_cursors()
    for _ in range(5):
        with ChangeStream(server, "lab", collection) as stream:
            stream.drain()
    assert open_cursors() == before
