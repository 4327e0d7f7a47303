"""What a server can do, found by trying, not by its name or version.

Servers that speak MongoDB's protocol differ in what they carry out. secantusdb 0.7.0b3 calls itself 8.2.11 and answers
ok to `configureFailPoint` of any name, and then does nothing; so a failpoint counts only where a name that cannot exist
is refused. A probe leaves nothing behind: what it writes goes to a database of its own that is dropped.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pymongo.errors

from testgen.mongo.errors import MissingCapability, surroundings_trouble

__all__ = ["Capabilities", "probe_capabilities", "require"]

Client = pymongo.MongoClient[dict[str, Any]]  # Any: a document holds anything
Trial = Callable[[Client, str], str | None]

OWN_SERVER_HINT = "unset TESTGEN_MONGODB_URI, and testgen starts a server that can"
_HINTS = {
    "failpoints": f"start mongod with --setParameter enableTestCommands=1; or {OWN_SERVER_HINT}",
    "ttl_gate": f"start mongod with --setParameter enableTestCommands=1; or {OWN_SERVER_HINT}",
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server can do; each True was seen.

    Attributes:
        name: What answers: "MongoDB 6.0.5", or "a server that says it is MongoDB 8.2.11" for an impostor.
        wire_version: The newest it speaks; 17 is MongoDB 6.0.
        is_genuine: Unknown failpoints are refused and resume tokens are MongoDB's own, so that their time can be read.
        failpoints: `configureFailPoint` and `waitForFailPoint` work.
        sentinel: `appendOplogNote` works, so a stream can be drained without writing to the watched collection.
        ttl_gate: TTL passes can be let through one at a time.
        oplog: `local.oplog.rs` can be read.
        change_streams: A change stream opens.
        transactions: A transaction with snapshot read concern reads.
        past_reads: A read with a time of its own (`atClusterTime`) is answered; whether from that time, tests tell.
        pre_images: A collection can be made to keep pre- and post-images.
        reasons: For each that is False, why.
    """

    name: str
    wire_version: int
    is_genuine: bool
    failpoints: bool
    sentinel: bool
    ttl_gate: bool
    oplog: bool
    change_streams: bool
    transactions: bool
    past_reads: bool
    pre_images: bool
    reasons: Mapping[str, str] = field(default_factory=dict)


def probe_capabilities(client: Client, hello: Mapping[str, Any]) -> Capabilities:
    """Find out what the server can do; about a dozen commands, 40 ms.

    Args:
        client: Connected.
        hello: The server's answer to `hello`.

    Raises:
        pymongo.errors.PyMongoError: The server could not be asked.
    """
    scratch = f"testgen_probe_{secrets.token_hex(6)}"
    reasons: dict[str, str] = {}
    try:
        for name, trial in _TRIALS.items():
            if (reason := _tried(trial, client, scratch)) is not None:
                reasons[name] = reason
    finally:
        client.drop_database(scratch)
    if "failpoints" in reasons:
        reasons.setdefault("ttl_gate", reasons["failpoints"])
    version = f"MongoDB {client.server_info().get('version', 'of no version')}"
    able = {name: name not in reasons for name in _TRIALS}
    return Capabilities(
        name=version if able["is_genuine"] else f"a server that says it is {version}",
        wire_version=hello["maxWireVersion"],
        reasons=reasons,
        **able,
    )


def require(capabilities: Capabilities, *names: str) -> None:
    """Insist on capabilities, named as the fields of `Capabilities`.

    Raises:
        MissingCapability: The server lacks one; skip the test, by this message.
    """
    missing = tuple(name for name in names if not getattr(capabilities, name))
    if missing:
        told = "; ".join(f"{name} ({capabilities.reasons.get(name, 'no')})" for name in missing)
        raise MissingCapability(
            f"{capabilities.name} lacks {told}", missing=missing, hint=_HINTS.get(missing[0], OWN_SERVER_HINT)
        )


