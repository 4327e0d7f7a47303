"""A server process that listens on a port of this machine: started, waited for, killed and started again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from testgen.errors import ServerError
from testgen.systems.ports import free_ports, is_listening, listens
from testgen.systems.process import ChildProcess, starting
from testgen.systems.waiting import wait_for

__all__ = ["Service"]

_ATTEMPTS = 5
"""Ports to try; somebody taking one between our look and the server's bind is rare, five times is something else."""


class Service:
    """A server on a port of its own; it ends with `close`, with pytest, or with us.

        service = Service([sys.executable, "shop.py", "--port", "{port}"])
        service.url            "http://127.0.0.1:23456"
        service.kill()         as a crash would
        service.start()        again, with the same command, on another port

    A test gets it at once if tests share one: keep it in a module-level function with `functools.cache`.

    Attributes:
        port: Where it listens; another one after each start.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        announces: str | None = None,
        name: str | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: float = 60,
    ) -> None:
        """Start it, and wait until it listens.

        Args:
            command: The program and its arguments, among which `{port}` is where it shall listen.
            announces: In place of `{port}`, for a server that chooses the port itself: a regular expression, of which
                the first group is the port, for what it prints then. That is the surest way, as nobody else can take
                the port in between.
            name: What messages call it; by default its program.
            folder: In which it runs.
            environment: Variables in addition to ours.
            timeout_seconds: For it to listen. It tells a hang, so let it be long.

        Raises:
            ServerError: It did not start; the message ends with what it said last.
        """
        self.port = 0
        self._command = [str(word) for word in command]
        self._announces = re.compile(announces) if announces else None
        self._name = name or Path(command[0]).name
        self._folder = folder
        self._environment = environment
        self._timeout_seconds = timeout_seconds
        self._process: ChildProcess | None = None
        if self._announces is None and not any("{port}" in word for word in self._command):
            raise ValueError("the command has no {port}; or say what the server prints: announces=...")
        self.start()

    @property
    def url(self) -> str:
        """Where it is, for HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on another port than before; kill it first if it runs.

        Raises:
            ServerError: It did not start.
        """
        self.close()
        for _ in range(_ATTEMPTS):
            port = 0 if self._announces else next(free_ports())
            command = [word.replace("{port}", str(port)) for word in self._command]
            with starting(self._name, command[0]):
                self._process = ChildProcess(
                    command, name=self._name, folder=self._folder, environment=self._environment
                )
            try:
                self.port = self._listening(self._process, port)
            except BaseException:  # also when interrupted
                self.close()
                raise
            if self.port:
                return
            self.close()
        raise ServerError(f"{self._name} found its port taken {_ATTEMPTS} times")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End it, and forget what it said."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def death(self, *, timeout_seconds: float = 0) -> str | None:
        """Say how it ended, with what it said last; None while it runs.

        Args:
            timeout_seconds: How long to wait for the end; a lost connection may be seen a moment before it.
        """
        if self._process is None:
            return f"{self._name} is not running"
        death = self._process.death(timeout_seconds=timeout_seconds)
        return death and death + self._process.tail()

    def _listening(self, process: ChildProcess, port: int) -> int:
        """Wait until it listens, and say where; 0 if somebody else has its port."""

        def listener() -> int | None:
            found = port or self._announced(process)
            if found and listens(process.pid, found):
                return found
            if process.exit_status is None:
                return None
            if port and is_listening(port):  # somebody else
                return 0
            raise ServerError(f"{self._name} did not start: {process.death()}{process.tail()}")

        patience = self._timeout_seconds
        return wait_for(f"{self._name} to listen", listener, timeout_seconds=patience, explain=process.tail)

    def _announced(self, process: ChildProcess) -> int:
        if self._announces is None:
            return 0
        matches = (self._announces.search(line) for line in process.last_lines())
        return next((int(match[1]) for match in matches if match), 0)
