"""A comparison as one JSON document, with all that a report needs: the source, who reaches what, growth, failures.

The keys are told in `testgen help coverage`. Suites and files are numbers: positions in the lists of this document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testgen.coverage.comparison import Comparison, MeasuredSuite
from testgen.coverage.growth import Growth

__all__ = ["comparison_document"]

Json = dict[str, Any]  # Any: JSON


def comparison_document(comparison: Comparison, fail_under: Mapping[str, float]) -> Json:
    """The document of schema testgen.compare/1, without the key `schema`."""
    code = comparison.code
    return {
        "source": list(comparison.source.names),
        "omitted": [omission.text for omission in comparison.source.omissions],
        "omitted_functions": list(code.left_out),
        "not_measured": [str(path) for path in comparison.source.compiled],
        "versions": comparison.versions,
        "statements": len(code.statements),
        "branches": len(code.branches),
        "unreached_branches": len(comparison.unreached),
        "suites": [_suite(comparison, suite, fail_under.get(suite.name)) for suite in comparison.suites],
        "functions": [
            {
                "file": function.file,
                "name": function.name,
                "start": function.start,
                "end": function.end,
                "statements": len(function.statements),
                "branches": len(function.branches),
                "reached_statements": [len(function.statements & s.reach.statements) for s in comparison.suites],
                "reached_branches": list(comparison.counts(function)),
            }
            for function in code.functions
        ],
        "files": _files(comparison),
    }


def _suite(comparison: Comparison, suite: MeasuredSuite, fail_under: float | None) -> Json:
    run, reach = suite.run, suite.reach
    return {
        "name": suite.name,
        "runs": run.tests,
        "tests": suite.n_tests,
        "passed": run.count("passed", "xfailed") if run.outcomes is not None else None,
        "failed": run.count("failed") if run.outcomes is not None else None,
        "skipped": run.count("skipped") if run.outcomes is not None else None,
        "failures": [{"test": test, "message": message} for test, message in run.failures],
        "seconds": run.seconds,
        "statements": len(reach.statements),
        "branches": len(reach.branches),
        "percent": comparison.percent(suite),
        "only_branches": len(comparison.only(suite)),
        "fail_under": fail_under,
        "growth": {
            "in_order": _growth(suite, suite.in_order),
            "greedy": _growth(suite, suite.greedy),
        },
    }


def _growth(suite: MeasuredSuite, growth: Growth | None) -> Json | None:
    if growth is None:
        return None
    outcomes = suite.run.outcomes
    return {
        "before": growth.before,
        "tests_to_maximum": growth.tests_to_maximum,
        "steps": [
            {"tests": step.tests, "branches": step.reached, "test": outcomes[step.test].name if outcomes else None}
            for step in growth.steps
        ],
    }


def _files(comparison: Comparison) -> list[Json]:
    code = comparison.code
    files: list[Json] = [
        {
            "path": file.shown,
            "lines": list(file.lines),
            "excluded": sorted(file.excluded),
            "statements": [],
            "branches": [],
        }
        for file in code.files
    ]
    reaches = [suite.reach for suite in comparison.suites]
    for number, (file, line) in enumerate(code.statements):
        suites = [n for n, reach in enumerate(reaches) if number in reach.statements]
        files[file]["statements"].append({"line": line, "suites": suites})
    for number, branch in enumerate(code.branches):
        suites = [n for n, reach in enumerate(reaches) if number in reach.branches]
        files[branch.file]["branches"].append(
            {"line": branch.line, "to": branch.to, "words": branch.words, "suites": suites}
        )
    return files
