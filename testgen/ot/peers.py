"""Clients and a server that keep one array in agreement.

A client performs operations on its own array at once. *Uploading* gives them to the server, which integrates them: it
merges them with what that client has not seen yet and appends the result to its log. *Downloading* brings a client the
part of the server's log that it has not seen; it merges the operations of others with its own that are not in that
log yet, and applies them. Merging is both in one step.

No time is modeled: a conflict is decided by the client ids. The peers and their order of work are those of realm-core's
test fixture (`sync_all`, 2020), which "eXtreme Modelling in Practice" (VLDB 2020) calls `sync_all_clients`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

from testgen.ot.apply import apply_operation, check_fits
from testgen.ot.operation import Operation, OperationError
from testgen.ot.transform import MergeError, merge_sequences

__all__ = ["Client", "Network", "Server"]


class Server:
    """The peer that decides the order in which the clients' operations are integrated.

    Attributes:
        array: The array after every operation of the log.
        log: The operations as the server stored them, oldest first; one that was dropped in merging is absent.
    """

    def __init__(self, client_ids: Sequence[int], array: Sequence[object]) -> None:
        self.array = list(array)
        self.log: list[Operation] = []
        # What each client has still to download, transformed so that it applies after all that it has uploaded.
        # (realm-core's "reciprocal history".) The log holds the same operations as they were applied here.
        self._unseen: dict[int, Sequence[Operation]] = dict.fromkeys(client_ids, ())

    def copy(self) -> Server:
        """An independent server in the same state; operations are values, so they are shared."""
        twin = Server((), self.array)
        twin.log, twin._unseen = [*self.log], {**self._unseen}
        return twin

    def integrate(self, client_id: int, operations: Sequence[Operation]) -> None:
        """Merge a client's operations with what it has not seen, apply them, and append them to the log.

        Raises:
            MergeError: The operations cannot be merged or applied; the server is then as before.
        """
        integrated, unseen = merge_sequences(operations, self._unseen[client_id])
        self.array = _applied(self.array, integrated)
        self.log.extend(integrated)
        self._unseen[client_id] = unseen
        for other_id in self._unseen:
            if other_id != client_id:
                self._unseen[other_id] = (*self._unseen[other_id], *integrated)

    def log_after(self, client_id: int, version: int) -> list[Operation]:
        """Return the log from position `version`, and count all of it as seen by the client."""
        self._unseen[client_id] = ()
        return self.log[version:]


class Client:
    """A peer that performs operations, while connected or not.

    Attributes:
        id: From 1; the higher id is newer in a conflict.
        array: The array as this client sees it.
        log: Every operation applied to `array`, its own and the transformed ones of others, oldest first.
    """

    def __init__(self, client_id: int, server: Server, array: Sequence[object]) -> None:
        self.id = client_id
        self.array = list(array)
        self.log: list[Operation] = []
        self._server = server
        self._server_version = 0
        # Own operations, transformed by all that was downloaded: those not uploaded, then those that are, but were not
        # met in the server's log yet.
        self._waiting: Sequence[Operation] = ()
        self._uploaded: Sequence[Operation] = ()

    def copy(self, server: Server) -> Client:
        """An independent client of `server` in the same state."""
        twin = Client(self.id, server, self.array)
        twin.log, twin._server_version = [*self.log], self._server_version
        twin._waiting, twin._uploaded = self._waiting, self._uploaded
        return twin

    @property
    def applied(self) -> list[Operation]:
        """The operations of others as this client applied them, in the order of the server's log."""
        return [operation for operation in self.log if operation.client != self.id]

    def perform(self, operation: Operation) -> Operation:
        """Apply an operation of this client's user; return it as performed, with `prior_size` and `client`.

        Raises:
            OperationError: The operation does not fit the array, or another client has performed it.
        """
        check_fits(self.array, operation)
        if operation.client not in (None, self.id):
            raise OperationError(f"client {self.id} cannot perform an operation of client {operation.client}")
        performed = operation.performed(self.id, len(self.array))
        self.array = apply_operation(self.array, performed)
        self.log.append(performed)
        self._waiting = (*self._waiting, performed)
        return performed

    def upload(self) -> None:
        """Let the server integrate all that this client performed since its last upload.

        Raises:
            MergeError: The operations cannot be merged; nothing is uploaded then.
        """
        self._server.integrate(self.id, self._waiting)
        self._uploaded = (*self._uploaded, *self._waiting)
        self._waiting = ()

    def download(self) -> None:
        """Apply all that the server's log holds and this client has not seen.

        Raises:
            MergeError: The operations cannot be merged or applied. This client is of no further use then.
        """
        for operation in self._server.log_after(self.id, self._server_version):
            if operation.client == self.id:
                self._acknowledge(operation)
            else:
                self._receive(operation)
            self._server_version += 1

    def _acknowledge(self, operation: Operation) -> None:
        """Meet an own operation in the server's log: no other has to be merged with it any more."""
        if self._uploaded[:1] != (operation,):
            raise MergeError(f"the server stored {operation!r}, which client {self.id} does not know as its own")
        self._uploaded = self._uploaded[1:]

    def _receive(self, operation: Operation) -> None:
        """Apply another client's operation, transformed so that it comes after the own ones."""
        uploaded, received = merge_sequences(self._uploaded, [operation])
        waiting, received = merge_sequences(self._waiting, received)
        self.array = _applied(self.array, received)
        self.log.extend(received)
        self._uploaded, self._waiting = uploaded, waiting


