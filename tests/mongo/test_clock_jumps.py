"""The server's wall clock jumps by hours: streams keep their order, and no test says of the system what is not so."""

import itertools
import re
import shlex
import shutil
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from testgen.mongo import ChangeStream, operation_time, start_server
from testgen.mongo.locate import Mongod
from tests.mongo.test_bad_surroundings import Answer, built, run, start

__all__ = ["built", "run", "start"]  # fixtures

HOUR = 3600
TELLS_WHEN_IT_IS_UP = """
from pathlib import Path
from testgen.mongo.server import Server

made = Server.__init__


def telling(server, *arguments, **options):
    made(server, *arguments, **options)
    Path("server-is-up").touch()


Server.__init__ = telling
"""
JUMPS = (0, HOUR, 0, -HOUR, 0, 24 * HOUR)
Jump = Callable[[int], None]


@pytest.fixture
def clock(tmp_path: Path) -> Jump:
    """Sets the clock of `jumpy` servers, seconds from the real one."""
    offset = tmp_path / "offset"
    offset.write_bytes(struct.pack("l", 0))

    def jump(seconds: int) -> None:
        with offset.open("r+b") as file:
            file.write(struct.pack("l", seconds))

    return jump


@pytest.fixture
def jumpy(mongod: Mongod, clock: Jump, tmp_path: Path) -> Path:
    """A mongod whose clock can be set. The system's own may not be, and libfaketime stops mongod from starting."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler for a clock that jumps")
    shim = tmp_path / "clock_shim.so"
    source = Path(__file__).with_name("clock_shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    script = tmp_path / "mongod"
    folder, offset, path = (shlex.quote(str(path)) for path in (tmp_path, tmp_path / "offset", mongod.path))
    preload = f"LD_LIBRARY_PATH={folder} LD_PRELOAD={shim.name}"  # as this one cannot name what has a space in it
    script.write_text(f'#!/bin/sh\n{preload} CLOCK_OFFSET={offset} exec {path} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return script


@contextmanager
def jumping(jump: Jump, *, after: Path) -> Iterator[None]:
    """Let the clock jump every quarter of a second, once there is a file `after`."""
    stop = threading.Event()

    def go() -> None:
        while not after.exists() and not stop.wait(0.02):
            pass
        for seconds in itertools.cycle(JUMPS):
            jump(seconds)
            if stop.wait(0.25):
                return

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_stream_keeps_its_order_over_jumps(jumpy: Path, clock: Jump, place: Path) -> None:
    with start_server(Mongod(jumpy, "a test"), parent=place) as server:
        database = server.client.lab
        database.create_collection("items")
        began = operation_time(server)
        with ChangeStream(server, "lab", "items") as stream:
            for number, seconds in enumerate(JUMPS):
                clock(seconds)
                database.items.insert_one({"_id": number})
            times = [event["clusterTime"] for event in stream.drain()]
            assert len(times) == len(JUMPS)
            assert times == sorted(times)
            assert times[1].time - began.time >= HOUR
            assert times[-1].time - began.time >= 24 * HOUR
            clock(-HOUR)
            database.items.delete_one({"_id": 0})
            assert [event["operationType"] for event in stream.drain()] == ["delete"]


@pytest.mark.parametrize("name", ["arming", "consumer-small", "transactions", "ttl-early"])
def test_a_jump_is_never_taken_for_a_divergence(
    name: str,
    jumpy: Path,
    clock: Jump,
    built: Callable[[str], Path],
    run: Callable[..., Answer],
    tmp_path: Path,
) -> None:
    with jumping(clock, after=tmp_path / "server-is-up"):
        answer = run(built(name), plugin=TELLS_WHEN_IT_IS_UP, TESTGEN_MONGOD=str(jumpy))
    assert answer.code in (0, 1), answer.out
    assert "diverges from the specification" not in answer.out
    assert len(re.findall("was broken off", answer.out)) == answer.count("failed")
    assert answer.count("passed") + answer.count("failed") > 0, answer.out
    assert (tmp_path / "server-is-up").exists(), "or the clock never jumped"
