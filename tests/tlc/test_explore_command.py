"""`testgen explore`, with the real TLC."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from testgen.cli.explore import explore

WriteSpec = Callable[..., tuple[Path, Path]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_the_dump_is_named_for_the_configuration(command: CliRunner, write_spec: WriteSpec, tmp_path: Path) -> None:
    spec, cfg = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next")
    cfg.rename(cfg.with_name("small.cfg"))
    done = command.invoke(explore, [str(spec), "--config", "small", "--workers", "1"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("14 states, 23 generated, depth 8, in ")
    assert (tmp_path / "graphs" / "small.dot.gz").is_file()


def test_a_counterexample_is_shown(command: CliRunner, write_spec: WriteSpec) -> None:
    spec, _ = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next; INVARIANT Small")
    done = command.invoke(explore, [str(spec), "--workers", "1"])
    assert done.exit_code == 12
    assert done.stdout.splitlines()[:10] == [
        "the invariant Small does not hold",
        "",
        "State 1: initial",
        "    count = 0",
        "    log   = <<>>",
        "",
        f"State 2: Up  ({spec}:6:7)",
        "  * count = 1",
        "  * log   = <<0>>",
        "",
    ]


def test_json_is_one_document(command: CliRunner, write_spec: WriteSpec) -> None:
    spec, _ = write_spec("Faulty", "INIT Init; NEXT Up")
    done = command.invoke(explore, [str(spec), "--json", "--fp", "3"])
    document = json.loads(done.stdout)
    assert done.exit_code == 11
    assert (document["schema"], document["verdict"], document["dump"]) == ("testgen.explore/1", "deadlock", None)
    assert [step["action"] for step in document["trace"]] == [None, "Up", "Up"]
    assert document["trace"][2]["state"] == {"count": "2"}


def test_ctrl_c_ends_with_130(command: CliRunner, write_spec: WriteSpec, tmp_path: Path) -> None:
    spec, _ = write_spec("Faulty", "INIT Init; NEXT Endless")
    # Whenever it comes, the outcome is the same.
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    done = command.invoke(explore, [str(spec)])
    timer.join()
    assert done.exit_code == 130
    assert "interrupted by SIGINT" in done.stderr
    assert not (tmp_path / "graphs").exists()


def test_workers_are_a_number_or_auto(command: CliRunner) -> None:
    done = command.invoke(explore, ["Any.tla", "--workers", "many"])
    assert done.exit_code == 2
    assert "'many' is neither a number nor auto" in done.stderr


def test_help_imports_nothing_heavy() -> None:
    program = """
import sys
from click.testing import CliRunner
from testgen.cli.explore import explore
CliRunner().invoke(explore, ["--help"])
print(sorted({"rich", "numpy", "networkx", "testgen.tlc"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_view_is_warned_of(command: CliRunner, write_spec: WriteSpec) -> None:
    spec, _ = write_spec("Counter", "CONSTANT N = 3; INIT Init; NEXT Next; VIEW Small")
    done = command.invoke(explore, [str(spec), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["distinct_states"]) == (0, 1)  # of 14
    assert done.stderr.startswith("warning: with VIEW one state of the dump stands for several")
