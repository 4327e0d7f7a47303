"""The server's life: started, watched over, killed in every way, and nothing left behind."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pymongo.errors
import pytest
from pymongo.client_session import ClientSession

from testgen.errors import ServerError
from testgen.mongo import launch
from testgen.mongo import server as server_module
from testgen.mongo.launch import launch_mongod
from testgen.mongo.locate import Mongod
from testgen.mongo.server import Server, connect_server, start_server
from testgen.systems.ports import free_ports
from tests.mongo.conftest import is_running, wait_until

pytestmark = pytest.mark.mongo

SOUGHT_SECONDS = server_module.OPTIONS["serverSelectionTimeoutMS"] / 1000

OWNER = """
import sys, time
from pathlib import Path
from testgen.mongo import shared
from testgen.mongo.server import start_server
shared.find_server = lambda: start_server(parent=Path(sys.argv[1]))
print(shared.shared_server().pid, flush=True)
time.sleep(6000)
"""


OWNER_WITH_A_THREAD = OWNER.replace(
    "print(shared.shared_server().pid, flush=True)",
    "import threading\nthreading.Thread(target=lambda: print(shared.shared_server().pid, flush=True)).start()",
)

StartOwner = Callable[[str], tuple[subprocess.Popen[str], int]]


@pytest.fixture
def start_owner(place: Path, mongod: Mongod) -> Iterator[StartOwner]:
    """Starts a process with a shared server of its own; tells it and the process number of that server."""
    processes = []

    def start(code: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(place)],
            env={**os.environ, "TESTGEN_MONGOD": str(mongod.path), "TESTGEN_MONGODB_URI": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_started_server_is_a_primary_that_can_everything(server: Server) -> None:
    hello = server.client.admin.command("hello")
    assert hello["isWritablePrimary"] and hello["setName"] == "rs0"
    assert server.capabilities.reasons == {}
    assert server.capabilities.is_genuine and server.capabilities.ttl_gate
    configuration = server.client.admin.command("replSetGetConfig")["config"]
    assert configuration["writeConcernMajorityJournalDefault"] is False
    assert server.client.admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False


def test_the_probe_leaves_nothing_behind(server: Server) -> None:
    assert not [name for name in server.client.list_database_names() if name.startswith("testgen_probe")]


def test_stop_leaves_no_process_and_no_file(mongod: Mongod, place: Path) -> None:
    server = start_server(mongod, parent=place)
    assert is_running(server.pid) and list(place.iterdir())
    server.stop()
    server.stop()
    assert not is_running(server.pid)
    assert list(place.iterdir()) == []
    with pytest.raises(ServerError, match="the server was stopped"):
        _ = server.client


def test_two_servers_do_not_meet(server: Server, mongod: Mongod, place: Path) -> None:
    with start_server(mongod, parent=place) as other:
        other.client.lab.mine.insert_one({"_id": 1})
        assert server.client.lab.mine.count_documents({}) == 0


def test_a_port_taken_by_a_stranger_is_left_to_it(mongod: Mongod, place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        ports = itertools.chain([stranger.getsockname()[1]], free_ports())
        with start_server(mongod, parent=place, launch=partial(launch_mongod, ports=ports)) as started:
            assert started.client.admin.command("ping")["ok"]
            assert len(list(place.iterdir())) == 1


def test_a_port_taken_by_another_mongod_is_left_to_it(
    server: Server, mongod: Mongod, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.client.address[1]
    with start_server(
        mongod, parent=place, launch=partial(launch_mongod, ports=itertools.chain([port], free_ports()))
    ) as started:
        assert started.client.address[1] != port
        assert started.client.admin.command("serverStatus")["pid"] == started.pid

    class Credulous(launch.Child):  # the fault: take whoever answers for our child
        def __init__(self, *args: object) -> None:
            super().__init__(*args)
            self.pid = server.pid

    monkeypatch.setattr(launch, "Child", Credulous)
    with pytest.raises((ServerError, pymongo.errors.OperationFailure), match="already initialized"):
        launch_mongod(mongod, parent=place, ports=iter([port]))


def test_a_port_that_is_always_taken_ends_the_attempts(server: Server, mongod: Mongod, place: Path) -> None:
    ports = iter([server.client.address[1]] * launch.ATTEMPTS)
    with pytest.raises(ServerError, match="port taken 5 times"):
        launch_mongod(mongod, parent=place, ports=ports)
    assert list(place.iterdir()) == []


def test_a_mongod_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "mongod"
    path.write_text("#!/bin/sh\n[ $1 = --version ] && exit 0\necho 'no such flag' >&2\nexit 14\n")
    path.chmod(0o755)
    with pytest.raises(ServerError, match=r"exited with status 14\n    its log ends with:\n    no such flag"):
        start_server(Mongod(path, "PATH"), parent=place)
    assert list(place.iterdir()) == []


def test_a_mongod_that_never_listens_is_given_up(tmp_path: Path, place: Path) -> None:
    path = tmp_path / "mongod"
    path.write_text("#!/bin/sh\necho 'still thinking'\nexec sleep 600\n")
    path.chmod(0o755)
    with pytest.raises(ServerError, match=r"waited 0.3 s for mongod to listen\n.*\n    still thinking"):
        launch_mongod(Mongod(path, "PATH"), parent=place, timeout_seconds=0.3)
    assert list(place.iterdir()) == []


@pytest.fixture
def doomed(mongod: Mongod, place: Path) -> Iterator[Server]:
    with start_server(mongod, parent=place) as started:
        yield started


def test_kill_9_of_mongod_is_told_at_once_and_ever_after(doomed: Server) -> None:
    doomed.client.lab.items.insert_one({"_id": 0})
    assert doomed.pid is not None
    os.kill(doomed.pid, signal.SIGKILL)
    began = time.monotonic()
    for _ in range(100):
        told = pytest.raises(ServerError, match=r"mongod \(process \d+\) was killed by signal 9 \(SIGKILL\)")
        with told, doomed.doing("inserting"):
            doomed.client.lab.items.insert_one({"_id": 1})
    assert time.monotonic() - began < 20 * SOUGHT_SECONDS  # and not 100 times as long


def test_kill_9_while_a_command_is_under_way_is_told_at_once(doomed: Server) -> None:
    client, pid = doomed.connect(socketTimeoutMS=None), doomed.pid
    assert pid is not None

    def kill_while_it_sleeps() -> None:
        is_sleeping = [{"$currentOp": {}}, {"$match": {"command.sleep": {"$exists": True}}}]
        wait_until(lambda: bool(list(doomed.client.admin.aggregate(is_sleeping))), "the command to be under way")
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_while_it_sleeps)
    killer.start()
    told = pytest.raises(ServerError, match=r"sleeping: mongod \(process \d+\) was killed by signal 9")
    with told, doomed.doing("sleeping"):
        client.admin.command("sleep", 1, millis=6_000_000, lock="none")
    killer.join()


def test_a_mongod_that_stands_still_is_given_up(doomed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ANSWER_SECONDS", 0)
    monkeypatch.setattr(server_module, "CLOSING_SECONDS", 600)
    client = doomed.client
    client.admin.command("ping")
    assert doomed.pid is not None
    os.kill(doomed.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, doomed.pid, os.WSTOPPED)  # until then some of its threads may answer still
    told = pytest.raises(ServerError, match=r"does not answer \(.*\), though mongod \(process \d+\) runs")
    with told, doomed.doing("reading"), pymongo.timeout(0.2):
        client.lab.items.find_one()
    began = time.monotonic()
    with pytest.raises(ServerError, match="does not answer"):
        _ = doomed.client
    doomed.stop()
    assert time.monotonic() - began < 300  # and not `CLOSING_SECONDS`
    assert not is_running(doomed.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("thread", ["main", "another"])
def test_an_owner_that_is_ended_leaves_no_process_and_no_file(
    thread: str, number: signal.Signals, start_owner: StartOwner, place: Path
) -> None:
    process, pid = start_owner(OWNER if thread == "main" else OWNER_WITH_A_THREAD)
    assert is_running(pid) and list(place.iterdir())
    process.send_signal(number)
    process.wait(60)
    wait_until(lambda: not is_running(pid), f"the end of process {pid}")
    wait_until(lambda: not list(place.iterdir()), "the removal of its directory")


def test_a_start_sweeps_first_and_spares_the_living(start_owner: StartOwner, mongod: Mongod, place: Path) -> None:
    process, pid = start_owner(OWNER)
    [theirs] = place.iterdir()
    stale = theirs.with_name(theirs.name.replace(f"-{process.pid}-", "-1-"))  # process 1 began at another time
    stale.mkdir()
    with start_server(mongod, parent=place):
        assert theirs.exists() and is_running(pid)
        assert not stale.exists()


def test_interrupted_while_starting_nothing_is_left(
    mongod: Mongod, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "_initiate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        start_server(mongod, parent=place)
    assert list(place.iterdir()) == []


def test_a_server_started_in_another_thread_outlives_the_thread(mongod: Mongod, place: Path) -> None:
    """The death signal would kill it with the thread, so it is left out there."""
    servers: list[Server] = []
    thread = threading.Thread(target=lambda: servers.append(start_server(mongod, parent=place)))
    thread.start()
    thread.join()
    with servers[0] as server:
        with pytest.raises(subprocess.TimeoutExpired):
            server._child._process.popen.wait(0.3)
        assert server.client.admin.command("ping")["ok"]


def test_a_forked_copy_does_not_stop_the_server(server: Server) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads: the child does one thing and ends
        child = os.fork()
    if child == 0:
        try:
            server.stop()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert server.client.admin.command("ping")["ok"]


def fill(server: Server) -> None:
    for number in range(200):
        with server.doing(f"inserting {number}"):
            server.client.lab.items.insert_one({"text": os.urandom(1 << 20)})


def test_a_disk_that_fills_up_is_told(mongod: Mongod, small_disk: Path) -> None:
    with start_server(mongod, parent=small_disk) as server, pytest.raises(ServerError) as caught:
        fill(server)
    assert "mongod" in caught.value.message and "is full" in caught.value.message


def test_a_disk_that_is_full_already_is_told(mongod: Mongod, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(24 << 20)[: (24 << 20) - 65536])
    with pytest.raises(ServerError, match=r"is full|No space left on device"):
        start_server(mongod, parent=small_disk)


def open_transactions(server: Server) -> int:
    return int(server.client.admin.command("serverStatus")["transactions"]["currentOpen"])


def start_transaction(server: Server, collection: str, key: int) -> ClientSession:
    session = server.client.start_session()
    session.start_transaction()
    server.client.lab[collection].insert_one({"_id": key}, session=session)
    return session


def test_sessions_end_at_leisure_with_what_is_open_in_them(server: Server, collection: str) -> None:
    ended, before = 0, open_transactions(server)
    while open_transactions(server) == before + ended:
        server.end_sessions([start_transaction(server, collection, ended)], at_leisure=True)
        ended += 1
        assert ended < 1000
    assert ended > 1
    assert open_transactions(server) == before
    assert server.client.lab[collection].count_documents({}) == 0
    server.end_sessions([start_transaction(server, collection, 0)])
    assert open_transactions(server) == before


def test_sessions_left_open_end_with_the_use_of_a_users_server(ordinary: Server, collection: str) -> None:
    with connect_server(ordinary.uri) as server:
        server.client.lab.create_collection(collection)
        server.end_sessions([start_transaction(server, collection, 0)], at_leisure=True)
        assert open_transactions(ordinary) == 1
    assert open_transactions(ordinary) == 0
    ordinary.client.lab.drop_collection(collection)
