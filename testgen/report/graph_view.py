"""A graph's coverage as a report shows it: totals by level and action, and beneath them every state, packed.

Totals stay readable however large the graph is; the states are drawn by the page itself when somebody asks for one.
They travel as two texts: words (JSON) and numbers (32 bits, little-endian), each compressed and in base64, which
cannot end a script element. Successive numbers of most lists are near to each other, so their differences are kept.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from testgen.coverage import Fate, GraphCoverage, Unreached, nearest_unreached
from testgen.coverage.divergences import FailureGroup, group_failures
from testgen.coverage.fates import Walk, best_records, tellings_of, walks_of
from testgen.coverage.graph_coverage import CriterionCoverage
from testgen.report.picture import draw

__all__ = ["Band", "Cell", "CriterionRow", "DivergenceView", "GraphView", "Packed", "graph_view"]

Ints = npt.NDArray[np.int64]

_BANDS = 60
"""The most rows; a graph of more levels has several to a row."""
_STATES_DRAWN = 150
_TRANSITIONS_DRAWN = 600
_NEAREST = 5
_TESTS_NAMED = 20
_PLACES_NAMED = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """Things of a kind: how many, how many of them are covered, and how many failed.

    Attributes:
        total: At least one.
        covered: Executed; without a log, planned.
        failed: A test failed there.
    """

    total: int
    covered: int
    failed: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.total

    @property
    def state(self) -> str:
        return "full" if self.covered == self.total else "part" if self.covered else "none"


@dataclass(frozen=True, slots=True)
class Band:
    """One level, or several successive ones: its states, and for each action the transitions that leave them."""

    first: int
    last: int
    states: Cell
    cells: tuple[Cell | None, ...]

    @property
    def name(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion: what it counts, what of it is planned and covered, and what became of the rest."""

    name: str
    cell: Cell | None
    planned: int
    reasons: tuple[tuple[str, int], ...]
    nearest: tuple[Unreached, ...]


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """A suite: tests by outcome; without a log only how many there are."""

    name: str
    selection: str
    binding: str
    tests: int
    outcomes: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """A transition at which tests diverge: in words, its number in the page, and how many tests."""

    words: str
    state: int
    tests: int


@dataclass(frozen=True, slots=True)
class DivergenceView:
    """A group of failures, with the behavior to look at first."""

    group: FailureGroup
    places: tuple[Place, ...]
    more_places: int
    behavior: tuple[tuple[str, int], ...]
    tests: tuple[str, ...]
    more_tests: int


@dataclass(frozen=True, slots=True)
class Packed:
    """Everything about states, for the page's program: see the module."""

    words: str
    numbers: str


@dataclass(frozen=True, slots=True)
class GraphView:
    """What a report shows of a graph.

    Attributes:
        name: As the user named it.
        n_states: That can be reached.
        n_unreachable: And that cannot.
        covered: "executed", or "planned" if there is no log.
        criteria: A row each.
        suites: A row each.
        n_recorded: Handwritten tests that recorded what they did.
        actions: Names, the columns of `bands`.
        bands: By level.
        divergences: Failures in groups, the largest first.
        picture: SVG of a small graph; None of a large one, or without graphviz.
        packed: See `Packed`.
        warnings: What the user should know.
    """

    name: str
    n_states: int
    n_transitions: int
    n_unreachable: int
    covered: str
    criteria: tuple[CriterionRow, ...]
    suites: tuple[SuiteRow, ...]
    n_recorded: int
    actions: tuple[str, ...]
    totals: tuple[Cell, ...]
    bands: tuple[Band, ...]
    divergences: tuple[DivergenceView, ...]
    picture: str | None
    packed: Packed
    warnings: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        return sum(len(told.group.failures) for told in self.divergences)


def graph_view(name: str, coverage: GraphCoverage) -> GraphView:
    """Arrange what was measured of the graph that the user calls `name`; of states and transitions at least."""
    graph = coverage.part.graph
    names = sorted({graph.actions[label].name for label in np.unique(graph.labels).tolist()})
    column = {action: number for number, action in enumerate(names)}
    columns = np.array([column.get(action.name, 0) for action in graph.actions], dtype=np.int64)[graph.labels]
    states, transitions = coverage.criteria["states"], coverage.criteria["transitions"]
    bands = _bands(coverage, columns, len(names))
    walks = [
        (number, walk) for number, suite in enumerate(coverage.evidence.suites) for walk in _walks(coverage, number)
    ]
    return GraphView(
        name=name,
        n_states=graph.n_states,
        n_transitions=graph.n_transitions,
        n_unreachable=coverage.unreachable_states,
        covered="executed" if coverage.has_log else "planned",
        criteria=tuple(_criterion(coverage, criterion) for criterion in coverage.criteria),
        suites=tuple(_suites(coverage)),
        n_recorded=len(coverage.evidence.tracks),
        actions=tuple(names),
        totals=tuple(_cells(columns, len(names), coverage, transitions)),
        bands=bands,
        divergences=tuple(_divergences(coverage)),
        picture=_picture(coverage, states, transitions),
        packed=_packed(coverage, columns, names, walks),
        warnings=coverage.warnings,
    )


