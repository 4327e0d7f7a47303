"""Generated suites in bad surroundings: told clearly, with the right exit code, at once, and nothing is left."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from testgen.graph import load
from testgen.mongo.launch import launch_mongod
from testgen.mongo.locate import Mongod
from testgen.mongo.server import Server
from testgen.render import render_suite, write_suite
from testgen.selection import Request, select_behaviors
from tests.mongo.conftest import is_running, wait_until
from tests.mongo.fake_server import REPLICA_SET, FakeServer

GRAPHS = Path(__file__).parents[2] / "graphs"
SUITES = {
    "arming": "mongo_arming",
    "transactions": "mongo_transactions",
    "transactions-lost-update": "mongo_lost_updates",
    "ttl-small": "mongo_ttl",
    "ttl-early": "mongo_ttl_early",
    "consumer-small": "mongo_consumer",
}
N_TESTS = 40
HANGS_SECONDS = 600
"""Nothing takes so long on the busiest machine, unless it waits for what does not come."""

# Before something that is done with the server it is killed; whatever comes next meets with a dead one. To look for
# it once more, when it is known that it has gone, would take longer than a test waits.
KILLER = """
import contextlib, os, signal
from testgen.mongo import server as module
from testgen.mongo.server import OPTIONS, Server

if "VICTIM" in os.environ:
    module.ANSWER_SECONDS = 0  # nobody sees its end but by asking
    OPTIONS["serverSelectionTimeoutMS"] = 30_000
else:
    OPTIONS["serverSelectionTimeoutMS"] = 1_000_000

doing, times = Server.doing, 0


def fatal(server, what):
    global times
    times += 1
    if times == 60:
        pid = server.pid or int(os.environ["VICTIM"])
        os.kill(pid, signal.SIGKILL)
        if server.is_ours:
            with contextlib.suppress(ChildProcessError):  # another thread has seen the end already
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return doing(server, what)


Server.doing = fatal
"""

# In the middle of the run, while something is being done with the server, whoever interrupts it is told.
PAUSE = """
import time
from testgen.mongo.server import Server

doing, times = Server.doing, 0


def pausing(server, what):
    global times
    times += 1
    if times == 60:
        with open("paused", "a") as file:
            print(server.pid, file=file)
        time.sleep(6000)
    return doing(server, what)


Server.doing = pausing
"""

# How often a server was sought is written down, by one of a kind that is soon given up.
COUNTING = """
from testgen.mongo import shared
from testgen.mongo.server import OPTIONS

OPTIONS["serverSelectionTimeoutMS"] = 1000
find_server = shared.find_server


def counting():
    with open("sought", "a") as file:
        file.write("once ")
    return find_server()


shared.find_server = counting
"""

NO_WHEEL = """
from testgen.mongo import locate

locate._in_wheel = lambda: None
"""


# Each test begins with writing a megabyte.
FILLER = """
import os
from testgen.bindings.mongo import MongoBinding

made = MongoBinding.__init__


def filling(binding):
    made(binding)
    with binding.server.doing("filling the disk"):
        binding.server.client.ballast.items.insert_one({"bytes": os.urandom(1 << 20)})


MongoBinding.__init__ = filling
"""

Built = Callable[[str], Path]
Start = Callable[..., subprocess.Popen[str]]


@dataclass(frozen=True)
class Answer:
    """What pytest said, and how it ended."""

    code: int
    out: str

    def count(self, outcome: str) -> int:
        """How many tests had this outcome, by pytest's last line."""
        found = re.search(rf"(\d+) {outcome}", self.out.strip().splitlines()[-1])
        return int(found[1]) if found else 0


Run = Callable[..., Answer]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Some behaviors of a graph as tests, evenly from its first to its last."""
    folders: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in folders:
            folder = folders[name] = tmp_path_factory.mktemp(name)
            graph = load(str(GRAPHS / f"{name}.dot.gz"))
            suite = select_behaviors(graph, Request() if name == "arming" else Request("transitions", "shortest"))
            some = suite.behaviors[:: max(1, len(suite.behaviors) // N_TESTS)]
            write_suite(render_suite(replace(suite, behaviors=some), SUITES[name], version="0"), folder)
        return folders[name]

    return build


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts pytest on a suite, with a plugin, in a process that has its own place for temporary files."""
    started = []
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tmp").mkdir()

    def start(suite: Path, *options: str, plugin: str = "", **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "surroundings.py").write_text(plugin)
        command = [sys.executable, "-m", "pytest", "-q", "-vv", "-rN", "--import-mode=importlib"]
        command += [
            "-p",
            "no:cacheprovider",
            "-p",
            "surroundings",
            "-c",
            str(tmp_path / "pytest.ini"),
            *options,
            str(suite),
        ]
        paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        environ = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": paths, "COLUMNS": "300", **environment}
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            env=environ,
            start_new_session=True,  # a group of its own, to be interrupted as by a terminal
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start: Start, tmp_path: Path) -> Run:
    """Runs pytest to its end, and looks that nothing is left."""

    def run(suite: Path, *options: str, **settings: str) -> Answer:
        process = start(suite, *options, **settings)
        out, _ = process.communicate(timeout=HANGS_SECONDS)
        answer = Answer(process.returncode, out)
        assert_nothing_left(tmp_path, out)
        return answer

    return run


