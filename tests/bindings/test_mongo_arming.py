"""A stream's cursor on a live MongoDB: green, and red when an observation is falsified or the pin taken out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.render import render_suite, write_suite
from testgen.selection import select_behaviors

REPOSITORY = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.mongo

DELIVERED = """
from testgen.bindings.mongo_arming import PinnedArming

honest = PinnedArming.deliver

def falsified(self):
    honest(self)
    events = self._delivered
    {fault}

PinnedArming.deliver = falsified
PinnedArming.action_methods.__func__.cache_clear()
"""

NO_PIN = """
from testgen.bindings.mongo_arming import PinnedArming

PinnedArming.pinned = False
"""


@pytest.fixture(scope="module", params=["arming", "arming-lazy"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = load(str(REPOSITORY / "graphs" / f"{request.param}.dot"))
    folder = tmp_path_factory.mktemp(request.param)
    binding = {"arming": "mongo_arming", "arming-lazy": "mongo_arming_lazy"}[request.param]
    write_suite(render_suite(select_behaviors(graph), binding, version="0"), folder)
    return folder


def run(suite: Path, plugin: str, tmp_path: Path) -> str:
    (tmp_path / "seeded_fault.py").write_text(plugin)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "seeded_fault", "--maxfail=2"]
    command = [sys.executable, "-m", "pytest", *options, str(suite)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    return result.stdout + result.stderr


def test_every_behavior_conforms(suite: Path, tmp_path: Path) -> None:
    output = run(suite, "", tmp_path)
    assert " passed" in output
    assert "failed" not in output
    assert "skipped" not in output


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("del events[-1:]", "variable delivered"),
        ("events.extend(events[-1:])", "variable delivered"),
        ("events[-2:] = events[-2:][::-1]", "variable delivered"),
    ],
    ids=["dropped", "duplicated", "swapped"],
)
def test_a_falsified_observation_is_noticed(suite: Path, fault: str, words: str, tmp_path: Path) -> None:
    output = run(suite, DELIVERED.format(fault=fault), tmp_path)
    assert " failed" in output
    assert f"{words}, after deliver" in output


def test_a_pin_taken_out_is_noticed(suite: Path, tmp_path: Path) -> None:
    if "lazy" in suite.name:
        pytest.skip("has none")
    output = run(suite, NO_PIN, tmp_path)
    assert " failed" in output
    assert "events that the stream has for it" in output or "events lost since watch()" in output
