"""The processes in which suites run: what the tests in them see, and how long they live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testgen.coverage.mutation import score_suites
from testgen.coverage.source import find_source
from testgen.coverage.suites import SuiteRequest, run_suite

HANG = 120

PRICES = "def price(n):\n    return n + 1\n"
STRANGER = """
import sys
from pathlib import Path
from shop import price

def test_price():
    assert price(1) == 2
    assert [name for name in sys.modules if name.startswith("testgen.harness")] == []
    assert (sys.path[0], sys.path.count("")) == (str(Path.cwd()), 0)
    assert len(sys.argv) == 1
"""
ENDLESS = """
import os, time
from pathlib import Path
from shop import price

def test_price():
    assert price(1) == 2
    Path("pids").write_text(f"{os.getpid()} {os.getppid()}")
    time.sleep(10_000)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("shop.py").write_text(PRICES)
    return tmp_path


def test_a_suite_sees_nothing_of_the_process_that_runs_it(shop: Path) -> None:
    Path("test_stranger.py").write_text(STRANGER)
    source, request = find_source(["shop.py"]), SuiteRequest("stranger", "test_stranger.py")
    run = run_suite(request, source, shop)
    assert (run.failures, run.count("passed")) == ((), 1)
    score = score_suites([request], source)
    assert (score.is_sound, score.unnoticed) == (True, ())


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has asked about since does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("command", ["compare", "mutants"])
def test_a_suite_does_not_outlive_the_command_that_runs_it(command: str) -> None:
    Path("test_endless.py").write_text(ENDLESS)
    arguments = ["coverage", command, "--source", "shop.py", "--suite", "endless=test_endless.py"]
    started = subprocess.Popen([sys.executable, "-m", "testgen", *arguments], stderr=subprocess.DEVNULL)
    pids: list[int] = []
    try:
        end = time.monotonic() + HANG
        while len(pids) < 2:
            assert started.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
            pids = [int(pid) for pid in Path("pids").read_text().split()] if Path("pids").exists() else []
        test, parent = pids
        os.kill(started.pid, signal.SIGKILL)
        started.wait(HANG)
        suite = test if parent == started.pid else parent  # a mutant's test runs in a fork of the suite's process
        while is_alive(suite):
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        started.kill()
        started.wait(HANG)
        for pid in pids:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
