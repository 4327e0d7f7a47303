"""Mutation scores as one JSON document: every mutant with its diff, its judgment, and its end in every suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from testgen.coverage.mutation import MutationScore

__all__ = ["score_document"]


def score_document(score: MutationScore, fail_under: Mapping[str, float]) -> dict[str, Any]:  # Any: JSON
    """The document of schema testgen.mutants/1, without the key `schema`."""
    return {
        "source": list(score.source.names),
        "omitted": [omission.text for omission in score.source.omissions],
        "omitted_functions": list(score.code.left_out),
        "files": [file.shown for file in score.code.files],
        "mutants": len(score.mutants),
        "equivalent": len(score.mutants) - len(score.counted),
        "unnoticed": [mutant.id for mutant in score.unnoticed],
        "misjudged": [{"id": mutant.id, "test": test} for mutant, test in score.misjudged],
        "stale_judgments": list(score.stale),
        "suites": [
            {
                "name": suite.name,
                "runs": suite.runs,
                "tests": len(suite.tests),
                "failing": list(suite.failing),
                "skipped": suite.skipped,
                "unsound": None
                if suite.unsound is None
                else dict(zip(("test", "message"), suite.unsound, strict=True)),
                "seconds": suite.seconds,
                "killed": len(score.killed(suite)),
                "survived": score.ends(suite)["survived"],
                "unreached": score.ends(suite)["unreached"],
                "score": score.score(suite),
                "only": [mutant.id for mutant in score.only(suite)],
                "ends": dict(score.ends(suite)),
                "fail_under": fail_under.get(suite.name),
            }
            for suite in score.suites
        ],
        "each": [
            {
                "id": mutant.id,
                "file": mutant.file,
                "function": mutant.function,
                "line": mutant.line,
                "operator": mutant.operator,
                "diff": mutant.diff,
                "judgment": None if (told := score.judgments.get(mutant.id)) is None else asdict(told),
                "suites": [asdict(suite.verdicts[mutant.id]) for suite in score.suites],
            }
            for mutant in score.mutants
        ],
    }
