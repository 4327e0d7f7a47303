"""Transactions on a live MongoDB: tests pass, and each fault put between them and the server makes some of them fail.

A fault is put into pymongo, below the binding: it sees a server that breaks a rule of the specification.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.graph import load
from testgen.mongo.locate import find_mongod, user_uri
from testgen.render import render_suite, write_suite
from testgen.selection import Request, select_behaviors

GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
SUITES = {
    "transactions": ("mongo_transactions", 20),
    "transactions-lost-update": ("mongo_lost_updates", 2),
}
"""The binding, and of how many behaviors one is taken, from the first to the last of the graph."""

N_TESTS = {"transactions": 186, "transactions-lost-update": 172}

PRELUDE = """
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from testgen.bindings.mongo_transactions import Transactions

find_one, find_one_and_update = Collection.find_one, Collection.find_one_and_update
commit, abort, begin = ClientSession.commit_transaction, ClientSession.abort_transaction, Transactions.begin
"""

CURRENT_READ = """
Collection.find_one = lambda *query, session=None, **options: find_one(*query, **options)
"""

EARLY_SNAPSHOT = """
def fault(test, transaction):
    begin(test, transaction=transaction)
    find_one(test.collection, {"_id": "of nobody"}, session=test._sessions[transaction - 1])

Transactions.begin = fault
"""

CONFLICT_NOT_REPORTED = """
def fault(self, query, update, session=None, **options):
    try:
        return find_one_and_update(self, query, update, session=session, **options)
    except OperationFailure:
        return {"list": [*find_one(self, query)["list"], update["$push"]["list"]]}

Collection.find_one_and_update = fault
"""

CONFLICT_WITH_NOBODY = """
def fault(self, query, update, session=None, **options):
    if find_one(self, query, session=session)["list"]:
        raise OperationFailure("WriteConflict", 112)
    return find_one_and_update(self, query, update, session=session, **options)

Collection.find_one_and_update = fault
"""

COMMIT_LOST = """
ClientSession.commit_transaction = abort
"""

ABORT_KEPT = """
ClientSession.abort_transaction = commit
"""


@pytest.fixture(scope="module")
def _mongod() -> None:
    try:
        user_uri() or find_mongod()
    except ServerError as error:
        if os.environ.get("TESTGEN_REQUIRE_LIVE") == "1":
            pytest.fail(f"TESTGEN_REQUIRE_LIVE=1, but: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def suites(_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a part of each suite."""
    out = tmp_path_factory.mktemp("suites")
    (out / "pytest.ini").write_text("[pytest]\n")
    for name, (binding, one_of) in SUITES.items():
        suite = select_behaviors(load(str(GRAPHS / f"{name}.dot.gz")), Request("transitions", "shortest"))
        some = replace(suite, behaviors=suite.behaviors[::one_of])
        write_suite(render_suite(some, binding, version="0"), out / name)
    return out


def run(suite: Path, plugins: Path, fault: str = "") -> str:
    """What pytest says of a suite with a fault."""
    (plugins / "fault.py").write_text(PRELUDE + fault if fault else "")
    paths = os.pathsep.join([str(plugins), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "fault"]
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [*command, str(suite)], capture_output=True, text=True, check=False, env=environment, cwd=suite, timeout=600
    )
    return done.stdout + done.stderr


@pytest.mark.mongo
@pytest.mark.parametrize("name", SUITES)
def test_real_server_conforms(name: str, suites: Path, tmp_path: Path) -> None:
    assert f"\n{N_TESTS[name]} passed in" in run(suites / name, tmp_path)


@pytest.mark.mongo
@pytest.mark.parametrize(
    ("fault", "name", "n_failed", "told"),
    [
        (CURRENT_READ, "transactions", 44, "variable log"),
        (EARLY_SNAPSHOT, "transactions", 12, "variable log"),
        (CONFLICT_NOT_REPORTED, "transactions", 13, "variable log"),
        (CONFLICT_WITH_NOBODY, "transactions", 20, "variable log"),
        (COMMIT_LOST, "transactions", 101, "variable docs"),
        (ABORT_KEPT, "transactions", 100, "variable docs"),
        (CONFLICT_NOT_REPORTED, "transactions-lost-update", 172, "the reply to the overwriting write"),
        (COMMIT_LOST, "transactions-lost-update", 172, "the write of transaction 1 is kept"),
    ],
    ids=[
        "a read returns what is current, not the snapshot's",
        "the snapshot is taken when the transaction begins",
        "a conflict is not reported",
        "a conflict is reported where there is none",
        "a committed write is lost",
        "an aborted write is kept",
        "an update is lost",
        "the update that won is lost",
    ],
)
def test_server_that_breaks_a_rule_is_noticed(
    fault: str, name: str, n_failed: int, told: str, suites: Path, tmp_path: Path
) -> None:
    said = run(suites / name, tmp_path, fault)
    n_passed = N_TESTS[name] - n_failed
    assert f"\n{n_failed} failed{f', {n_passed} passed' if n_passed else ''} in" in said
    assert f"\n  {told}\n" in said
    assert "Traceback" not in said