class Network:
    """A server and its clients, with ids from 1, all starting from the same array."""

    def __init__(self, *, clients: int, array: Sequence[object]) -> None:
        if type(clients) is not int or clients < 0:
            raise OperationError(f"the number of clients is an integer from 0, not {reprlib.repr(clients)}")
        ids = range(1, clients + 1)
        self.server = Server(ids, array)
        self.clients = [Client(client_id, self.server, array) for client_id in ids]

    def copy(self) -> Network:
        """An independent network in the same state."""
        twin = Network(clients=0, array=())
        twin.server = self.server.copy()
        twin.clients = [client.copy(twin.server) for client in self.clients]
        return twin

    def client(self, client_id: int) -> Client:
        """Return the client with this id.

        Raises:
            OperationError: There is none.
        """
        if type(client_id) is not int or not 1 <= client_id <= len(self.clients):
            known = f"clients 1 to {len(self.clients)}" if self.clients else "no clients"
            raise OperationError(f"unknown client {reprlib.repr(client_id)}: this network has {known}")
        return self.clients[client_id - 1]

    def merge(self, client_id: int) -> None:
        """Upload and download for one client, in one step."""
        client = self.client(client_id)
        client.upload()
        client.download()

    def sync_all_clients(self) -> None:
        """Upload for every client, in ascending order of id; then download for every client; then compare the arrays.

        Raises:
            MergeError: Operations cannot be merged, or the peers end with different arrays.
        """
        for client in self.clients:
            client.upload()
        for client in self.clients:
            client.download()
        self.check_converged()

    def check_converged(self) -> None:
        """Check that every client's array equals the server's. (As Python compares, so True equals 1.)

        Raises:
            MergeError: One does not.
        """
        for client in self.clients:
            if client.array != self.server.array:
                raise MergeError(
                    f"client {client.id} has {reprlib.repr(client.array)}, "
                    f"but the server has {reprlib.repr(self.server.array)}"
                )


def _applied(array: Sequence[object], operations: Sequence[Operation]) -> list[object]:
    """Return `array` after merged operations, each of which has to fit."""
    result = list(array)
    for operation in operations:
        try:
            result = apply_operation(result, operation)
        except OperationError as error:
            raise MergeError(f"bad merge: {error}") from error
    return result
