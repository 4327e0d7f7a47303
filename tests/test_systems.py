"""Ready-made parts for systems that are other processes: they start, answer, die, and leave nothing behind."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo.directories import process_start
from testgen.systems import Dialogue, Service, WaitTimeout, wait_for
from testgen.systems import service as service_module
from testgen.systems.process import ChildProcess, end_processes
from testgen.systems.web import ConnectionLost, Web

SERVER = """
import sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

let_go = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/hold":
            let_go.wait()
        if self.path == "/let_go":
            let_go.set()
        self.send_response(201 if self.path == "/things" else 500 if self.path == "/fail" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening on port", server.server_port, flush=True)
server.serve_forever()
"""

DIALOGUE = """
import json, sys

for line in sys.stdin:
    if line == "die\\n":
        sys.exit("out of paper")
    if line == "mumble\\n":
        print("what?", flush=True)
        continue
    if line != "nothing\\n":
        print(json.dumps({"told": json.loads(line)}), flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return path


@pytest.fixture
def service(script: Path) -> Iterator[Service]:
    service = Service([sys.executable, script, "{port}"], name="the shop")
    yield service
    service.close()


@pytest.fixture
def web(service: Service) -> Iterator[Web]:
    web = Web(service)
    yield web
    service.kill()
    web.close()


def test_any_status_is_an_answer(web: Web) -> None:
    answer = web.ask("POST", "/things", json={"amount": 1})
    assert (answer.status, answer.json()) == (201, {"amount": 1})
    assert web.ask("POST", "/fail", body="words").data == b"words"
    assert web.ask("DELETE", "/things").status == 501


def test_request_goes_on_while_others_are_answered(web: Web) -> None:
    held = web.begin("POST", "/hold")
    assert web.ask("POST", "/things").status == 201
    assert not held.done()
    web.ask("POST", "/let_go")
    assert held.result(timeout=600).status == 200


def test_crash_is_a_lost_connection_and_the_service_starts_again(service: Service, web: Web) -> None:
    held = web.begin("POST", "/hold")
    web.ask("POST", "/things")
    service.kill()
    with pytest.raises(ConnectionLost, match=r"POST /hold: the shop \(process \d+\) was killed by signal 9"):
        held.result(timeout=600)
    with pytest.raises(ConnectionLost, match="POST /things: the shop"):
        web.ask("POST", "/things")
    service.start()
    assert web.ask("POST", "/things").status == 201


def test_answer_that_does_not_come_is_told(service: Service) -> None:
    web = Web(service, timeout_seconds=0.2)
    with pytest.raises(WaitTimeout, match=r"waited 0\.2 s for the answer to POST /hold"):
        web.ask("POST", "/hold")
    web.close()


def test_server_chooses_the_port(script: Path) -> None:
    service = Service([sys.executable, script, "0"], announces=r"listening on port (\d+)")
    try:
        assert Web(service.url).ask("POST", "/things").status == 201
    finally:
        service.close()


def test_port_that_somebody_took_is_not_mistaken_for_ours(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        ports = iter([taken, *(port for port, _ in zip(service_module.free_ports(), range(3), strict=False))])
        monkeypatch.setattr(service_module, "free_ports", lambda: ports)
        # The stranger accepts connections at once; ours finds the port taken only after Python has started.
        service = Service([sys.executable, script, "{port}"])
        try:
            assert service.port != taken
        finally:
            service.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "import sys; sys.exit('no such shop')",
            r"shop did not start: shop \(process \d+\) exited with status 1\n.*\n    no such shop",
        ),
        ("import time; time.sleep(600)", "waited 0 s for shop to listen"),
    ],
)
def test_server_that_does_not_start_says_why(code: str, words: str) -> None:
    with pytest.raises(ServerError, match=words):
        Service([sys.executable, "-c", code, "{port}"], name="shop", timeout_seconds=0 if "sleep" in code else 60)


def test_program_that_is_not_there_is_told() -> None:
    with pytest.raises(ServerError, match="shop did not start: there is no program no-such-program"):
        Service(["no-such-program", "{port}"], name="shop")


