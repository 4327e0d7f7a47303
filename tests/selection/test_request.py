"""Filters, budgets, lengths, shards and chance, against naive counts on random graphs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Set
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testgen.behavior import Suite
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.selection import STRATEGIES, Rate, Request, select_behaviors
from tests.strategies import PlainGraph, plain_graphs

Walk = tuple[int, ...]
COVERING = [(criterion, strategy) for criterion, known in STRATEGIES.items() for strategy in known]
COVERING = [pair for pair in COVERING if pair[0] != "behaviors"]

OWNERS = r"""strict digraph DiskGraph {
9 [label="/\\ n = -1\n/\\ owner = [field |-> \"t2\"]\n/\\ free = TRUE",style = filled]
9 -> 0 [label="Go"];
0 [label="/\\ n = 0\n/\\ owner = t1\n/\\ free = TRUE"];
9 -> 1 [label="Go"];
1 [label="/\\ n = 1\n/\\ owner = Nobody\n/\\ free = TRUE"];
9 -> 2 [label="Go"];
2 [label="/\\ n = 2\n/\\ owner = t1\n/\\ free = FALSE"];
9 -> 3 [label="Go"];
3 [label="/\\ n = 3\n/\\ owner = \"t1\"\n/\\ free = FALSE"];
}"""


def read(plain: PlainGraph) -> StateGraph:
    return read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))


def reachable(graph: StateGraph, banned: Set[int] = frozenset()) -> set[int]:
    """Transitions that can be taken without the banned ones, step by step."""
    states = set(graph.initial.tolist())
    taken: set[int] = set()
    for _ in range(graph.n_states + 1):
        taken = {
            number for number, source in enumerate(graph.sources.tolist()) if source in states and number not in banned
        }
        states |= {int(graph.targets[number]) for number in taken}
    return taken


def wanted(graph: StateGraph, criterion: str, transitions: set[int]) -> set[object]:
    name = {number: graph.action(number).name for number in transitions}
    pairs = {
        (one, two) for one in transitions for two in transitions if int(graph.targets[one]) == int(graph.sources[two])
    }
    states = set(graph.initial.tolist()) | {int(graph.targets[number]) for number in transitions}
    return {
        "states": states,
        "transitions": transitions,
        "actions": set(name.values()),
        "transition-pairs": pairs,
        "action-pairs": {(name[one], name[two]) for one, two in pairs},
    }[criterion]


def passed(suite: Suite, criterion: str) -> set[object]:
    found: set[object] = set()
    for behavior in suite.behaviors:
        transitions = set(behavior.transitions)
        names = [suite.graph.action(number).name for number in behavior.transitions]
        found |= {
            "states": set(behavior.states),
            "transitions": transitions,
            "actions": set(names),
            "transition-pairs": set(pairwise(behavior.transitions)),
            "action-pairs": set(pairwise(names)),
        }[criterion]
    return found


def assert_walks(suite: Suite) -> None:
    graph = suite.graph
    for behavior in suite.behaviors:
        assert behavior.states[0] in graph.initial
        for source, transition, target in zip(behavior.states, behavior.transitions, behavior.states[1:], strict=False):
            assert (graph.sources[transition], graph.targets[transition]) == (source, target)
    assert len({behavior.id for behavior in suite.behaviors}) == len(suite.behaviors)


@pytest.mark.parametrize(("criterion", "strategy"), COVERING)
@given(plain=plain_graphs())
def test_every_strategy_covers_what_it_says(criterion: str, strategy: str, plain: PlainGraph) -> None:
    graph = read(plain)
    due = wanted(graph, criterion, reachable(graph))
    if not due:
        with pytest.raises(SelectionError, match=f"no {criterion} to cover"):
            select_behaviors(graph, Request(criterion, strategy))
        return
    suite = select_behaviors(graph, Request(criterion, strategy, seed=1))
    assert_walks(suite)
    left = suite.uncovered.get("chance", 0)
    assert passed(suite, criterion) <= due
    assert len(passed(suite, criterion)) == len(due) - left == suite.obligations - left
    assert strategy == "random" or (left == 0 and suite.lower_bound <= len(suite.behaviors))
    everything = wanted(graph, criterion, set(range(graph.n_transitions)))
    n_everything = graph.n_states if criterion == "states" else len(everything)
    assert suite.uncovered.get("unreachable", 0) == n_everything - len(due)


@given(plain=plain_graphs())
def test_avoided_actions_are_never_taken_and_all_else_is_covered(plain: PlainGraph) -> None:
    graph = read(plain)
    name = sorted({graph.action(number).name for number in range(graph.n_transitions)} | {""})[-1]
    unwanted = {number for number in range(graph.n_transitions) if graph.action(number).name == name}
    left = reachable(graph, unwanted)
    if not left or not unwanted:
        return
    suite = select_behaviors(graph, Request("transitions", avoid=(name,)))
    assert_walks(suite)
    assert passed(suite, "transitions") == left
    assert suite.uncovered.get("filtered", 0) == len(reachable(graph)) - len(left)
    assert suite.uncovered.get("unreachable", 0) == graph.n_transitions - len(reachable(graph))


@pytest.mark.parametrize("strategy", ["minimum", "shortest"])
@given(plain=plain_graphs(), most=st.integers(1, 4))
def test_no_test_is_longer_than_allowed_and_what_is_near_is_covered(
    strategy: str, plain: PlainGraph, most: int
) -> None:
    graph = read(plain)
    near = {number for number in reachable(graph) if graph.levels[graph.sources[number]] <= most}
    if not near:
        return
    suite = select_behaviors(graph, Request("transitions", strategy, max_steps=most))
    assert_walks(suite)
    assert max(len(behavior.transitions) for behavior in suite.behaviors) <= most
    assert passed(suite, "transitions") == near
    assert suite.uncovered.get("max-steps", 0) == len(reachable(graph)) - len(near)


@given(plain=plain_graphs(), most=st.integers(1, 3))
def test_a_budget_keeps_a_prefix_and_counts_what_it_leaves_out(plain: PlainGraph, most: int) -> None:
    graph = read(plain)
    if not reachable(graph):
        return
    whole = select_behaviors(graph, Request("transitions"))
    part = select_behaviors(graph, Request("transitions", max_tests=most))
    assert part.behaviors == whole.behaviors[:most]
    assert part.uncovered.get("budget", 0) == len(reachable(graph)) - len(passed(part, "transitions"))
    steps = len(whole.behaviors[0].transitions)
    assert select_behaviors(graph, Request("transitions", max_steps_in_all=steps)).behaviors[:1] == whole.behaviors[:1]


@given(plain=plain_graphs(), n_shards=st.integers(1, 4))
def test_shards_are_the_whole(plain: PlainGraph, n_shards: int) -> None:
    graph = read(plain)
    if not reachable(graph):
        return
    whole = select_behaviors(graph, Request("transitions"))
    n_shards = min(n_shards, len(whole.behaviors))
    with pytest.raises(SelectionError, match="is empty"):
        select_behaviors(graph, Request("transitions", shard=(len(whole.behaviors) + 1,) * 2))
    parts = [
        select_behaviors(graph, Request("transitions", shard=(number, n_shards))).behaviors
        for number in range(1, n_shards + 1)
    ]
    assert sorted(behavior.id for part in parts for behavior in part) == sorted(b.id for b in whole.behaviors)


def ladder(rungs: int) -> PlainGraph:
    """Two ways up each rung."""
    values = tuple((("int", number),) for number in range(rungs + 1))
    steps = tuple((rung, label, rung + 1) for rung in range(rungs) for label in ("L", "R"))
    return PlainGraph(("x",), values, frozenset({0}), steps)


def lopsided() -> PlainGraph:
    """One behavior by A, seven by B: a walk by chance would take A as often as B."""
    values = tuple((("int", number),) for number in range(10))
    steps = ((0, "A", 1), (0, "B", 2), *((2, f"C{number}", number) for number in range(3, 10)))
    return PlainGraph(("x",), values, frozenset({0}), steps)


def test_a_sample_is_uniform() -> None:
    """800 draws of 2 of 8: each behavior is expected 200 times, with a deviation of 12."""
    graph = read(lopsided())
    drawn: Counter[str] = Counter()
    for seed in range(800):
        suite = select_behaviors(graph, Request("behaviors", "sample", max_tests=2, seed=seed))
        assert len(suite.behaviors) == 2
        drawn.update(behavior.id for behavior in suite.behaviors)
    assert len(drawn) == 8
    assert all(140 < times < 260 for times in drawn.values())


def test_a_sample_of_more_than_can_be_counted_by_machine_numbers() -> None:
    graph = read(ladder(200))
    suite = select_behaviors(graph, Request("behaviors", "sample", max_tests=20, seed=5))
    assert_walks(suite)
    assert [len(behavior.transitions) for behavior in suite.behaviors] == [200] * 20
    assert suite.uncovered == {"budget": 2**200 - 20}
    assert suite.behaviors == select_behaviors(graph, Request("behaviors", "sample", max_tests=20, seed=5)).behaviors
    assert suite.behaviors != select_behaviors(graph, Request("behaviors", "sample", max_tests=20, seed=6)).behaviors


def test_a_sample_of_all_is_all() -> None:
    graph = read(ladder(3))
    sample = select_behaviors(graph, Request("behaviors", "sample", max_tests=99))
    assert {b.id for b in sample.behaviors} == {b.id for b in select_behaviors(graph).behaviors}


def test_a_sample_needs_a_number() -> None:
    with pytest.raises(SelectionError, match="how many"):
        select_behaviors(read(ladder(2)), Request("behaviors", "sample"))


@pytest.mark.parametrize(
    ("only", "avoid", "states"),
    [
        (("x < 3",), (), {0, 1, 2}),
        ((), ("x >= 3",), {0, 1, 2}),
        ((), ("x == 1",), {0}),
        (("x in [0, 1]", "x < 1"), (), {0}),
        (("len([x]) == 1",), (), {0, 1, 2, 3, 4}),
    ],
)
def test_predicates_tell_where_behaviors_may_be(
    only: tuple[str, ...], avoid: tuple[str, ...], states: set[int]
) -> None:
    suite = select_behaviors(read(ladder(4)), Request("states", only=only, avoid=avoid))
    assert passed(suite, "states") == states
    assert suite.options == (*(f"only {text}" for text in only), *(f"avoid {text}" for text in avoid))


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("owner == t1", {0, 2}),
        ("owner in [t1, Nobody]", {0, 1, 2}),
        ("free == TRUE and owner != t1", {1}),
        ("all(x != t1 for x in [owner])", {1, 3}),
        ("owner == 't1'", {3}),
        ("free == FALSE", {2, 3}),
    ],
)
def test_predicates_know_model_values_and_booleans_by_their_names(text: str, states: set[int]) -> None:
    graph = read_dot(Source("owners.dot", OWNERS.encode()))
    kept = select_behaviors(graph, Request("states", only=(f"({text}) or n == -1",)))
    found = {graph.state(state)["n"].key for behavior in kept.behaviors for state in behavior.states}
    assert found == {"-1", *map(str, states)}


@pytest.mark.parametrize("name", ["t2", "field", "set", "Model"])
def test_what_stands_only_in_strings_or_names_fields_is_no_model_value(name: str) -> None:
    graph = read_dot(Source("owners.dot", OWNERS.encode()))
    with pytest.raises(SelectionError, match="nor a model value in any state"):
        select_behaviors(graph, Request("states", only=(f"owner == {name}",)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lft", "'Lft' is neither an action nor a variable"),
        ("y > 1", "'y' is neither an action nor a variable"),
        ("x >", "neither an action nor an expression"),
        ("x + 'a'", "cannot be evaluated"),
        ("x.__class__", "has an attribute"),
        ("().__class__.__base__.__subclasses__()", "has an attribute"),
        ("__import__('os').system('true')", "has an attribute"),
        ("__import__('os')", "'__import__' is neither an action nor a variable"),
        ("-" * 1900 + "x", "cannot be evaluated"),
        ("-" * 60_000 + "x", "neither an action nor an expression"),
        ("len", "'len' is neither an action nor a variable"),
        ("x", "is 0, neither true nor false"),
        ("", "neither an action nor an expression"),
        ("open('/etc/passwd')", "'open' is neither an action nor a variable"),
        ("9**9**9", "cannot be evaluated (predicates do not know all of its operators)"),
    ],
)
def test_what_is_no_predicate_is_told_and_runs_no_code(text: str, words: str) -> None:
    with pytest.raises(SelectionError) as caught:
        select_behaviors(read(ladder(2)), Request("states", avoid=(text,)))
    assert words in caught.value.message
    assert caught.value.hint


def test_no_initial_state_left_is_told() -> None:
    with pytest.raises(SelectionError, match="every initial state is avoided"):
        select_behaviors(read(ladder(2)), Request("states", avoid=("x == 0",)))


@pytest.mark.parametrize("request_", [Request("behaviors", max_steps=1), Request("states", max_steps_in_all=1)])
def test_nothing_left_is_told(request_: Request) -> None:
    with pytest.raises(SelectionError, match="no behavior is left"):
        select_behaviors(read(ladder(3)), request_)


@pytest.mark.parametrize(
    ("request_", "words"),
    [(Request("paths"), "unknown criterion 'paths'"), (Request("states", "all"), "no strategy 'all' for criterion")],
)
def test_unknown_names_are_told(request_: Request, words: str) -> None:
    with pytest.raises(SelectionError, match=words):
        select_behaviors(read(ladder(2)), request_)


def test_a_variable_named_like_a_function_is_the_variable() -> None:
    values = tuple((("int", number),) for number in range(4))
    steps = tuple((number, "Up", number + 1) for number in range(3))
    graph = read(PlainGraph(("set",), values, frozenset({0}), steps))
    assert passed(select_behaviors(graph, Request("states", avoid=("set == 2",))), "states") == {0, 1}
    with pytest.raises(SelectionError, match="'set' is a variable here"):
        select_behaviors(graph, Request("states", avoid=("set([1]) == 2",)))


def test_a_variable_that_a_comprehension_names_too_is_known_outside_of_it() -> None:
    suite = select_behaviors(read(ladder(4)), Request("states", only=("x < 2 and any(x > 1 for x in [2])",)))
    assert passed(suite, "states") == {0, 1}


@pytest.mark.parametrize(
    "request_",
    [
        Request("transitions", "shortest", has_least_steps=True),
        Request("actions", has_least_steps=True),
        Request("behaviors", has_least_steps=True),
    ],
)
def test_least_steps_are_for_the_minimum_alone(request_: Request) -> None:
    with pytest.raises(SelectionError, match="the fewest steps cannot be found"):
        select_behaviors(read(ladder(3)), request_)


@pytest.mark.parametrize("cut", [{"max_tests": 1}, {"max_steps": 2}, {"shard": (1, 2)}])
def test_a_part_of_a_suite_does_not_claim_the_least_steps(cut: dict[str, object]) -> None:
    suite = select_behaviors(read(ladder(3)), Request("transitions", has_least_steps=True, **cut))  # type: ignore[arg-type]
    assert suite.least_steps is None


def test_the_limit_holds_for_samples_and_budgets() -> None:
    graph = read(ladder(5))
    with pytest.raises(SelectionError, match="more than the limit of 10"):
        select_behaviors(graph, Request("behaviors", "sample", max_tests=20, limit=10))
    assert len(select_behaviors(graph, Request("behaviors", max_tests=5, limit=10)).behaviors) == 5


def test_a_number_of_behaviors_with_thousands_of_digits_is_told() -> None:
    with pytest.raises(SelectionError, match=r"has about 10\^4515 behaviors"):
        select_behaviors(read(ladder(15_000)), Request("behaviors"))


def test_what_filters_leave_out_of_all_behaviors_is_counted() -> None:
    suite = select_behaviors(read(ladder(3)), Request(avoid=("x == 3",)))
    assert (len(suite.behaviors), suite.uncovered) == (4, {"filtered": 4})


def test_no_walk_by_chance_is_left_out() -> None:
    suite = select_behaviors(read(ladder(8)), Request("transitions", "random", max_tests=5, max_steps=3, seed=2))
    assert len(suite.behaviors) == 5
    assert {len(behavior.transitions) for behavior in suite.behaviors} == {3}


def test_cut_walks_take_nothing_twice() -> None:
    """Self-loops, of which a test of four steps can take four."""
    values = ((("int", 0),),)
    graph = read(PlainGraph(("x",), values, frozenset({0}), tuple((0, f"A{number}", 0) for number in range(12))))
    assert len(select_behaviors(graph, Request("transitions", max_steps=4)).behaviors) == 3


@given(plain=plain_graphs(acyclic=True), most=st.integers(1, 5))
def test_of_behaviors_a_budget_takes_those_with_the_most_that_is_new(plain: PlainGraph, most: int) -> None:
    graph = read(plain)
    left = list(select_behaviors(graph, Request("behaviors")).behaviors)
    suite = select_behaviors(graph, Request("behaviors", max_tests=most))
    assert suite.uncovered.get("budget", 0) == len(left) - len(suite.behaviors) == max(0, len(left) - most)
    taken: set[int] = set()
    for behavior in suite.behaviors:
        new = len(set(behavior.transitions) - taken)
        assert new == max(len(set(other.transitions) - taken) for other in left)
        if new == 0:
            break  # and so on from the beginning
        taken |= set(behavior.transitions)
        left.remove(behavior)


def test_of_behaviors_too_many_to_look_at_a_budget_takes_some() -> None:
    suite = select_behaviors(read(ladder(200)), Request("behaviors", max_tests=3))
    assert_walks(suite)
    assert len({behavior.transitions[0] for behavior in suite.behaviors}) == 2
    assert suite.uncovered == {"budget": 2**200 - 3}
    assert len(select_behaviors(read(ladder(200)), Request("behaviors", max_steps_in_all=700)).behaviors) == 3


def test_a_budget_of_seconds_counts_tests_and_steps() -> None:
    graph = read(ladder(6))
    whole = select_behaviors(graph, Request("behaviors"))
    rate = Rate(seconds_per_test=0.5, seconds_per_step=0.25)
    suite = select_behaviors(graph, Request("behaviors", max_seconds=11.9, rate=rate))
    assert {len(behavior.transitions) for behavior in whole.behaviors} == {6}
    assert len(suite.behaviors) == 5  # of 2 s each
    assert set(suite.behaviors) < set(whole.behaviors)
    assert suite.uncovered == {"budget": len(whole.behaviors) - 5}
    assert suite.options == ("at most 11.9 seconds in all",)
    assert rate.seconds(5, suite.n_steps) == 10


def test_a_budget_of_seconds_too_small_for_any_test_is_refused() -> None:
    with pytest.raises(SelectionError, match="the first already for --budget"):
        select_behaviors(read(ladder(3)), Request("transitions", max_seconds=0.1, rate=Rate(1, 0)))
