"""One execution of a fuzzer: clients that perform and merge as a few bytes tell them, judged at each step.

The oracle is that of a fuzzer and knows no merge rule: an operation that fits its array is accepted, one that does not
is refused and changes nothing; nothing else is raised; after synchronizing, all clients hold the server's array. One
exception is documented: merging a Swap need not terminate. It ends the trial without a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from testgen.ot import (
    Clear,
    Client,
    Erase,
    Insert,
    Move,
    Network,
    NonTerminationError,
    Operation,
    OperationError,
    Set,
    Swap,
)

OPERATIONS: dict[str, type[Operation]] = {kind.__name__: kind for kind in (Set, Insert, Move, Erase, Clear, Swap)}
MERGES = ["upload", "download", "merge", "sync"]
COMMANDS = [*OPERATIONS, *MERGES]
CLIENTS = range(2, 5)
LENGTHS = range(6)
MOST_COMMANDS = 16
HEAD_BYTES = 2
COMMAND_BYTES = 4
MOST_BYTES = HEAD_BYTES + MOST_COMMANDS * COMMAND_BYTES
FAR = range(244, 256)  # bytes that stand for themselves: no array of a trial is that long


class FoundError(AssertionError):
    """The system under test did what it must not; the message is a program that shows it."""


class Trial:
    """A network under test, and the program that was run on it so far.

    Attributes:
        program: Python statements, one a line.
        undecided: A merge did not terminate, as documented; nothing more can be said.
    """

    def __init__(self, clients: int, length: int) -> None:
        array = list(range(length))
        self.network = Network(clients=clients, array=array)
        self.program = ["from testgen.ot import *", f"network = Network(clients={clients}, array={array})"]
        self.undecided = False
        self._clients = [self.network.client(number) for number in range(1, clients + 1)]
        self._values = count(100)  # each is written once, so that no two arrays agree by chance
        self._swapped = False

    def command(self, command: str, client: int, first: int, second: int) -> None:
        """Perform or merge; `client` is any number, `first` and `second` are bytes that stand for indices."""
        if self.undecided:
            return
        peer = self._clients[client % len(self._clients)]
        if command in OPERATIONS:
            self._perform(peer, command, _index(first, len(peer.array)), _index(second, len(peer.array)))
        elif command == "sync":
            self._merge("network.sync_all_clients()", self.network.sync_all_clients)
            self._check_agreement()
        elif command == "merge":
            self._merge(f"network.merge({peer.id})", lambda: self.network.merge(peer.id))
        else:
            self._merge(f"network.client({peer.id}).{command}()", getattr(peer, command))

    def finish(self) -> None:
        """Synchronize all."""
        self.command("sync", 0, 0, 0)

    def _perform(self, peer: Client, kind: str, first: int, second: int) -> None:
        before = list(peer.array)
        arguments = self._arguments(kind, first, second)
        fits = _fits(kind, first, second, len(before))
        self.program.append(f"network.client({peer.id}).perform({kind}({', '.join(map(str, arguments))}))")
        self._swapped |= kind == "Swap"
        try:
            peer.perform(OPERATIONS[kind](*arguments))
        except OperationError as error:
            if fits or peer.array != before:
                raise self._found(f"on {before}, which is now {peer.array}: {error}") from error
        except Exception as error:
            raise self._found(f"{type(error).__name__}: {error}") from error
        else:
            if not fits:
                raise self._found(f"an operation that does not fit {before} is accepted")

    def _arguments(self, kind: str, first: int, second: int) -> list[int]:
        if kind in ("Set", "Insert"):
            return [first, next(self._values)]
        return {"Clear": [], "Erase": [first]}.get(kind, [first, second])

    def _merge(self, statement: str, merge: Callable[[], None]) -> None:
        self.program.append(statement)
        try:
            merge()
        except NonTerminationError as error:
            if not self._swapped:
                raise self._found(f"{type(error).__name__}: {error}") from error
            self.undecided = True
        except Exception as error:
            raise self._found(f"{type(error).__name__}: {error}") from error

    def _check_agreement(self) -> None:
        arrays = [client.array for client in self._clients]
        if not self.undecided and any(array != self.network.server.array for array in arrays):
            raise self._found(f"the server holds {self.network.server.array}, the clients {arrays}")

    def _found(self, what: str) -> FoundError:
        return FoundError("\n".join([what, "", *self.program]))


def run_trial(data: bytes) -> Trial:
    """Run the trial that `data` stands for; any bytes stand for one.

    Raises:
        FoundError: The system under test did what it must not.
    """
    head = data[:HEAD_BYTES].ljust(HEAD_BYTES, b"\0")
    trial = Trial(CLIENTS[head[0] % len(CLIENTS)], LENGTHS[head[1] % len(LENGTHS)])
    for start in range(HEAD_BYTES, min(len(data), MOST_BYTES), COMMAND_BYTES):
        command, client, first, second = data[start : start + COMMAND_BYTES].ljust(COMMAND_BYTES, b"\0")
        trial.command(COMMANDS[command % len(COMMANDS)], client, first, second)
    trial.finish()
    return trial


def _index(byte: int, length: int) -> int:
    return byte if byte in FAR else byte % (length + 1)


def _fits(kind: str, first: int, second: int, length: int) -> bool:
    if kind in ("Move", "Swap"):
        return first != second and max(first, second) < length
    return kind == "Clear" or first < length + (kind == "Insert")
