"""Reference operational transformation of an array: the system under test that needs no server.

Knows the operations (`operation`), what they do (`apply`), how two of them are merged (`rules`), how two sequences are
(`transform`), and the clients and server that merge (`peers`). Knows nothing of MongoDB, of specifications and their
graphs, or of the rest of testgen. `python -m testgen.ot` offers it as a filter of JSON lines, to be compared with other
implementations.
"""

from testgen.ot.apply import apply_operation
from testgen.ot.operation import Clear, Erase, Insert, Move, Operation, OperationError, Set, Swap
from testgen.ot.peers import Client, Network, Server
from testgen.ot.rules import Pair
from testgen.ot.transform import MergeError, NonTerminationError, merge_pair, merge_sequences

__all__ = [
    "Clear",
    "Client",
    "Erase",
    "Insert",
    "MergeError",
    "Move",
    "Network",
    "NonTerminationError",
    "Operation",
    "OperationError",
    "Pair",
    "Server",
    "Set",
    "Swap",
    "apply_operation",
    "merge_pair",
    "merge_sequences",
]
