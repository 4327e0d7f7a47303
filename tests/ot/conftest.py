"""What the tests of the reference transformation share: all operations on an array, and sessions over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations, product

import pytest

from testgen.ot import Clear, Erase, Insert, Move, Network, Operation, Set, Swap

OperationsOn = Callable[..., list[Operation]]


def _operations_on(size: int, value: object, *, swap: bool = False) -> list[Operation]:
    operations: list[Operation] = [Set(ndx, value) for ndx in range(size)]
    operations += [Insert(ndx, value) for ndx in range(size + 1)]
    operations += [Move(from_ndx, to_ndx) for from_ndx, to_ndx in permutations(range(size), 2)]
    operations += [Erase(ndx) for ndx in range(size)]
    operations += [Clear()]
    if swap:
        operations += [Swap(ndx_1, ndx_2) for ndx_1, ndx_2 in combinations(range(size), 2)]
    return operations


@pytest.fixture(scope="session")
def operations_on() -> OperationsOn:
    """Every operation on an array of `size` elements; `value` is what Set and Insert write."""
    return _operations_on


def _three_clients() -> Iterator[Network]:
    choices = [_operations_on(3, 10 * client) for client in (1, 2, 3)]
    for operations in product(*choices):
        network = Network(clients=3, array=[1, 2, 3])
        for client, operation in zip(network.clients, operations, strict=True):
            client.perform(operation)
        yield network


@pytest.fixture(scope="session")
def three_clients() -> Callable[[], Iterator[Network]]:
    """Every way in which three clients perform one operation each on the same three elements, not synchronized yet."""
    return _three_clients
