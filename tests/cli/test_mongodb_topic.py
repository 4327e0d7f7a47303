"""The binding of `testgen help mongodb`, driven through behaviors of a small graph on a live server."""

import json
import os
import re
import textwrap
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo.locate import find_mongod, user_uri
from tests.conftest import Answer
from tests.projects import run_pytest

TOPIC = files("testgen.cli").joinpath("topics", "mongodb.md").read_text(encoding="utf-8")
SUITE = '[suites.notes]\ngraph = "notes.json"\nbinding = "notes.py:Notes"\nout = "generated"\n'
WRITTEN = [(), (1,), (2,), (1, 2), (2, 1)]


def binding() -> str:
    (block,) = re.findall(r"^    from testgen\.bindings import .*\n(?:    .*\n|\n(?=    ))+", TOPIC, re.MULTILINE)
    return textwrap.dedent(block)


def graph() -> str:
    """Two writers' documents, delivered in the order in which they were written."""
    states = [(log, log[:n]) for log in WRITTEN for n in range(len(log) + 1)]
    transitions = []
    for place, (log, delivered) in enumerate(states):
        for label, after in [(0, ((*log, n), delivered)) for n in (1, 2)] + [(1, (log, log[: len(delivered) + 1]))]:
            if after in states and after != (log, delivered):
                transitions.append([place, label, states.index(after)])
    document: dict[str, object] = {
        "schema": "testgen.graph/1",
        "variables": ["delivered", "log"],
        "values": [[f"<<{', '.join(map(str, log))}>>" for log in WRITTEN]] * 2,
        "actions": [{"name": name, "arguments": [], "parameters": []} for name in ("Write", "Deliver")],
        "states": [[WRITTEN.index(delivered), WRITTEN.index(log)] for log, delivered in states],
        "initial": [0],
        "transitions": transitions,
        "fingerprints": [str(place) for place in range(len(states))],
        "constrained_out_states": 0,
        "warnings": [],
    }
    return json.dumps(document)


@pytest.fixture
def project(tmp_path: Path, run_testgen: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "testgen.toml").write_text(SUITE)
    (tmp_path / "notes.py").write_text(binding())
    (tmp_path / "notes.json").write_text(graph())
    monkeypatch.chdir(tmp_path)
    result = run_testgen("build")
    assert result.code == 0, result.err
    return tmp_path


def test_binding_of_the_topic_drives_a_server(project: Path) -> None:
    try:
        user_uri() or find_mongod()
    except ServerError as missing:
        if os.environ.get("TESTGEN_REQUIRE_LIVE") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    assert "4 passed" in run_pytest(project, "-q", "generated")
    source = (project / "notes.py").read_text()
    (project / "notes.py").write_text(source.replace("return self.seen", "return self.seen[::-1]"))
    assert "variable delivered, after deliver" in run_pytest(project, "-q", "generated")
