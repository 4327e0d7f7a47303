"""The border to pymongo: trouble with the surroundings becomes a `ServerError`, what the server answered does not.

Two kinds of exception come out of pymongo, and bindings need them apart:

- The server could not be asked, or is not what it must be (connection lost, no answer in time, not the primary any
  more, no permission, disk full). That says nothing about conformance. `translated` turns these into `ServerError`.
- The server answered with an error code (112 WriteConflict, 260 InvalidResumeToken, 50 MaxTimeMSExpired). That is an
  outcome of the operation, which a specification may well predict. It stays pymongo's `OperationFailure`, with `code`
  and `has_error_label`, for the binding to interpret.

A binding that provokes a lost connection itself (failpoint `failCommand` with closeConnection) must catch pymongo's
exception inside of the border.
"""

from __future__ import annotations

from collections.abc import Callable

import pymongo.errors

from testgen.errors import ServerError, Unavailable

__all__ = ["MissingCapability", "WaitTimeout", "shortened", "surroundings_trouble", "translated"]


class WaitTimeout(ServerError):  # noqa: N818 - named for what happened, as the other members of its family
    """Something that the server was expected to do did not happen before the deadline."""


class MissingCapability(Unavailable):
    """The server is reachable but cannot do what a test needs: skip the test, by this message.

    Attributes:
        missing: Names of the fields of `Capabilities` that are wanted and False.
    """

    def __init__(self, message: str, *, missing: tuple[str, ...], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.missing = missing


# The first that fits counts; AutoReconnect and ConnectionFailure are bases of those above them (pymongo 4.20).
_TROUBLE_BY_TYPE: tuple[tuple[type[pymongo.errors.PyMongoError], str], ...] = (
    (pymongo.errors.ServerSelectionTimeoutError, "no server could be reached"),
    (pymongo.errors.NetworkTimeout, "the server did not answer in time"),
    (pymongo.errors.NotPrimaryError, "the server is not the primary any more"),
    (pymongo.errors.AutoReconnect, "the connection was lost"),
    (pymongo.errors.ConnectionFailure, "the server could not be reached"),
    (pymongo.errors.ConfigurationError, "the connection is not configured properly"),  # InvalidURI is one of these
)

_TROUBLE_BY_CODE = {
    13: "the user of the connection may not do this",  # Unauthorized
    18: "the server refused the credentials",  # AuthenticationFailed
    11600: "the server is shutting down",  # InterruptedAtShutdown
    14031: "the server's disk is full",  # OutOfDiskSpace
}


def surroundings_trouble(error: pymongo.errors.PyMongoError) -> str | None:
    """Say in words what is wrong with the surroundings; None if `error` is the outcome of an operation."""
    if isinstance(error, pymongo.errors.OperationFailure):
        return _TROUBLE_BY_CODE.get(error.code or 0)
    return next((words for kind, words in _TROUBLE_BY_TYPE if isinstance(error, kind)), None)


class translated:  # noqa: N801 - read as a function: `with translated("opening a change stream"):`
    """Raise `ServerError` in place of pymongo's errors about the surroundings; entered around each command.

    Args:
        doing: What is being done, for the message: "opening a change stream".
        diagnose: Asked when something is wrong, given pymongo's error; may know better, as that the process has ended.

    Raises:
        ServerError: The server could not be asked. Its `__cause__` is pymongo's error.
    """

    __slots__ = ("_diagnose", "_doing")

    def __init__(
        self, doing: str, *, diagnose: Callable[[pymongo.errors.PyMongoError], str | None] = lambda _: None
    ) -> None:
        self._doing = doing
        self._diagnose = diagnose

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, pymongo.errors.PyMongoError) and (words := surroundings_trouble(error)) is not None:
            reason = self._diagnose(error) or f"{words} ({shortened(error)})"
            raise ServerError(f"{self._doing}: {reason}") from error


def shortened(error: pymongo.errors.PyMongoError) -> str:
    """The message of pymongo without the description of the topology, which repeats it at length."""
    return str(error).split(", Timeout:")[0].split(" (configured timeouts:")[0].split(", full error:")[0]
