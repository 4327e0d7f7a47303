"""What the bindings of a live MongoDB share: the server of this process, and a corner of it for each test.

Tests of one specification share a collection, so that none pays for creating it. A test owns the documents whose `_id`
begins with its prefix, and its change stream lets only these pass.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pymongo import WriteConcern
from pymongo.collection import Collection

from testgen.bindings.protocol import Binding, Divergence
from testgen.mongo import ChangeStream, Event, Server, shared_server

__all__ = ["PROCESS", "Document", "MongoBinding"]

Document = dict[str, Any]  # Any: a document holds anything

_DATABASE = "testgen"
PROCESS = f"{os.getpid()}-{secrets.token_hex(4)}"
"""Begins the `_id`s of this process. A user's own server keeps what earlier runs left, some with the same pid."""
_numbers = itertools.count(1)
_prepared: set[tuple[int, str]] = set()


class MongoBinding(Binding):
    """A test's corner of the server.

    Attributes:
        server: The server of this process.
        number: Of this test among those of this process.
        prefix: Begins the `_id` of every document of this test.
        collection: Where they are; written with w:1, as the one node's majority differs only in waiting.
    """

    needs: ClassVar[tuple[str, ...]] = ("change_streams", "oplog")
    """Fields of `testgen.mongo.Capabilities` without which the tests cannot run; they are then skipped by name."""
    collection_name: ClassVar[str]
    collection_options: ClassVar[Mapping[str, Any]] = {}  # Any: what `create` takes

    def __init__(self) -> None:
        self.server: Server = shared_server()
        self.server.require(*self.needs)
        self.number = next(_numbers)
        self.prefix = _prefix(self.number)
        self._prepare_collection()
        self.collection: Collection[Document] = self.server.client[_DATABASE].get_collection(
            self.collection_name, write_concern=WriteConcern(w=1)
        )
        self._streams: list[ChangeStream] = []

    def open_stream(self, **arguments: Any) -> ChangeStream:  # Any: see ChangeStream
        """Open a change stream on this test's documents, closed after the test."""
        pipeline = [self.own_events(), *arguments.pop("pipeline", ())]
        stream = ChangeStream(
            self.server, _DATABASE, self.collection_name, pipeline=pipeline, sentinel_prefix=self.prefix, **arguments
        )
        self._streams.append(stream)
        return stream

    def own_events(self) -> Document:
        """The pipeline stage that lets only events of this test's documents pass."""
        return {"$match": {"documentKey._id": {"$regex": f"^{re.escape(self.prefix)}"}}}

    def own_documents(self) -> Document:
        """The filter that finds this test's documents."""
        return {"_id": {"$regex": f"^{re.escape(self.prefix)}"}}

    def key(self, *parts: object) -> str:
        """The `_id` of a document of this test."""
        return self.prefix + ".".join(map(str, parts))

    def keys_to_come(self, tests: int, names: Sequence[str]) -> list[str]:
        """The `_id`s with these names of this test, and of those that begin after it, for so many `tests` in all."""
        return [_prefix(number) + name for number in range(self.number, self.number + tests) for name in names]

    def parts(self, key: str) -> list[str]:
        """What `key` made the `_id` of."""
        return key.removeprefix(self.prefix).split(".")

    def next_event(self, stream: ChangeStream) -> Event:
        """The next event of a stream opened with a batch size of 1.

        Raises:
            Divergence: There is none of what was written before.
        """
        batch = stream.next_events()
        if not batch:
            raise Divergence("events that the stream has for it", "one or more", "none")
        return batch[0]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()

    def _prepare_collection(self) -> None:
        """Create the collection when the first test of this process needs it; dropped with the server."""
        known = (id(self.server), self.collection_name)
        if known in _prepared:
            return
        database = self.server.client[_DATABASE]
        with self.server.doing(f"creating the collection {self.collection_name}"):
            if self.collection_name not in database.list_collection_names():
                database.create_collection(self.collection_name, **self.collection_options)
        _prepared.add(known)


def _prefix(number: int) -> str:
    return f"{PROCESS}.{number}."