def _criterion(coverage: GraphCoverage, name: str) -> CriterionRow:
    measured = coverage.criteria[name]
    cell = Cell(measured.count, coverage.covered(name)) if measured.count else None
    reasons = tuple((fate.words, count) for fate, count in coverage.uncovered(name).items())
    nearest = tuple(nearest_unreached(coverage, name, limit=_NEAREST))
    return CriterionRow(name, cell, measured.n_planned, reasons, nearest)


def _suites(coverage: GraphCoverage) -> Iterator[SuiteRow]:
    for suite, count in zip(coverage.evidence.suites, coverage.tests, strict=True):
        outcomes = {**count.outcomes, "not run": count.not_run} if coverage.has_log else {}
        told = {outcome: number for outcome, number in outcomes.items() if number}
        yield SuiteRow(suite.name, suite.suite.selection, suite.binding, count.tests, told, count.seconds)


def _is_covered(coverage: GraphCoverage, measured: CriterionCoverage) -> npt.NDArray[np.bool_]:
    return measured.fates == Fate.EXECUTED if coverage.has_log else measured.planned


def _cells(keys: Ints, count: int, coverage: GraphCoverage, measured: CriterionCoverage) -> list[Cell]:
    """Totals by key; a key that nothing has gives a cell of nothing."""
    chosen = (slice(None), _is_covered(coverage, measured), measured.fates == Fate.FAILED)
    counts = [np.bincount(keys[of], minlength=count).tolist() for of in chosen]
    return [Cell(*numbers) for numbers in zip(*counts, strict=True)]


