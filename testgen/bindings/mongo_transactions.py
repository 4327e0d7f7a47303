"""Binding of `SnapshotTransactions`: transactions over a few documents that are lists, to which writers append.

The binding does not know what is expected: `Write` and `WriteConflict` are one command, and the server's reply decides
what goes into the log. In the graph of a server that loses updates (`AllowLostUpdate`), `Overwrite` is that command
too, and its behaviors are impossible: the test goes as far as the first one and must see the write refused.

The documents are read anew after each command that the test sends. All tests begin with the same ones, so those of
tests to come are inserted together, and read together, which costs a fraction of as many commands; each has its own all
the same. What another test does to them in the meantime is seen after a test's first command.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pymongo.errors
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from testgen.bindings.decorators import action, observes, starts, step
from testgen.bindings.mongo import Document, MongoBinding
from testgen.bindings.protocol import Step
from testgen.bindings.story import Call, StepStory, tell_steps
from testgen.errors import BindingError
from testgen.mongo import Server
from testgen.values.plain import Plain

__all__ = ["LostUpdates", "Transactions"]

_WRITE_CONFLICT = 112
_TESTS_AT_ONCE = 64
_inserted: dict[tuple[Server, str], list[int]] = {}
"""Documents whose tests have yet to begin, by server and `_id`: as they were read after they were inserted."""

Entry = dict[str, Any]
"""An operation of a transaction with the server's reply: `op`, `key`, and `value` unless it met a conflict."""


def _beginning(initial: Mapping[str, Any]) -> dict[str, Plain]:
    return {"keys": sorted(initial["docs"]), "transactions": len(initial["status"])}


def _ended(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Plain]:
    """The transaction whose status changed."""
    pairs = enumerate(zip(before["status"], after["status"], strict=True), 1)
    return {"transaction": next(number for number, (old, new) in pairs if old != new)}


def _operated(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Plain]:
    """The transaction whose log grew, and the key of the new entry."""
    pairs = enumerate(zip(before["log"], after["log"], strict=True), 1)
    return next({"transaction": n, "key": new[-1]["key"]} for n, (old, new) in pairs if len(new) > len(old))


class Transactions(MongoBinding):
    """A few transactions, each in its own session. Numbers count from 1."""

    collection_name: ClassVar[str] = "transactions"
    fixture: ClassVar[str] = "server"
    needs: ClassVar[tuple[str, ...]] = ("transactions",)
    unobserved: ClassVar[tuple[str, ...]] = ("commits", "snapshotAt", "view")  # seen in what transactions read

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list[ClientSession] = []
        self._log: list[list[Entry]] = []
        self._status: list[str] = []
        self._keys: list[str] = []
        self._docs: dict[str, list[int]] | None = None

    @starts(_beginning)
    def start(self, keys: list[str], transactions: int) -> None:
        """There is an empty list under each key."""
        self._keys = keys
        self._log = [[] for _ in range(transactions)]
        self._status = ["idle"] * transactions
        self._sessions = [self.server.client.start_session(causal_consistency=False) for _ in range(transactions)]
        own = {key: (self.server, self.key(key)) for key in keys}
        if not _inserted.keys() >= set(own.values()):
            self._insert_documents()
        self._docs = {key: _inserted.pop(place) for key, place in own.items()}

    @action("Begin", parameters=_ended)
    def begin(self, transaction: int) -> None:
        """Start a transaction; the server is told with its first operation, and takes the snapshot then."""
        self._sessions[transaction - 1].start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
        self._status[transaction - 1] = "open"

    @action("Read", parameters=_operated)
    def read(self, transaction: int, key: str) -> None:
        """Find the document in the transaction."""
        with self._sending(f"reading {key} in transaction {transaction}"):
            document = self.collection.find_one({"_id": self.key(key)}, session=self._sessions[transaction - 1])
        assert document is not None
        self._log[transaction - 1].append({"op": "read", "key": key, "value": document["list"]})

    @action("Write", "WriteConflict", "Overwrite", parameters=_operated)
    def write(self, transaction: int, key: str) -> None:
        """Append the transaction's number to the list; the server answers with the list, or with a conflict."""
        session = self._sessions[transaction - 1]
        try:
            with self._sending(f"writing {key} in transaction {transaction}"):
                document: Any = self.collection.find_one_and_update(
                    {"_id": self.key(key)},
                    {"$push": {"list": transaction}},
                    return_document=ReturnDocument.AFTER,
                    session=session,
                )
        except pymongo.errors.OperationFailure as error:
            if error.code != _WRITE_CONFLICT:
                raise
            session.abort_transaction()
            self._log[transaction - 1].append({"op": "conflict", "key": key})
            self._status[transaction - 1] = "aborted"
            return
        self._log[transaction - 1].append({"op": "write", "key": key, "value": document["list"]})

    @action("Commit", parameters=_ended)
    def commit(self, transaction: int) -> None:
        with self._sending(f"committing transaction {transaction}"):
            self._sessions[transaction - 1].commit_transaction()
        self._status[transaction - 1] = "committed"

    @action("Abort", parameters=_ended)
    def abort(self, transaction: int) -> None:
        with self._sending(f"aborting transaction {transaction}"):
            self._sessions[transaction - 1].abort_transaction()
        self._status[transaction - 1] = "aborted"

    @observes("docs")
    def docs(self) -> dict[str, list[int]]:
        """What a read outside of any transaction finds."""
        if self._docs is None:
            with self.server.doing("reading the documents"):
                found = self._find_documents([self.key(key) for key in self._keys])
            self._docs = {key: found[self.key(key)] for key in self._keys}
        return self._docs

    @observes("log")
    def log(self) -> list[list[Entry]]:
        return self._log

    @observes("status")
    def status(self) -> list[str]:
        return self._status

    def close(self) -> None:
        self.server.end_sessions(self._sessions, at_leisure=True)
        super().close()

    def _sending(self, doing: str) -> contextlib.AbstractContextManager[None]:
        """The border to pymongo around a command; what the documents were before it is not known any more."""
        self._docs = None
        return self.server.doing(doing)

    def _find_documents(self, ids: list[str]) -> dict[str, list[int]]:
        """The lists in documents. Half of all commands are this one, and each would cost a tenth more by `find`."""
        command = {"find": self.collection_name, "filter": {"_id": {"$in": ids}}, "batchSize": len(ids)}
        documents: list[Document] = self.collection.database.command(command)["cursor"]["firstBatch"]
        return {document["_id"]: document["list"] for document in documents}

    def _insert_documents(self) -> None:
        """Insert the documents of this test and of those to come, as far as they are not there."""
        keys = self.keys_to_come(_TESTS_AT_ONCE, self._keys)
        missing = [key for key in keys if (self.server, key) not in _inserted]
        # With w:1 a snapshot right after the replica set's start may be older (error 246, seen in 6.0.5).
        durable = self.collection.with_options(write_concern=WriteConcern("majority"))
        with self.server.doing("inserting documents"):
            durable.insert_many([{"_id": key, "list": []} for key in missing])
            found = self._find_documents(missing)
        _inserted.update(((self.server, key), found[key]) for key in missing)


