"""A live server for the tests of `testgen.mongo`; skipped, or failed under TESTGEN_REQUIRE_LIVE=1, without."""

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from testgen.errors import ServerError
from testgen.mongo import child
from testgen.mongo.directories import process_start
from testgen.mongo.launch import launch_mongod
from testgen.mongo.locate import Mongod, find_mongod
from testgen.mongo.server import Server, connect_server, start_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def mongod() -> Mongod:
    try:
        return find_mongod()
    except ServerError as error:
        if os.environ.get("TESTGEN_REQUIRE_LIVE") == "1":
            pytest.fail(f"TESTGEN_REQUIRE_LIVE=1, but: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def server(mongod: Mongod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    with start_server(mongod, parent=tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def collection(server: Server) -> str:
    """Name of a fresh collection of the database `lab`."""
    name = f"items{next(_numbers)}"
    server.client.lab.create_collection(name, changeStreamPreAndPostImages={"enabled": True})
    return name


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where servers of one test have their directories; must be empty again when the test ends."""
    path = tmp_path / "servers"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def ordinary(mongod: Mongod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A replica set as users have them: no test commands, and not ours."""
    with pytest.MonkeyPatch.context() as patch:
        original = child._command
        patch.setattr(
            child, "_command", lambda *args: [w.replace("TestCommands=1", "TestCommands=0") for w in original(*args)]
        )
        started = launch_mongod(mongod, parent=tmp_path_factory.mktemp("ordinary"))
    uri = f"mongodb://127.0.0.1:{started.port}/?directConnection=true"
    try:
        with pymongo.MongoClient(uri) as client:
            before = settings(client)
            with connect_server(uri) as server:
                yield server
            assert settings(client) == before, "a server that is not ours was reconfigured"
            assert client.admin.command("ping")["ok"], "a server that is not ours was stopped"
    finally:
        started.kill()


def settings(client: pymongo.MongoClient[dict[str, Any]]) -> dict[str, Any]:
    parameters = client.admin.command("getParameter", "*")
    names = {name for name in parameters if name not in ("operationTime", "$clusterTime")}
    configuration = client.admin.command("replSetGetConfig")["config"]
    return {"config": configuration, **{name: parameters[name] for name in names}}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "small"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk full in earnest needs the right to mount a tmpfs: run as root")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def is_running(pid: int | None) -> bool:
    assert pid is not None
    return process_start(pid) is not None


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, f"waited 60 s for {what}"
        time.sleep(0.01)