def assert_nothing_left(folder: Path, out: str = "") -> None:
    """No server's directory, and no process that the output names."""
    wait_until(lambda: not [*(folder / "tmp").glob("testgen-*")], "the removal of its directory")
    for pid in set(re.findall(r"mongod \(process (\d+)\)", out)):
        assert not is_running(int(pid))


@pytest.mark.mongo
@pytest.mark.usefixtures("mongod")
@pytest.mark.parametrize("name", SUITES)
def test_kill_9_of_mongod_breaks_off_one_test_and_the_others_say_so_at_once(name: str, built: Built, run: Run) -> None:
    answer = run(built(name), plugin=KILLER)
    assert answer.code == 1
    told = re.findall(r"^ *ServerError: .*mongod \(process \d+\) was killed by signal 9 \(SIGKILL\)$", answer.out, re.M)
    broken_off = re.findall(r"^behavior \w+ was broken off at step \d+, \w+", answer.out, re.M)
    assert answer.count("failed") + answer.count("error") == len(told)
    assert answer.count("failed") == len(broken_off) > 0
    if "ttl" not in name:  # in lock-step all have begun, and none has ended
        assert len(broken_off) == 1
        assert answer.count("passed") > 0
    assert "diverges" not in answer.out
    assert "Traceback" not in answer.out


@pytest.mark.mongo
@pytest.mark.usefixtures("mongod")
def test_kill_9_of_each_workers_mongod_ends_the_run_as_well(built: Built, run: Run) -> None:
    answer = run(built("ttl-small"), "-n2", plugin=KILLER)
    assert answer.code == 1
    assert len(set(re.findall(r"mongod \(process (\d+)\) was killed by signal 9", answer.out))) == 2
    assert answer.count("failed") + answer.count("error") == len(re.findall(r"^ *ServerError: ", answer.out, re.M))


@pytest.mark.mongo
def test_kill_9_of_the_users_server_is_told_by_its_address(built: Built, run: Run, mongod: Mongod, place: Path) -> None:
    victim = launch_mongod(mongod, parent=place)
    try:
        uri = f"mongodb://127.0.0.1:{victim.port}/"
        answer = run(built("consumer-small"), plugin=KILLER, TESTGEN_MONGODB_URI=uri, VICTIM=str(victim.pid))
    finally:
        victim.kill()
    assert answer.code == 1
    assert answer.count("failed") == 1
    assert answer.count("error") == answer.out.count(f"ServerError: the server {uri} does not answer (")


