"""The TTL monitor under control: it deletes expired documents when a test says so, one pass at a time.

The server makes at most one pass a second (its shortest sleep is 1 s), so passes are to be shared by many behaviors.
Documents are made to expire by their dates, in the past or in the future; nobody waits for a clock.

A transaction that has written an expired document blocks the whole monitor until it ends: never ask for a pass while
the test itself holds one.
"""

from __future__ import annotations

import contextlib

from testgen.errors import ServerError
from testgen.mongo.failpoint import Failpoint
from testgen.mongo.server import Server
from testgen.systems.waiting import WaitTimeout, wait_for

__all__ = ["TTLGate"]

REMOVAL_SECONDS = 10.0
BETWEEN_PASSES = "hangTTLMonitorBetweenPasses"


class TTLGate:
    """A closed gate between the passes of the TTL monitor; a context manager.

    While it is closed no expired document is deleted. `let_one_pass` opens it for exactly one pass, and makes sure that
    it was one.
    """

    def __init__(self, server: Server, *, timeout_seconds: float = 30) -> None:
        """Prepare it; nothing is sent yet.

        Args:
            server: Whose monitor.
            timeout_seconds: Bounds each wait; a cycle takes 1.1 s, and longer on a busy machine.
        """
        self._server = server
        self._timeout_seconds = timeout_seconds
        self._failpoint = Failpoint(server, BETWEEN_PASSES)
        self._was_enabled = False
        self._passes = 0
        self._is_parked = False

    @property
    def passes(self) -> int:
        """How many passes the monitor has made since the server started (metrics.ttl.passes)."""
        with self._server.doing("reading the number of TTL passes"):
            status = self._server.client.admin.command("serverStatus", repl=0, locks=0, wiredTiger=0)
            passes: int = status["metrics"]["ttl"]["passes"]
            return passes

    def close(self) -> None:
        """Close the gate and wait until the monitor stands before it; up to 1.1 s.

        Raises:
            MissingCapability: The server has no such gate.
            WaitTimeout: The monitor did not come; a transaction may hold it up.
        """
        self._server.require("failpoints", "ttl_gate")
        with self._server.doing("enabling the TTL monitor"):
            admin = self._server.client.admin
            self._was_enabled = admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"]
            self._failpoint.arm()
            try:
                admin.command("setParameter", 1, ttlMonitorEnabled=True)
                self._park()
            except BaseException:
                self.remove()
                raise
        self._passes = self.passes

    def let_one_pass(self) -> int:
        """Let the monitor make exactly one pass, and close the gate behind it; 64 to 106 ms, then 1 s to the next.

        Returns:
            The number of passes now.

        Raises:
            ServerError: There was a pass that nobody let through, or more than one: evidence would be worthless.
            WaitTimeout: No pass was completed; a transaction that wrote an expired document holds it up.
        """
        self._park()
        self._expect(self._passes, "before this one was let through")
        # The server closes the gate behind the pass by itself. Were it ours to close, and we stood still for a second
        # on a busy machine, another pass would slip through.
        self._failpoint.arm(skip=1)
        self._is_parked = False
        self._wait_for_pass(self._passes, self._timeout_seconds)
        self._passes += 1
        self._expect(self._passes, "after one was let through")
        return self._passes

    def remove(self) -> None:
        """Give the monitor back, enabled or disabled as it was before.

        A monitor that stands before the gate has found itself enabled already (6.0.5), and makes one more pass when it
        is let go; that pass is waited for, so that none reaches into what the caller does next. Unless an open
        transaction holds it up: after `REMOVAL_SECONDS` it is left to come when that ends.
        """
        with self._server.doing("restoring the TTL monitor"):
            self._server.client.admin.command("setParameter", 1, ttlMonitorEnabled=self._was_enabled)
        passes = self.passes
        came = self._failpoint.off() > 0
        self._is_parked = False
        if came and passes == self._passes:  # or something else has let it go since
            with contextlib.suppress(WaitTimeout):
                self._wait_for_pass(passes, min(self._timeout_seconds, REMOVAL_SECONDS))

    def __enter__(self) -> TTLGate:
        self.close()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _park(self) -> None:
        if not self._is_parked:
            self._failpoint.wait_entered(timeout_seconds=self._timeout_seconds)
            self._is_parked = True

    def _wait_for_pass(self, passes: int, timeout_seconds: float) -> None:
        wait_for(
            "the TTL monitor to complete a pass",
            lambda: self.passes > passes,
            timeout_seconds=timeout_seconds,
            explain=lambda: "; an open transaction may have written an expired document",
        )

    def _expect(self, passes: int, when: str) -> None:
        seen = self.passes
        if seen != passes:
            raise ServerError(
                f"the TTL monitor made {seen - passes} passes too many {when}",
                hint="something else opened its gate, or this machine stood still for a second",
            )