class LostUpdates(Transactions):
    """The same server, driven along behaviors of one that does not detect conflicts: each is impossible."""

    @step
    def refuse_to_overwrite(self, transaction: int, key: str, after: list[int]) -> None:
        """Perform the write that would lose an update; the server must refuse it, and the other's write must survive.

        Args:
            transaction: Who writes.
            key: What.
            after: The other transactions that have written the document: still open, or committed in the meantime.
        """
        for other in after:  # evidence that the server is at the brink: the other's write succeeded
            wrote = any(entry["op"] == "write" and entry["key"] == key for entry in self._log[other - 1])
            self.expect(f"transaction {other} had written {key}", True, wrote)
        self.write(transaction, key)
        reply = self._log[transaction - 1][-1]
        self.expect("the reply to the overwriting write", {"op": "conflict", "key": key}, reply)
        for other in after:
            if self._status[other - 1] == "open":
                self.commit(other)
            self.expect(f"the write of transaction {other} is kept", True, other in self.docs()[key])

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory | None:
        """Tell a behavior up to its first Overwrite; one without is left out, as `Transactions` tests it."""
        brink = next((number for number, told in enumerate(steps) if told.action == "Overwrite"), None)
        if brink is None:
            return None
        story = tell_steps(cls, initial, steps[:brink])
        overwrite = _operated(steps[brink].before, steps[brink].after)
        end = Call("refuse_to_overwrite", {**overwrite, "after": _rivals(steps[brink], **overwrite)}, {})
        summary = f"impossible: {story.summary}, Overwrite"
        return replace(story, path=(*story.path, "refused"), summary=summary, end=end, n_told=brink + 1)


def _rivals(told: Step, transaction: Plain, key: Plain) -> list[Plain]:
    """The other transactions that have written `key` and are open or committed: one of them is why it must conflict."""
    before: Any = told.before
    rivals: list[Plain] = [
        number
        for number, (entries, status) in enumerate(zip(before["log"], before["status"], strict=True), 1)
        if number != transaction
        and status in ("open", "committed")
        and any(entry["op"] in ("write", "overwrite") and entry["key"] == key for entry in entries)
    ]
    if not rivals:
        raise BindingError(f"an Overwrite of {key!r} without another writer", hint="is this a dump of its own bug?")
    return rivals
