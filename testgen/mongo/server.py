"""The server under test: one that we started, or the user's own; the same to everyone above.

    with start_server() as server:
        with server.doing("inserting k1"):
            server.client.shop.items.insert_one({"_id": "k1"})

`client` refuses at once when the server is known to have gone, and `doing` finds out: no test hangs on a dead server.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pymongo
import pymongo.errors
from pymongo.client_session import ClientSession

from testgen.errors import ServerError
from testgen.mongo.capabilities import Capabilities, Client, probe_capabilities, require
from testgen.mongo.child import Child
from testgen.mongo.directories import sweep_directories
from testgen.mongo.errors import shortened, translated
from testgen.mongo.launch import launch_mongod
from testgen.mongo.locate import Mongod, find_mongod, shown_uri, user_uri

__all__ = ["Server", "connect_server", "find_server", "start_server"]

OLDEST_WIRE_VERSION = 17  # MongoDB 6.0, the oldest with pre-images of change streams
_SESSIONS_AT_ONCE = 32
ANSWER_SECONDS = 10.0
CLOSING_SECONDS = 10.0
CLOSING_DEAD_SECONDS = 0.1
_SERVERS_HINT = "a replica set of MongoDB 6.0 or newer is needed; one member is enough"

# Bounds for every command. They tell a hang, so they are long: a busy machine may stand still for seconds. Waits on the
# server carry their own maxTimeMS, and a server of ours that has ended is not waited for.
# No retries: a test means each command once, and a retry against a dead server only delays the message.
OPTIONS: Mapping[str, Any] = {  # Any: options have all sorts of types
    "appname": "testgen",
    "connectTimeoutMS": 60000,
    "serverSelectionTimeoutMS": 10000,
    "socketTimeoutMS": 60000,
    "retryReads": False,
    "retryWrites": False,
}


class Server:
    """A replica set to drive; a context manager that stops it at the end if it is ours.

    Attributes:
        uri: To connect to it.
        origin: Where it comes from, for people.
        capabilities: What it can do.
    """

    def __init__(self, uri: str, origin: str, *, child: Child | None = None) -> None:
        """Connect and probe; `start_server` and `connect_server` are the doors.

        Raises:
            ServerError: It cannot be reached or is of no use. A `child` is left to the caller.
        """
        self.uri = uri
        self.origin = origin
        self._child = child
        self._owner = os.getpid()
        self._failure: ServerError | None = None
        self._clients: list[Client] = []
        self._left_open: list[Mapping[str, Any]] = []  # Any: what drivers call the id of a session
        try:
            with self.doing(f"connecting to {shown_uri(uri)}"):
                self._client = self.connect()
                hello = self._client.admin.command("hello")
                _refuse_unsuitable(hello, shown_uri(uri))
                self.capabilities: Capabilities = probe_capabilities(self._client, hello)
        except BaseException:
            self._close_clients()
            raise

    @property
    def client(self) -> Client:
        """The client that everyone shares.

        Raises:
            ServerError: The server is known to have gone.
        """
        self.check()
        return self._client

    @property
    def is_ours(self) -> bool:
        """Whether we started it, so that its settings are known and may be changed."""
        return self._child is not None

    @property
    def pid(self) -> int | None:
        """Process of a server that is ours."""
        return self._child.pid if self._child else None

    def connect(self, **options: Any) -> Client:
        """Make a further client, closed with the server; `options` override `OPTIONS`.

        Raises:
            ServerError: The server is known to have gone, or the options or the address make no sense.
        """
        self.check()
        direct = {"directConnection": True} if self._child else {}
        with translated(f"connecting to {shown_uri(self.uri)}"):
            try:
                client: Client = pymongo.MongoClient(self.uri, **{**OPTIONS, **direct, **options})
            except ValueError as error:  # of a port, for one
                raise pymongo.errors.ConfigurationError(str(error)) from error
        self._clients.append(client)
        return client

    @property
    def has_gone(self) -> bool:
        """Whether the server is known to have gone; no command is sent."""
        return self._known_failure() is not None

    def check(self) -> None:
        """Make sure that the server is not known to have gone; no command is sent.

        Raises:
            ServerError: It has gone.
        """
        if (failure := self._known_failure()) is not None:
            # A new one each time, as each raise adds to an exception's traceback.
            raise ServerError(failure.message, hint=failure.hint)

    def doing(self, doing: str) -> contextlib.AbstractContextManager[None]:
        """The border to pymongo around one thing that is done with the server; see `testgen.mongo.errors`.

        Args:
            doing: For the message, as in "inserting k1".

        Raises:
            ServerError: The server is known to have gone: pymongo would look for it for seconds, each time.
        """
        self.check()
        return translated(doing, diagnose=self._diagnose)

    def end_sessions(self, sessions: Iterable[ClientSession], *, at_leisure: bool = False) -> None:
        """End sessions, which aborts what is open in them; of a server that has gone nothing is asked.

        Args:
            sessions: Not used any more.
            at_leisure: Abort many tests' open transactions with one command, as nobody else wants what they lock.
        """
        for session in sessions:
            if self.has_gone:
                return  # it took them along, and each open transaction would be sought for seconds
            if at_leisure and session.in_transaction:
                self._left_open.append(session.session_id)
            else:
                session.end_session()
        if len(self._left_open) >= _SESSIONS_AT_ONCE:
            self._kill_sessions()

    def _kill_sessions(self) -> None:
        """End the sessions that were left open, with their transactions."""
        ids, self._left_open = self._left_open, []
        if ids and not self.has_gone:
            # A server without that command ends them by itself some time.
            with contextlib.suppress(pymongo.errors.OperationFailure), self.doing("ending sessions"):
                self._client.admin.command("killSessions", ids)

    def require(self, *names: str) -> None:
        """Insist on capabilities.

        Raises:
            MissingCapability: The server lacks one.
        """
        require(self.capabilities, *names)

    def stop(self) -> None:
        """Close all clients and end a server that is ours, with its directory. A second time does nothing."""
        if os.getpid() != self._owner:
            return  # a forked copy of us: neither process nor connections are its own
        with contextlib.suppress(ServerError), pymongo.timeout(CLOSING_SECONDS):
            self._kill_sessions()
        self._close_clients()
        self._failure = self._failure or ServerError("the server was stopped")
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _known_failure(self) -> ServerError | None:
        if self._failure is None and self._child is not None and (death := self._child.death()):
            self._failure = ServerError(death, hint="nothing more can be tested against it")
        return self._failure

    def _diagnose(self, error: pymongo.errors.PyMongoError) -> str | None:
        """After a lost connection: has the server gone? If so it is remembered, so that nobody waits for it again."""
        if not isinstance(error, pymongo.errors.ConnectionFailure):
            return None
        if self._child is not None:
            self._child.death(timeout_seconds=0.5)
        if (failure := self._known_failure()) is not None:
            return failure.message
        if not isinstance(error, pymongo.errors.ServerSelectionTimeoutError) and self._answers():
            return None
        if (failure := self._known_failure()) is not None:  # on a busy machine an end takes its time
            return failure.message
        message = f"the server {shown_uri(self.uri)} does not answer ({shortened(error)})"
        if self._child is not None:
            message += f", though mongod (process {self._child.pid}) runs"
        elif "Primary()" in str(error):  # with which pymongo selects; it finds servers, then, of another kind
            message = f"{shown_uri(self.uri)} has no primary: was replSetInitiate run, and is a majority there?"
        self._failure = ServerError(message, hint="nothing more can be tested against it")
        return message

    def _answers(self) -> bool:
        """Ask again and again, as a busy machine may stand still, until it answers or is seen to have ended."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not (answers := self._answers_now()) and not self.has_gone and time.monotonic() < deadline:
            pass
        return answers

    def _answers_now(self) -> bool:
        try:
            with pymongo.MongoClient(self.uri, **{**OPTIONS, **_BRIEFLY}) as probe:
                probe.admin.command("ping")
        except pymongo.errors.OperationFailure:
            return True  # refused, for another reason
        except pymongo.errors.PyMongoError:
            return False
        return True

    def _close_clients(self) -> None:
        # A client that closes tells the server which sessions end, and looks for a server that has gone until its
        # timeout; what it fails to tell does not matter.
        with pymongo.timeout(CLOSING_DEAD_SECONDS if self.has_gone else CLOSING_SECONDS):
            while self._clients:
                self._clients.pop().close()


