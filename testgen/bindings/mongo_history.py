"""Binding of `SnapshotTransactions`: reads in the past, which find the documents as each commit left them.

The specification records the commits in their order, so from a behavior's last state it can be told what the documents
were after each. The server is asked at the behavior's end, when they have been written again: a read with a time of its
own (`atClusterTime`) that is answered from the present shows too much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bson import Timestamp

from testgen.bindings.decorators import action, ends, starts
from testgen.bindings.mongo_transactions import Transactions
from testgen.bindings.protocol import Step
from testgen.bindings.story import StepStory, tell_steps
from testgen.mongo import operation_time
from testgen.values.plain import Plain

__all__ = ["TransactionHistory"]


def _beginning(initial: Mapping[str, Any]) -> dict[str, Plain]:
    return {"keys": sorted(initial["docs"]), "transactions": len(initial["status"])}


def _committed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Plain]:
    return {"transaction": after["commits"][-1]}


def _history(final: Mapping[str, Any]) -> dict[str, Plain]:
    """The documents before the first commit, and after each; what `Snapshot` of the specification says."""
    commits, log = final["commits"], final["log"]
    history: list[Plain] = []
    for n_commits in range(len(commits) + 1):
        history.append({key: _writers(key, commits[:n_commits], log) for key in sorted(final["docs"])})
    return {"history": history}


def _writers(key: str, commits: list[int], log: list[list[dict[str, Any]]]) -> list[Plain]:
    """Who of the first to commit wrote `key`, in that order: the list that they left."""
    return [t for t in commits if any(entry["op"] == "write" and entry["key"] == key for entry in log[t - 1])]


class TransactionHistory(Transactions):
    """Transactions, and the times at which the first began and each was committed."""

    needs: ClassVar[tuple[str, ...]] = ("transactions", "past_reads")

    def __init__(self) -> None:
        super().__init__()
        self._times: list[Timestamp] = []

    @starts(_beginning)
    def start(self, keys: list[str], transactions: int) -> None:
        super().start(keys, transactions)
        self._times.append(operation_time(self.server))

    @action("Commit", parameters=_committed)
    def commit(self, transaction: int) -> None:
        super().commit(transaction)
        self._times.append(operation_time(self.server))

    @ends(_history)
    def check_history(self, history: list[dict[str, list[int]]]) -> None:
        """Read at the time of the start and of each commit, the documents are what they were then."""
        found = [self._docs_at(time) for time in self._times]
        self.expect("the documents as a read at the time of each commit finds them", history, found)

    def _docs_at(self, time: Timestamp) -> dict[str, list[int]]:
        command = {
            "find": self.collection.name,
            "filter": {"_id": {"$in": [self.key(key) for key in self._keys]}},
            "readConcern": {"level": "snapshot", "atClusterTime": time},
        }
        with self.server.doing(f"reading at {time.time}.{time.inc}"):
            documents = self.collection.database.command(command)["cursor"]["firstBatch"]
        found = {document["_id"]: document["list"] for document in documents}
        return {key: found[self.key(key)] for key in self._keys}

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> StepStory | None:
        """Tell a behavior; one without a commit is left out, as `Transactions` tests it."""
        return tell_steps(cls, initial, steps) if any(told.action == "Commit" for told in steps) else None
