"""Clients and server together: convergence of whole sessions, and what the peers remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.ot import (
    Clear,
    Client,
    Erase,
    Insert,
    MergeError,
    Move,
    Network,
    NonTerminationError,
    Operation,
    OperationError,
    Server,
    Set,
    Swap,
    apply_operation,
)
from testgen.ot.rules import RULES, Pair

OperationsOn = Callable[..., list[Operation]]
ThreeClients = Callable[[], Iterator[Network]]


def network_of(*operations: Operation, array: Sequence[object] = (1, 2, 3)) -> Network:
    """Let client 1 perform the first operation, client 2 the second, and so on."""
    network = Network(clients=len(operations), array=array)
    for client, operation in zip(network.clients, operations, strict=True):
        client.perform(operation)
    return network


def log_fits(array: Sequence[object], log: Sequence[Operation]) -> bool:
    """Tell whether each operation's `prior_size` is the length of the array that it meets."""
    for operation in log:
        if not isinstance(operation, Clear) and operation.prior_size != len(array):
            return False
        array = apply_operation(array, operation)
    return True


def peers_of(network: Network) -> list[Server | Client]:
    return [network.server, *network.clients]


def remembered(network: Network) -> tuple[object, ...]:
    return network.server.array, network.server.log, [client.log for client in network.clients]


def test_a_copy_goes_on_as_the_original_does_and_apart_from_it() -> None:
    network = network_of(Insert(1, 7), Erase(0), Move(0, 2))
    network.client(1).upload()
    network.client(2).download()
    network.client(2).upload()
    network.client(1).perform(Set(0, 9))
    halfway = repr(remembered(network))
    twin = network.copy()
    assert repr(remembered(twin)) == halfway
    assert [client.id for client in twin.clients] == [1, 2, 3]

    network.sync_all_clients()
    assert repr(remembered(network)) != halfway
    assert repr(remembered(twin)) == halfway
    twin.sync_all_clients()
    assert remembered(twin) == remembered(network)


def test_all_three_client_sessions_converge_and_count_lengths_right(three_clients: ThreeClients) -> None:
    sessions = 0
    for network in three_clients():
        network.sync_all_clients()
        assert all(peer.array == network.server.array for peer in peers_of(network))
        assert all(log_fits([1, 2, 3], peer.log) for peer in peers_of(network))
        sessions += 1
    assert sessions == 17**3


def test_exactly_300_three_client_sessions_depend_on_the_order_of_upload(three_clients: ThreeClients) -> None:
    def finals(order: Sequence[int]) -> Iterator[list[object]]:
        for network in three_clients():
            for client_id in order:
                network.client(client_id).upload()
            for client in network.clients:
                client.download()
            network.check_converged()
            yield network.server.array

    by_order = zip(*(finals(order) for order in permutations((1, 2, 3))), strict=True)
    assert sum(any(final != first for final in others) for first, *others in by_order) == 300


def test_merging_in_steps_gives_the_same_as_synchronizing(three_clients: ThreeClients) -> None:
    """Each client merges in turn, and those that have not seen all by then once more."""
    for stepwise, at_once in zip(three_clients(), three_clients(), strict=True):
        for client_id in (1, 2, 3, 1, 2):
            stepwise.merge(client_id)
        at_once.sync_all_clients()
        stepwise.check_converged()
        assert remembered(stepwise) == remembered(at_once)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, list[tuple[int, str, int]]]:
    """Draw an array length, a number of clients, and steps: whose turn it is, what to do, which operation."""
    size, clients = draw(st.integers(0, 5)), draw(st.integers(1, 4))
    turn = st.tuples(st.integers(1, clients), st.sampled_from(["perform", "upload", "download"]), st.integers(0, 10**6))
    return size, clients, draw(st.lists(turn, max_size=25))


@given(history=histories())
def test_any_history_converges(
    history: tuple[int, int, list[tuple[int, str, int]]], operations_on: OperationsOn
) -> None:
    """Several operations per client, uploads and downloads at any time, clients that are behind."""
    size, clients, turns = history
    network = Network(clients=clients, array=range(size))
    for client_id, verb, choice in turns:
        client = network.client(client_id)
        if verb == "perform":
            choices = operations_on(len(client.array), choice)
            client.perform(choices[choice % len(choices)])
        else:
            getattr(client, verb)()
    network.sync_all_clients()
    assert all(log_fits(range(size), peer.log) for peer in peers_of(network))


def test_client_performs_at_once_and_stamps_the_operation() -> None:
    network = Network(clients=2, array=[1, 2, 3])
    performed = network.client(2).perform(Insert(ndx=3, value=4))
    assert (performed, performed.client) == (Insert(ndx=3, value=4, prior_size=3), 2)
    assert network.client(2).array == [1, 2, 3, 4]
    assert network.client(1).array == network.server.array == [1, 2, 3]