_BRIEFLY = {"serverSelectionTimeoutMS": 2000, "socketTimeoutMS": 2000, "connectTimeoutMS": 2000}


def find_server() -> Server:
    """Connect to `$TESTGEN_MONGODB_URI` if it is set, else start a server; the order is told in `testgen.mongo.locate`.

    Raises:
        ServerError: None can be had.
    """
    uri = user_uri()
    return connect_server(uri) if uri else start_server()


def start_server(
    mongod: Mongod | None = None,
    *,
    parent: Path | None = None,
    launch: Callable[..., Child] = launch_mongod,
) -> Server:
    """Start a replica set of one member; about 0.4 s. What dead processes of ours left behind is removed first.

    Args:
        mongod: The program; by default the one that is found.
        parent: Where its directory is made; by default the system's place for temporary files.
        launch: Starts it, given program and `parent`; for tests of ours.

    Raises:
        ServerError: It did not start; the message ends with the last lines of its log.
    """
    mongod = mongod or find_mongod()
    sweep_directories(parent=parent)
    child = launch(mongod, parent=parent)
    try:
        return Server(f"mongodb://127.0.0.1:{child.port}/", f"{mongod.path} ({mongod.origin})", child=child)
    except BaseException:  # also when interrupted
        child.kill()
        raise


def connect_server(uri: str) -> Server:
    """Connect to a server that runs already; it is probed but not reconfigured, and not stopped.

    Raises:
        ServerError: It cannot be reached within seconds, is too old, or is not a replica set.
    """
    return Server(uri, "TESTGEN_MONGODB_URI")


def _refuse_unsuitable(hello: Mapping[str, Any], shown: str) -> None:
    if hello.get("msg") == "isdbgrid":
        raise ServerError(
            f"{shown} is a sharded cluster, whose oplog cannot be read through mongos", hint=_SERVERS_HINT
        )
    wire = hello.get("maxWireVersion", 0)
    if wire < OLDEST_WIRE_VERSION:
        raise ServerError(
            f"{shown} is too old: it speaks wire version {wire}, and {OLDEST_WIRE_VERSION} (MongoDB 6.0) is needed",
            hint=_SERVERS_HINT,
        )
    if not hello.get("setName"):
        raise ServerError(
            f"{shown} is a standalone server, which has no change streams and no transactions",
            hint=f"{_SERVERS_HINT}: mongod --replSet rs0, then replSetInitiate",
        )
    if not hello.get("isWritablePrimary"):
        raise ServerError(f"{shown} is not the primary of {hello['setName']}", hint="name all members in the address")
