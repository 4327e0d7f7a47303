"""Graph coverage: what suites plan to visit of a state graph, what runs did visit, and what became of the rest.

Obligations are those of selection: an obligation has the best fate of the steps that pass it, whatever the tests they
are of. All counts are of what can be reached from an initial state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain

import numpy as np
import numpy.typing as npt

from testgen.coverage.evidence import Evidence, SuiteEvidence
from testgen.coverage.fates import Fate, Fates, TestCount, Walk, count_tests, walks_of
from testgen.coverage.recorded import Track
from testgen.errors import SelectionError
from testgen.graph import StateGraph
from testgen.selection.criteria import CRITERIA, NOTHING, Obligations, successive_transitions
from testgen.selection.filters import allowed_by
from testgen.selection.part import Part, part_of

__all__ = ["CRITERIA_SHOWN", "ActionCoverage", "CriterionCoverage", "GraphCoverage", "measure_graph"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CRITERIA_SHOWN = "states", "transitions", "actions", "action-pairs"
"""Pairs of transitions are many, and asked for by name."""


@dataclass(frozen=True, slots=True, eq=False)
class CriterionCoverage:
    """What of a criterion's obligations is covered.

    Attributes:
        obligations: What there is to cover, numbered.
        planned: Shape (count,): whether a suite plans to pass it.
        fates: Shape (count,): the `Fate` of each. Without a log, what is planned is `NOT_RUN`.
    """

    obligations: Obligations
    planned: Bools
    fates: Fates

    @property
    def count(self) -> int:
        return self.obligations.count

    @property
    def n_planned(self) -> int:
        return int(self.planned.sum())

    @property
    def n_executed(self) -> int:
        return int((self.fates == Fate.EXECUTED).sum())


@dataclass(frozen=True, slots=True)
class ActionCoverage:
    """How many transitions an action has, how many are planned, and executed."""

    transitions: int
    planned: int
    executed: int


@dataclass(frozen=True, slots=True, eq=False)
class GraphCoverage:
    """What suites reach of a graph.

    Attributes:
        evidence: What was counted.
        part: The part of the graph that can be reached, by whose numbers all is counted.
        criteria: By name.
        actions: By name.
        refused_transitions: How many transitions tests show, or are to show, that the system refuses.
        tests: For each suite of the evidence.
        cut_by: Why suites that are planned do not hold all they were to cover: "budget", "shard", …
        is_vacuous: Whether there are logs, and no test in them got as far as its initial state.
        warnings: What the user should know.
    """

    evidence: Evidence
    part: Part
    criteria: Mapping[str, CriterionCoverage]
    actions: Mapping[str, ActionCoverage]
    refused_transitions: int
    tests: tuple[TestCount, ...]
    cut_by: tuple[str, ...]
    is_vacuous: bool
    warnings: tuple[str, ...]

    @property
    def has_log(self) -> bool:
        """Whether anything is known of what was executed."""
        return self.evidence.has_log

    @property
    def unreachable_states(self) -> int:
        """States to which no path leads, of which nothing is asked."""
        return self.evidence.graph.n_states - self.part.graph.n_states

    def covered(self, criterion: str) -> int:
        """How many obligations are executed; without a log, planned."""
        measured = self.criteria[criterion]
        return measured.n_executed if self.has_log else measured.n_planned

    def percent(self, criterion: str) -> float:
        """How much of a criterion is covered; nothing, if it asks for nothing or could not be counted."""
        counted = criterion in self.criteria
        return 100 * self.covered(criterion) / max(1, self.criteria[criterion].count) if counted else 0.0

    def uncovered(self, criterion: str) -> dict[Fate, int]:
        """How many obligations are not covered, by what became of them."""
        measured = self.criteria[criterion]
        counts = np.bincount(measured.fates[self.missed(criterion)], minlength=len(Fate)).tolist()
        return {fate: counts[fate] for fate in Fate if counts[fate]}

    def missed(self, criterion: str) -> Bools:
        """Shape (count,): which obligations are not covered."""
        measured = self.criteria[criterion]
        return measured.fates != Fate.EXECUTED if self.has_log else ~measured.planned


def measure_graph(evidence: Evidence, *, criteria: Sequence[str] = CRITERIA_SHOWN) -> GraphCoverage:
    """Count what the evidence shows to be covered.

    Args:
        evidence: Suites and logs of one graph.
        criteria: Keys of `selection.criteria.CRITERIA`. What has too many obligations to be numbered is left out, with
            a warning.

    Raises:
        SelectionError: There is no such criterion, or nothing that can be numbered.

    Linear in the steps of all suites, in arrays.
    """
    graph = evidence.graph
    part = part_of(graph, *allowed_by(graph, (), ()))
    found = [walks_of(suite, has_log=evidence.has_log) for suite in evidence.suites]
    walked = _steps([walk for walks, _ in found for walk in walks], part)
    steps = _joined(walked, _steps_of_tracks(evidence.tracks, part))
    obligations, warnings = _obligations(part, criteria)
    allowed = _allowed(graph, part, evidence.suites, has_pairs=any(name.endswith("-pairs") for name in obligations))
    measured = {name: _measure(asked, steps, allowed) for name, asked in obligations.items()}
    transitions = measured.get("transitions") or _measure(CRITERIA["transitions"](part.graph), steps, allowed)
    return GraphCoverage(
        evidence=evidence,
        part=part,
        criteria=measured,
        actions=_actions(part.graph, transitions),
        refused_transitions=int((transitions.fates == Fate.REFUSED).sum()),
        tests=tuple(count_tests(suite) for suite in evidence.suites),
        cut_by=_cut_by(evidence.suites),
        is_vacuous=evidence.has_log and Fate.EXECUTED not in steps.start_fates,
        warnings=(*evidence.warnings, *(warning for _, told in found for warning in told), *warnings),
    )


def _obligations(part: Part, criteria: Sequence[str]) -> tuple[dict[str, Obligations], list[str]]:
    """What there is to cover, by criterion, and warnings of what is left out."""
    obligations: dict[str, Obligations] = {}
    warnings = []
    for name in criteria:
        if name not in CRITERIA:
            raise SelectionError(f"unknown criterion {name!r}", hint=f"there are {', '.join(CRITERIA)}")
        try:
            obligations[name] = CRITERIA[name](part.graph)
        except SelectionError as error:  # too many pairs
            if len(criteria) == 1:
                raise
            warnings.append(f"{name} are not counted: {error.message}")
    return obligations, warnings


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """All walks in arrays, by the numbers of a part.

    Attributes:
        starts: Shape (n_walks,): initial states, with their fates and whether each is planned.
        taken: Shape (n_steps,): transitions, likewise.
        after: Shape (n_steps,): the transition before each on its walk, or `NOTHING`.
    """

    starts: Ints
    start_fates: Fates
    start_planned: Bools
    taken: Ints
    after: Ints
    fates: Fates
    planned: Bools


def _steps(walks: Sequence[Walk], part: Part) -> _Steps:
    lengths = np.array([len(walk.behavior.transitions) for walk in walks], dtype=np.int64)
    n_steps = int(lengths.sum())
    whole = chain.from_iterable(walk.behavior.transitions for walk in walks)
    taken = np.searchsorted(part.transitions, np.fromiter(whole, dtype=np.int64, count=n_steps))
    after = np.full(n_steps, NOTHING, dtype=np.int64)
    after[1:] = taken[:-1]
    after[(np.cumsum(lengths) - lengths)[lengths > 0]] = NOTHING
    is_start = np.zeros(n_steps + len(walks), dtype=bool)
    is_start[np.cumsum(lengths + 1) - lengths - 1] = True
    fates = np.concatenate([np.zeros(0, dtype=np.int8), *(walk.fates for walk in walks)])  # there may be none
    planned = np.concatenate([np.zeros(0, dtype=bool), *(walk.planned for walk in walks)])
    return _Steps(
        starts=np.searchsorted(part.states, np.array([walk.behavior.states[0] for walk in walks], dtype=np.int64)),
        start_fates=fates[is_start],
        start_planned=planned[is_start],
        taken=taken,
        after=after,
        fates=fates[~is_start],
        planned=planned[~is_start],
    )


def _steps_of_tracks(tracks: Sequence[Track], part: Part) -> _Steps:
    """What recorded tests have certainly done; nothing of it was planned."""
    starts = [int(track.starts[0]) for track in tracks if len(track.starts) == 1]
    taken, after = [], []
    for track in tracks:
        certain = track.certain
        taken += [step for step in certain if step is not None]
        after += [before for before, step in zip([None, *certain], certain, strict=False) if step is not None]
    numbers = np.searchsorted(part.transitions, np.array(taken, dtype=np.int64))
    is_known = np.array([before is not None for before in after], dtype=bool)
    before = np.searchsorted(part.transitions, np.array([before or 0 for before in after], dtype=np.int64))
    return _Steps(
        starts=np.searchsorted(part.states, np.array(starts, dtype=np.int64)),
        start_fates=np.full(len(starts), Fate.EXECUTED, dtype=np.int8),
        start_planned=np.zeros(len(starts), dtype=bool),
        taken=numbers,
        after=np.where(is_known, before, NOTHING),
        fates=np.full(len(taken), Fate.EXECUTED, dtype=np.int8),
        planned=np.zeros(len(taken), dtype=bool),
    )


def _joined(one: _Steps, other: _Steps) -> _Steps:
    return _Steps(*(np.concatenate(pair) for pair in zip(_arrays(one), _arrays(other), strict=True)))


def _arrays(steps: _Steps) -> list[npt.NDArray[np.generic]]:
    return [getattr(steps, field.name) for field in fields(steps)]


def _measure(obligations: Obligations, steps: _Steps, allowed: _Allowed | None) -> CriterionCoverage:
    """Which obligations are planned, and the best fate of the steps that pass each."""
    fates = np.full(obligations.count, Fate.NOT_SELECTED, dtype=np.int8)
    if allowed is not None:
        fates[:] = Fate.FILTERED
        fates[obligations.passed(allowed.states, allowed.taken, allowed.after)] = Fate.NOT_SELECTED
    for fate in sorted(set(steps.fates.tolist()) | set(steps.start_fates.tolist()), reverse=True):
        starts, chosen = steps.starts[steps.start_fates == fate], steps.fates == fate
        fates[obligations.passed(starts, steps.taken[chosen], steps.after[chosen])] = fate
    planned = np.zeros(obligations.count, dtype=bool)
    chosen = steps.planned
    planned[obligations.passed(steps.starts[steps.start_planned], steps.taken[chosen], steps.after[chosen])] = True
    return CriterionCoverage(obligations, planned, fates)


@dataclass(frozen=True, slots=True, eq=False)
class _Allowed:
    """What suites may walk that were selected with filters, by the numbers of a part: see `Obligations.passed`."""

    states: Ints
    taken: Ints
    after: Ints


def _allowed(graph: StateGraph, part: Part, suites: Iterable[SuiteEvidence], *, has_pairs: bool) -> _Allowed | None:
    """What no filter forbids, with pairs if they matter; None if there are no filters."""
    filters = {_filters(suite.suite.options) for suite in suites if suite.is_planned}
    if not filters or ((), ()) in filters:
        return None
    states, taken, after = [], [], []
    for only, avoid in sorted(filters):
        welcome = part_of(graph, *allowed_by(graph, only, avoid))
        number = np.searchsorted(part.transitions, welcome.transitions)
        states.append(np.searchsorted(part.states, welcome.states))
        taken.append(number)
        after.append(np.full(len(number), NOTHING))
        if has_pairs:
            firsts, seconds = successive_transitions(welcome.graph)
            taken.append(number[seconds])
            after.append(number[firsts])
    return _Allowed(*(np.concatenate(arrays).astype(np.int64) for arrays in (states, taken, after)))


def _filters(options: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts of `--only` and of `--avoid`, as a suite's options tell them."""

    def texts(word: str) -> tuple[str, ...]:
        return tuple(option.removeprefix(word) for option in options if option.startswith(word))

    return texts("only "), texts("avoid ")


def _cut_by(suites: Iterable[SuiteEvidence]) -> tuple[str, ...]:
    """Why planned suites lack what they were to cover, as far as nobody knows of what it is so."""
    reasons: set[str] = set()
    for suite in suites:
        if suite.is_planned:
            reasons |= suite.suite.uncovered.keys() - {"unreachable", "filtered"}
            reasons |= {"shard" for option in suite.suite.options if option.startswith("shard ")}
    return tuple(sorted(reasons))


def _actions(graph: StateGraph, transitions: CriterionCoverage) -> dict[str, ActionCoverage]:
    """How much of each action is covered, the actions by name."""
    names = sorted({graph.actions[label].name for label in np.unique(graph.labels).tolist()})
    place = {name: number for number, name in enumerate(names)}
    kind_of_label = np.array([place.get(action.name, len(names)) for action in graph.actions], dtype=np.int64)
    kinds = kind_of_label[graph.labels]
    counts = [
        np.bincount(kinds[chosen], minlength=len(names)).tolist()
        for chosen in (slice(None), transitions.planned, transitions.fates == Fate.EXECUTED)
    ]
    return {name: ActionCoverage(*numbers) for name, *numbers in zip(names, *counts, strict=True)}
