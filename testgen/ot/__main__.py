"""Merge arrays, one JSON object a line: the reference transformation as a filter or co-process.

Each line of standard input holds an array and, for each client in ascending order of id, the operations that it
performs one after the other. All clients are then synchronized once. The answer is one line of standard output:

    {"array": [1, 2, 3], "operations": [[{"op": "set", "ndx": 2, "value": 4}], [{"op": "erase", "ndx": 1}]]}
    {"final": [1, 4],
     "server_log": [[{"op": "set", "ndx": 2, "value": 4, "prior_size": 3}],
                    [{"op": "erase", "ndx": 1, "prior_size": 3}]],
     "applied": [[{"op": "erase", "ndx": 1, "prior_size": 3}],
                 [{"op": "set", "ndx": 1, "value": 4, "prior_size": 2}]]}

(shown on several lines here). `final` is the array that all peers agree on; `server_log` holds each client's operations
as the server stored them, without those dropped in merging; `applied` holds the operations of the others as each client
applied them, in the order of the server's log. A line that cannot be answered gives {"error": "one sentence"}.

The operations: set (ndx, value), insert (ndx, value), move (from, to; `to` counted after the removal), erase (ndx),
clear (), swap (ndx_1, ndx_2). Each but clear may give prior_size, the length of the array before it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import reprlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NoReturn, TextIO

from testgen.ot.operation import Clear, Erase, Insert, Move, Operation, OperationError, Set, Swap
from testgen.ot.peers import Network
from testgen.ot.transform import MergeError

__all__ = ["answer", "main"]

INTERRUPTED = 130
UNWRITABLE = 3
"""The exit statuses of `testgen` for the same."""

# What each kind is called, and its parameters in JSON and in Python.
_KINDS: dict[str, tuple[type[Operation], dict[str, str]]] = {
    "set": (Set, {"ndx": "ndx", "value": "value", "prior_size": "prior_size"}),
    "insert": (Insert, {"ndx": "ndx", "value": "value", "prior_size": "prior_size"}),
    "move": (Move, {"from": "from_ndx", "to": "to_ndx", "prior_size": "prior_size"}),
    "erase": (Erase, {"ndx": "ndx", "prior_size": "prior_size"}),
    "clear": (Clear, {}),
    "swap": (Swap, {"ndx_1": "ndx_1", "ndx_2": "ndx_2", "prior_size": "prior_size"}),
}
_NAMES = {kind: name for name, (kind, _) in _KINDS.items()}


class LineError(ValueError):
    """A line that does not hold what it should."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer standard input line by line, each as soon as it is read; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m testgen.ot", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(arguments)
    try:
        _answer_lines(sys.stdin.buffer, sys.stdout)
    except OSError as error:
        # The interpreter flushes standard output when it ends and must not fail then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # that is nobody reading the answers any more
            sys.stderr.write(f"error: lines cannot be read, or not be answered: {error.strerror}\n")
            return UNWRITABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _answer_lines(lines: Iterable[bytes], out: TextIO) -> None:
    for line in lines:
        out.write(answer(line) + "\n")
        out.flush()


def answer(line: bytes) -> str:
    """Return the answer to one line, as JSON text on one line of ASCII."""
    try:
        return json.dumps(_merged(*_read_line(line)), allow_nan=False)
    except RecursionError:
        return json.dumps({"error": "the line is nested too deeply"})
    except (LineError, OperationError, MergeError) as error:
        return json.dumps({"error": str(error)})


def _merged(array: list[object], operations: list[list[Operation]]) -> dict[str, object]:
    """Perform each client's operations, synchronize, and tell what became of them."""
    network = Network(clients=len(operations), array=array)
    for client, performed in zip(network.clients, operations, strict=True):
        for position, operation in enumerate(performed, start=1):
            try:
                client.perform(operation)
            except OperationError as error:
                raise LineError(f"client {client.id}, operation {position}: {error}") from error
    network.sync_all_clients()
    stored = [[op for op in network.server.log if op.client == client.id] for client in network.clients]
    return {
        "final": network.server.array,
        "server_log": [[_as_json(op) for op in log] for log in stored],
        "applied": [[_as_json(op) for op in client.applied] for client in network.clients],
    }


def _as_json(operation: Operation) -> dict[str, object]:
    """Spell an operation as in the input; `prior_size` comes last."""
    name = _NAMES[type(operation)]
    _, parameters = _KINDS[name]
    return {"op": name} | {key: getattr(operation, parameter) for key, parameter in parameters.items()}


def _read_line(line: bytes) -> tuple[list[object], list[list[Operation]]]:
    """Read the array and each client's operations."""
    request = _parsed(line)
    if not isinstance(request, dict):
        raise LineError(f"expected an object with the keys array and operations, not {_shown(request)}")
    _check_keys("the line", request, required=["array", "operations"], optional=[])
    array, operations = request["array"], request["operations"]
    if not isinstance(array, list):
        raise LineError(f"array is an array, not {_shown(array)}")
    if not (isinstance(operations, list) and all(isinstance(performed, list) for performed in operations)):
        raise LineError("operations is an array that holds one array of operations for each client")
    return array, [
        [_read_operation(f"client {client}, operation {position}", item) for position, item in enumerate(performed, 1)]
        for client, performed in enumerate(operations, 1)
    ]


def _read_operation(place: str, item: object) -> Operation:
    """Read one operation; `place` says in messages where it stands."""
    if not isinstance(item, dict):
        raise LineError(f"{place}: expected an object with the key op, not {_shown(item)}")
    name = item.get("op")
    if not (isinstance(name, str) and name in _KINDS):
        raise LineError(f"{place}: op is one of {', '.join(_KINDS)}, not {_shown(name)}")
    kind, parameters = _KINDS[name]
    required = ["op", *(key for key in parameters if key != "prior_size")]
    _check_keys(f"{place} ({name})", item, required=required, optional=list(parameters))
    try:
        return kind(**{parameter: item[key] for key, parameter in parameters.items() if key in item})
    except OperationError as error:
        raise LineError(f"{place}: {error}") from error


def _check_keys(place: str, found: dict[str, object], *, required: list[str], optional: list[str]) -> None:
    for key in required:
        if key not in found:
            raise LineError(f"{place}: the key {key} is missing")
    for key in found:
        if key not in required and key not in optional:
            raise LineError(f"{place}: unknown key {_shown(key)}")


def _parsed(line: bytes) -> object:
    """Parse JSON text, in which NaN and infinity are no numbers."""
    text = line.rstrip()
    if not text:
        raise LineError("the line is empty")
    try:
        return json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_refused, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise LineError(f"the line is not UTF-8: byte {error.start + 1} cannot be decoded") from error
    except json.JSONDecodeError as error:
        raise LineError(f"the line is not JSON: {error.msg} (column {error.colno})") from error
    except LineError:
        raise
    except ValueError as error:  # Python refuses to read an integer of more than 4,300 digits.
        raise LineError("the line holds an integer of too many digits") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise LineError(f"the key {_shown(twice)} stands twice in one object")
    return found


def _refused(constant: str) -> NoReturn:
    raise LineError(f"the line is not JSON: {constant} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise LineError(f"the number {_shown(text)} is too large")
    return number


def _shown(value: object) -> str:
    """Spell a value for a message, cut short where it is long."""
    return reprlib.repr(value) if isinstance(value, (dict, list)) else _cut(json.dumps(value))


def _cut(text: str, width: int = 60) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


if __name__ == "__main__":
    sys.exit(main())
