"""Transactions on a live MongoDB: green, and red when documents change that should not, or do not and should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.render import render_suite, write_suite
from testgen.selection import Request, select_behaviors

REPOSITORY = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.mongo

AFTER_STEP = """
from testgen.bindings.mongo_transactions import Transactions

honest = Transactions.{step}

def falsified(self, transaction, **rest):
    honest(self, transaction=transaction, **rest)
    self.collection.update_one({{"_id": self.key("x")}}, {{"$push": {{"list": transaction}}}})

falsified.__name__ = "{step}"
Transactions.{step} = falsified
"""

STALE = """
from testgen.bindings.mongo_transactions import Transactions

honest = Transactions._find_documents

def falsified(self, ids):
    self.__dict__.setdefault("_first", honest(self, ids))
    return self._first

Transactions._find_documents = falsified
"""

LEFT_OVER = """
from testgen.bindings.mongo_transactions import Transactions

honest = Transactions.start

def falsified(self, **arguments):
    honest(self, **arguments)
    self.collection.update_many({}, {"$push": {"list": 1}})

Transactions.start = falsified
"""


WRONGLY_INSERTED = """
from testgen.bindings.mongo_transactions import Transactions

honest = Transactions._find_documents

def falsified(self, ids):
    self.collection.update_many({}, {"$push": {"list": 1}})
    return honest(self, ids)

Transactions._find_documents = falsified
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    graph = load(str(REPOSITORY / "graphs" / "transactions.dot"))
    folder = tmp_path_factory.mktemp("transactions")
    suite = select_behaviors(graph, Request("transitions", "shortest"))
    write_suite(render_suite(suite, "mongo_transactions", version="0"), folder)
    return [folder / f"test_begin_{name}.py" for name in ("read_commit", "write_commit", "write_abort", "write_others")]


def run(files: list[Path], plugin: str, tmp_path: Path) -> str:
    (tmp_path / "seeded_fault.py").write_text(plugin)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "seeded_fault", "--maxfail=1"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, files)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    return result.stdout + result.stderr


def test_behaviors_conform(files: list[Path], tmp_path: Path) -> None:
    output = run(files, "", tmp_path)
    assert " passed" in output
    assert "failed" not in output
    assert "skipped" not in output


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (AFTER_STEP.format(step="read"), "variable docs, after read"),
        (AFTER_STEP.format(step="commit"), "variable docs, after commit"),
        (AFTER_STEP.format(step="abort"), "variable docs, after abort"),
        (STALE, "variable docs, after commit"),
        (LEFT_OVER, "variable docs, after read"),
        (WRONGLY_INSERTED, "variable docs, after start"),
    ],
    ids=[
        "changed by a read",
        "commits more",
        "keeps what was aborted",
        "loses what was committed",
        "another test's changes",
        "not as at the beginning",
    ],
)
def test_a_wrong_document_is_noticed_where_it_went_wrong(
    files: list[Path], fault: str, kind: str, tmp_path: Path
) -> None:
    output = run(files, fault, tmp_path)
    assert "1 failed" in output
    assert kind in output