@pytest.mark.mongo
@pytest.mark.parametrize(
    ("name", "n_workers", "number", "code"),
    [
        ("transactions", 0, signal.SIGINT, 2),
        ("transactions", 0, signal.SIGTERM, -signal.SIGTERM),
        ("transactions", 0, signal.SIGKILL, -signal.SIGKILL),
        ("ttl-small", 0, signal.SIGINT, 2),
        ("consumer-small", 2, signal.SIGINT, 2),
        ("consumer-small", 2, signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_interrupted_run_leaves_nothing(
    name: str, n_workers: int, number: signal.Signals, code: int, built: Built, start: Start, tmp_path: Path
) -> None:
    process = start(built(name), *([f"-n{n_workers}"] if n_workers else []), plugin=PAUSE)
    paused = tmp_path / "paused"
    wait_until(lambda: paused.exists() and paused.read_text().count("\n") == (n_workers or 1), "the run's middle")
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    out, _ = process.communicate(timeout=HANGS_SECONDS)
    assert process.returncode == code
    assert ("KeyboardInterrupt" in out) == (number == signal.SIGINT)
    for pid in paused.read_text().split():
        wait_until(lambda pid=pid: not is_running(int(pid)), f"the end of mongod {pid}")
    assert_nothing_left(tmp_path)


def test_without_mongod_tests_are_skipped_and_the_reason_is_told_once(built: Built, run: Run) -> None:
    nowhere = {"TESTGEN_MONGOD": "", "TESTGEN_MONGODB_URI": "", "PATH": "/nowhere", "plugin": NO_WHEEL}
    answer = run(built("arming"), "-q", **nowhere, TESTGEN_REQUIRE_LIVE="")
    assert answer.code == 0
    assert f"{answer.count('skipped')} generated tests skipped" in answer.out
    assert answer.out.count("no MongoDB was found") == 1
    assert "hint: pip install 'tla-testgen[mongod]'" in answer.out

    answer = run(built("arming"), **nowhere, TESTGEN_REQUIRE_LIVE="1")
    assert answer.code == 1
    assert answer.count("error") == answer.out.count("TESTGEN_REQUIRE_LIVE=1, but no MongoDB was found") > 0


def test_program_for_another_machine_is_told(built: Built, run: Run, tmp_path: Path) -> None:
    program = tmp_path / "mongod"
    program.write_bytes(b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 2, 243) + bytes(44))
    program.chmod(0o755)
    answer = run(built("arming"), plugin=COUNTING, TESTGEN_MONGOD=str(program), TESTGEN_MONGODB_URI="")
    assert answer.code == 1
    assert (tmp_path / "sought").read_text() == "once "
    assert answer.count("error") == answer.out.count("ServerError: mongod did not start: ") > 0
    assert "mongod is built for Linux on riscv64; this is " in answer.out


@pytest.mark.parametrize("listens", [False, True], ids=["closed", "silent"])
def test_address_where_nobody_answers_is_sought_once_and_told(
    listens: bool, built: Built, run: Run, tmp_path: Path
) -> None:
    with socket.socket() as black_hole:
        black_hole.bind(("127.0.0.1", 0))  # nobody else gets the port meanwhile
        if listens:
            black_hole.listen()
        port = black_hole.getsockname()[1]
        uri = f"mongodb://ada:secret@127.0.0.1:{port}/"
        answer = run(built("arming"), plugin=COUNTING, TESTGEN_MONGODB_URI=uri)
    assert answer.code == 1
    assert (tmp_path / "sought").read_text() == "once "
    uri = f"mongodb://127.0.0.1:{port}/"
    words = f"ServerError: connecting to {uri}: the server {uri} does not answer"
    assert answer.count("error") == answer.out.count(words) > 0
    assert "secret" not in answer.out


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        ({"ismaster": True, "maxWireVersion": 17}, "is a standalone server, which has no change streams"),
        ({**REPLICA_SET, "maxWireVersion": 13}, "is too old: it speaks wire version 13"),
    ],
    ids=["standalone", "old"],
)
def test_server_of_no_use_is_told(hello: dict[str, Any], words: str, built: Built, run: Run) -> None:
    with FakeServer(hello) as fake:
        answer = run(built("arming"), TESTGEN_MONGODB_URI=fake.uri)
    assert answer.code == 1
    assert answer.count("error") == answer.out.count(f"ServerError: {fake.uri} {words}") > 0


@pytest.mark.mongo
def test_on_a_server_without_failpoints_only_the_tests_that_need_them_are_skipped(
    built: Built, run: Run, ordinary: Server
) -> None:
    answer = run(built("ttl-small"), TESTGEN_MONGODB_URI=ordinary.uri, TESTGEN_REQUIRE_LIVE="")
    assert answer.code == 0
    assert answer.count("passed") == 0
    assert f"{answer.count('skipped')} generated tests skipped" in answer.out
    assert re.search(r"^MongoDB 6\S+ lacks failpoints \(error 59: ", answer.out, re.M)
    assert "hint: start mongod with --setParameter enableTestCommands=1" in answer.out

    answer = run(built("transactions"), TESTGEN_MONGODB_URI=ordinary.uri)
    assert answer.code == 0
    assert answer.count("skipped") == 0
    assert answer.count("passed") > 0


@pytest.mark.mongo
def test_full_disk_is_told(built: Built, run: Run, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(16 << 20))
    answer = run(built("consumer-small"), plugin=FILLER, TMPDIR=str(small_disk))
    assert answer.code == 1
    assert re.search(r"mongod \(process \d+\) .*; the disk of .+ is full, with \d+ KB free$", answer.out, re.M)
    assert [path.name for path in small_disk.iterdir() if path.name.startswith("testgen-")] == []
