"""What can go wrong, as types: one family per kind of remedy, one way to spell a message.

Knows nothing else of testgen, so every room may raise these. A system under test that does not conform is not an error
but a result; see `testgen.runtime`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "BindingError",
    "ExitCode",
    "GraphError",
    "InputError",
    "Location",
    "ParseError",
    "RenderError",
    "SelectionError",
    "ServerError",
    "SurroundingsError",
    "TestgenError",
    "TraceError",
    "Unavailable",
    "shortened",
    "unreadable",
]


class ExitCode(IntEnum):
    """What a testgen command tells its caller; documented in `testgen --help` and the README."""

    DONE = 0
    NO = 1
    """Done, and the answer is no: divergence found, generated files out of date under `--check`."""
    REQUEST = 2
    """The request cannot be carried out: usage, input, binding, template, a specification that TLC cannot parse."""
    SURROUNDINGS = 3
    """The surroundings are missing: no Java, no MongoDB server, no permission, no space."""
    OUT_OF_MEMORY = 4
    """TLC ran out of memory."""
    DEADLOCK = 11
    """`explore`: a state without successor. This and the next three are TLC's own numbers."""
    INVARIANT = 12
    """`explore`: a safety property (invariant, assumption, assertion) does not hold."""
    LIVENESS = 13
    """`explore`: a temporal property does not hold."""
    EVALUATION = 75
    """`explore`: TLC could not evaluate the specification."""
    DEFECT = 70
    """A defect in testgen; here, and only here, a traceback."""
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: `line` and `column` count from 1; None where there is none."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.path, *(str(part) for part in (self.line, self.column) if part is not None)]
        return ":".join(parts)


class TestgenError(Exception):
    """A problem the user can act on.

    Attributes:
        message: What was found and what was expected.
        location: Where it stands in a file, if it does.
        excerpt: The offending line as the reader understood it (unescaped).
        excerpt_column: Column in `excerpt` to point at, from 1.
        hint: What to do about it.
        topic: The page of `testgen help` that explains more: that of the family, unless the instance has its own.
    """

    __test__ = False  # or pytest would try to collect it
    exit_code = ExitCode.REQUEST
    topic: str | None = None

    def __init__(
        self,
        message: str,
        *,
        location: Location | None = None,
        excerpt: str | None = None,
        excerpt_column: int | None = None,
        hint: str | None = None,
        topic: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.excerpt = excerpt
        self.excerpt_column = excerpt_column
        self.hint = hint
        if topic is not None:
            self.topic = topic

    def __str__(self) -> str:
        lines = [self.message if self.location is None else f"{self.location}: {self.message}"]
        if self.excerpt is not None:
            lines.append(f"    {self.excerpt}")
            if self.excerpt_column is not None:
                lines.append("    " + " " * (self.excerpt_column - 1) + "^")
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        if self.topic is not None:
            lines.append(f"see: testgen help {self.topic}")
        return "\n".join(lines)


class InputError(TestgenError):
    """A file is missing, unreadable, or of unknown format."""


class ParseError(InputError):
    """Malformed DOT, JSON, ITF or TLA+ value; always with a location."""

    topic = "formats"


class GraphError(TestgenError):
    """Well-formed input, impossible graph: no initial state, a transition to an unknown state."""

    topic = "formats"


class SelectionError(TestgenError):
    """Obligations that no behavior can meet, or a contradictory budget."""

    topic = "selection"


class BindingError(TestgenError):
    """Unknown binding, action without a method, parameters that do not fit."""

    topic = "bindings"


class RenderError(TestgenError):
    """Template missing or using an undefined name, or rendered text that is not Python."""


class TraceError(TestgenError):
    """A recorded trace that cannot be related to this graph at all."""


class SurroundingsError(TestgenError):
    """A program, permission or resource that testgen needs is not there (Java, TLC, disk space)."""

    exit_code = ExitCode.SURROUNDINGS


class ServerError(SurroundingsError):
    """A server, MongoDB or another system under test, could not be started, reached, or kept alive."""


class Unavailable(ServerError):  # noqa: N818 - a state of things, told as the reason of a skip
    """There is no server to test, or it lacks what a test needs: the test is skipped by this message.

    With `TESTGEN_REQUIRE_LIVE=1` it fails instead.
    """

    topic = "mongodb"


def shortened(text: str, width: int = 80) -> str:
    """`text` for a message, without its middle if it is long: names in a damaged file can be of any length.

    >>> shortened("a name of more than twenty characters", 20)
    'a name of...aracters'
    """
    if len(text) <= width:
        return text
    end = (width - 3) // 2
    return f"{text[: width - 3 - end]}...{text[-end:]}"


def unreadable(path: str, error: OSError) -> TestgenError:
    """What to raise when the file `path` cannot be read: a missing permission is a matter of the surroundings."""
    kind = SurroundingsError if isinstance(error, PermissionError) else InputError
    hint = "may this user read it?" if kind is SurroundingsError else None
    return kind(f"cannot be read: {error.strerror or error}", location=Location(path), hint=hint)
