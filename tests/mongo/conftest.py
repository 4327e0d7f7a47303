"""A live server for the tests of `testgen.mongo`; skipped, or failed under TESTGEN_REQUIRE_LIVE=1, without."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo.directories import process_start
from testgen.mongo.locate import Mongod, find_mongod
from testgen.mongo.server import Server, start_server

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


def is_running(pid: int | None) -> bool:
    assert pid is not None
    return process_start(pid) is not None
