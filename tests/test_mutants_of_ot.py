"""What is said of mutants of array merging: the judgments kept with them, and the bugs that were once real.

Each judged mutant is compared with the code on every pair of operations that two clients can perform on an array of up
to four elements, whichever of them is the newer: one that is judged equivalent must never differ, a hole must.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from types import ModuleType

import pytest

from testgen.coverage.branches import CodeMap, map_source
from testgen.coverage.judgments import read_judgments
from testgen.coverage.mutant import Mutant
from testgen.coverage.mutants import make_mutants, read_patches
from testgen.coverage.mutation import score_suites
from testgen.coverage.source import find_source
from testgen.coverage.suites import SuiteRequest
from testgen.ot import Clear, Erase, Insert, Move, Operation, Set, rules

REPOSITORY = Path(__file__).resolve().parent.parent
MUTANTS = REPOSITORY / "tests" / "mutants" / "ot"
PATCHES = sorted(MUTANTS.glob("*.diff"))
JUDGMENTS = read_judgments(MUTANTS / "judgments.toml")
SOURCE = [str(REPOSITORY / "testgen" / "ot" / "rules.py")]
OMIT = ["rules.py::swap_*", "rules.py::_exchanged"]


def operations(size: int) -> Iterator[Operation]:
    yield from (Set(ndx, "x") for ndx in range(size))
    yield from (Insert(ndx, "x") for ndx in range(size + 1))
    yield from (Move(*pair) for pair in permutations(range(size), 2))
    yield from (Erase(ndx) for ndx in range(size))
    yield Clear()


@pytest.fixture(scope="module")
def pairs() -> Sequence[tuple[Operation, Operation]]:
    return [
        (left.performed(newer, size), right.performed(3 - newer, size))
        for size in range(5)
        for left in operations(size)
        for right in operations(size)
        for newer in (1, 2)
    ]


@pytest.fixture(scope="module")
def code() -> CodeMap:
    return map_source(find_source(SOURCE, omit=OMIT))


@pytest.fixture(scope="module")
def mutants(code: CodeMap) -> dict[str, Mutant]:
    return {mutant.id: mutant for mutant in (*make_mutants(code), *read_patches(PATCHES, code))}


def imported(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("mutated_rules")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(mutant.text, "mutated_rules.py", "exec"), module.__dict__)
    return module


def outcome(rule: Callable[..., object], left: Operation, right: Operation) -> str:
    """What a rule makes of a pair; clients are told apart, which equality of operations does not."""
    try:
        left_side, right_side = rule(left, right)  # type: ignore[misc]  # whatever a mutant returns
        return repr([[(operation, operation.client) for operation in side] for side in (left_side, right_side)])
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", JUDGMENTS)
def test_a_judgment_is_true(
    name: str,
    mutants: dict[str, Mutant],
    pairs: Sequence[tuple[Operation, Operation]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutated = imported(mutants[name], monkeypatch).RULES
    differs = any(
        outcome(mutated[type(left), type(right)], left, right)
        != outcome(rules.RULES[type(left), type(right)], left, right)
        for left, right in pairs
        if (type(left), type(right)) in rules.RULES
    )
    assert differs == (JUDGMENTS[name].verdict == "hole"), mutants[name].diff


@pytest.mark.slow
def test_the_generated_suite_of_two_clients_notices_what_it_is_said_to_notice(mutants: dict[str, Mutant]) -> None:
    """Ten seconds, for 592 mutants of the merge rules with the two bugs of 2020; it lets live what is judged a hole."""
    score = score_suites(
        [SuiteRequest("generated2", str(REPOSITORY / "generated" / "ot2"))],
        find_source(SOURCE, omit=OMIT),
        patches=PATCHES,
        judgments=MUTANTS / "judgments.toml",
    )
    (suite,) = score.suites
    assert score.is_sound
    assert score.stale == ()
    assert {mutant.id for mutant in score.mutants} == mutants.keys()
    holes = {name for name, judgment in JUDGMENTS.items() if judgment.verdict == "hole"}
    assert {mutant.id for mutant in score.unnoticed} == holes
    for patch in PATCHES:
        assert suite.verdicts[patch.stem].is_kill