def test_peers_remember_what_they_applied() -> None:
    """By hand. Server: Erase 1; Set 2 → 1; Insert 0. Client 2 has set before it hears of the erasure."""
    network = network_of(Erase(1), Set(2, 4), Insert(0, 5))
    network.sync_all_clients()
    assert network.server.array == [5, 1, 4]
    assert network.server.log == [
        Erase(1, prior_size=3),
        Set(1, 4, prior_size=2),
        Insert(0, 5, prior_size=2),
    ]
    assert network.client(1).applied == [Set(1, 4, prior_size=2), Insert(0, 5, prior_size=2)]
    assert network.client(2).applied == [Erase(1, prior_size=3), Insert(0, 5, prior_size=2)]
    assert network.client(3).applied == [Erase(2, prior_size=4), Set(2, 4, prior_size=3)]
    assert network.client(3).log == [Insert(0, 5, prior_size=3), *network.client(3).applied]


def test_dropped_operation_is_in_no_log_but_its_own() -> None:
    network = network_of(Clear(), Set(0, 4))
    network.sync_all_clients()
    assert network.server.log == [Clear()]
    assert network.client(1).applied == []
    assert network.client(2).log == [Set(0, 4, prior_size=3), Clear()]


def test_peers_do_not_share_the_array_that_they_start_from() -> None:
    array = [1, 2, 3]
    network = Network(clients=1, array=array)
    network.client(1).perform(Clear())
    assert (array, network.server.array) == ([1, 2, 3], [1, 2, 3])


def test_synchronizing_again_changes_nothing() -> None:
    network = network_of(Erase(1), Move(0, 2), Insert(3, 9))
    network.sync_all_clients()
    before = remembered(network)
    network.sync_all_clients()
    assert remembered(network) == before


def test_network_without_clients_is_at_rest() -> None:
    network = Network(clients=0, array=[1])
    network.sync_all_clients()
    assert network.server.array == [1]


@pytest.mark.parametrize("clients", [-1, True, 2.0, "3"])
def test_impossible_number_of_clients_is_refused(clients: object) -> None:
    with pytest.raises(OperationError, match=rf"^the number of clients is an integer from 0, not {clients!r}$"):
        Network(clients=clients, array=[])  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("client_id", [0, 4, -1, True, 1.0, "1"])
def test_unknown_client_is_refused(client_id: object) -> None:
    network = Network(clients=3, array=[])
    with pytest.raises(OperationError, match=r"^unknown client .*: this network has clients 1 to 3$"):
        network.client(client_id)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(OperationError, match=r"^unknown client 1: this network has no clients$"):
        Network(clients=0, array=[]).client(1)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Set(3, 0), r"^Set: index 3 is out of range"),
        (Erase(0, prior_size=2), r"^Erase: prior_size is 2, but the array has length 3$"),
        (Clear(client=2), r"^client 1 cannot perform an operation of client 2$"),
    ],
    ids=repr,
)
def test_operation_that_does_not_fit_changes_nothing(operation: Operation, message: str) -> None:
    client = Network(clients=2, array=[1, 2, 3]).client(1)
    with pytest.raises(OperationError, match=message):
        client.perform(operation)
    assert (client.array, client.log) == ([1, 2, 3], [])


def test_endless_merge_leaves_the_server_as_it_was() -> None:
    network = network_of(Swap(0, 1), Move(1, 2))
    network.client(1).upload()
    before = network.server.array, list(network.server.log)
    with pytest.raises(NonTerminationError, match=r"of client 2 and .* of client 1"):
        network.client(2).upload()
    assert (network.server.array, network.server.log) == before


def test_swap_is_shared() -> None:
    network = network_of(Swap(0, 2), Erase(1))
    network.sync_all_clients()
    assert network.server.array == [3, 1]
    assert network.client(2).applied == [Swap(0, 1, prior_size=2)]


def test_wrong_rule_is_noticed_where_it_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule that realm-core had until October 2020: Erase ∥ Erase of different elements left both as they were."""
    monkeypatch.setitem(RULES, (Erase, Erase), lambda left, right: Pair((left,), (right,)))
    network = network_of(Erase(0), Erase(2))
    with pytest.raises(MergeError, match=r"^bad merge: Erase: prior_size is 3, but the array has length 2$"):
        network.sync_all_clients()


def test_rule_that_diverges_is_noticed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, (Set, Set), lambda left, right: Pair((left,), (right,)))
    network = network_of(Set(0, 4), Set(0, 5))
    with pytest.raises(MergeError, match=r"^client 2 has \[4, 2, 3\], but the server has \[5, 2, 3\]$"):
        network.sync_all_clients()


@pytest.mark.parametrize("array", [[1, 2], [1, 2, 4]])
def test_an_array_that_is_not_the_servers_is_noticed(array: list[object]) -> None:
    network = network_of(Clear())
    network.client(1).array, network.server.array = array, [1, 2, 3]
    with pytest.raises(MergeError, match=r"^client 1 has \[1, 2"):
        network.check_converged()


def test_server_that_stores_something_else_is_noticed() -> None:
    network = network_of(Erase(0))
    client = network.client(1)
    client.upload()
    network.server.log[0] = Erase(1, prior_size=3, client=1)
    with pytest.raises(MergeError, match=r"^the server stored Erase\(ndx=1, prior_size=3\), which client 1 does not"):
        client.download()
