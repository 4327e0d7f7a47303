"""Failpoints: places inside of the server where an operation is held until the test lets it go.

    with Failpoint(server, "hangBeforeCommitingTxn") as commit:
        parked = ParkedOperation(session.commit_transaction)
        commit.wait_entered()
        ...                         # the commit hangs: look at what others see
        commit.off()
        parked.result()

A held operation usually polls, so that letting it go takes 50 to 100 ms. One that is let go and held again at once does
not notice: wait for its effect before arming again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import pymongo.errors

from testgen.mongo.server import Server
from testgen.systems.waiting import WaitTimeout

__all__ = ["Failpoint", "ParkedOperation"]

T = TypeVar("T")


class Failpoint:
    """A failpoint that is on from `with` until `off` or the end of the block. It holds for the whole server."""

    def __init__(
        self,
        server: Server,
        name: str,
        *,
        data: Mapping[str, Any] | None = None,  # Any: each failpoint has its own
        times: int | None = None,
    ) -> None:
        """Prepare it; nothing is sent yet.

        Args:
            server: Where.
            name: As the server spells it; an unknown one is refused with error 266 when armed.
            data: Narrows it down, as {"collectionNS": "db.c"}.
            times: How often it acts; until `off` by default.
        """
        self._server = server
        self._fields: dict[str, Any] = {"mode": "alwaysOn" if times is None else {"times": times}}
        if data is not None:
            self._fields["data"] = dict(data)
        self._entered_before = 0
        self._is_on = False
        self.name = name

    def arm(self, *, skip: int = 0) -> None:
        """Switch it on, or over while it is on; 0.3 ms.

        Args:
            skip: How often it is to be passed before it acts; what it holds now is the first to pass.

        Raises:
            MissingCapability: The server has no failpoints.
        """
        self._server.require("failpoints")
        with self._server.doing(f"arming failpoint {self.name}"):
            fields = {**self._fields, "mode": {"skip": skip}} if skip else self._fields
            answer = self._server.client.admin.command("configureFailPoint", self.name, **fields)
        self._is_on = True
        self._entered_before = answer["count"]

    def wait_entered(self, *, times: int = 1, timeout_seconds: float = 30) -> None:
        """Wait until it was entered since it was armed: an operation is held there, or has failed there.

        Args:
            times: How often, for failpoints that let go on; one that holds an operation counts each of its polls.
            timeout_seconds: On the server.

        Raises:
            WaitTimeout: It was not.
        """
        command = {
            "waitForFailPoint": self.name,
            "timesEntered": self._entered_before + times,
            "maxTimeMS": max(1, int(timeout_seconds * 1000)),
        }
        try:
            with self._server.doing(f"waiting for failpoint {self.name}"):
                self._server.client.admin.command(command)
        except pymongo.errors.ExecutionTimeout as error:
            what = f"failpoint {self.name} to be entered {times} times"
            raise WaitTimeout(f"waited {timeout_seconds:g} s for {what}") from error

    def off(self) -> int:
        """Switch it off, and let go what it holds; a second time does nothing.

        Returns:
            How often it was entered since it was armed; counted by the server, so no time passes in between.
        """
        if not self._is_on:
            return 0
        with self._server.doing(f"switching off failpoint {self.name}"):
            answer = self._server.client.admin.command("configureFailPoint", self.name, mode="off")
        self._is_on = False
        return int(answer["count"]) - self._entered_before

    def __enter__(self) -> Failpoint:
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        self.off()


class ParkedOperation(Generic[T]):
    """An operation that is expected to hang, under way in a thread of its own.

    The thread is a daemon: one that hangs for ever does not keep the process from ending.
    """

    def __init__(self, operation: Callable[[], T]) -> None:
        self._operation = operation
        self._answer: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="testgen parked operation", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def result(self, *, timeout_seconds: float = 60) -> T:
        """Wait for the operation and return what it returned, or raise what it raised.

        Raises:
            WaitTimeout: It hangs still.
        """
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            raise WaitTimeout(f"waited {timeout_seconds:g} s for an operation that was let go")
        if self._error is not None:
            raise self._error
        return self._answer[0]

    def _run(self) -> None:
        try:
            self._answer.append(self._operation())
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
