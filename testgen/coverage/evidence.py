"""What there is to count: suite files, and run logs with the suite files they were written beside.

A log of several suites holds tests of several graphs; those of other graphs say nothing of this one, and are told.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from testgen.behavior import Suite
from testgen.coverage.recorded import Track, Tracker
from testgen.coverage.run_log import LoggedSuite, Record, Run
from testgen.errors import GraphError, InputError, Location, unreadable
from testgen.graph import StateGraph
from testgen.suite_file import read_suite

__all__ = ["Evidence", "SuiteEvidence", "find_evidence", "has_tests_of"]

_DIGITS = 12
"""Of a graph's digest, in the header of generated files and so in logs."""


@dataclass(frozen=True, slots=True)
class SuiteEvidence:
    """A suite, and what came of its tests.

    Attributes:
        name: Its file as the user named it, or the folder that the log names.
        suite: What it plans.
        is_planned: Whether it counts as planned; a suite that only a log knows does unless files were named.
        records: Of the tests that were run, of all processes; a test that was run twice has two.
        binding: As the log tells it; empty if no log does.
    """

    name: str
    suite: Suite
    is_planned: bool
    records: tuple[Record, ...] = ()
    binding: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a graph's suites.

    Attributes:
        graph: The graph.
        suites: Each once, whatever it was read from; at least one, or there are tracks.
        runs: The logs read; none if nothing is known of what was executed.
        other_graphs: How many tests of other graphs the logs hold, by the first digits of the graph's digest.
        tracks: Where handwritten tests went that were recorded and observe variables of this graph.
        warnings: What the user should know of the logs.
    """

    graph: StateGraph
    suites: tuple[SuiteEvidence, ...]
    runs: tuple[Run, ...] = ()
    other_graphs: dict[str, int] = field(default_factory=dict)
    tracks: tuple[Track, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def has_log(self) -> bool:
        return bool(self.runs)


def find_evidence(graph: StateGraph, *, suite_files: Sequence[Path] = (), runs: Sequence[Run] = ()) -> Evidence:
    """Put together what concerns `graph`, of suite files and of runs with the suite files they were logged with.

    Args:
        graph: The graph.
        suite_files: What is planned; without any, what the runs' suites plan.
        runs: See `read_runs`; those of several processes, shards and times are merged.

    Raises:
        InputError: A file or folder is missing or malformed, or there is nothing to read.
        GraphError: A suite file is of another graph, or all that was run is.
    """
    if not suite_files and not runs:
        raise InputError("neither a suite file nor a run log is given", hint="--suite-file FILE, --log DIR")
    suites = {_content(path): SuiteEvidence(str(path), read_suite(path, graph), True) for path in suite_files}
    files = list(suites)
    logged = [suite for run in runs for suite in run.suites]
    ours = [suite for suite in logged if suite.graph == graph.digest[:_DIGITS]]
    tracks = _tracks(graph, runs)
    if runs and not ours and not tracks:
        _refuse(graph, runs, logged)
    records: dict[str, list[Record]] = defaultdict(list)
    for suite in ours:
        key = _key(suite, files)
        if key not in suites:
            assert suite.file is not None
            suites[key] = SuiteEvidence(suite.folder, read_suite(suite.file, graph), is_planned=not suite_files)
        if not suites[key].binding:
            suites[key] = replace(suites[key], binding=suite.binding)
        records[key] += suite.records
    return Evidence(
        graph,
        tuple(replace(evidence, records=tuple(records[key])) for key, evidence in suites.items()),
        tuple(runs),
        dict(Counter(suite.graph for suite in logged for _ in suite.records if suite.graph != graph.digest[:_DIGITS])),
        tracks,
        (*_warnings(runs, graph), *(f"{track.test.test} {track.lost_by}" for track in tracks if track.lost_by)),
    )


def has_tests_of(graph: StateGraph, runs: Sequence[Run]) -> bool:
    """Whether any test of `graph` has been run."""
    return any(suite.graph == graph.digest[:_DIGITS] for run in runs for suite in run.suites)


def _tracks(graph: StateGraph, runs: Sequence[Run]) -> tuple[Track, ...]:
    recorded = [test for run in runs for test in run.recorded]
    if not recorded:
        return ()
    tracker = Tracker(graph)
    return tuple(tracker.track(test) for test in recorded if tracker.knows(test))


def _content(path: Path) -> str:
    """What a copy of this file is known by in a log."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise unreadable(str(path), error) from error


def _key(suite: LoggedSuite, files: Sequence[str]) -> str:
    """Which suite a log speaks of: by the file that it holds, or the only one that the user named.

    Raises:
        InputError: The log does not hold its file, and it is not clear which of those named it is.
    """
    if suite.file is not None:
        content = _content(suite.file)
        return content if content in files else f"{content} {suite.binding}"  # two bindings may tell a graph alike
    if len(files) == 1:
        return files[0]
    raise InputError(
        f"the log has tests of {suite.folder} without their suite file, which was not beside them",
        hint="name it, and no other, with --suite-file; `testgen build` writes it",
    )


def _refuse(graph: StateGraph, runs: Sequence[Run], logged: Sequence[LoggedSuite]) -> None:
    where = Location(", ".join(sorted({str(run.path.parent) for run in runs})))
    recorded = {test.binding for run in runs for test in run.recorded}
    if recorded and not logged:
        raise GraphError(
            f"holds recorded tests only of {', '.join(sorted(recorded))}, which observe variables that "
            f"{graph.source} does not have",
            location=where,
        )
    if not logged:
        raise InputError(
            "holds no generated test: each process was stopped before its first had ended",
            location=where,
            hint="run the tests again",
        )
    found = ", ".join(sorted({f"{suite.folder} (graph {suite.graph})" for suite in logged}))
    raise GraphError(
        f"holds no test of {graph.source} (graph {graph.digest[:_DIGITS]}), only of {found}",
        location=where,
        hint="has the specification changed since? build the suite and run it again",
    )


def _warnings(runs: Sequence[Run], graph: StateGraph) -> list[str]:
    warnings = []
    logged = [suite for run in runs for suite in run.suites]
    ours = {suite.folder for suite in logged if suite.graph == graph.digest[:_DIGITS]}
    for name in sorted({suite.folder for suite in logged if suite.graph != graph.digest[:_DIGITS]} & ours):
        warnings.append(f"the log has tests of {name} for another graph, which do not count: were they run before?")
    for run in runs:
        if run.is_cut:
            warnings.append(f"{run.path}: the last line is cut and was dropped; tests before it: {run.n_tests:,}")
        elif not run.is_whole:
            warnings.append(f"{run.path}: the process was killed; tests told until then: {run.n_tests:,}")
    return warnings
