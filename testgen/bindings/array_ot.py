"""Binding of `ArrayOT` to the reference implementation `testgen.ot`.

Its tests read like those of "eXtreme Modelling in Practice" (VLDB 2020): one transaction a client, then
`sync_all_clients`, which takes the place of all the merges of a behavior in the order the specification performs them,
then the array everywhere and the operations each client applied. What they expect are the values of the specification's
last state. With `--template story/test.py.j2` the same binding goes merge by merge and checks every state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from testgen.bindings.decorators import action, observes, starts, step
from testgen.bindings.protocol import Binding, Step
from testgen.bindings.story import Story, names_used
from testgen.errors import BindingError
from testgen.ot import Clear, Erase, Insert, Move, Network, Operation, Set, Swap
from testgen.values.plain import Plain

__all__ = ["ArrayOT", "ArrayStory", "Clear", "Erase", "Insert", "Move", "Set", "Swap"]

Entry = Mapping[str, Any]
"""An operation as the specification's logs hold it: a record with `op`, `client` and the operation's parameters."""

_OPERATIONS: dict[str, tuple[type[Operation], dict[str, str]]] = {
    "set": (Set, {"ndx": "ndx", "value": "value"}),
    "insert": (Insert, {"ndx": "ndx", "value": "value"}),
    "move": (Move, {"from": "from_ndx", "to": "to_ndx"}),
    "erase": (Erase, {"ndx": "ndx"}),
    "clear": (Clear, {}),
    "swap": (Swap, {"ndx_1": "ndx_1", "ndx_2": "ndx_2"}),
}
"""Class of each operation, and the field's name in it of each of the specification's."""


def _meeting(initial: Mapping[str, Plain]) -> dict[str, Plain]:
    return {"clients": len(_sequence(initial["clientState"])), "array": initial["serverState"]}


def _own_operation(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    """Which client performed which operation: the one log that grew tells."""
    client, entry = _grown_log(before["clientLog"], after["clientLog"])
    return {"client": client, "operation": _operation(entry, sized=False)}


def _merging_client(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    """Which client merged: the one whose progress changed."""
    pairs = zip(_sequence(before["progress"]), _sequence(after["progress"]), strict=True)
    for number, (old, new) in enumerate(pairs, 1):
        if old != new:
            return {"client": number}
    raise BindingError("a merge that is in no client's progress", hint="is this a dump of ArrayOT?")


class ArrayOT(Binding):
    """Clients and a server that share one array."""

    template: ClassVar[str] = "array_ot/test.py.j2"
    fixture: ClassVar[str] = "ot"
    unobserved: ClassVar[tuple[str, ...]] = ("progress",)  # how far each client has merged, which its array shows

    def __init__(self) -> None:
        self.network = Network(clients=0, array=[])

    def snapshot(self) -> Network:
        """All clients and the server, for `pytest --testgen-share`."""
        return self.network.copy()

    def restore(self, snapshot: Network) -> None:
        self.network = snapshot.copy()

    @starts(_meeting)
    def start(self, *, clients: int, array: Sequence[object]) -> None:
        """Connect clients 1 to `clients` to a server, all with `array`."""
        self.network = Network(clients=clients, array=array)

    @action("Set", "Insert", "Move", "Erase", "Clear", "Swap", parameters=_own_operation)
    def transaction(self, client: int, operation: Operation) -> None:
        """Let a client perform one operation on its own array."""
        self.network.client(client).perform(operation)

    @action("MergeAction", parameters=_merging_client)
    def merge(self, client: int) -> None:
        """Upload and download for one client."""
        self.network.merge(client)

    @step
    def sync_all_clients(self) -> None:
        """Upload for every client in ascending order, then download for every client."""
        for client in self.network.clients:
            client.upload()
        for client in self.network.clients:
            client.download()

    def check_array(self, array: Sequence[object]) -> None:
        """The server and every client must have `array`."""
        observed = {"server": self.network.server.array}
        observed |= {f"client {client.id}": client.array for client in self.network.clients}
        if all(copy == self.network.server.array for copy in observed.values()):
            self.expect("the array, at the server and every client", list(array), self.network.server.array)
        self.expect("the array", {peer: list(array) for peer in observed}, observed)

    def check_ops(self, client: int, operations: Sequence[Operation]) -> None:
        """The client must have applied exactly these operations of the others, in this order."""
        self.expect(
            f"the operations of others that client {client} applied",
            list(operations),
            self.network.client(client).applied,
        )

    @observes("serverState")
    def server_state(self) -> list[object]:
        return self.network.server.array

    @observes("clientState")
    def client_state(self) -> list[list[object]]:
        return [client.array for client in self.network.clients]

    @observes("serverLog")
    def server_log(self) -> list[Entry]:
        return [_entry(operation) for operation in self.network.server.log]

    @observes("clientLog")
    def client_log(self) -> list[list[Entry]]:
        return [[_entry(operation) for operation in client.log] for client in self.network.clients]

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> ArrayStory:
        """Tell a behavior as transactions, one synchronization, and what its last state holds."""
        last = steps[-1].after if steps else initial
        n_clients = len(_sequence(initial["clientState"]))
        transactions = [_own_operation(s.before, s.after) for s in steps if s.action != "MergeAction"]
        performed = [(cast(int, t["client"]), cast(Operation, t["operation"])) for t in transactions]
        arrays = [last["serverState"], *_sequence(last["clientState"])]
        if any(array != arrays[0] for array in arrays):
            raise BindingError("the behavior ends before all clients have merged: their arrays differ")
        applied = tuple(
            (number, tuple(_operation(entry) for entry in log if entry["client"] != number))
            for number, log in enumerate(_sequence(last["clientLog"]), 1)
        )
        merges = [number for number, taken in enumerate(steps) if taken.action == "MergeAction"]
        n_before_merges = merges[0] if merges else len(steps)  # later ones, and all merges, are synchronization's
        used = [operation for _, operation in performed] + [operation for _, log in applied for operation in log]
        names = names_used([used, initial["serverState"], last["serverState"]])
        operations = names.pop(Set.__module__, frozenset())  # imported through this module, as a reader knows them
        return ArrayStory(
            path=tuple(_slug(operation) for _, operation in performed),
            summary=", ".join(f"client {client} {_sentence(operation)}" for client, operation in performed)
            or "no client performs an operation",
            imports={**names, cls.__module__: operations},
            clients=n_clients,
            array=tuple(_sequence(initial["serverState"])),
            transactions=tuple(performed),
            final=tuple(_sequence(last["serverState"])),
            applied=applied,
            done=(0, *(min(number, n_before_merges) for number in range(1, len(performed) + 1)), len(steps)),
        )


@dataclass(frozen=True, slots=True)
class ArrayStory(Story):
    """A behavior of `ArrayOT`.

    Attributes:
        clients: How many there are.
        array: What everyone starts with.
        transactions: Client and operation, in order.
        final: What everyone ends with.
        applied: For each client the operations of others as it applied them.
        done: See `Story.progress`.
    """

    clients: int = 0
    array: tuple[Plain, ...] = ()
    transactions: tuple[tuple[int, Operation], ...] = ()
    final: tuple[Plain, ...] = ()
    applied: tuple[tuple[int, tuple[Operation, ...]], ...] = ()
    done: tuple[int, ...] = ()

    def progress(self) -> tuple[int, ...]:
        return self.done


def _sequence(value: Plain) -> list[Any]:  # Any: what the specification's sequences hold
    if not isinstance(value, list):
        raise BindingError(f"expected a sequence as in ArrayOT, found {value!r}", hint="is this a dump of ArrayOT?")
    return value


def _grown_log(before: Plain, after: Plain) -> tuple[int, Entry]:
    for number, (old, new) in enumerate(zip(_sequence(before), _sequence(after), strict=True), 1):
        if len(new) > len(old):
            return number, new[-1]
    raise BindingError("a client's operation that is in no log", hint="is this a dump of ArrayOT?")


def _operation(entry: Entry, *, sized: bool = True) -> Operation:
    """The operation a log entry stands for; `sized` keeps its `prior_size`, which users do not write."""
    kind, names = _OPERATIONS[entry["op"]]
    fields = {name: entry[field] for field, name in names.items()}
    if sized and "prior_size" in entry:
        fields["prior_size"] = entry["prior_size"]
    return kind(**fields)


def _entry(operation: Operation) -> Entry:
    """The log entry of the specification that stands for `operation`."""
    kind = type(operation).__name__.lower()
    entry: dict[str, Any] = {"op": kind, "client": operation.client}
    entry |= {field: getattr(operation, name) for field, name in _OPERATIONS[kind][1].items()}
    if not isinstance(operation, Clear):
        entry["prior_size"] = operation.prior_size
    return entry


def _slug(operation: Operation) -> str:
    numbers = [] if isinstance(operation, Clear) else list(operation.indices)
    return "_".join([type(operation).__name__.lower(), *map(str, numbers)])


def _sentence(operation: Operation) -> str:
    match operation:
        case Set(ndx=ndx, value=value):
            return f"sets {ndx} to {value}"
        case Insert(ndx=ndx, value=value):
            return f"inserts {value} at {ndx}"
        case Move(from_ndx=start, to_ndx=end):
            return f"moves {start} to {end}"
        case Erase(ndx=ndx):
            return f"erases {ndx}"
        case Swap(ndx_1=one, ndx_2=other):
            return f"swaps {one} and {other}"
        case Clear():
            return "clears"
