"""How `testgen coverage graph` tells what was measured: as one JSON document, as tables, as a line a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.output import inert, percent, plural, print_table

if TYPE_CHECKING:
    from testgen.coverage import GraphCoverage, SuiteEvidence, TestCount, Track, Unreached

__all__ = ["Measured", "document_of", "print_report", "print_summary"]

_STEPS_SHOWN = 12
_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """One graph's coverage, to be told.

    Attributes:
        name: The graph as the user named it.
        coverage: What was measured.
        unreached: Of each criterion what is told one by one.
        under: Criteria that are covered to less than was wanted, and how much that was, in percent.
    """

    name: str
    coverage: GraphCoverage
    unreached: Mapping[str, list[Unreached]]
    under: Mapping[str, float]

    @property
    def warnings(self) -> list[str]:
        """What the user should know, a sentence each."""
        coverage = self.coverage
        warnings = list(coverage.warnings)
        if coverage.is_vacuous:
            warnings.append("nothing was executed: no test in the log got as far as its initial state")
        for criterion, wanted in self.under.items():
            covered = "executed" if coverage.has_log else "planned"
            count = coverage.criteria[criterion].count if criterion in coverage.criteria else 0
            found = f"{percent(coverage.covered(criterion), count)} of {criterion} are {covered}" if count else ""
            warnings.append(f"{found or f'no {criterion} are counted'}, wanted are {wanted:g} %")
        return warnings


def document_of(measured: Measured) -> dict[str, Any]:  # Any: JSON
    """The graph's part of the JSON document."""
    coverage = measured.coverage
    evidence = coverage.evidence
    return {
        "graph": measured.name,
        "digest": evidence.graph.digest,
        "suites": [_suite_document(suite, count) for suite, count in zip(evidence.suites, coverage.tests, strict=True)],
        "criteria": {
            criterion: {
                "obligations": covered.count,
                "planned": covered.n_planned,
                "executed": covered.n_executed if coverage.has_log else None,
                "uncovered": {fate.key: count for fate, count in coverage.uncovered(criterion).items()},
                "under": measured.under.get(criterion),
                "nearest": [{**asdict(told), "why": told.why.key} for told in measured.unreached[criterion]],
            }
            for criterion, covered in coverage.criteria.items()
        },
        "actions": {
            name: asdict(action) | ({} if coverage.has_log else {"executed": None})
            for name, action in coverage.actions.items()
        },
        "unreachable_states": coverage.unreachable_states,
        "cut_by": list(coverage.cut_by),
        "recorded": _recorded_document(evidence.tracks),
        "runs": [{"file": str(run.path), "tests": run.n_tests, "whole": run.is_whole} for run in evidence.runs],
        "other_graphs": evidence.other_graphs,
        "warnings": measured.warnings,
    }


def _suite_document(suite: SuiteEvidence, count: TestCount) -> dict[str, Any]:  # Any: JSON
    return {
        "name": suite.name,
        "binding": suite.binding or None,
        "selection": suite.suite.selection,
        "planned": suite.is_planned,
        "tests": count.tests,
        **count.outcomes,
        "not_run": count.not_run,
        "seconds": round(count.seconds, 6),
        "why": [{"words": words, "tests": number} for words, number in count.why],
    }


def _recorded_document(tracks: Sequence[Track]) -> dict[str, Any]:  # Any: JSON
    return {
        "tests": len(tracks),
        "outcomes": dict(sorted(Counter(track.test.outcome for track in tracks).items())),
        "steps": sum(len(track.test.steps) for track in tracks),
        "found": sum(len(track.taken) for track in tracks),
        "certain": sum(step is not None for track in tracks for step in track.certain),
        "lost": [{"test": track.test.test, "why": track.lost_by} for track in tracks if track.lost_by],
    }


def print_report(measured: Measured) -> None:
    """Print all that is known of one graph."""
    coverage = measured.coverage
    click.echo(click.style(measured.name, bold=True) + "\n")
    for suite, count in zip(coverage.evidence.suites, coverage.tests, strict=True):
        _print_suite(suite, count, has_log=coverage.has_log)
    if coverage.evidence.tracks:
        _print_recorded(coverage.evidence.tracks)
    heads = ["of", "planned", "", *(["executed", ""] if coverage.has_log else [])]
    for title, rows in (("coverage", _criteria(coverage)), ("transitions by action", _actions(coverage))):
        click.echo()
        print_table([title, *heads], rows)
    _print_reasons(coverage)
    _print_unreached(measured)


