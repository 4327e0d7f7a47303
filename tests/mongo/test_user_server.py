"""Servers that are not ours: refused clearly when of no use, never reconfigured, probed by behavior."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from testgen.errors import ServerError
from testgen.mongo import capabilities, child, launch, shared
from testgen.mongo import server as server_module
from testgen.mongo.capabilities import probe_capabilities
from testgen.mongo.change_stream import ChangeStream
from testgen.mongo.errors import MissingCapability
from testgen.mongo.failpoint import Failpoint
from testgen.mongo.launch import launch_mongod
from testgen.mongo.locate import Mongod
from testgen.mongo.server import Server, connect_server, find_server
from testgen.mongo.shared import shared_server, stop_shared_server
from testgen.mongo.ttl_gate import TTLGate
from tests.mongo.fake_server import REPLICA_SET, FakeServer


@pytest.fixture
def _no_shared_server() -> Iterator[None]:
    stop_shared_server()
    yield
    stop_shared_server()


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port on which nobody listens, nor will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_nobody_listening_is_told(deaf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(server_module.OPTIONS, "serverSelectionTimeoutMS", 500)
    with pytest.raises(ServerError) as caught:
        connect_server(f"mongodb://ada:secret@127.0.0.1:{deaf}/")
    port = deaf
    assert f"connecting to mongodb://127.0.0.1:{port}/: the server" in str(caught.value)
    assert "does not answer" in str(caught.value) and "secret" not in str(caught.value)


def test_a_listener_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(server_module.OPTIONS, "serverSelectionTimeoutMS", 500)
    monkeypatch.setitem(server_module.OPTIONS, "connectTimeoutMS", 600_000)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(ServerError, match="does not answer"):
            connect_server(f"mongodb://127.0.0.1:{silent.getsockname()[1]}/")
        assert time.monotonic() - began < 300  # and not as long as a connection may take


@pytest.mark.parametrize(
    "uri", ["mongodb://", "http://h/", "mongodb://a:b:c@h/", "mongodb://h:many/", "mongodb://h:99999/"]
)
def test_an_address_that_is_none_is_told(uri: str) -> None:
    with pytest.raises(ServerError, match="is not configured properly"):
        connect_server(uri)


def test_an_old_server_is_refused() -> None:
    told = pytest.raises(ServerError, match=r"too old: it speaks wire version 13, and 17 \(MongoDB 6.0\) is needed")
    with FakeServer({**REPLICA_SET, "maxWireVersion": 13}) as fake, told:
        connect_server(fake.uri)


def test_a_server_older_than_pymongo_knows_is_refused() -> None:
    told = pytest.raises(ServerError, match="wire version 6")
    with FakeServer({**REPLICA_SET, "maxWireVersion": 6}) as fake, told:
        connect_server(fake.uri)


def test_a_sharded_cluster_is_refused() -> None:
    told = pytest.raises(ServerError, match="is a sharded cluster")
    with (
        FakeServer({"msg": "isdbgrid", "isWritablePrimary": True, "ismaster": True, "maxWireVersion": 17}) as fake,
        told,
    ):
        connect_server(fake.uri)


def test_a_secondary_is_refused() -> None:
    secondary = {**REPLICA_SET, "isWritablePrimary": False, "ismaster": False, "secondary": True, "maxWireVersion": 17}
    with FakeServer(secondary) as fake, pytest.raises(ServerError, match="is not the primary of rs0"):
        connect_server(f"{fake.uri}?directConnection=true")


def test_a_replica_set_without_a_primary_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(server_module.OPTIONS, "serverSelectionTimeoutMS", 500)
    alone = {**REPLICA_SET, "isWritablePrimary": False, "ismaster": False, "maxWireVersion": 17, "isreplicaset": True}
    with FakeServer(alone) as fake, pytest.raises(ServerError, match="has no primary: was replSetInitiate run"):
        connect_server(fake.uri)


@pytest.mark.usefixtures("_no_shared_server")
def test_the_shared_server_is_sought_once(deaf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(server_module.OPTIONS, "serverSelectionTimeoutMS", 500)
    monkeypatch.setenv("TESTGEN_MONGODB_URI", f"mongodb://127.0.0.1:{deaf}/")
    sought = []

    def seek() -> Server:
        sought.append(deaf)
        return find_server()

    monkeypatch.setattr(shared, "find_server", seek)
    for _ in range(100):
        with pytest.raises(ServerError, match="does not answer"):
            shared_server()
    assert sought == [deaf]


def impostor(version: str) -> FakeServer:
    """Answers ok to everything, as secantusdb 0.7.0b3 does to failpoints of any name."""

    def answer(command: dict[str, Any]) -> dict[str, Any]:
        return {"ok": 1.0, "version": version} if "buildinfo" in command else {"ok": 1.0, "count": 0}

    return FakeServer({**REPLICA_SET, "maxWireVersion": 25}, answer)


def test_an_impostor_that_says_yes_to_everything_can_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with impostor("8.2.11") as fake:
        server = connect_server(fake.uri)
        try:
            able = server.capabilities
            assert not able.is_genuine and not able.failpoints and not able.ttl_gate
            assert able.name == "a server that says it is MongoDB 8.2.11"
            assert able.reasons["failpoints"] == "a failpoint that does not exist was accepted"
            with pytest.raises(MissingCapability) as caught:
                Failpoint(server, "hangBeforeCommitingTxn").arm()
            assert caught.value.missing == ("failpoints",)
            assert "MongoDB 8.2.11 lacks failpoints (a failpoint that does not exist was accepted)" in str(caught.value)
            with pytest.raises(MissingCapability):
                TTLGate(server).close()

            # The fault: ask only whether the command is there.
            monkeypatch.setattr(capabilities, "_refuses_unknown_failpoints", lambda *_: None)
            monkeypatch.setitem(capabilities._TRIALS, "failpoints", lambda client, _: None)
            hello = {"maxWireVersion": 25}
            assert probe_capabilities(server.client, hello).failpoints
        finally:
            server.stop()


@pytest.fixture(scope="module")
def standalone(mongod: Mongod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mongod that was never made a replica set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_initiate", lambda *_: None)
        original = child._command
        patch.setattr(child, "_command", lambda *args: [w for w in original(*args) if w not in ("--replSet", "rs0")])
        started = launch_mongod(mongod, parent=tmp_path_factory.mktemp("standalone"))
    yield f"mongodb://127.0.0.1:{started.port}/"
    started.kill()


@pytest.mark.mongo
def test_a_standalone_is_refused(standalone: str) -> None:
    with pytest.raises(ServerError, match="is a standalone server, which has no change streams") as caught:
        connect_server(standalone)
    assert "replSetInitiate" in str(caught.value)


@pytest.mark.mongo
def test_without_test_commands_failpoints_are_missing_by_name(ordinary: Server) -> None:
    able = ordinary.capabilities
    assert able.is_genuine and able.sentinel and able.oplog and able.transactions and able.pre_images
    assert not able.failpoints and not able.ttl_gate
    assert not ordinary.is_ours
    with (
        pytest.raises(
            MissingCapability, match=r"MongoDB 6\.\S+ lacks failpoints \(error 59: (.|\n)*enableTestCommands=1"
        ),
        Failpoint(ordinary, "hangBeforeCommitingTxn"),
    ):
        raise AssertionError("armed")


@pytest.mark.mongo
def test_a_stream_is_drained_on_an_ordinary_server(ordinary: Server) -> None:
    ordinary.client.lab.create_collection("items")
    with ChangeStream(ordinary, "lab", "items") as stream:
        ordinary.client.lab.items.insert_many([{"_id": number} for number in range(5)])
        assert [event["documentKey"]["_id"] for event in stream.drain()] == [0, 1, 2, 3, 4]
