from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testgen.tlc.judgment import Sources
from testgen.tlc.nontermination import explain_recursion, find_recursion, repeated_lines
from testgen.tlc.transcript import Transcript

Recorded = Callable[[str], Transcript]


def test_what_is_counted_more_often_with_a_deeper_stack_is_the_recursion(recorded: Recorded, data: Path) -> None:
    runs = {1: (recorded("overflow-1m"), True), 4: (recorded("overflow-4m"), True)}
    recursion = find_recursion(runs.__getitem__)
    assert recursion.owner == "action Join"
    assert explain_recursion(recursion, Sources(data / "Faulty.tla", data / "Faulty.cfg"), "1m").splitlines() == [
        f"evaluating action Join did not terminate: Merge ({data}/Faulty.tla:5) calls itself without end",
        "the specification printed, over and over:",
        '    <<"merging", [op |-> "swap"], [op |-> "move"]>>',
        '    <<"merging", [op |-> "move"], [op |-> "swap"]>>',
    ]


def test_a_recursion_that_ends_with_a_deeper_stack_is_not_called_endless(recorded: Recorded, data: Path) -> None:
    runs = {1: (recorded("overflow-1m"), True), 4: (recorded("ok"), False)}
    recursion = find_recursion(runs.__getitem__)
    assert recursion.ends
    text = explain_recursion(recursion, Sources(data / "Faulty.tla", data / "Faulty.cfg"), "1m")
    assert text == "evaluating an expression recurses more deeply than Java's stack of 1m allows"


@pytest.mark.parametrize(
    ("lines", "cycle", "times"),
    [
        ([], (), 0),
        (["a"], ("a",), 1),
        (["a", "b", "c"], ("c",), 1),
        (["x", "a", "a", "a"], ("a",), 3),
        (["x", "a", "b", "a", "b", "a", "b", "a"], ("a", "b"), 3),
        (["a", "a", "b", "a", "a", "b"], ("a", "a", "b"), 2),
    ],
)
def test_the_shortest_cycle_at_the_end_is_found(lines: Sequence[str], cycle: tuple[str, ...], times: int) -> None:
    assert repeated_lines(lines) == (cycle, times)
