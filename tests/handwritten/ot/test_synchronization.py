"""Three clients, several operations each, and the order in which they meet the server."""

from collections.abc import Callable
from itertools import permutations

from testgen.ot import Clear, Erase, Insert, Move, Network, Set

Merge = Callable[..., str]


def test_three_insertions_at_one_place_are_ordered_by_client_whoever_merges_first() -> None:
    for order in permutations([1, 2, 3]):
        network = Network(clients=3, array=list("ab"))
        for number, letter in [(1, "x"), (2, "y"), (3, "z")]:
            network.client(number).perform(Insert(1, letter))
        for number in order:
            network.merge(number)
        network.sync_all_clients()
        assert network.server.array == list("axyzb"), order


def test_changes_of_three_clients_to_different_elements_are_all_kept(merge: Merge) -> None:
    assert merge("abcd", Erase(0), Insert(2, "x"), Set(1, "y")) == "yxcd"


def test_erasing_and_clearing_win_over_two_other_clients(merge: Merge) -> None:
    assert merge("abcd", Move(0, 3), Set(0, "x"), Erase(0)) == "bcd"
    assert merge("abcd", Insert(0, "x"), Clear(), Move(1, 3)) == ""


def test_clients_perform_several_operations_before_they_meet(merge: Merge) -> None:
    first = [Insert(0, "x"), Erase(2)]  # xabcd, xacd
    second = [Set(3, "y"), Insert(4, "z")]  # abcy, abcyz
    assert merge("abcd", first, second) == "xacyz"


def test_clients_go_on_after_they_have_merged() -> None:
    network = Network(clients=2, array=list("abcd"))
    network.client(1).perform(Erase(0))
    network.sync_all_clients()

    network.client(1).perform(Insert(3, "y"))
    network.client(2).perform(Set(0, "x"))
    network.sync_all_clients()

    assert network.client(1).array == network.client(2).array == list("xcdy")


def test_a_client_that_was_away_receives_everything_at_once() -> None:
    network = Network(clients=3, array=list("abcd"))
    network.client(3).perform(Erase(3))
    network.client(1).perform(Insert(0, "x"))
    network.merge(1)
    network.merge(2)
    network.client(2).perform(Set(1, "A"))
    network.merge(2)

    network.merge(3)

    assert network.client(3).array == network.server.array == list("xAbc")


def test_operations_between_upload_and_download_are_not_lost() -> None:
    network = Network(clients=2, array=list("abcd"))
    older, newer = network.client(1), network.client(2)
    older.perform(Set(0, "x"))
    older.upload()
    older.perform(Insert(0, "y"))
    newer.perform(Erase(3))
    network.merge(2)

    older.download()
    assert older.array == list("yxbc")

    network.sync_all_clients()
    assert newer.array == list("yxbc")


def test_each_client_applies_the_others_operations_as_they_fit_its_array() -> None:
    network = Network(clients=2, array=list("abcd"))
    network.client(1).perform(Insert(0, "x"))
    network.client(2).perform(Set(1, "y"))

    network.sync_all_clients()

    assert network.client(1).applied == [Set(2, "y", prior_size=5)]
    assert network.client(2).applied == [Insert(0, "x", prior_size=4)]


def test_synchronizing_again_changes_nothing() -> None:
    network = Network(clients=3, array=list("abcd"))
    network.client(1).perform(Erase(1))
    network.client(2).perform(Erase(1))
    network.sync_all_clients()

    network.sync_all_clients()

    assert network.client(3).array == list("acd")
    assert network.server.log == [Erase(1, prior_size=4)]
