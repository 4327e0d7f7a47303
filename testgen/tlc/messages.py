"""The messages TLC prints with `-tool`, cut out of its output stream.

    @!@!@STARTMSG 2110:1 @!@!@
    Invariant Small is violated.
    @!@!@ENDMSG 2110 @!@!@

Code and severity as seen in TLC 2.15 (2020); the codes are those of `tlc2.output.EC`, to which newer ones only add. A
message may hold another, which begins in the middle of a line (2.15 prints exceptions so). Between messages stands the
talk of the parser while that runs, and else what the specification prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ERROR", "Message", "MessageReader"]

ERROR = (1, 2)
"""Severities of errors: of the specification, and of TLC itself. (0 is news, 3 a warning, 4 a state of a trace.)"""

_START = re.compile(r"^(.*?)@!@!@STARTMSG (-?\d+):(\d+) @!@!@$")
_END = re.compile(r"^@!@!@ENDMSG -?\d+ @!@!@$")


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `text` includes the text of those within, whose codes are `inner`."""

    code: int
    severity: int
    text: str
    inner: tuple[int, ...] = ()


class MessageReader:
    """Turns lines into messages; a line outside of messages comes back as it is."""

    def __init__(self) -> None:
        self._open: list[tuple[int, int]] = []
        self._inner: list[int] = []
        self._lines: list[str] = []

    def read(self, line: str) -> Message | str | None:
        """Take the next line, without its end; answer with a message it closes, or with the line if it is outside."""
        if started := _START.match(line):
            if self._open:
                self._lines.append(started[1])
                self._inner.append(int(started[2]))
            self._open.append((int(started[2]), int(started[3])))
            return None
        if not self._open:
            return line
        if _END.match(line):
            if len(self._open) > 1:
                self._open.pop()
                return None
            return self._close()
        self._lines.append(line)
        return None

    def rest(self) -> Iterator[Message]:
        """Yield the message that was begun and not finished when TLC died, if any."""
        if self._open:
            yield self._close()

    def _close(self) -> Message:
        (code, severity), inner, lines = self._open[0], tuple(self._inner), self._lines
        self._open, self._inner, self._lines = [], [], []
        return Message(code, severity, "\n".join(lines).strip("\n"), inner)
