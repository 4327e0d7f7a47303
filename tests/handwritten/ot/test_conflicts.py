"""Two clients that change the same array without having seen each other's change.

Client 1 is always the older of the two, client 2 the newer.
"""

from collections.abc import Callable

import pytest

from testgen.ot import Clear, Erase, Insert, Move, Network, NonTerminationError, Set, Swap

Merge = Callable[..., str]


def test_sets_of_different_elements_are_both_kept(merge: Merge) -> None:
    assert merge("abcd", Set(0, "x"), Set(2, "y")) == "xbyd"


def test_the_newer_set_of_one_element_wins(merge: Merge) -> None:
    assert merge("abcd", Set(1, "x"), Set(1, "y")) == "aycd"


def test_the_newer_set_wins_even_when_it_reaches_the_server_first() -> None:
    network = Network(clients=2, array=list("abcd"))
    network.client(1).perform(Set(1, "x"))
    network.client(2).perform(Set(1, "y"))

    network.merge(2)
    network.merge(1)
    network.sync_all_clients()

    assert network.server.array == list("aycd")


def test_set_follows_its_element_when_something_is_inserted(merge: Merge) -> None:
    assert merge("abcd", Insert(0, "x"), Set(1, "y")) == "xaycd"
    assert merge("abcd", Set(1, "y"), Insert(1, "x")) == "axycd"
    assert merge("abcd", Set(0, "y"), Insert(2, "x")) == "ybxcd"


def test_insertions_at_different_places_are_both_kept(merge: Merge) -> None:
    assert merge("abcd", Insert(3, "x"), Insert(1, "y")) == "aybcxd"
    assert merge("abcd", Insert(1, "x"), Insert(3, "y")) == "axbcyd"


def test_of_insertions_at_one_place_the_older_comes_first(merge: Merge) -> None:
    assert merge("abcd", Insert(1, "x"), Insert(1, "y")) == "axybcd"
    assert merge("abcd", Insert(4, "x"), Insert(4, "y")) == "abcdxy"


def test_set_follows_an_element_that_is_moved(merge: Merge) -> None:
    assert merge("abcd", Move(0, 2), Set(0, "x")) == "bcxd"
    assert merge("abcd", Set(3, "x"), Move(3, 0)) == "xabc"


def test_set_follows_an_element_that_makes_room_for_a_moved_one(merge: Merge) -> None:
    assert merge("abcd", Move(0, 3), Set(2, "x")) == "bxda"
    assert merge("abcd", Move(3, 0), Set(1, "x")) == "daxc"


def test_move_and_insertion_at_different_places_are_both_kept(merge: Merge) -> None:
    assert merge("abcd", Move(0, 2), Insert(1, "x")) == "xbcad"
    assert merge("abcd", Insert(4, "x"), Move(3, 0)) == "dabcx"


def test_of_a_move_and_an_insertion_to_one_place_the_newer_comes_first(merge: Merge) -> None:
    assert merge("abcd", Move(0, 2), Insert(3, "x")) == "bcxad"
    assert merge("abcd", Insert(3, "x"), Move(0, 2)) == "bcaxd"


def test_the_newer_move_of_one_element_wins(merge: Merge) -> None:
    assert merge("abcd", Move(0, 1), Move(0, 3)) == "bcda"
    assert merge("abcd", Move(0, 3), Move(0, 1)) == "bacd"
    assert merge("abcd", Move(0, 2), Move(0, 2)) == "bcad"


def test_moves_of_different_elements_are_both_kept(merge: Merge) -> None:
    assert merge("abcd", Move(0, 3), Move(2, 0)) == "cbda"


def test_of_two_elements_moved_to_one_place_the_older_comes_first(merge: Merge) -> None:
    assert merge("abcd", Move(0, 3), Move(1, 3)) == "cdab"
    assert merge("abcd", Move(1, 3), Move(0, 3)) == "cdba"


def test_an_erased_element_stays_erased_whoever_sets_it(merge: Merge) -> None:
    assert merge("abcd", Erase(1), Set(1, "x")) == "acd"
    assert merge("abcd", Set(1, "x"), Erase(1)) == "acd"


def test_set_follows_its_element_when_another_is_erased(merge: Merge) -> None:
    assert merge("abcd", Erase(0), Set(2, "x")) == "bxd"
    assert merge("abcd", Erase(3), Set(2, "x")) == "abx"


def test_erasure_and_insertion_are_both_kept_even_at_one_place(merge: Merge) -> None:
    assert merge("abcd", Erase(2), Insert(1, "x")) == "axbd"
    assert merge("abcd", Erase(0), Insert(3, "x")) == "bcxd"
    assert merge("abcd", Erase(1), Insert(1, "x")) == "axcd"


def test_an_element_that_is_moved_and_erased_is_gone(merge: Merge) -> None:
    assert merge("abcd", Move(0, 2), Erase(0)) == "bcd"
    assert merge("abcd", Erase(3), Move(3, 0)) == "abc"


def test_a_move_and_the_erasure_of_another_element_are_both_kept(merge: Merge) -> None:
    assert merge("abcd", Move(0, 2), Erase(1)) == "cad"
    assert merge("abcd", Erase(0), Move(3, 1)) == "dbc"


def test_erasing_different_elements_erases_both(merge: Merge) -> None:
    assert merge("abcd", Erase(0), Erase(2)) == "bd"


def test_erasing_the_same_element_erases_it_once(merge: Merge) -> None:
    assert merge("abcd", Erase(1), Erase(1)) == "acd"


def test_clear_wins_over_older_and_newer_changes(merge: Merge) -> None:
    assert merge("abcd", Set(0, "x"), Clear()) == ""
    assert merge("abcd", Clear(), Insert(4, "x")) == ""
    assert merge("abcd", Move(0, 1), Clear()) == ""
    assert merge("abcd", Clear(), Erase(3)) == ""
    assert merge("abcd", Clear(), Clear()) == ""


def test_what_is_inserted_after_a_clear_by_the_same_client_stays(merge: Merge) -> None:
    assert merge("abcd", [Clear(), Insert(0, "x")], Insert(4, "y")) == "x"


def test_set_and_erasure_follow_swapped_elements(merge: Merge) -> None:
    assert merge("abcd", Swap(0, 2), Set(0, "x")) == "cbxd"
    assert merge("abcd", Swap(0, 2), Erase(0)) == "cbd"


def test_merging_a_swap_and_a_move_of_neighbors_is_refused_rather_than_endless(merge: Merge) -> None:
    with pytest.raises(NonTerminationError):
        merge("abcd", Swap(0, 1), Move(1, 2))
