"""Failpoints, the TTL gate, the oplog and the border to pymongo, on a real server."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo.errors
import pytest

from testgen.errors import ServerError
from testgen.mongo.clock import mark_oplog
from testgen.mongo.errors import MissingCapability, translated
from testgen.mongo.failpoint import Failpoint, ParkedOperation
from testgen.mongo.oplog import read_oplog
from testgen.mongo.server import Server
from testgen.mongo.ttl_gate import BETWEEN_PASSES, TTLGate
from testgen.systems.waiting import WaitTimeout
from tests.mongo.conftest import wait_until

pytestmark = pytest.mark.mongo


def test_a_commit_is_held_and_let_go(server: Server, collection: str) -> None:
    table = server.client.lab[collection]
    with server.client.start_session() as session:
        session.start_transaction()
        table.insert_one({"_id": 1}, session=session)
        with Failpoint(server, "hangBeforeCommitingTxn") as hold:
            parked = ParkedOperation(session.commit_transaction)
            hold.wait_entered()
            assert not parked.has_ended
            assert table.find_one() is None
            hold.off()
            parked.result()
    assert table.find_one() == {"_id": 1}


def test_entries_of_earlier_uses_do_not_count(server: Server, collection: str) -> None:
    for number in range(2):
        data = {"collectionNS": f"lab.{collection}"}
        with Failpoint(server, "hangAfterCollectionInserts", data=data) as hold:
            with pytest.raises(WaitTimeout, match="failpoint hangAfterCollectionInserts to be entered 1 times"):
                hold.wait_entered(timeout_seconds=0.05)
            parked = ParkedOperation(lambda n=number: server.client.lab[collection].insert_one({"_id": n}))
            hold.wait_entered()
        parked.result()


def test_a_failpoint_is_off_after_a_failed_test(server: Server, collection: str) -> None:
    failing = Failpoint(server, "failCommand", data={"failCommands": ["insert"], "errorCode": 112})
    with pytest.raises(pymongo.errors.OperationFailure) as caught, failing, server.doing("inserting"):
        server.client.lab[collection].insert_one({})
    assert caught.value.code == 112, "an answer of the server stays what it is"
    server.client.lab[collection].insert_one({})


def test_a_failpoint_that_acts_once(server: Server, collection: str) -> None:
    data = {"failCommands": ["insert"], "errorCode": 112}
    with Failpoint(server, "failCommand", data=data, times=1) as once:
        with pytest.raises(pymongo.errors.OperationFailure):
            server.client.lab[collection].insert_one({})
        server.client.lab[collection].insert_one({})
        once.wait_entered()


def test_an_unknown_failpoint_is_refused_by_the_server(server: Server) -> None:
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        Failpoint(server, "hangBeforeComittingTxn").arm()
    assert caught.value.code == 266


def test_a_parked_operation_that_stays_parked_is_given_up(server: Server, collection: str) -> None:
    with Failpoint(server, "hangAfterCollectionInserts", data={"collectionNS": f"lab.{collection}"}) as hold:
        parked = ParkedOperation(lambda: server.client.lab[collection].insert_one({"_id": 1}))
        hold.wait_entered()
        with pytest.raises(WaitTimeout, match="an operation that was let go"):
            parked.result(timeout_seconds=0.05)
    parked.result()


def test_what_a_parked_operation_raises_comes_out(server: Server, collection: str) -> None:
    table = server.client.lab[collection]
    table.insert_one({"_id": 1})
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        ParkedOperation(lambda: table.insert_one({"_id": 1})).result()


@pytest.mark.parametrize(
    ("code", "words"),
    [(13, "the user of the connection may not do this"), (14031, "disk is full"), (91, "not the primary any more")],
)
def test_trouble_of_the_server_itself_is_a_server_error(server: Server, collection: str, code: int, words: str) -> None:
    with Failpoint(server, "failCommand", data={"failCommands": ["insert"], "errorCode": code}, times=1):
        client = server.connect()  # of its own, as these errors reset a client's view of the server
        with pytest.raises(ServerError, match=words) as caught, server.doing("inserting k1"):
            client.lab[collection].insert_one({})
    assert str(caught.value).startswith("inserting k1: ")
    assert isinstance(caught.value.__cause__, pymongo.errors.PyMongoError)
    server.check()


def test_a_lost_connection_is_a_server_error_and_the_server_stays_usable(server: Server, collection: str) -> None:
    client = server.connect()
    data = {"failCommands": ["insert"], "closeConnection": True}
    with (
        Failpoint(server, "failCommand", data=data, times=1),
        pytest.raises(ServerError, match=r"inserting k1: the connection was lost \("),
        server.doing("inserting k1"),
    ):
        client.lab[collection].insert_one({})
    server.client.lab[collection].insert_one({})


def test_only_trouble_is_translated() -> None:
    for outcome in (pymongo.errors.OperationFailure("x", 112), pymongo.errors.InvalidOperation("x"), KeyError("x")):
        with pytest.raises(type(outcome)), translated("testing"):
            raise outcome


@pytest.fixture
def expiring(server: Server, collection: str) -> str:
    server.client.lab[collection].create_index("createdAt", expireAfterSeconds=0)
    return collection


def dated(key: str, seconds: int) -> dict[str, Any]:
    return {"_id": key, "createdAt": datetime.now(UTC) + timedelta(seconds=seconds)}


@pytest.fixture
def gate(server: Server) -> Iterator[TTLGate]:
    with TTLGate(server) as closed:
        yield closed


def test_expired_documents_go_with_the_pass_that_was_let_through(server: Server, expiring: str, gate: TTLGate) -> None:
    table = server.client.lab[expiring]
    start = mark_oplog(server)
    table.insert_many([dated("old", -1000), dated("young", 1000)])
    before = gate.passes
    for number in (1, 2):
        assert table.count_documents({"_id": "old"}) == (number == 1)
        assert gate.let_one_pass() == before + number
        assert [document["_id"] for document in table.find()] == ["young"]
    deletions = read_oplog(server, after=start, matching={"op": "d"})
    assert [(entry["ns"], entry["o"]) for entry in deletions] == [(f"lab.{expiring}", {"_id": "old"})]


def test_a_client_that_stands_still_lets_no_second_pass_through(
    server: Server, gate: TTLGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_pass = gate._wait_for_pass

    def wait_for_pass_and_stand_still(passes: int, timeout_seconds: float) -> None:
        wait_for_pass(passes, timeout_seconds)
        time.sleep(1.5)  # as under load; the monitor sleeps for 1 s

    monkeypatch.setattr(gate, "_wait_for_pass", wait_for_pass_and_stand_still)
    before = gate.passes
    assert gate.let_one_pass() == before + 1
    assert gate.let_one_pass() == before + 2


def test_a_pass_that_nobody_let_through_is_noticed(server: Server, gate: TTLGate) -> None:
    before = gate.passes
    with Failpoint(server, BETWEEN_PASSES) as intruder:  # the fault: the gate is left open
        intruder.off()
        wait_until(lambda: gate.passes > before, "a pass")
    with pytest.raises(ServerError, match="passes too many before this one was let through"):
        gate.let_one_pass()


def test_an_open_transaction_that_wrote_an_expired_document_is_named(server: Server, expiring: str) -> None:
    table = server.client.lab[expiring]
    with TTLGate(server) as gate:
        gate._timeout_seconds = 1.5
        table.insert_one(dated("old", -1000))
        with server.client.start_session() as session, session.start_transaction():
            table.update_one({"_id": "old"}, {"$set": {"seen": True}}, session=session)
            with pytest.raises(WaitTimeout, match="an open transaction may have written an expired document"):
                gate.let_one_pass()
            session.abort_transaction()


@pytest.mark.parametrize("stands_before_the_gate", [True, False])
def test_after_the_gate_is_removed_no_pass_comes_any_more(
    server: Server, expiring: str, stands_before_the_gate: bool
) -> None:
    with TTLGate(server) as gate:
        before = gate.passes
        if not stands_before_the_gate:
            gate.let_one_pass()  # it sleeps now
    removed = gate.passes
    # Where it slept, and this machine stood still for a second, it stood before the gate again.
    assert removed == before + 1 or (removed == before + 2 and not stands_before_the_gate)
    server.client.lab[expiring].insert_one(dated("old", -1000))
    assert server.client.admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False
    time.sleep(1.2)  # the only sleep: to see nothing happen takes as long as the monitor sleeps
    assert gate.passes == removed
    assert server.client.lab[expiring].count_documents({}) == 1


def test_the_oplog_tells_what_was_written_between_two_marks(server: Server, collection: str) -> None:
    table = server.client.lab[collection]
    table.insert_one({"_id": "before"})
    start = mark_oplog(server)
    table.insert_one({"_id": 1, "v": 0})
    table.update_one({"_id": 1}, {"$set": {"v": 1}})
    table.delete_one({"_id": 1})
    end = mark_oplog(server)
    table.insert_one({"_id": "after"})
    entries = read_oplog(server, after=start, until=end, matching={"ns": f"lab.{collection}"})
    assert [entry["op"] for entry in entries] == ["i", "u", "d"]
    assert read_oplog(server, after=start, matching={"ns": f"lab.{collection}"})[-1]["o"] == {"_id": "after"}


def test_reading_the_oplog_waits_for_a_hole_and_gives_up(server: Server, collection: str) -> None:
    start = mark_oplog(server)
    data = {"collectionNS": f"lab.{collection}", "first_id": "A"}
    with Failpoint(server, "hangAfterCollectionInserts", data=data) as hold:
        parked = ParkedOperation(lambda: server.client.lab[collection].insert_one({"_id": "A"}))
        hold.wait_entered()
        server.client.lab.command("insert", collection, documents=[{"_id": "B"}], writeConcern={"w": 1})
        seen = server.client.local["oplog.rs"].find({"ns": f"lab.{collection}"}).sort("$natural", -1).max_time_ms(60000)
        assert [entry["o"]["_id"] for entry in seen if entry["op"] == "i"] == ["B"], "the fault: to read backwards"
        with pytest.raises(WaitTimeout, match="an operation in between is not committed"):
            read_oplog(server, after=start, until=mark_oplog(server), timeout_seconds=0.2)
    parked.result()
    entries = read_oplog(server, after=start, matching={"ns": f"lab.{collection}"})
    assert [entry["o"]["_id"] for entry in entries] == ["A", "B"]


def test_capabilities_are_required_by_name(server: Server) -> None:
    server.require("failpoints", "sentinel", "ttl_gate", "oplog", "change_streams", "transactions", "pre_images")
    with pytest.raises(AttributeError):
        server.require("failpoint")
    assert issubclass(MissingCapability, ServerError)
