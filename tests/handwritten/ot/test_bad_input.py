"""Operations that do not fit, and merges that make no sense, are refused and leave everything as it was."""

import pytest

from testgen.ot import Clear, Erase, Insert, MergeError, Move, Network, OperationError, Set, merge_pair


def test_an_index_outside_of_the_array_is_refused() -> None:
    network = Network(clients=2, array=list("abc"))

    for operation in [Set(3, "x"), Insert(4, "x"), Move(0, 3), Move(3, 0), Erase(3)]:
        with pytest.raises(OperationError):
            network.client(1).perform(operation)
    with pytest.raises(OperationError):
        network.client(1).perform(Erase(-1))

    network.sync_all_clients()
    assert network.client(1).array == network.client(2).array == list("abc")


def test_an_unknown_client_and_the_operation_of_another_client_are_refused() -> None:
    network = Network(clients=2, array=list("abc"))
    performed = network.client(1).perform(Erase(0))
    with pytest.raises(OperationError):
        network.client(2).perform(performed)
    with pytest.raises(OperationError):
        network.client(3)


def test_a_client_is_not_merged_with_itself() -> None:
    with pytest.raises(MergeError):
        merge_pair(Erase(0).performed(1, 3), Clear().performed(1, 3))


def test_operations_on_arrays_of_different_length_are_not_merged() -> None:
    with pytest.raises(MergeError):
        merge_pair(Erase(0).performed(1, 3), Erase(0).performed(2, 4))
