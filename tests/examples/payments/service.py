"""A small payment service that charges once however often it is asked: the system of this example.

    POST /accounts/ACCOUNT/payments   with an Idempotency-Key and {"amount": 5}: 201 {"payment": 1}, 409 or 422
    GET  /accounts/ACCOUNT/ledger     [{"key": "k1", "amount": 5}]

Charges and answers are in one SQLite file. With --stepwise each new request stops before it charges and before it
answers, until it is let go: what failpoints are in a database. A request is then known by its header `Request`.

    POST /gates/ACCOUNT/REQUEST/await   {"at": "charge"}, as soon as the request stands there; or at "answer" or "end"
    POST /gates/ACCOUNT/REQUEST/open    let it go on
    POST /gates/ACCOUNT/open            let all go on that there are, and are to come
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (account, key, amount, payment);
CREATE TABLE IF NOT EXISTS answers (account, key, amount, payment, PRIMARY KEY (account, key));
"""


class Payments:
    """Who has been charged for what, and what is being worked on."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(SCHEMA)
        self._busy: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def accept(self, account: str, key: str, amount: int) -> tuple[int, dict[str, Any]] | None:
        """What to answer at once; None if the request is new and to be worked on."""
        with self._lock:
            if (answer := self._answer(account, key)) is not None:
                asked, payment = answer
                return (201, {"payment": payment}) if amount == asked else (422, {"error": "another request's key"})
            if (asked := self._busy.get((account, key), 0)) != 0:
                return (409, {"error": "in progress"}) if amount == asked else (422, {"error": "another request's key"})
            self._busy[account, key] = amount
            return None

    def charge(self, account: str, key: str, amount: int) -> int:
        """Charge, and store what to answer, in one transaction."""
        with self._lock, self._database:
            payment = len(self._ledger(account)) + 1
            self._database.execute("INSERT INTO ledger VALUES (?, ?, ?, ?)", (account, key, amount, payment))
            self._store(account, key, amount, payment)
            return payment

    def finish(self, account: str, key: str, amount: int, payment: int) -> None:
        """The answer is about to be sent."""
        with self._lock:
            del self._busy[account, key]

    def ledger(self, account: str) -> list[dict[str, Any]]:
        with self._lock:
            return [{"key": key, "amount": amount} for key, amount in self._ledger(account)]

    def _answer(self, account: str, key: str) -> tuple[int, int] | None:
        found = self._database.execute(
            "SELECT amount, payment FROM answers WHERE account = ? AND key = ?", (account, key)
        )
        answer: tuple[int, int] | None = found.fetchone()
        return answer

    def _store(self, account: str, key: str, amount: int, payment: int) -> None:
        self._database.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (account, key, amount, payment))

    def _ledger(self, account: str) -> list[Any]:
        rows = self._database.execute("SELECT key, amount FROM ledger WHERE account = ? ORDER BY payment", (account,))
        return rows.fetchall()


class Gates:
    """Where requests stand, if they are to go step by step."""

    def __init__(self, *, stepwise: bool) -> None:
        self._stepwise = stepwise
        self._at: dict[tuple[str, str], str] = {}
        self._open: set[str] = set()
        self._changed = threading.Condition()

    def stand(self, account: str, request: str, place: str) -> None:
        """Stop here until the gate is opened."""
        with self._changed:
            if self._stepwise and account not in self._open:
                self._at[account, request] = place
                self._changed.notify_all()
                self._changed.wait_for(lambda: (account, request) not in self._at or account in self._open)

    def pass_by(self, account: str, request: str, place: str) -> None:
        with self._changed:
            self._at[account, request] = place
            self._changed.notify_all()

    def wait(self, account: str, request: str) -> str:
        with self._changed:
            self._changed.wait_for(lambda: (account, request) in self._at)
            return self._at[account, request]

    def open(self, account: str, request: str) -> None:
        with self._changed:
            self._at.pop((account, request), None)
            self._changed.notify_all()

    def open_all(self, account: str) -> None:
        with self._changed:
            self._open.add(account)
            self._changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    payments: Payments
    gates: Gates

    def do_GET(self) -> None:
        match self.path.strip("/").split("/"):
            case ["accounts", account, "ledger"]:
                self._reply(200, self.payments.ledger(account))
            case _:
                self._reply(404, {"error": "no such place"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.path.strip("/").split("/"):
            case ["accounts", account, "payments"]:
                self._pay(account, json.loads(body)["amount"])
            case ["gates", account, request, "await"]:
                self._reply(200, {"at": self.gates.wait(account, request)})
            case ["gates", account, request, "open"]:
                self.gates.open(account, request)
                self._reply(200, {})
            case ["gates", account, "open"]:
                self.gates.open_all(account)
                self._reply(200, {})
            case _:
                self._reply(404, {"error": "no such place"})

    def _pay(self, account: str, amount: int) -> None:
        request = self.headers.get("Request", "")
        if (key := self.headers.get("Idempotency-Key")) is None:
            self._reply(400, {"error": "no Idempotency-Key"})
            return
        answer = self.payments.accept(account, key, amount)
        if answer is None:
            self.gates.stand(account, request, "charge")
            payment = self.payments.charge(account, key, amount)
            self.gates.stand(account, request, "answer")
            self.payments.finish(account, key, amount, payment)
            answer = 201, {"payment": payment}
        self._reply(*answer)
        self.gates.pass_by(account, request, "end")

    def _reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Only errors are of interest."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--database", required=True)
    parser.add_argument("--stepwise", action="store_true")
    arguments = parser.parse_args()
    Handler.payments = Payments(arguments.database)
    Handler.gates = Gates(stepwise=arguments.stepwise)
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    server.daemon_threads = True
    print(f"listening on port {server.server_port}", flush=True)  # noqa: T201 - for whoever has started it
    server.serve_forever()


if __name__ == "__main__":
    main()
