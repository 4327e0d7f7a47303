"""What is planned and executed, and why not, compared with naive counts on random graphs, suites and runs."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.behavior import Behavior, Suite, Telling
from testgen.coverage import Evidence, Fate, GraphCoverage, Run, SuiteEvidence, measure_graph, nearest_unreached
from testgen.coverage.run_log import OUTCOMES, Record
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import Request, select_behaviors
from testgen.selection.criteria import CRITERIA
from tests.strategies import PlainGraph, plain_graphs


def read(plain: PlainGraph) -> StateGraph:
    return read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))


def record(
    key: str, outcome: str, begun: int = 0, done: int | None = None, *, why: str = "", seconds: float = 0.5
) -> Record:
    return Record(key, outcome, begun, begun if done is None else done, seconds, f"test_{key}", why)


def evidence_of(
    suite: Suite, *records: Record, is_planned: bool = True, has_log: bool = True, more: tuple[SuiteEvidence, ...] = ()
) -> Evidence:
    runs = (Run(Path("run.jsonl"), (), is_whole=True, is_cut=False),) if has_log else ()
    return Evidence(suite.graph, (SuiteEvidence("suite", suite, is_planned, records), *more), runs)


# A ladder of steps: what each outcome leaves


def ladder(rungs: int = 4) -> StateGraph:
    """States 0 … rungs, one transition Up from each to the next, and a self-loop Stay at the last."""
    values = tuple((("int", number),) for number in range(rungs + 1))
    steps = [(rung, "Up", rung + 1) for rung in range(rungs)] + [(rungs, "Stay", rungs)]
    return read(PlainGraph(("x",), values, frozenset({0}), tuple(steps)))


def climb(graph: StateGraph, *progress: int, n_told: int = 4, key: str = "11111111") -> Suite:
    """A suite of the one behavior that climbs the ladder."""
    suite = select_behaviors(graph)
    assert [len(behavior.transitions) for behavior in suite.behaviors] == [4]
    return replace(suite, tellings=(Telling(key, n_told, progress or None),))


EXECUTED, FAILED, REFUSED, BEHIND, ERROR, SKIPPED, NOT_RUN, LEFT_OUT = list(Fate)[:8]
STEPWISE = 0, 1, 2, 3, 4


@pytest.mark.parametrize(
    ("progress", "n_told", "records", "fates"),
    [
        (STEPWISE, 4, [record("11111111", "passed", 5)], [EXECUTED] * 5),
        (STEPWISE, 4, [], [NOT_RUN] * 5),
        # A failure at the start, at a step, at the last step, at a check of the end.
        (STEPWISE, 4, [record("11111111", "failed", 1, 0)], [FAILED, *[BEHIND] * 4]),
        (STEPWISE, 4, [record("11111111", "failed", 2, 1)], [EXECUTED, FAILED, *[BEHIND] * 3]),
        (STEPWISE, 4, [record("11111111", "failed", 4, 3)], [*[EXECUTED] * 3, FAILED, BEHIND]),
        (STEPWISE, 4, [record("11111111", "failed", 5, 4)], [*[EXECUTED] * 4, FAILED]),
        ((*STEPWISE, 4), 4, [record("11111111", "failed", 6, 5)], [EXECUTED] * 5),
        # A binding without a start: the first statement is a step, and the initial state was checked before it.
        ((1, 2, 3, 4), 4, [record("11111111", "failed", 1, 0)], [EXECUTED, FAILED, *[BEHIND] * 3]),
        ((1, 2, 3, 4), 4, [record("11111111", "failed", 0, 0)], [BEHIND] * 5),
        # One statement for several transitions.
        ((0, 1, 4), 4, [record("11111111", "failed", 3, 2)], [EXECUTED, EXECUTED, *[FAILED] * 3]),
        # A story that is cut, and one that ends with what the system refuses.
        ((0, 1, 2), 2, [record("11111111", "passed", 3)], [*[EXECUTED] * 3, LEFT_OUT, LEFT_OUT]),
        ((0, 1, 2, 2), 3, [record("11111111", "passed", 4)], [*[EXECUTED] * 3, REFUSED, LEFT_OUT]),
        ((0, 1, 2, 2), 3, [record("11111111", "failed", 4, 3)], [*[EXECUTED] * 3, FAILED, LEFT_OUT]),
        ((0, 1, 2, 2), 3, [record("11111111", "failed", 3, 2)], [EXECUTED, EXECUTED, FAILED, BEHIND, LEFT_OUT]),
        ((0, 1, 2, 2), 3, [record("11111111", "skipped", 1, 0)], [*[SKIPPED] * 4, LEFT_OUT]),
        # Nothing was tried, or it is not known what.
        (STEPWISE, 4, [record("11111111", "skipped", 3, 2)], [SKIPPED] * 5),
        (STEPWISE, 4, [record("11111111", "error")], [ERROR] * 5),
        ((), 4, [record("11111111", "failed", 3, 2)], [BEHIND] * 5),
        ((), 4, [record("11111111", "passed", 7)], [EXECUTED] * 5),
        (STEPWISE, 4, [record("11111111", "failed", 9, 8)], [BEHIND] * 5),
        # What went wrong came after the test, which had done everything.
        (STEPWISE, 4, [record("11111111", "error", 5)], [EXECUTED] * 5),
        # Of several runs the best counts.
        (
            STEPWISE,
            4,
            [record("11111111", "failed", 2, 1), record("11111111", "failed", 4, 3), record("11111111", "skipped")],
            [*[EXECUTED] * 3, FAILED, BEHIND],
        ),
        (STEPWISE, 4, [record("11111111", "failed", 2, 1), record("11111111", "passed", 5)], [EXECUTED] * 5),
    ],
)
def test_each_outcome_leaves_its_steps(
    progress: tuple[int, ...], n_told: int, records: list[Record], fates: list[Fate]
) -> None:
    suite = climb(ladder(), *progress, n_told=n_told)
    coverage = measure_graph(evidence_of(suite, *records))
    assert coverage.criteria["states"].fates.tolist() == fates
    assert coverage.criteria["transitions"].fates.tolist() == [*fates[1:], Fate.NOT_SELECTED]  # last: Stay
    assert coverage.is_vacuous == (EXECUTED not in fates)
    n_pairs = max(0, sum(fate is EXECUTED for fate in fates) - 2)  # all are Up, Up
    assert coverage.criteria["action-pairs"].n_executed == min(1, n_pairs)
    assert coverage.actions["Up"].executed == max(0, sum(fate is EXECUTED for fate in fates) - 1)


def test_planned_is_what_tests_perform_and_without_a_log_nothing_is_said_of_the_rest() -> None:
    coverage = measure_graph(evidence_of(climb(ladder(), 0, 1, 2, 2, n_told=3), has_log=False))
    transitions = coverage.criteria["transitions"]
    assert transitions.planned.tolist() == [True, True, False, False, False]
    assert coverage.uncovered("transitions") == {Fate.REFUSED: 1, Fate.LEFT_OUT: 1, Fate.NOT_SELECTED: 1}
    assert (coverage.covered("transitions"), coverage.refused_transitions) == (2, 1)
    assert not coverage.is_vacuous


def test_suite_that_was_not_rendered_plans_its_behaviors_whole() -> None:
    suite = replace(climb(ladder()), tellings=())
    key = suite.behaviors[0].id[:8]
    coverage = measure_graph(evidence_of(suite, record(key, "passed", 3)))
    assert coverage.criteria["states"].n_planned == coverage.criteria["states"].n_executed == 5
    assert coverage.tests[0].tests == 1


def test_behavior_that_the_binding_leaves_out_is_not_planned() -> None:
    graph = ladder()
    coverage = measure_graph(evidence_of(replace(climb(graph), tellings=(None,))))
    assert set(coverage.criteria["states"].fates.tolist()) == {Fate.LEFT_OUT}
    assert coverage.criteria["states"].n_planned == 0
    assert coverage.tests[0].tests == 0


def fork() -> StateGraph:
    """From state 0 Left and Left again, or Right and Right again."""
    values = tuple((("int", number),) for number in range(5))
    steps = ((0, "Left", 1), (1, "Left", 2), (0, "Right", 3), (3, "Right", 4))
    return read(PlainGraph(("x",), values, frozenset({0}), steps))


def test_template_that_tells_other_statements_makes_failures_count_for_nothing() -> None:
    suite = select_behaviors(fork())
    suite = replace(suite, tellings=(Telling("11111111", 2, (0, 1, 2)), Telling("22222222", 2, (0, 1, 2))))
    failed = record("11111111", "failed", 3, 2)
    coverage = measure_graph(evidence_of(suite, failed, record("22222222", "passed", 7)))
    assert "test_22222222 has 7 statements, of which the suite file knows 3" in coverage.warnings[0]
    assert coverage.uncovered("transitions") == {Fate.BEHIND: 2}
    alone = measure_graph(evidence_of(suite, failed))
    assert alone.uncovered("transitions") == {Fate.FAILED: 1, Fate.NOT_RUN: 2}
    assert alone.warnings == ()


def test_record_of_a_test_that_the_suite_file_does_not_have_is_told_and_does_not_count() -> None:
    coverage = measure_graph(evidence_of(climb(ladder(), *STEPWISE), record("99999999", "passed", 5)))
    assert "tests in the log that the suite file does not have: 1" in coverage.warnings[0]
    assert coverage.is_vacuous
    assert coverage.tests[0].not_run == 1


def test_tests_are_counted_by_the_best_of_their_runs() -> None:
    graph = ladder()
    suite = climb(graph, *STEPWISE)
    keys = ["11111111", "22222222", "33333333", "44444444"]
    many = replace(suite, behaviors=suite.behaviors * 4, tellings=tuple(Telling(key, 4, STEPWISE) for key in keys))
    records = [
        record(keys[0], "failed", 2, 1, why="wrong"),
        record(keys[0], "passed", 5),
        record(keys[0], "failed", 2, 1, why="wrong"),
        record(keys[1], "failed", 2, 1, why="wrong"),
        record(keys[2], "skipped", why="no server"),
    ]
    (count,) = measure_graph(evidence_of(many, *records)).tests
    assert (count.tests, count.not_run, count.seconds) == (4, 1, 2.5)
    assert count.outcomes == {"passed": 1, "failed": 1, "error": 0, "skipped": 1}
    assert dict(count.why) == {"wrong": 1, "no server": 1}


def test_log_of_a_suite_that_was_not_named_counts_as_executed_and_not_as_planned() -> None:
    graph = ladder()
    named = climb(graph, 0, 1, 2, n_told=2)
    other = SuiteEvidence("other", climb(graph, *STEPWISE), False, (record("11111111", "passed", 5),))
    coverage = measure_graph(evidence_of(named, more=(other,)))
    states = coverage.criteria["states"]
    assert (states.n_planned, states.n_executed) == (3, 5)


def test_what_a_filter_cuts_off_is_told_as_such() -> None:
    graph = ladder()
    suite = select_behaviors(graph, Request("transitions", avoid=("Stay",), max_steps=3))
    coverage = measure_graph(evidence_of(suite, has_log=False), criteria=tuple(CRITERIA))
    assert coverage.uncovered("transitions") == {Fate.FILTERED: 1, Fate.NOT_SELECTED: 1}
    assert coverage.uncovered("actions") == {Fate.FILTERED: 1}
    assert coverage.uncovered("action-pairs") == {Fate.FILTERED: 2}  # Up, Stay and Stay, Stay
    pairs = coverage.criteria["transition-pairs"].fates.tolist()
    assert pairs == [NOT_RUN, NOT_RUN, Fate.NOT_SELECTED, Fate.FILTERED, Fate.FILTERED]
    assert coverage.cut_by == ("max-steps",)


def test_what_one_of_two_suites_could_walk_is_not_filtered_out() -> None:
    graph = ladder()
    suites = [select_behaviors(graph, Request("actions", only=(only,))) for only in ("x < 3", "x < 2")]
    more = (SuiteEvidence("second", suites[1], True),)
    coverage = measure_graph(evidence_of(suites[0], has_log=False, more=more))
    assert coverage.criteria["states"].fates.tolist() == [NOT_RUN, NOT_RUN, Fate.NOT_SELECTED, *[Fate.FILTERED] * 2]


@pytest.mark.parametrize(
    ("request_", "reasons"),
    [
        (Request("transitions", strategy="shortest", max_tests=1), ("budget",)),
        (Request("transitions", strategy="random", max_tests=1, max_steps=1), ("budget", "chance")),
        (Request("transitions", strategy="shortest", shard=(2, 2)), ("shard",)),
        (Request("transitions", strategy="shortest"), ()),
    ],
)
def test_why_a_suite_is_not_whole_is_told(request_: Request, reasons: tuple[str, ...]) -> None:
    values = tuple((("int", number),) for number in range(3))
    steps = ((0, "Left", 1), (0, "Right", 2), (0, "Jump", 2))
    graph = read(PlainGraph(("x",), values, frozenset({0}), steps))
    coverage = measure_graph(evidence_of(select_behaviors(graph, request_), has_log=False))
    assert set(coverage.cut_by) <= {*reasons, "chance"}
    assert bool(coverage.cut_by) == bool(reasons)
    assert (coverage.uncovered("transitions") != {}) == bool(reasons)


def test_unknown_criterion_is_told() -> None:
    with pytest.raises(SelectionError, match="unknown criterion 'edges'"):
        measure_graph(evidence_of(climb(ladder())), criteria=("edges",))


def test_pairs_that_are_too_many_are_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testgen.selection.criteria._PAIRS_LIMIT", 3)
    coverage = measure_graph(evidence_of(climb(ladder()), has_log=False))
    assert list(coverage.criteria) == ["states", "transitions", "actions"]
    assert coverage.warnings == (
        "action-pairs are not counted: the graph has 5 pairs of successive transitions, more than 3",
    )
    assert coverage.percent("action-pairs") == 0
    with pytest.raises(SelectionError, match="more than 3"):
        measure_graph(evidence_of(climb(ladder())), criteria=("transition-pairs",))


# Any graph, any suite, any run


def drawn(graph: StateGraph, rng: random.Random) -> tuple[Suite, list[Record]]:
    """A suite with tellings of chance, and what might have come of its tests."""
    suite = select_behaviors(graph, Request("states", rng.choice(["shortest", "minimum"]), limit=10_000))
    tellings: list[Telling | None] = []
    records = []
    for number, behavior in enumerate(suite.behaviors):
        n_told = rng.randint(0, len(behavior.transitions))
        performed = rng.randint(0, n_told)
        progress = [0] * rng.randrange(2) + sorted(rng.randint(0, performed) for _ in range(rng.randrange(4)))
        progress += [performed]
        key = f"{number:08x}"
        tellings.append(Telling(key, n_told, tuple(progress)) if rng.random() < 0.8 else None)
        for _ in range(rng.randrange(3)):
            outcome = rng.choice(OUTCOMES)
            begun = len(progress) if outcome == "passed" else rng.randint(0, len(progress))
            done = begun if outcome == "passed" else max(0, begun - 1)
            records.append(record(key, outcome, begun, done))
    return replace(suite, tellings=tuple(tellings)), records


def naive_reach(behavior: Behavior, telling: Telling, record: Record) -> int:
    """How many steps a test has executed; -1 if not even the initial state."""
    assert telling.progress is not None
    if record.outcome == "passed":
        return telling.progress[-1]
    if record.outcome in ("skipped", "error") or record.begun == 0:
        return -1
    if record.done > 0:
        return telling.progress[record.done - 1]
    return 0 if telling.progress[0] > 0 else -1


def names(graph: StateGraph, behavior: Behavior, n_steps: int) -> list[str]:
    return [graph.action(transition).name for transition in behavior.transitions[:n_steps]]


@given(plain=plain_graphs(), seed=st.integers(0, 999))
def test_covered_is_what_a_naive_count_says(plain: PlainGraph, seed: int) -> None:
    graph, rng = read(plain), random.Random(seed)
    suite, records = drawn(graph, rng)
    coverage = measure_graph(evidence_of(suite, *records), criteria=tuple(CRITERIA))
    told = {t.test: (b, t) for b, t in zip(suite.behaviors, suite.tellings, strict=True) if t is not None}
    planned = [(behavior, telling.progress[-1]) for behavior, telling in told.values() if telling.progress]
    executed = [(told[r.key][0], naive_reach(*told[r.key], r)) for r in records if r.key in told]
    for prefixes, which in ((planned, "planned"), (executed, "executed")):
        counts = {
            "states": {state for b, n in prefixes for state in b.states[: n + 1]},
            "transitions": {step for b, n in prefixes for step in b.transitions[: max(n, 0)]},
            "actions": {name for b, n in prefixes for name in names(graph, b, max(n, 0))},
            "action-pairs": {pair for b, n in prefixes for pair in pairwise(names(graph, b, max(n, 0)))},
            "transition-pairs": {pair for b, n in prefixes for pair in pairwise(b.transitions[: max(n, 0)])},
        }
        for criterion, things in counts.items():
            measured = coverage.criteria[criterion]
            assert (measured.n_planned if which == "planned" else measured.n_executed) == len(things), (
                which,
                criterion,
            )
    assert coverage.is_vacuous == (not any(n >= 0 for _, n in executed))
    assert sum(action.executed for action in coverage.actions.values()) == coverage.criteria["transitions"].n_executed


@given(plain=plain_graphs(), seed=st.integers(0, 999))
def test_every_obligation_is_covered_or_has_a_reason_and_the_way_to_it_is_shortest(
    plain: PlainGraph, seed: int
) -> None:
    graph = read(plain)
    suite, records = drawn(graph, random.Random(seed))
    coverage = measure_graph(evidence_of(suite, *records), criteria=tuple(CRITERIA))
    for criterion, measured in coverage.criteria.items():
        uncovered = coverage.uncovered(criterion)
        assert sum(uncovered.values()) + measured.n_executed == measured.count
        unreached = nearest_unreached(coverage, criterion, limit=1000)
        assert len(unreached) == sum(uncovered.values())
        lengths = [len(told.behavior) for told in unreached]
        assert lengths == sorted(lengths)
        for told in unreached:
            assert told.states[0] in graph.initial
            check_way(graph, coverage, criterion, told.states, told.behavior)


def check_way(
    graph: StateGraph, coverage: GraphCoverage, criterion: str, states: tuple[int, ...], behavior: tuple[str, ...]
) -> None:
    for source, label, target in zip(states, behavior, states[1:], strict=False):
        leaving = range(graph.offsets[source], graph.offsets[source + 1])
        assert any(graph.targets[t] == target and str(graph.action(t)) == label for t in leaving)
    if criterion == "states":
        assert len(behavior) == graph.levels[states[-1]] - 1
    elif criterion in ("transitions", "actions"):
        assert len(behavior) == graph.levels[states[-2]]
    else:
        assert len(behavior) == graph.levels[states[-3]] + 1


def test_unreached_are_told_in_words() -> None:
    graph = ladder()
    coverage = measure_graph(evidence_of(climb(graph, 0, 1, 2, n_told=2), has_log=False), criteria=tuple(CRITERIA))
    first = {criterion: nearest_unreached(coverage, criterion, limit=1)[0] for criterion in CRITERIA}
    assert {criterion: told.what for criterion, told in first.items()} == {
        "states": "state 3",
        "transitions": "Up from state 2 to 3",
        "actions": "Stay",
        "action-pairs": "Up, Stay",
        "transition-pairs": "Up, Up through state 2",
    }
    assert first["actions"].behavior == ("Up", "Up", "Up", "Up", "Stay")
    assert first["actions"].states == (0, 1, 2, 3, 4, 4)
    assert (first["states"].why, first["actions"].why) == (Fate.LEFT_OUT, Fate.NOT_SELECTED)
