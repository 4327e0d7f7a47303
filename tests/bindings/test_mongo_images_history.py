"""Images and reads in the past: green on a live MongoDB, and red when what is asked for is the present instead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.render import render_suite, write_suite
from testgen.selection import Request, select_behaviors

GRAPHS = Path(__file__).resolve().parents[2] / "graphs"

pytestmark = pytest.mark.mongo

PRESENT_IMAGES = """
from testgen.bindings.mongo_images import ImageStream

honest = ImageStream._open_stream

def looked_up(self, **arguments):
    if "options" in arguments:
        arguments["options"] = {**arguments["options"], "fullDocument": "updateLookup"}
    return honest(self, **arguments)

ImageStream._open_stream = looked_up
"""

PRESENT_HISTORY = """
from testgen.bindings.mongo_history import TransactionHistory

TransactionHistory._docs_at = lambda self, time: self.docs()
"""


@pytest.mark.parametrize(
    ("graph", "binding", "fault", "kind"),
    [
        (
            "consumer-images",
            "mongo_images",
            PRESENT_IMAGES,
            "the document before and after each change, as its event shows it, after check_images",
        ),
        (
            "transactions-history",
            "mongo_history",
            PRESENT_HISTORY,
            "the documents as a read at the time of each commit finds them, after check_history",
        ),
    ],
    ids=["images", "history"],
)
def test_conforms_and_an_answer_from_the_present_is_noticed(
    graph: str, binding: str, fault: str, kind: str, tmp_path: Path
) -> None:
    suite = tmp_path / graph
    selected = select_behaviors(load(str(GRAPHS / f"{graph}.dot")), Request("transitions", "shortest"))
    write_suite(render_suite(selected, binding, version="0"), suite)
    honest = run(suite, "", tmp_path)
    assert " passed" in honest and "failed" not in honest and "skipped" not in honest, honest
    falsified = run(suite, fault, tmp_path)
    assert kind in falsified, falsified


def run(suite: Path, plugin: str, tmp_path: Path) -> str:
    (tmp_path / "seeded_fault.py").write_text(plugin)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "seeded_fault"]
    command = [sys.executable, "-m", "pytest", *options, str(suite)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    return result.stdout + result.stderr
