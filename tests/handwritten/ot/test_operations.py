"""Each operation alone: what it does to the array, and that it reaches the other client."""

from testgen.ot import Clear, Erase, Insert, Move, Network, Operation, Set, Swap


def others_array(word: str, operation: Operation) -> str:
    """The array at a client that did nothing, after another one performed `operation`."""
    network = Network(clients=2, array=list(word))
    network.client(1).perform(operation)
    network.sync_all_clients()
    assert network.client(1).array == network.client(2).array
    return "".join(map(str, network.client(2).array))


def test_set_replaces_one_element() -> None:
    assert others_array("abc", Set(1, "x")) == "axc"


def test_insert_goes_before_the_element_at_its_index_or_to_the_end() -> None:
    assert others_array("abc", Insert(1, "x")) == "axbc"
    assert others_array("abc", Insert(3, "x")) == "abcx"
    assert others_array("", Insert(0, "x")) == "x"


def test_move_forward_and_backward() -> None:
    assert others_array("abcd", Move(0, 2)) == "bcad"
    assert others_array("abcd", Move(3, 1)) == "adbc"


def test_erase_removes_one_element() -> None:
    assert others_array("abc", Erase(0)) == "bc"


def test_clear_removes_everything() -> None:
    assert others_array("abc", Clear()) == ""
    assert others_array("", Clear()) == ""


def test_swap_exchanges_two_elements() -> None:
    assert others_array("abcd", Swap(0, 3)) == "dbca"


def test_an_operation_is_seen_at_once_by_its_client_and_by_others_only_after_they_merge() -> None:
    network = Network(clients=2, array=list("abc"))

    network.client(1).perform(Erase(0))
    assert network.client(1).array == list("bc")
    assert network.client(2).array == list("abc")

    network.merge(1)
    assert network.server.array == list("bc")
    assert network.client(2).array == list("abc")

    network.merge(2)
    assert network.client(2).array == list("bc")