def print_summary(all_measured: list[Measured]) -> None:
    """Print a line for each of several graphs."""
    criteria = list(all_measured[0].coverage.criteria)
    has_log = all_measured[0].coverage.has_log
    heads = ["tests", *(["passed"] if has_log else []), *criteria, "refused"]
    rows = []
    for measured in all_measured:
        coverage = measured.coverage
        tests = sum(count.tests for count in coverage.tests)
        passed = sum(count.outcomes["passed"] for count in coverage.tests)
        covered = [percent(coverage.covered(name), coverage.criteria[name].count) for name in criteria]
        refused = [f"{coverage.refused_transitions:,}" if coverage.refused_transitions else ""]
        rows.append([measured.name, f"{tests:,}", *([f"{passed:,}"] if has_log else []), *covered, *refused])
    if not any(row[-1] for row in rows):  # few suites are about what a system refuses
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    print_table(["executed" if has_log else "planned", *heads], rows)


def _print_suite(suite: SuiteEvidence, count: TestCount, *, has_log: bool) -> None:
    outcomes = {**count.outcomes, "not run": count.not_run} if has_log else {}
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.items() if number)
    # Logs name a file as the suite's folder sees it, wherever that was: what is left of the way up is told to nobody.
    binding = f", binding {suite.binding.removeprefix('../' * suite.binding.count('../'))}" if suite.binding else ""
    click.echo(f"{inert(suite.name)}: {plural(count.tests, 'test')}{f', {told}' if told else ''}")
    click.echo(click.style(inert(f"    {suite.suite.selection}{binding}"), dim=True))
    for words, number in count.why[:_REASONS_SHOWN]:
        click.echo(f"    {number:,} × {inert(words)}")


def _print_recorded(tracks: Sequence[Track]) -> None:
    for title, is_generated in (("recorded by hand", False), ("took another outcome than their behaviors", True)):
        chosen = [track for track in tracks if track.test.is_generated == is_generated]
        if not chosen:
            continue
        told = _recorded_document(chosen)
        outcomes = "".join(f", {number:,} {outcome}" for outcome, number in told["outcomes"].items())
        click.echo(f"{title}: {plural(told['tests'], 'test')}{outcomes}")
        found = (
            f"{told['found']:,} of {plural(told['steps'], 'step')} found in the graph, {told['certain']:,} for certain"
        )
        click.echo(click.style(f"    {found}", dim=True))


def _criteria(coverage: GraphCoverage) -> Iterator[list[str]]:
    for name, covered in coverage.criteria.items():
        executed = covered.n_executed if coverage.has_log else None
        yield [name, *_counts(covered.count, covered.n_planned, executed)]


def _actions(coverage: GraphCoverage) -> Iterator[list[str]]:
    for name, action in coverage.actions.items():
        executed = action.executed if coverage.has_log else None
        yield [inert(name) or "(no name)", *_counts(action.transitions, action.planned, executed)]


def _counts(count: int, planned: int, executed: int | None) -> list[str]:
    cells = [f"{count:,}", f"{planned:,}", percent(planned, count)]
    return cells if executed is None else [*cells, f"{executed:,}", percent(executed, count)]


def _print_reasons(coverage: GraphCoverage) -> None:
    """Print why what is not covered is not, for each criterion."""
    counts = {criterion: coverage.uncovered(criterion) for criterion in coverage.criteria}
    if not any(counts.values()):
        return
    title = "not executed, and why" if coverage.has_log else "not planned, and why"
    rows = []
    for fate in sorted(set().union(*counts.values())):
        words = fate.words
        if fate.name == "NOT_SELECTED" and coverage.cut_by:
            words += f": {', '.join(coverage.cut_by)}"
        rows.append([words, *(f"{counts[criterion].get(fate, 0):,}" for criterion in coverage.criteria)])
    click.echo()
    print_table([title, *coverage.criteria], rows)


def _print_unreached(measured: Measured) -> None:
    """Print the nearest of what was never reached, and how it can be."""
    if not any(measured.unreached.values()):
        return
    click.echo(f"\n{click.style('never reached, the nearest first, each with a shortest behavior to it', bold=True)}")
    for criterion, unreached in measured.unreached.items():
        for told in unreached:
            click.echo(f"{criterion}: {inert(told.what)}; {told.why.words}")
            steps = [*told.behavior[:_STEPS_SHOWN], *(["..."] if len(told.behavior) > _STEPS_SHOWN else [])]
            click.echo(click.style(f"    {inert(', '.join(steps)) or 'it is an initial state'}", dim=True))