def _tried(trial: Trial, client: Client, scratch: str) -> str | None:
    """Why the trial failed; None if it did not."""
    try:
        return trial(client, scratch)
    except pymongo.errors.OperationFailure as error:
        return f"error {error.code}: {str(error.details['errmsg']) if error.details else error}"
    except KeyError as error:
        return f"the answer has no {error}"
    except pymongo.errors.PyMongoError as error:
        if surroundings_trouble(error) is not None:
            raise
        return str(error)


def _refuses_unknown_failpoints(client: Client, _: str) -> str | None:
    try:
        client.admin.command("configureFailPoint", f"testgen{secrets.token_hex(4)}", mode="off")
    except pymongo.errors.OperationFailure as error:
        # 266 FailPointSetFailed; 59 CommandNotFound, as test commands are off; 13 Unauthorized.
        return None if error.code in (266, 59, 13) else f"an unknown failpoint was answered with error {error.code}"
    return "a failpoint that does not exist was accepted"


def _is_genuine(client: Client, scratch: str) -> str | None:
    if reason := _refuses_unknown_failpoints(client, scratch):
        return reason
    token = _open_stream(client, scratch)["cursor"]["postBatchResumeToken"]["_data"]
    # 82 is how a KeyString begins that holds a timestamp; the time can be read from what follows (MongoDB 4.0.7 on).
    return None if str(token).startswith("82") else "its resume tokens are not MongoDB's"


def _failpoints(client: Client, scratch: str) -> str | None:
    if reason := _refuses_unknown_failpoints(client, scratch):
        return reason
    # Harmless wherever it may run: the failpoint is not entered while it is off, so the wait ends in error 50 at once.
    client.admin.command("configureFailPoint", "hangBeforeCommitingTxn", mode="off")
    try:
        client.admin.command("waitForFailPoint", "hangBeforeCommitingTxn", timesEntered=1 << 30, maxTimeMS=1)
    except pymongo.errors.ExecutionTimeout:
        return None
    return "waitForFailPoint did not wait"


def _sentinel(client: Client, _: str) -> str | None:
    client.admin.command("appendOplogNote", data={"testgen": "probe"})["operationTime"]
    return None


def _ttl_gate(client: Client, _: str) -> str | None:
    client.admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"]
    client.admin.command("serverStatus")["metrics"]["ttl"]["passes"]
    client.admin.command("configureFailPoint", "hangTTLMonitorBetweenPasses", mode="off")
    return None


def _oplog(client: Client, _: str) -> str | None:
    entry = client.local["oplog.rs"].find_one({}, {"ts": 1})
    return None if entry else "local.oplog.rs is empty"


def _change_streams(client: Client, scratch: str) -> str | None:
    _open_stream(client, scratch)
    return None


def _transactions(client: Client, scratch: str) -> str | None:
    with client.start_session() as session, session.start_transaction():
        client[scratch]["probe"].find_one({}, session=session)
        session.abort_transaction()
    return None


def _past_reads(client: Client, scratch: str) -> str | None:
    time = client.admin.command("ping")["operationTime"]
    client[scratch].command("find", "probe", readConcern={"level": "snapshot", "atClusterTime": time})
    return None


def _pre_images(client: Client, scratch: str) -> str | None:
    client[scratch].create_collection("probe", changeStreamPreAndPostImages={"enabled": True})
    options = client[scratch]["probe"].options()
    return None if options.get("changeStreamPreAndPostImages") else "the collection does not keep the option"


def _open_stream(client: Client, scratch: str) -> dict[str, Any]:
    """Open a change stream with one raw command, end it, and return the answer to the command."""
    command = {"aggregate": 1, "pipeline": [{"$changeStream": {}}], "cursor": {"batchSize": 0}}
    with client.start_session() as session:
        answer = client[scratch].command(command, session=session)
        cursor = answer["cursor"]
        client[scratch].command("killCursors", cursor["ns"].partition(".")[2], cursors=[cursor["id"]], session=session)
    return answer


_TRIALS: dict[str, Trial] = {
    "is_genuine": _is_genuine,
    "failpoints": _failpoints,
    "sentinel": _sentinel,
    "ttl_gate": _ttl_gate,
    "oplog": _oplog,
    "change_streams": _change_streams,
    "transactions": _transactions,
    "past_reads": _past_reads,
    "pre_images": _pre_images,
}
