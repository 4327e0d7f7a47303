"""From a request to a suite: cut the graph, choose paths, order them, keep to the budget, and say what is left."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from testgen.analysis import count_behaviors, find_shape
from testgen.behavior import Suite, make_behaviors
from testgen.errors import Location, SelectionError
from testgen.graph import StateGraph, collector_paused
from testgen.selection.all_behaviors import count_or_refuse, walk_behaviors
from testgen.selection.certificate import proven_bound
from testgen.selection.criteria import CRITERIA, NOTHING, Obligations
from testgen.selection.filters import allowed_by
from testgen.selection.ground import GROUNDS, Ground, within
from testgen.selection.least_steps import shortest_walks
from testgen.selection.limited import bound_of_length, limited_walks
from testgen.selection.minimum import component_flow, fewest_paths
from testgen.selection.order import most_first, spread
from testgen.selection.part import Part, Path, part_of
from testgen.selection.sampled import random_walks, sampled_paths
from testgen.selection.shortest import shortest_paths

__all__ = ["DEFAULT_LIMIT", "STRATEGIES", "Rate", "Request", "select_behaviors"]

DEFAULT_LIMIT = 10_000
"""More tests than this are rarely wanted; the user says so with `--limit`."""
DEFAULT_WALK_STEPS = 50
_RUNNABLE = 1_000_000
"""No one runs more tests."""
STRATEGIES: dict[str, tuple[str, ...]] = {
    "behaviors": ("all", "sample"),
    "states": ("minimum", "shortest", "random"),
    "transitions": ("minimum", "shortest", "random"),
    "actions": ("shortest", "random"),
    "action-pairs": ("shortest", "random"),
    "transition-pairs": ("minimum", "shortest", "random"),
}
"""The strategies for each criterion, the default one first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How long tests take, in seconds: so much each, and so much for each of its steps."""

    seconds_per_test: float
    seconds_per_step: float

    def seconds(self, n_tests: int, n_steps: int) -> float:
        return n_tests * self.seconds_per_test + n_steps * self.seconds_per_step


@dataclass(frozen=True, slots=True)
class Request:
    """What to select.

    Attributes:
        criterion: What must be covered, a key of `STRATEGIES`; empty for behaviors if there are no more than
            `DEFAULT_LIMIT`, or than `limit`, and else for transitions.
        strategy: How; empty for the criterion's first.
        limit: Refuse to select more behaviors than this.
        max_tests: Keep this many, those worth the most; for `sample`, draw this many.
        max_steps_in_all: Keep as many as have no more steps together.
        max_seconds: Keep as many as take no longer together, at this `rate`.
        rate: Needed for that.
        max_steps: No behavior is longer.
        has_least_steps: Whether a smallest suite is to have the fewest steps among all such.
        seed: Of the strategies that leave it to chance.
        only: See `filters.allowed_by`.
        avoid: Likewise.
        shard: (i, n): of the suite the behaviors i, i + n, i + 2n, … , counted from 1.
    """

    criterion: str = ""
    strategy: str = ""
    limit: int = DEFAULT_LIMIT
    max_tests: int | None = None
    max_steps_in_all: int | None = None
    max_seconds: float | None = None
    rate: Rate | None = None
    max_steps: int | None = None
    has_least_steps: bool = False
    seed: int = 0
    only: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    shard: tuple[int, int] = (1, 1)

    @property
    def has_budget(self) -> bool:
        return any(most is not None for most in (self.max_tests, self.max_steps_in_all, self.max_seconds))


@dataclass(slots=True)
class _Chosen:
    """Paths through a part, what no suite can do without, and what they do not pass, by reason."""

    paths: list[Path]
    lower_bound: int
    obligations: int
    least_steps: int | None = None
    uncovered: dict[str, int] = field(default_factory=dict)


@collector_paused()
def select_behaviors(graph: StateGraph, request: Request = Request()) -> Suite:
    """Choose behaviors of `graph` as `request` asks.

    Raises:
        SelectionError: There is no such criterion or strategy, nothing to cover, or more behaviors than the limit.
    """
    allowed, welcome = allowed_by(graph, request.only, request.avoid)
    part = part_of(graph, allowed, welcome)
    because = ""
    if not request.criterion:
        criterion, because = _default_criterion(part.graph, request)
        request = replace(request, criterion=criterion)
    strategy = _strategy(request)
    if request.criterion == "behaviors":
        chosen = _whole_behaviors(part.graph, strategy, request)
        if part.graph.n_transitions < graph.n_transitions and (count := count_behaviors(graph)) is not None:
            chosen.uncovered["filtered"] = max(0, count - chosen.obligations)
    else:
        chosen = _covering(part.graph, strategy, request)
        _count_what_is_out_of_reach(graph, part, request.criterion, chosen)
    first, step = request.shard
    paths = chosen.paths[first - 1 :: step]
    if not paths:
        raise SelectionError(
            f"shard {first} of {step} is empty: there are {len(chosen.paths)} behaviors",
            location=Location(graph.source),
            hint="make fewer shards",
        )
    is_whole = not request.has_budget and request.max_steps is None and request.shard == (1, 1)
    return Suite(
        graph=graph,
        criterion=request.criterion,
        strategy=strategy,
        behaviors=tuple(make_behaviors(graph, [part.whole(path) for path in paths])),
        lower_bound=chosen.lower_bound,
        obligations=chosen.obligations,
        uncovered={reason: count for reason, count in chosen.uncovered.items() if count},
        least_steps=chosen.least_steps if is_whole else None,
        because=because,
        options=_options(request, strategy),
    )


def _default_criterion(graph: StateGraph, request: Request) -> tuple[str, str]:
    """The criterion where none is asked for, and why it is not the usual one."""
    if request.strategy in STRATEGIES["behaviors"]:
        return "behaviors", ""
    if request.strategy or request.has_least_steps:
        return "transitions", ""
    count = count_behaviors(graph)
    if count is None:
        return "transitions", "the graph has cycles, and so infinitely many behaviors"
    if count > max(request.limit, DEFAULT_LIMIT):
        return "transitions", f"the graph has {_shown(count)} behaviors"
    return "behaviors", ""


def _strategy(request: Request) -> str:
    if request.criterion not in STRATEGIES:
        raise SelectionError(f"unknown criterion {request.criterion!r}", hint=f"there are {', '.join(STRATEGIES)}")
    known = STRATEGIES[request.criterion]
    strategy = request.strategy or known[0]
    if request.has_least_steps and strategy != "minimum":
        raise SelectionError(
            f"the fewest steps cannot be found for {request.criterion} by strategy {strategy}",
            hint="--minimize steps is for states, transitions and transition-pairs, with strategy minimum",
        )
    if request.strategy and request.strategy not in known:
        raise SelectionError(
            f"no strategy {request.strategy!r} for criterion {request.criterion!r}", hint=f"there is {', '.join(known)}"
        )
    return strategy


def _options(request: Request, strategy: str) -> tuple[str, ...]:
    """What else shaped the suite, as the user would say it."""
    named = [f"only {text}" for text in request.only] + [f"avoid {text}" for text in request.avoid]
    named += [f"at most {request.max_tests} tests"] if request.max_tests else []
    named += [f"at most {request.max_steps_in_all} steps in all"] if request.max_steps_in_all else []
    named += [f"at most {request.max_seconds:g} seconds in all"] if request.max_seconds else []
    named += [f"at most {request.max_steps} steps a test"] if request.max_steps else []
    named += ["least steps"] if request.has_least_steps else []
    named += [f"seed {request.seed}"] if strategy in ("sample", "random") else []
    named += [f"shard {request.shard[0]} of {request.shard[1]}"] if request.shard != (1, 1) else []
    return tuple(named)


def _whole_behaviors(graph: StateGraph, strategy: str, request: Request) -> _Chosen:
    count = count_or_refuse(graph)
    where = Location(graph.source)
    if strategy == "sample":
        if request.max_tests is None:
            raise SelectionError("how many behaviors are to be drawn?", location=where, hint="--budget tests=500")
        _check_limit(min(count, request.max_tests), request, where)
        paths = sampled_paths(graph, request.max_tests, request.seed)
    elif request.has_budget and request.max_steps is None and count > max(request.limit, DEFAULT_LIMIT):
        _check_limit(min(count, request.max_tests or 0), request, where)
        n_drawn = max(min(request.limit, DEFAULT_LIMIT), request.max_tests or 0)  # too many to look at each
        paths = sampled_paths(graph, n_drawn, request.seed)
    else:
        most = count if request.max_steps is not None else request.max_tests or count
        _check_limit(min(count, most), request, where)
        paths = list(walk_behaviors(graph))
        assert len(paths) == count, "the count and the walk disagree"
    chosen = _Chosen(paths, count, count)
    if request.max_steps is not None:
        chosen.paths = [path for path in paths if len(path[1]) <= request.max_steps]
        chosen.uncovered["max-steps"] = len(paths) - len(chosen.paths)
    if request.has_budget:
        ordered = chosen.paths if strategy == "sample" else spread(chosen.paths, CRITERIA["transitions"](graph))
        chosen.paths = _within_budget(ordered, request)
    chosen.uncovered["budget"] = count - chosen.uncovered.get("max-steps", 0) - len(chosen.paths)
    return _not_empty(chosen, graph)


def _covering(graph: StateGraph, strategy: str, request: Request) -> _Chosen:
    obligations = CRITERIA[request.criterion](graph)
    if obligations.count == 0:
        raise SelectionError(f"the graph has no {request.criterion} to cover", location=Location(graph.source))
    if request.has_least_steps and request.criterion == "states" and not find_shape(graph).is_dag:
        raise SelectionError(
            "the fewest steps through every state cannot be found where the graph has cycles",
            location=Location(graph.source),
            hint="--criterion transitions has no such limit",
        )
    ground = _ground(graph, request)
    flow = component_flow(ground) if ground is not None else None
    bound = 1 if ground is None or flow is None else proven_bound(ground, flow.cut)
    if ground is not None and flow is not None:
        assert flow.n_paths == bound, "the bound and the paths disagree"
        if request.max_steps is not None:
            bound = max(bound, bound_of_length(ground, request.max_steps - ground.steps_to_start))
    least_steps = None
    match strategy:
        case "minimum":
            assert ground is not None and flow is not None
            if not request.has_budget:
                _check_limit(bound, request, Location(graph.source), request.criterion)
            if request.max_steps is not None:
                walks, bound = limited_walks(ground, flow, bound, request.max_steps - ground.steps_to_start)
            else:
                least = shortest_walks(ground, bound) if request.has_least_steps else None
                walks = fewest_paths(ground, flow) if least is None else least.walks
                least_steps = None if least is None else sum(len(moves) + ground.steps_to_start for _, moves in walks)
            paths = most_first([ground.path_along(*walk) for walk in walks], obligations)
        case "shortest":
            paths = shortest_paths(graph, obligations, request.max_steps)
            if request.has_budget:
                paths = most_first(paths, obligations)
        case _:  # of which nothing is left out, as chance may find what no criterion asks for
            n_walks, n_steps = request.max_tests or request.limit, request.max_steps or DEFAULT_WALK_STEPS
            paths = random_walks(graph, obligations, n_walks, n_steps, request.seed)
    chosen = _Chosen(paths, bound, obligations.count, least_steps)
    passed = _passed(paths, obligations)
    chosen.uncovered["chance" if strategy == "random" else "max-steps"] = obligations.count - len(passed)
    if request.has_budget:
        chosen.paths = paths = _within_budget(paths, request)
        chosen.uncovered["budget"] = len(passed) - len(_passed(paths, obligations))
    _check_limit(len(paths), request, Location(graph.source), request.criterion)
    return _not_empty(chosen, graph)


def _ground(graph: StateGraph, request: Request) -> Ground | None:
    """On which the fewest behaviors that pass what is near enough can be sought; None for criteria without one."""
    if request.criterion not in GROUNDS:
        return None
    ground = GROUNDS[request.criterion](graph)
    return ground if request.max_steps is None else within(ground, request.max_steps - ground.steps_to_start)


def _check_limit(count: int, request: Request, where: Location, criterion: str = "") -> None:
    if count <= request.limit:
        return
    what = f"the {criterion} need" if criterion else "the graph has"
    hint = "no one can run so many: --criterion transitions, or --strategy sample --budget tests=500"
    if count < _RUNNABLE:
        hint = f"--limit {count} takes them all"
        hint += f"; --budget tests={request.limit} those worth the most" if criterion else ""
    raise SelectionError(
        f"{what} {_shown(count)} behaviors, more than the limit of {request.limit:,}",
        location=where,
        hint=hint,
    )


def _shown(count: int) -> str:
    """A number that can have thousands of digits."""
    return f"{count:,}" if count < 10**100 else f"about 10^{int(math.log10(count))}"


def _not_empty(chosen: _Chosen, graph: StateGraph) -> _Chosen:
    if not chosen.paths:
        raise SelectionError(
            "no behavior is left: all are too long for --max-steps, or the first already for --budget",
            location=Location(graph.source),
            hint="raise them; --max-steps makes tests shorter, so that more fit into a budget",
        )
    return chosen


def _count_what_is_out_of_reach(graph: StateGraph, part: Part, criterion: str, chosen: _Chosen) -> None:
    """Add the obligations of the whole graph that the filters leave out, and those that nothing can reach."""
    if (part.graph.n_states, part.graph.n_transitions) == (graph.n_states, graph.n_transitions):
        return
    has_unreachable = bool((graph.levels == 0).any())
    whole = part_of(graph, *allowed_by(graph, (), ())).graph if has_unreachable else graph
    n_reachable = _count(whole, criterion)
    chosen.uncovered["unreachable"] = _count(graph, criterion) - n_reachable if has_unreachable else 0
    chosen.uncovered["filtered"] = n_reachable - chosen.obligations


def _count(graph: StateGraph, criterion: str) -> int:
    try:
        return CRITERIA[criterion](graph).count
    except SelectionError:  # too many pairs to number; here it is only their count
        return int(np.diff(graph.offsets)[graph.targets].sum())


def _within_budget(paths: Iterable[Path], request: Request) -> list[Path]:
    """The first of `paths`, as many as the budget has room for."""
    kept: list[Path] = []
    steps, seconds = 0, 0.0
    for path in paths:
        steps += len(path[1])
        seconds += 0.0 if request.rate is None else request.rate.seconds(1, len(path[1]))
        if any(
            most is not None and taken > most
            for taken, most in (
                (len(kept) + 1, request.max_tests),
                (steps, request.max_steps_in_all),
                (seconds, request.max_seconds),
            )
        ):
            break
        kept.append(path)
    return kept


def _passed(paths: list[Path], obligations: Obligations) -> set[int]:
    return {passed for path in paths for passed in obligations.along(path) if passed != NOTHING}
