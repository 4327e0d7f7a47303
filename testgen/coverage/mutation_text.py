"""Mutation scores as tables of text, for a terminal or for Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from testgen.coverage.comparison_text import shown_percent
from testgen.coverage.markdown import (
    markdown_block,
    markdown_code,
    markdown_folded,
    markdown_table,
    markdown_text,
    markdown_warning,
)
from testgen.coverage.mutant import Mutant
from testgen.coverage.mutation import MutationScore

__all__ = [
    "SCORE_COLUMNS",
    "end_rows",
    "mutant_lines",
    "patch_rows",
    "score_markdown",
    "score_rows",
    "score_summary",
    "score_warnings",
]

SCORE_COLUMNS = "suite", "tests", "seconds", "killed", "survived", "unreached", "score %", "only here"
_MOST_MUTANTS = 60
"""In Markdown: a comment on a pull request holds 65,536 characters."""


def score_summary(score: MutationScore) -> str:
    """What was mutated, and how."""
    equivalent = len(score.mutants) - len(score.counted)
    left_out = f"; {len(score.code.left_out)} functions left out" if score.code.left_out else ""
    judged = f", {equivalent:,} of them judged equivalent" if equivalent else ""
    return f"{', '.join(score.source.names)}: {len(score.mutants):,} mutants{judged}{left_out}"


def score_rows(score: MutationScore) -> list[tuple[str, ...]]:
    """A row a suite, for `SCORE_COLUMNS`; mutants judged equivalent do not count."""
    rows: list[tuple[str, ...]] = []
    for suite in score.suites:
        killed, ends = len(score.killed(suite)), score.ends(suite)
        rows.append(
            (
                suite.name + (" (fails)" if suite.failing or suite.unsound else ""),
                f"{len(suite.tests):,}",
                f"{suite.seconds:.1f}",
                f"{killed:,}",
                f"{ends['survived']:,}",
                f"{ends['unreached']:,}",
                shown_percent(score.score(suite)),
                f"{len(score.only(suite)):,}",
            )
        )
    return rows


def end_rows(score: MutationScore) -> list[tuple[str, ...]]:
    """For each way in which a mutant was noticed, how often each suite noticed one so."""
    counts = [score.ends(suite) for suite in score.suites]
    ways = sorted({way for count in counts for way in count} - {"survived", "unreached"})
    ways.sort(key=lambda way: -max(count[way] for count in counts))
    return [(way, *(f"{count[way]:,}" for count in counts)) for way in ways]


def patch_rows(score: MutationScore) -> list[tuple[str, ...]]:
    """For each patch what became of it in each suite: the test that noticed it, or none."""
    return [
        (mutant.id, suite.name, verdict.test or verdict.end)
        for mutant in score.mutants
        if mutant.operator == "patch"
        for suite in score.suites
        for verdict in [suite.verdicts[mutant.id]]
    ]


def mutant_lines(score: MutationScore, mutants: Iterable[Mutant], *, by_suite: bool = False) -> list[str]:
    """Each mutant with its id, its place, what was judged of it, and its changed lines.

    Args:
        score: What they are of.
        mutants: To be told.
        by_suite: Also which suites let it live.
    """
    lines = []
    for mutant in mutants:
        file = score.code.files[mutant.file].shown
        lines.append(f"{mutant.id}  {file}:{mutant.line} in {mutant.function}")
        judgment = score.judgments.get(mutant.id)
        if judgment is not None:
            lines.append(f"    {judgment.verdict}: {judgment.because}")
        if by_suite:
            ends = [f"{suite.name} {suite.verdicts[mutant.id].end}" for suite in score.suites]
            lines.append(f"    {', '.join(ends)}")
        changed = mutant.diff.splitlines()[2:]
        lines += [f"    {line[0]} {line[1:].strip()}" for line in changed if line.startswith(("-", "+"))]
    return lines


def score_warnings(score: MutationScore) -> list[str]:
    """What the scores do not tell."""
    lines = []
    for suite in score.suites:
        if suite.failing:
            failing = f"{len(suite.failing):,} of {len(suite.tests):,} tests fail without a mutant"
            lines.append(f"suite {suite.name!r}: {failing}, and were run on none: {suite.failing[0]}")
        if suite.unsound:
            test, message = suite.unsound
            lines.append(
                f"suite {suite.name!r}: its tests depend on their order, so its kills prove nothing: {test} fails "
                f"without a mutant, after other tests than usual: {message}"
            )
    for mutant, test in score.misjudged:
        lines.append(f"mutant {mutant.id} is judged equivalent, but {test} notices it")
    if score.stale:
        more = f" and {len(score.stale) - 3} more" if len(score.stale) > 3 else ""
        lines.append(f"judged, but no mutants any more: {', '.join(score.stale[:3])}{more}")
    return lines


def score_markdown(score: MutationScore) -> str:
    """The scores for a pull request: the table, and the rest folded away."""
    unnoticed = score.unnoticed
    names = [suite.name for suite in score.suites]
    parts = [
        "### Mutants noticed, suite by suite\n",
        f"{markdown_text(score_summary(score))}.\n",
        markdown_table(SCORE_COLUMNS, [(markdown_text(row[0]), *row[1:]) for row in score_rows(score)]),
        *map(markdown_warning, score_warnings(score)),
    ]
    if ends := end_rows(score):
        rows = [(markdown_text(way), *counts) for way, *counts in ends]
        parts.append(markdown_folded("How they were noticed", markdown_table(("by", *names), rows)))
    if patches := patch_rows(score):
        rows = [(markdown_text(name), suite, markdown_code(by)) for name, suite, by in patches]
        parts.append(markdown_folded("Patches", markdown_table(("patch", "suite", "noticed by"), rows, words=3)))
    if unnoticed:
        lines = mutant_lines(score, unnoticed[:_MOST_MUTANTS])
        more = [f"... and {len(unnoticed) - _MOST_MUTANTS:,} more"] if len(unnoticed) > _MOST_MUTANTS else []
        changes = [line.removeprefix("    ") for line in lines]  # signs at the beginning of a line have their colors
        many = f"{len(unnoticed):,} {'mutant' if len(unnoticed) == 1 else 'mutants'} that no suite notices"
        parts.append(markdown_folded(many, markdown_block("diff", [*changes, *more])))
    return "\n".join(parts)
