"""The page: the one HTML file, whole, from the shipped template, its style sheet and its program."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from testgen.coverage import GraphCoverage
from testgen.coverage.comparison_text import shown_percent
from testgen.render.environment import shipped_templates
from testgen.report.documents import ComparedSuite, Comparison, Lie, Lies, Mutant, Mutation, ScoredSuite
from testgen.report.graph_view import GraphView, graph_view
from testgen.report.growth_plot import growth_plots
from testgen.report.source_view import live_mutants, source_views

__all__ = ["render_report"]

_COLORS = 6
"""Of suites, in the style sheet; a seventh suite has the first's color again, and always its own column."""


@dataclass(frozen=True, slots=True)
class _SuiteRow:
    """What is known of a suite of this name."""

    name: str
    color: int
    compared: ComparedSuite | None
    scored: ScoredSuite | None


def render_report(
    *,
    title: str,
    comparison: Comparison | None = None,
    mutation: Mutation | None = None,
    lies: Lies | None = None,
    graph: tuple[str, GraphCoverage] | None = None,
) -> str:
    """Make the page; the same inputs give the same text.

    Args:
        title: Its heading.
        comparison: Suites side by side on branches.
        mutation: Which mutants each suite notices.
        lies: What generated tests notice of false values and targets in a graph.
        graph: A graph as the user named it, and what was measured of it.
    """
    folder = shipped_templates() / "coverage"
    program = Markup((folder / "report.js").read_text(encoding="utf-8"))  # noqa: S704 - ours
    style = Markup((folder / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - ours
    script_hash = base64.b64encode(hashlib.sha256(f"\n{program}".encode()).digest()).decode()
    view = graph_view(*graph) if graph is not None else None
    names = _names(comparison, mutation)
    return (
        _environment(folder)
        .get_template("report.html.j2")
        .render(
            title=title,
            style=style,
            program=program,
            script_hash=script_hash,
            suites=_rows(names, comparison, mutation),
            color={name: number % _COLORS for number, name in enumerate(names)},
            comparison=comparison,
            plots=growth_plots(comparison.suites, comparison.branches) if comparison else [],
            sources=source_views(comparison, mutation) if comparison else [],
            mutation=mutation,
            mutants=_groups(mutation) if mutation else {},
            lies=lies,
            lie_groups=_lie_groups(lies) if lies else {},
            graph=view,
            picture=Markup(view.picture) if view and view.picture else None,  # noqa: S704 - parsed, names quoted
            findings=_findings(comparison, mutation, lies, view),
        )
    )


@cache
def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda number: "" if number is None else f"{number:,}"
    environment.filters["percent"] = _percent
    environment.filters["seconds"] = lambda seconds: "" if seconds is None else f"{seconds:,.1f}"
    environment.filters["plural"] = _plural
    environment.filters["share"] = lambda part, whole: _percent(100 * part / whole) if whole else ""
    return environment


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(percent: float) -> str:
    return f"{shown_percent(percent)} %"


def _names(comparison: Comparison | None, mutation: Mutation | None) -> list[str]:
    """All suites' names, each once."""
    compared = [suite.name for suite in comparison.suites] if comparison else []
    scored = [suite.name for suite in mutation.suites] if mutation else []
    return list(dict.fromkeys([*compared, *scored]))


def _rows(names: Sequence[str], comparison: Comparison | None, mutation: Mutation | None) -> list[_SuiteRow]:
    compared = {suite.name: suite for suite in comparison.suites} if comparison else {}
    scored = {suite.name: suite for suite in mutation.suites} if mutation else {}
    return [
        _SuiteRow(name, number % _COLORS, compared.get(name), scored.get(name)) for number, name in enumerate(names)
    ]


def _groups(mutation: Mutation) -> dict[str, list[Mutant]]:
    """Mutants that not all suites notice, by what is to be thought of them; those noticed by all are only counted."""
    live = live_mutants(mutation)
    unnoticed = [mutant for mutant in live if not any(verdict.is_kill for verdict in mutant.suites)]
    groups = {
        "Holes, as judged": [mutant for mutant in unnoticed if mutant.judgment],
        "No suite notices them": [mutant for mutant in unnoticed if not mutant.judgment],
        "Some suites notice them": [mutant for mutant in live if mutant not in unnoticed],
        "Judged equivalent": [m for m in mutation.each if m.judgment and m.judgment.verdict == "equivalent"],
    }
    return {title: mutants for title, mutants in groups.items() if mutants}


def _lie_groups(lies: Lies) -> dict[str, list[Lie]]:
    """Lies by what became of them, the worst first."""
    groups = {
        "Tests tell them and pass": lies.ended("unnoticed"),
        "No test speaks of them": lies.ended("untold"),
        "Noticed": lies.ended("noticed", "refused"),
    }
    return {title: told for title, told in groups.items() if told}


def _findings(
    comparison: Comparison | None, mutation: Mutation | None, lies: Lies | None, graph: GraphView | None
) -> list[tuple[str, str, str]]:
    """What a reader should know first: "good" or "bad", a sentence, and where to read on."""
    found = []
    if graph is not None:
        found += _graph_findings(graph)
    if comparison is not None:
        for suite in comparison.suites:
            if suite.failed:
                found.append(("bad", f"Suite {suite.name}: {suite.failed:,} of {suite.tests:,} tests fail.", "suites"))
        missed = comparison.unreached_branches
        if comparison.branches:
            words = f"No suite reaches {missed:,} of {comparison.branches:,} branches."
            found.append(
                ("bad", words, "code") if missed else ("good", "Every branch is reached by some suite.", "code")
            )
    if mutation is not None:
        count = len(mutation.unnoticed)
        counted = mutation.mutants - mutation.equivalent
        words = (
            f"No suite notices {count:,} of {counted:,} mutants."
            if count
            else f"Each of {counted:,} mutants is noticed by some suite."
        )
        found.append(("bad" if count else "good", words, "mutants"))
        found += _doubts(mutation)
    if lies is not None:
        found.append(_lies_finding(lies))
    return found


def _doubts(mutation: Mutation) -> list[tuple[str, str, str]]:
    """Why scores may not mean what they say."""
    found = []
    for suite in mutation.suites:
        if suite.failing:
            words = f"Suite {suite.name}: {len(suite.failing):,} of {suite.tests:,} tests fail without a mutant."
            found.append(("bad", words, "mutants"))
        if suite.unsound:
            words = f"Suite {suite.name}: its tests depend on their order, so its kills prove nothing."
            found.append(("bad", words, "mutants"))
    if mutation.misjudged:
        told = ", ".join(dict.fromkeys(one.id for one in mutation.misjudged))
        found.append(("bad", f"Judged equivalent, and noticed all the same: {told}.", "mutants"))
    return found


def _lies_finding(lies: Lies) -> tuple[str, str, str]:
    passed, told = len(lies.ended("unnoticed")), len(lies.lies) - len(lies.ended("untold"))
    if not told:
        return "bad", f"No test speaks of any of {_plural(len(lies.lies), 'lie')} put into the graph.", "lies"
    if passed:
        return "bad", f"Tests pass with {passed:,} of {told:,} lies put into the graph that they tell.", "lies"
    return "good", f"Each of {told:,} lies put into the graph that tests tell is noticed.", "lies"


def _graph_findings(graph: GraphView) -> list[tuple[str, str, str]]:
    found = []
    if graph.divergences:
        groups = len(graph.divergences)
        words = f"{_plural(graph.n_failed, 'test')} did not pass, in {_plural(groups, 'group')}."
        found.append(("bad", words, "failures"))
    rows = [row for row in graph.criteria if row.name in ("states", "transitions") and row.cell]
    missing = [row for row in rows if row.cell and row.cell.covered < row.cell.total]
    if missing:
        told = " and ".join(
            f"{row.cell.total - row.cell.covered:,} of {row.cell.total:,} {row.name}" for row in missing if row.cell
        )
        found.append(("bad", f"Not {graph.covered}: {told}.", "graph"))
    else:
        found.append(
            (
                "good",
                f"All {graph.n_states:,} states and {graph.n_transitions:,} transitions are {graph.covered}.",
                "graph",
            )
        )
    return found
