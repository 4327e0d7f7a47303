"""The binding of array OT: how it tells behaviors, and where a wrong system is caught in both forms of its tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from testgen.behavior import Suite
from testgen.bindings import Divergence, Step, observes
from testgen.bindings.array_ot import ArrayOT, Clear, Erase, Insert, Set
from testgen.errors import BindingError
from testgen.graph import load
from testgen.ot import rules
from testgen.ot.rules import Pair
from testgen.render import render_suite
from testgen.selection import select_behaviors
from testgen.values import Model, Plain, parse_value, to_plain
from testgen.values.parse import split_state

REPOSITORY = Path(__file__).resolve().parents[2]
State = Mapping[str, Plain]

INITIAL = r"""/\ serverLog = <<>>
/\ clientLog = <<<<>>, <<>>>>
/\ serverState = <<1, 2, 3>>
/\ clientState = <<<<1, 2, 3>>, <<1, 2, 3>>>>
/\ progress = <<[serverVersion |-> 0, clientVersion |-> 0], [serverVersion |-> 0, clientVersion |-> 0]>>"""
ERASE = '[op |-> "erase", client |-> 1, ndx |-> 0, prior_size |-> 3]'
INSERT = '[op |-> "insert", client |-> 2, ndx |-> 3, value |-> 5, prior_size |-> 3]'
INSERTED = '[op |-> "insert", client |-> 2, ndx |-> 2, value |-> 5, prior_size |-> 2]'


def state(text: str) -> dict[str, Plain]:
    return {variable.name: to_plain(parse_value(variable.value)) for variable in split_state(text)}


def behavior() -> tuple[State, list[Step]]:
    """Client 1 erases, client 2 inserts, and all merge; written by hand from the specification."""
    first = state(INITIAL)
    second = first | state(f"/\\ clientLog = <<<<{ERASE}>>, <<>>>>\n/\\ clientState = <<<<2, 3>>, <<1, 2, 3>>>>")
    third = second | state(
        f"/\\ clientLog = <<<<{ERASE}>>, <<{INSERT}>>>>\n/\\ clientState = <<<<2, 3>>, <<1, 2, 3, 5>>>>"
    )
    last = third | state(
        f"/\\ clientLog = <<<<{ERASE}, {INSERTED}>>, <<{INSERT}, {ERASE.replace('3]', '4]')}>>>>\n"
        "/\\ clientState = <<<<2, 3, 5>>, <<2, 3, 5>>>>\n/\\ serverState = <<2, 3, 5>>\n"
        "/\\ progress = <<[serverVersion |-> 1, clientVersion |-> 1], [serverVersion |-> 0, clientVersion |-> 0]>>"
    )
    return first, [
        Step("Erase", (), first, second),
        Step("Insert", (), second, third),
        Step("MergeAction", (), third, last),
    ]


def test_story_is_transactions_and_what_everyone_ends_with() -> None:
    story = ArrayOT.story(*behavior())
    assert story.path == ("erase_0", "insert_3")
    assert story.summary == "client 1 erases 0, client 2 inserts 5 at 3"
    assert (story.clients, story.array, story.final) == (2, (1, 2, 3), (2, 3, 5))
    assert story.transactions == ((1, Erase(0)), (2, Insert(3, 5)))
    assert story.applied == ((1, (Insert(2, 5, prior_size=2),)), (2, (Erase(0, prior_size=4),)))
    assert story.imports == {"testgen.bindings.array_ot": {"Erase", "Insert"}}


def test_synchronization_stands_for_all_merges_and_what_came_after_the_first() -> None:
    initial, (erase, insert, merge) = behavior()
    assert ArrayOT.story(initial, [erase, insert, merge]).progress() == (0, 1, 2, 3)
    early = Step("MergeAction", (), erase.after, erase.after)
    assert ArrayOT.story(initial, [erase, early, insert, merge]).progress() == (0, 1, 1, 4)
    assert ArrayOT.story(initial, []).progress() == (0, 0)


def test_model_values_in_the_array_are_imported() -> None:
    initial = state(INITIAL.replace("<<1, 2, 3>>", "<<v1, v2, v3>>"))
    assert ArrayOT.story(initial, []).array == (Model("v1"), Model("v2"), Model("v3"))
    assert ArrayOT.story(initial, []).imports["testgen.values.plain"] == {"Model"}


def test_behavior_that_ends_before_all_have_merged_is_refused() -> None:
    initial, steps = behavior()
    with pytest.raises(BindingError, match="ends before all clients have merged"):
        ArrayOT.story(initial, steps[:2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clientLog": 3}, "expected a sequence as in ArrayOT, found 3"),
        ({"clientLog": [[], []]}, "a client's operation that is in no log"),
    ],
)
def test_other_specification_with_the_same_names_is_told(change: dict[str, Plain], words: str) -> None:
    initial, (first, *_) = behavior()
    with pytest.raises(BindingError, match=words):
        ArrayOT.story(initial, [Step("Erase", (), initial, {**first.after, **change})])


# Every behavior of two clients, in both forms


@pytest.fixture(scope="module")
def suite() -> Suite:
    return select_behaviors(load(str(REPOSITORY / "graphs" / "ot2.dot")))


@pytest.fixture(scope="module", params=["array_ot/test.py.j2", "story/test.py.j2"], ids=["own form", "step by step"])
def tests(request: pytest.FixtureRequest, suite: Suite) -> tuple[str, dict[str, Any]]:
    """Which form, and the test functions by name."""
    functions: dict[str, Any] = {}
    for file in render_suite(suite, "array_ot", version="0", template=request.param)[:-1]:  # the suite file is last
        namespace: dict[str, Any] = {"__name__": "generated"}
        exec(compile(file.text, file.name, "exec"), namespace)
        functions |= {name: value for name, value in namespace.items() if name.startswith("test_")}
    return request.param, functions


def divergences(functions: dict[str, Any], binding: type[ArrayOT] = ArrayOT) -> dict[str, tuple[str, str]]:
    """Subject and last statement of each test that fails, by name."""
    found = {}
    for name, function in functions.items():
        ot = binding()
        try:
            function(ot)
        except Divergence as divergence:
            found[name] = (divergence.subject, ot.journal.entries[-1])
    return found


def test_right_system_passes_every_test(tests: tuple[str, dict[str, Any]]) -> None:
    assert len(tests[1]) == 289
    assert divergences(tests[1]) == {}


def test_dropped_set_is_caught_at_the_first_merge_that_shows_it(
    tests: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    form, functions = tests

    def drops_every_set(erase: Erase, set_: Set) -> Pair:
        return Pair((erase,), ())

    monkeypatch.setitem(rules.RULES, (Erase, Set), drops_every_set)
    monkeypatch.setitem(rules.RULES, (Set, Erase), rules._mirrored(drops_every_set))
    found = divergences(functions)
    assert len(found) == 12
    assert all("erase" in name and "set" in name for name in found)
    if form.startswith("array_ot"):
        assert set(found.values()) == {("the array", "sync_all_clients()")}
    else:
        assert {subject for subject, _ in found.values()} == {"variable clientLog", "variable serverLog"}
        assert {statement for _, statement in found.values()} <= {"merge(client=1)", "merge(client=2)"}


def test_wrong_history_of_the_server_is_caught_though_the_arrays_are_right(tests: tuple[str, dict[str, Any]]) -> None:
    """Only the step-by-step form observes the server's log."""
    form, functions = tests
    assert len(divergences(functions, Forgetful)) == (0 if form.startswith("array_ot") else 289)


class Forgetful(ArrayOT):
    """A server that keeps no log for others to see."""

    @observes("serverLog")
    def server_log(self) -> list[Mapping[str, Any]]:
        return []


def test_cleared_operation_has_no_prior_size() -> None:
    ot = ArrayOT()
    ot.start(clients=1, array=[1])
    ot.transaction(1, Clear())
    ot.merge(1)
    assert ot.server_log() == [{"op": "clear", "client": 1}]
    assert ot.client_log() == [[{"op": "clear", "client": 1}]]
