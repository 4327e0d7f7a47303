"""Each divergence of the second system once more, by hand: a few lines of pymongo without testgen's bindings.

    python tests/second_system/by_hand.py

Asks the mongod that testgen finds, and secantusdb, and prints both answers.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymongo
from compare import SurroundingsError, installed, serving
from pymongo import WriteConcern
from pymongo.collection import Collection

from testgen.mongo import start_server

Documents = Collection[dict[str, Any]]


def image_of_an_update_that_another_follows(documents: Documents) -> object:
    """Insert v 0, set v to 1, then to 2, and read the events with the kept post-images."""
    with documents.watch(full_document="required") as stream:
        documents.insert_one({"_id": 1, "v": 0})
        for v in (1, 2):
            documents.update_one({"_id": 1}, {"$set": {"v": v}})
        return [stream.next()["fullDocument"]["v"] for _ in range(3)]


def read_at_a_past_time(documents: Documents) -> object:
    """Insert v 0, note the time, set v to 1, and read v at the time noted."""
    with documents.database.client.start_session(causal_consistency=False) as session:
        documents.insert_one({"_id": 1, "v": 0}, session=session)
        then = session.operation_time
        documents.update_one({"_id": 1}, {"$set": {"v": 1}}, session=session)
    concern = {"level": "snapshot", "atClusterTime": then}
    found = documents.database.command("find", documents.name, readConcern=concern)
    return found["cursor"]["firstBatch"][0]["v"]


def time_of_a_transaction(documents: Documents) -> object:
    """Commit a transaction: is the time of its event that of the commit, and is it delivered from that time on?"""
    with documents.watch() as stream, documents.database.client.start_session(causal_consistency=False) as session:
        with session.start_transaction():
            documents.insert_one({"_id": 1}, session=session)
        committed = session.operation_time
        same = stream.next()["clusterTime"] == committed
    with documents.watch(start_at_operation_time=committed, max_await_time_ms=200) as stream:
        event = stream.try_next()
    return f"same time: {same}, delivered from then on: {event is not None}"


def order_of_tokens(documents: Documents) -> object:
    """Insert, drop, and compare the resume tokens, which sort in the order of the events."""
    with documents.watch() as stream:
        documents.insert_one({"_id": 1})
        documents.drop()
        insert, drop = (stream.next()["_id"]["_data"] for _ in range(2))
    return f"the insert's before the drop's: {insert < drop}"


def order_of_many_tokens(documents: Documents) -> object:
    """The same of 300 inserts, whose tokens differ in nothing but time and key."""
    with documents.watch() as stream:
        documents.insert_many([{"_id": number} for number in range(300)])
        tokens = [stream.next()["_id"]["_data"] for _ in range(300)]
    return f"in order: {tokens == sorted(tokens)}"


def resumed_after_a_drop(documents: Documents) -> object:
    """Drop, resume after the drop event, and take the next event."""
    with documents.watch() as stream:
        documents.insert_one({"_id": 1})
        documents.drop()
        token = [stream.next()["_id"] for _ in range(2)][1]
    with documents.watch(resume_after=token, max_await_time_ms=200) as stream:
        event = stream.try_next()
    return event["operationType"] if event else "none"


QUESTIONS: tuple[Callable[[Documents], object], ...] = (
    image_of_an_update_that_another_follows,
    read_at_a_past_time,
    time_of_a_transaction,
    order_of_tokens,
    order_of_many_tokens,
    resumed_after_a_drop,
)


def answers(uri: str) -> dict[str, str]:
    """What the server at `uri` answers to each question."""
    found = {}
    with pymongo.MongoClient[dict[str, Any]](uri, directConnection=True) as client:
        client.drop_database("by_hand")
        database = client.get_database("by_hand", write_concern=WriteConcern("majority"))
        for question in QUESTIONS:
            database.create_collection(question.__name__, changeStreamPreAndPostImages={"enabled": True})
            found[question.__name__] = str(question(database[question.__name__]))
        client.drop_database("by_hand")
    return found


def main() -> int:
    with start_server() as mongod:
        ours = answers(mongod.uri)
    try:
        with tempfile.TemporaryDirectory() as folder, serving(installed(Path(folder)), Path(folder) / "server") as uri:
            theirs = answers(uri)
    except SurroundingsError as error:
        print(error, file=sys.stderr)
        return 3
    for name, answer in ours.items():
        print(f"{name}\n    mongod       {answer}\n    secantusdb   {theirs[name]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