def _bands(coverage: GraphCoverage, columns: Ints, n_actions: int) -> tuple[Band, ...]:
    graph = coverage.part.graph
    deepest = int(graph.levels.max())
    height = -(-deepest // _BANDS)
    band = (graph.levels.astype(np.int64) - 1) // height
    n_bands = int(band.max()) + 1
    states = _cells(band, n_bands, coverage, coverage.criteria["states"])
    keys = band[graph.sources] * n_actions + columns
    cells = _cells(keys, n_bands * n_actions, coverage, coverage.criteria["transitions"])
    return tuple(
        Band(
            number * height + 1,
            min((number + 1) * height, deepest),
            states[number],
            tuple(cell if cell.total else None for cell in cells[number * n_actions : (number + 1) * n_actions]),
        )
        for number in range(n_bands)
    )


def _divergences(coverage: GraphCoverage) -> Iterator[DivergenceView]:
    graph, part = coverage.evidence.graph, coverage.part
    page_state = {int(state): number for number, state in enumerate(part.states.tolist())}
    for group in group_failures(graph, coverage.evidence.suites):
        counts = [(at, tests) for at, tests in group.transitions.items() if at is not None]
        places = tuple(
            Place(
                f"{graph.action(at)} from state {graph.sources[at]:,} to {graph.targets[at]:,}",
                page_state[int(graph.sources[at])],
                tests,
            )
            for at, tests in counts[:_PLACES_NAMED]
        )
        first = group.failures[0].behavior
        behavior = tuple((str(graph.action(step)), page_state[int(graph.targets[step])]) for step in first.transitions)
        tests = tuple(failure.record.test for failure in group.failures)
        yield DivergenceView(
            group,
            places,
            len(counts) - len(places),
            behavior,
            tests[:_TESTS_NAMED],
            max(0, len(tests) - _TESTS_NAMED),
        )


def _picture(coverage: GraphCoverage, states: CriterionCoverage, transitions: CriterionCoverage) -> str | None:
    part = coverage.part
    if part.graph.n_states > _STATES_DRAWN or part.graph.n_transitions > _TRANSITIONS_DRAWN:
        return None

    def class_of(measured: CriterionCoverage, number: int) -> str:
        if _is_covered(coverage, measured)[number]:
            return "covered"
        return Fate(int(measured.fates[number])).key if measured.fates[number] <= Fate.REFUSED else "missed"

    return draw(
        part.graph,
        part.states.tolist(),
        lambda state: class_of(states, state),
        lambda transition: class_of(transitions, transition),
    )


# What the page's program gets


def _walks(coverage: GraphCoverage, number: int) -> list[Walk]:
    return walks_of(coverage.evidence.suites[number], has_log=coverage.has_log)[0]


def _packed(coverage: GraphCoverage, columns: Ints, names: Sequence[str], walks: list[tuple[int, Walk]]) -> Packed:
    part, graph = coverage.part, coverage.part.graph
    tests, whys = _tests(coverage)
    starts, taken, lengths, fates = _walked(coverage, [walk for _, walk in walks])
    arrays: list[tuple[str, Any]] = [  # Any: arrays of several types
        ("number", np.diff(part.states, prepend=0)),
        *((f"rank {place}", graph.ranks[:, place]) for place in range(len(graph.variables))),
        ("stateFate", _shown_fates(coverage, coverage.criteria["states"])),
        ("degree", np.diff(graph.offsets)),
        ("target", np.diff(graph.targets.astype(np.int64), prepend=0)),
        ("label", graph.labels),
        ("transitionFate", _shown_fates(coverage, coverage.criteria["transitions"])),
        ("walkStart", starts),
        ("walkLength", lengths),
        ("walkStep", np.diff(taken, prepend=0)),
        ("walkFate", fates),
    ]
    words = {
        "graph": graph.source,
        "covered": "executed" if coverage.has_log else "planned",
        "variables": list(graph.variables),
        "values": [[value.key for value in values] for values in graph.values],
        "actions": [str(action) for action in graph.actions],
        "names": list(names),
        "nameOf": [names.index(action.name) if action.name in names else -1 for action in graph.actions],
        "initial": graph.initial.tolist(),
        "levels": np.bincount(graph.levels)[1:].tolist(),
        "fates": [_fate_words(fate, coverage) for fate in Fate],
        "outcomes": list(_OUTCOMES),
        "whys": whys,
        "tests": tests,
        "arrays": [[name, len(array)] for name, array in arrays],
    }
    numbers = np.concatenate([np.asarray(array, dtype=np.int64) for _, array in arrays])
    return Packed(
        _compressed(json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")),
        _compressed(numbers.astype("<i4").tobytes()),
    )


_OUTCOMES = "passed", "failed", "error", "skipped", "not run", "left out"


def _fate_words(fate: Fate, coverage: GraphCoverage) -> str:
    return "planned" if fate is Fate.NOT_RUN and not coverage.has_log else fate.words


def _shown_fates(coverage: GraphCoverage, measured: CriterionCoverage) -> npt.NDArray[np.int8]:
    """Fates, of which 0 means covered: without a log what is planned is, for the page."""
    if coverage.has_log:
        return measured.fates
    return np.where(measured.planned, np.int8(0), measured.fates)


def _tests(coverage: GraphCoverage) -> tuple[list[list[Any]], list[str]]:  # Any: JSON
    """For each walk the name, outcome and why of the test that tells it."""
    tests: list[list[Any]] = []
    whys: dict[str, int] = {"": 0}
    for suite in coverage.evidence.suites:
        best = best_records(suite)
        for behavior, telling in zip(suite.suite.behaviors, tellings_of(suite), strict=True):
            record = best.get(telling.test) if telling is not None else None
            if record is not None:
                why = whys.setdefault(record.why, len(whys))
                tests.append([record.test, _OUTCOMES.index(record.outcome), why])
            else:
                name = f"behavior {behavior.id[:8]} of {suite.name}"
                tests.append([name, _OUTCOMES.index("left out" if telling is None else "not run"), 0])
    for track in coverage.evidence.tracks:
        why = whys.setdefault(track.lost_by, len(whys))
        tests.append([track.test.test, _OUTCOMES.index(track.test.outcome), why])
    return tests, list(whys)


def _walked(coverage: GraphCoverage, walks: list[Walk]) -> tuple[list[int], Ints, list[int], list[int]]:
    """All walks one after the other, in the part's numbers; -1 where it is not known what a recorded test did."""
    part = coverage.part
    starts: list[int] = [walk.behavior.states[0] for walk in walks]
    taken: list[int] = [transition for walk in walks for transition in walk.behavior.transitions]
    lengths = [len(walk.behavior.transitions) for walk in walks]
    fates: list[int] = [fate for walk in walks for fate in walk.fates.tolist()]
    for track in coverage.evidence.tracks:
        starts.append(int(track.starts[0]) if len(track.starts) == 1 else -1)
        steps = [-1 if step is None else step for step in track.certain]
        taken += steps
        lengths.append(len(steps))
        fates += [Fate.EXECUTED] * (1 + len(steps))
    known = np.array(taken, dtype=np.int64)
    numbers = np.where(known < 0, -1, np.searchsorted(part.transitions, np.maximum(known, 0)))
    first = np.array(starts, dtype=np.int64)
    begun = np.where(first < 0, -1, np.searchsorted(part.states, np.maximum(first, 0))).tolist()
    return begun, numbers, lengths, fates


def _compressed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")
