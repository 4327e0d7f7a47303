"""A payment service over HTTP against `IdempotentPayments`: repeated requests, wrong ones, and a crash in between.

What to learn from it:

- **A real server, and no sleep.** `Service` starts it, finds it a port, waits until it listens, kills and restarts it;
  `Web` asks it, and takes any status for an answer. Both are testgen's, for any system.
- **Steps inside the server.** Between the charge and the answer the service must be stopped, to be killed there. So it
  has gates (`--stepwise`), as databases have failpoints: a request that is new stands at one, and the binding waits
  until the server says so. Without such a door only whole requests could be tested, and the bug that idempotency keys
  are there for would be out of reach.
- **One server for all tests.** It starts once; a test has an account of its own. Only a crash costs a new start.
- **A lost connection is an outcome.** Where the specification has a crash, `ConnectionLost` is what the client must
  see; anywhere else it fails the test with what the server said last.

The service conforms; it is ours. What its suite is worth is seen in the faults of `tests/examples`: storing the answer
when it is sent, forgetting to compare the amounts, or remembering across a crash what it was busy with.

How it came about: `testgen init ../../../graphs/payments.dot` beside an empty `testgen.toml`. Run it in this folder:
`testgen build`, then `pytest generated`.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, ClassVar

from testgen.bindings import Binding, action, observes
from testgen.systems import Service
from testgen.systems.web import Answer, ConnectionLost, Web

LOST = -1
"""As the specification writes that the connection was lost."""
_accounts = itertools.count(1)


@functools.cache
def service() -> Service:
    """The server of this process, started when the first test needs it; it ends with pytest."""
    folder = tempfile.mkdtemp(prefix="payments-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program, database = Path(__file__).parent.parent / "service.py", Path(folder) / "payments.db"
    command: list[str | Path] = [sys.executable, program, "--port", "0", "--database", database, "--stepwise"]
    return Service(command, name="the payment service", announces=r"listening on port (\d+)")


def _sent(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": after["requests"][-1]["key"], "amount": after["requests"][-1]["amount"]}


def _worked_on(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The number of the request that Charge or Answer is about, which the service is busy with."""
    key = next(key for key, payment in after["charged"].items() if payment != before["charged"][key])
    return {"request": before["busy"][key]}


class Payments(Binding):
    """A client of the service with an account of its own."""

    unobserved: ClassVar[tuple[str, ...]] = ("busy", "charged", "stored")  # inside the service, seen in its answers

    def __init__(self) -> None:
        self.service = service()
        self.web = Web(self.service)
        self.account = f"account-{next(_accounts)}"
        self._sent: list[dict[str, Any]] = []
        self._answers: list[Future[Answer]] = []
        self._crashes = 0

    @action("Send", parameters=_sent)
    def send(self, key: str, amount: int) -> None:
        """Ask for a payment, and wait until the service has answered or stands before the charge."""
        number = len(self._sent) + 1
        headers = {"Idempotency-Key": key, "Request": str(number)}
        path = f"/accounts/{self.account}/payments"
        self._sent.append({"key": key, "amount": amount})
        self._answers.append(self.web.begin("POST", path, json={"amount": amount}, headers=headers))
        self._wait(number)

    @action("Charge", parameters=_worked_on)
    def charge(self, request: int) -> None:
        """Let the service go on from before the charge to before the answer."""
        self._let_go(request)

    @action("Answer", parameters=_worked_on)
    def answer(self, request: int) -> None:
        """Let the service answer."""
        self._let_go(request)

    @action("Crash", parameters=lambda before, after: {})
    def crash(self) -> None:
        self.service.kill()
        self._crashes += 1
        for answer in self._answers:
            answer.exception()  # waits until the client knows
        self.service.start()

    @observes("requests")
    def requests(self) -> list[dict[str, Any]]:
        return [sent | self._seen(answer) for sent, answer in zip(self._sent, self._answers, strict=True)]

    @observes("ledger")
    def ledger(self) -> Any:
        return self.web.ask("GET", f"/accounts/{self.account}/ledger").json()

    @observes("crashes")
    def crashes(self) -> int:
        return self._crashes

    def close(self) -> None:
        if not all(answer.done() for answer in self._answers):
            self.web.ask("POST", f"/gates/{self.account}/open")
        self.web.close()

    def _let_go(self, request: int) -> None:
        self.web.ask("POST", f"/gates/{self.account}/{request}/open")
        self._wait(request)

    def _wait(self, request: int) -> None:
        """Until the request stands at its next gate, or has been answered."""
        place = self.web.ask("POST", f"/gates/{self.account}/{request}/await").json()["at"]
        if place == "end":
            self._answers[request - 1].result()

    def _seen(self, answer: Future[Answer]) -> dict[str, int]:
        if not answer.done():
            return {"status": 0, "payment": 0}
        if isinstance(answer.exception(), ConnectionLost):
            return {"status": LOST, "payment": 0}
        return {"status": answer.result().status, "payment": answer.result().json().get("payment", 0)}
