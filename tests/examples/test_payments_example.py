"""The suite of the payment service notices what idempotency keys are there for, and no server is left behind."""

from __future__ import annotations

import subprocess

import pytest

from tests.examples.project import Example

STORED_WHEN_SENT = (
    (
        "            self._store(account, key, amount, payment)\n            return payment\n",
        "            return payment\n",
    ),
    (
        "        with self._lock:\n            del self._busy[account, key]\n",
        "        with self._lock, self._database:\n            self._store(account, key, amount, payment)\n"
        "            del self._busy[account, key]\n",
    ),
)
"""Charge and answer in two transactions: after a crash in between, the client is charged again."""

AMOUNTS_NOT_COMPARED = (
    'return (201, {"payment": payment}) if amount == asked else (422, {"error": "another request\'s key"})',
    'return (201, {"payment": payment})',
)

BUSY_NOT_LOOKED_AT = ("if (asked := self._busy.get((account, key), 0)) != 0:", "if False:")

BUSY_SURVIVES = (
    ('PRIMARY KEY (account, key));\n"""', 'PRIMARY KEY (account, key));\nCREATE TABLE IF NOT EXISTS busy (a, k);\n"""'),
    (
        "            self._busy[account, key] = amount\n            return None\n",
        "            self._busy[account, key] = amount\n"
        "            with self._database:\n"
        '                self._database.execute("INSERT INTO busy VALUES (?, ?)", (account, key))\n'
        "            return None\n",
    ),
    (
        "            if (asked := self._busy.get((account, key), 0)) != 0:",
        '            marks = self._database.execute("SELECT * FROM busy WHERE a = ? AND k = ?", (account, key))\n'
        "            if (asked := self._busy.get((account, key), amount if marks.fetchone() else 0)) != 0:",
    ),
)
"""A mark in the database that nobody takes back after a crash: 409 forever."""

DIES = ('        request = self.headers.get("Request", "")\n', "        import os\n\n        os._exit(3)\n")


@pytest.fixture(scope="module")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example("payments", tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        (STORED_WHEN_SENT, "variable requests, after send", "expected 201, observed 0"),
        ([AMOUNTS_NOT_COMPARED], "variable requests, after send", "expected 422, observed 201"),
        ([BUSY_NOT_LOOKED_AT], "variable requests, after send", "expected 409, observed 0"),
        (BUSY_SURVIVES, "variable requests, after send", "expected 0, observed 409"),
        ([DIES], "ConnectionLost raised, at send", "(process"),
    ],
    ids=["stored when sent", "amounts not compared", "busy not looked at", "busy survives a crash", "dies"],
)
def test_fault_is_noticed(changes: list[tuple[str, str]], kind: str, words: str, payments: Example) -> None:
    service = payments.folder / "service.py"
    whole = service.read_text(encoding="utf-8")
    try:
        for old, new in changes:
            payments.change("service.py", old, new)
        out = payments.run("-x")
    finally:
        service.write_text(whole, encoding="utf-8")
    assert words in out, out[-3000:]
    assert kind in out.partition("failures by kind")[2], out[-3000:]
    assert not _running(payments)


def test_no_server_is_left_behind_by_workers(payments: Example) -> None:
    out = payments.run("-n", "2", "-k", "send_crash")
    assert " passed" in out, out
    assert "failed" not in out
    assert not _running(payments)


def _running(payments: Example) -> list[str]:
    """Processes that run the copy's server."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(payments.folder / "service.py") in line]
