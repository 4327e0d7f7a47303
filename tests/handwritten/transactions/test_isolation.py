"""Two transactions that read lists and append their numbers to them: who sees what, and who is refused."""

import pytest

from testgen.bindings.mongo_transactions import Transactions

pytestmark = pytest.mark.mongo

Reply = dict[str, object]


@pytest.fixture
def server(server: Transactions) -> Transactions:
    """Lists x and y, both empty, and transactions 1 and 2, neither begun."""
    server.start(keys=["x", "y"], transactions=2)
    return server


def read(key: str, value: list[int]) -> Reply:
    return {"op": "read", "key": key, "value": value}


def written(key: str, value: list[int]) -> Reply:
    return {"op": "write", "key": key, "value": value}


def conflict(key: str) -> Reply:
    return {"op": "conflict", "key": key}


def test_a_committed_write_is_there(server: Transactions) -> None:
    server.begin(1)
    server.write(1, "x")
    server.commit(1)

    assert server.docs() == {"x": [1], "y": []}
    assert server.status() == ["committed", "idle"]


def test_an_aborted_write_is_gone(server: Transactions) -> None:
    server.begin(1)
    server.write(1, "x")
    server.abort(1)

    assert server.docs() == {"x": [], "y": []}
    assert server.status() == ["aborted", "idle"]


def test_nobody_else_sees_a_write_before_it_is_committed(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(1, "x")
    server.read(2, "x")

    assert server.docs() == {"x": [], "y": []}
    assert server.log()[1] == [read("x", [])]


def test_a_transaction_sees_its_own_write(server: Transactions) -> None:
    server.begin(1)
    server.write(1, "x")
    server.read(1, "x")

    assert server.log()[0] == [written("x", [1]), read("x", [1])]


def test_a_transaction_keeps_reading_from_its_snapshot(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.read(1, "x")
    server.write(2, "x")
    server.commit(2)
    server.read(1, "x")
    server.commit(1)

    assert server.log()[0] == [read("x", []), read("x", [])]
    assert server.docs() == {"x": [2], "y": []}


def test_the_snapshot_holds_both_lists_or_neither(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.read(2, "x")
    server.write(1, "x")
    server.write(1, "y")
    server.commit(1)
    server.read(2, "y")

    assert server.log()[1] == [read("x", []), read("y", [])]
    assert server.docs() == {"x": [1], "y": [1]}


def test_a_transaction_that_begins_after_a_commit_sees_it(server: Transactions) -> None:
    server.begin(1)
    server.write(1, "x")
    server.commit(1)
    server.begin(2)
    server.read(2, "x")
    server.write(2, "x")
    server.commit(2)

    assert server.log()[1] == [read("x", [1]), written("x", [1, 2])]
    assert server.docs() == {"x": [1, 2], "y": []}


def test_the_snapshot_is_taken_by_the_first_operation_not_at_the_beginning(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(2, "x")
    server.commit(2)
    server.read(1, "x")

    assert server.log()[0] == [read("x", [2])]


def test_of_two_that_write_one_list_the_second_is_refused(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(1, "x")
    server.write(2, "x")
    assert server.log()[1] == [conflict("x")]
    assert server.status() == ["open", "aborted"]

    server.commit(1)
    assert server.docs() == {"x": [1], "y": []}


def test_writing_what_was_committed_since_the_snapshot_is_refused(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.read(1, "y")
    server.write(2, "x")
    server.commit(2)
    server.write(1, "x")

    assert server.log()[0] == [read("y", []), conflict("x")]
    assert server.status() == ["aborted", "committed"]
    assert server.docs() == {"x": [2], "y": []}


def test_a_conflict_undoes_what_the_transaction_wrote_before(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(1, "x")
    server.write(2, "y")
    server.write(2, "x")
    server.commit(1)

    assert server.status() == ["committed", "aborted"]
    assert server.docs() == {"x": [1], "y": []}


def test_a_list_can_be_written_after_its_first_writer_has_aborted(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(1, "x")
    server.abort(1)
    server.write(2, "x")
    server.commit(2)

    assert server.docs() == {"x": [2], "y": []}


def test_transactions_that_write_different_lists_both_commit(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.write(1, "x")
    server.write(2, "y")
    server.commit(1)
    server.commit(2)

    assert server.docs() == {"x": [1], "y": [2]}


def test_write_skew_is_not_prevented(server: Transactions) -> None:
    server.begin(1)
    server.begin(2)
    server.read(1, "y")
    server.read(2, "x")
    server.write(1, "x")
    server.write(2, "y")
    server.commit(1)
    server.commit(2)

    assert server.status() == ["committed", "committed"]
    assert server.docs() == {"x": [1], "y": [2]}
