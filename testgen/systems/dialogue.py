"""A program that reads a line and writes a line: a system in any language, driven through its standard streams."""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from testgen.errors import ServerError
from testgen.systems.process import ChildProcess, starting
from testgen.systems.waiting import WaitTimeout
from testgen.values.plain import Plain

__all__ = ["Dialogue"]

_LINGERS_SECONDS = 10
"""A program closes its output a moment before it has ended; on a busy machine it is a long one."""


class Dialogue:
    """A running program that answers each line of JSON with one.

        with Dialogue(["./bank"]) as bank:
            bank.ask({"do": "deposit", "amount": 1})        {"balance": 1}

    What it writes to standard error is kept, and told when it dies.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        name: str | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: float = 60,
    ) -> None:
        """Start it.

        Args:
            command: The program and its arguments.
            name: What messages call it; by default its program.
            folder: In which it runs.
            environment: Variables in addition to ours.
            timeout_seconds: For each answer. It tells a hang, so let it be long.

        Raises:
            ServerError: It did not start.
        """
        self._name = name or Path(command[0]).name
        self._timeout_seconds = timeout_seconds
        self._pending = b""
        with starting(self._name, str(command[0])):
            self._process = ChildProcess(
                command, name=self._name, folder=folder, environment=environment, has_pipes=True
            )

    def ask(self, message: Plain) -> Plain:
        """Write a line, and read the next one.

        Args:
            message: Of numbers, strings, lists, and dictionaries by strings.

        Raises:
            ServerError: The program ended, or answered something that is not JSON.
            WaitTimeout: It did not answer in time.
        """
        return self._told(self.ask_line(json.dumps(message)))

    def ask_line(self, line: str) -> str:
        """Likewise, for a program that speaks something else than JSON.

        Raises:
            ServerError: The program ended.
            WaitTimeout: It did not answer in time.
        """
        self.say_line(line)
        return self._line()

    def say_line(self, line: str) -> None:
        """Write a line that is not answered.

        Raises:
            ServerError: The program ended.
        """
        assert self._process.popen.stdin is not None
        try:
            self._process.popen.stdin.write(line.encode() + b"\n")
            self._process.popen.stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()

    def close(self) -> None:
        """End it, and forget what it said."""
        self._process.close()

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self) -> str:
        assert self._process.popen.stdout is not None
        descriptor = self._process.popen.stdout.fileno()
        deadline = time.monotonic() + self._timeout_seconds
        while b"\n" not in self._pending:
            if not select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
                patience = f"waited {self._timeout_seconds:g} s for {self._name} to answer"
                raise WaitTimeout(patience + self._process.tail())
            read = os.read(descriptor, 65536)
            if not read:
                raise self._ended()
            self._pending += read
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode("utf-8", "replace")

    def _told(self, line: str) -> Plain:
        with contextlib.suppress(ValueError):
            answer: Plain = json.loads(line)
            return answer
        raise ServerError(f"{self._name} answered what is not JSON: {line[:200]}{self._process.tail()}")

    def _ended(self) -> ServerError:
        death = self._process.death(timeout_seconds=_LINGERS_SECONDS) or f"{self._name} closed its output"
        return ServerError(death + self._process.tail())