def test_command_without_a_port_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has no \{port\}"):
        Service(["server"])


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Neither what a server has started, nor the server when pytest ends or is killed."""
    children = tmp_path / "children"
    python = shlex.quote(sys.executable)
    begins = f"sleep 600 & echo $! >> {shlex.quote(str(children))}"
    shell = f"{begins}; exec {python} -m http.server --bind 127.0.0.1 $0"
    service = Service(["sh", "-c", shell, "{port}"])
    service.close()
    wait_for("the server's child to end", lambda: process_start(int(children.read_text())) is None, timeout_seconds=60)

    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time\nfrom testgen.systems import Service\n"
        "service = Service([sys.executable, '-m', 'http.server', '--bind', '127.0.0.1', '{port}'])\n"
        "print(service._process.pid, flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        assert process_start(pid) is not None
        ours.send_signal(signal.SIGKILL)
    wait_for("the server to end with us", lambda: process_start(pid) is None, timeout_seconds=60)


def test_forked_copy_ends_nothing(service: Service) -> None:
    """Of two processes that have the same service in memory only the one that started it may end it."""
    if (copy := os.fork()) == 0:
        end_processes()
        os._exit(0)
    os.waitpid(copy, 0)
    assert service.death() is None


def test_plugin_ends_what_tests_leave_running(tmp_path: Path) -> None:
    (tmp_path / "test_leaving.py").write_text(
        "import sys, threading\nfrom pathlib import Path\nfrom testgen.systems import Service\n\n\ndef leave():\n"
        "    service = Service([sys.executable, '-m', 'http.server', '--bind', '127.0.0.1', '{port}'])\n"
        "    Path('pid').write_text(str(service._process.pid))\n\n\ndef test_leaving():\n"
        "    thread = threading.Thread(target=leave)  # from which it does not die with us\n"
        "    thread.start()\n    thread.join()\n"
    )
    for options in ([], ["-n", "1"]):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "1 passed" in result.stdout, result.stdout + result.stderr
        assert process_start(int((tmp_path / "pid").read_text())) is None


def test_program_answers_line_by_line() -> None:
    with Dialogue([sys.executable, "-c", DIALOGUE]) as dialogue:
        assert dialogue.ask({"amount": 1}) == {"told": {"amount": 1}}
        assert dialogue.ask("ü" * 100_000) == {"told": "ü" * 100_000}
        assert dialogue.ask_line("[1]") == '{"told": [1]}'


def test_reference_merge_answers_in_a_dialogue() -> None:
    with Dialogue([sys.executable, "-m", "testgen.ot"]) as merge:
        operations = [[{"op": "set", "ndx": 2, "value": 4}], [{"op": "erase", "ndx": 1}]]
        answer = merge.ask({"array": [1, 2, 3], "operations": operations})
        assert isinstance(answer, dict)
        assert answer["final"] == [1, 4]


def test_trouble_with_a_program_is_told() -> None:
    with Dialogue([sys.executable, "-c", DIALOGUE], name="till", timeout_seconds=60) as dialogue:
        with pytest.raises(ServerError, match=r"till answered what is not JSON: what\?"):
            dialogue.ask_line("mumble") and dialogue._told("what?")
        with pytest.raises(ServerError, match=r"till \(process \d+\) exited with status 1\n.*\n    out of paper"):
            dialogue.ask_line("die")
        with pytest.raises(ServerError, match="till"):
            dialogue.ask(1)
    with Dialogue([sys.executable, "-c", DIALOGUE], name="till", timeout_seconds=0.1) as dialogue:
        with pytest.raises(WaitTimeout, match=r"waited 0\.1 s for till to answer"):
            dialogue.ask_line("nothing")
        dialogue.kill()


def test_process_started_by_another_thread_is_ended_as_well(script: Path) -> None:
    started: list[Service] = []
    thread = threading.Thread(target=lambda: started.append(Service([sys.executable, script, "{port}"])))
    thread.start()
    thread.join()
    assert started[0].death() is None
    started[0].close()
    assert started[0].death() is not None
    assert "PATH" in os.environ


@pytest.mark.parametrize("has_waitid", [True, False], ids=["waitid", "macOS"])
def test_what_a_wrapper_leaves_running_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_waitid: bool
) -> None:
    if not has_waitid:
        monkeypatch.delattr(os, "waitid")  # as on macOS before Python 3.13
    wrapper = ChildProcess(["sh", "-c", "sleep 600 & echo $! > pid; read line; exit 3"], name="it", folder=tmp_path)
    try:
        told = wait_for("its end", wrapper.death, timeout_seconds=60)  # at once: there is nothing to read
        assert told == f"it (process {wrapper.pid}) exited with status 3"
        assert wrapper.death() == told
        started = int((tmp_path / "pid").read_text())
        wait_for("the end of what it started", lambda: process_start(started) is None, timeout_seconds=60)
    finally:
        wrapper.close()


def test_missing_urllib3_is_told() -> None:
    code = "import sys; sys.modules['urllib3'] = None; import testgen.systems; import testgen.systems.web"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SurroundingsError: HTTP needs urllib3\nhint: pip install 'tla-testgen[http]'" in result.stderr
