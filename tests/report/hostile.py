"""A report of everything that could break out of a page: in names, values, source, messages and diffs."""

from __future__ import annotations

import json
from pathlib import Path

from testgen.behavior import Telling
from testgen.coverage import Evidence, Run, SuiteEvidence, measure_graph
from testgen.coverage.run_log import Record
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.report import read_comparison, read_lies, read_mutation, render_report
from testgen.selection import select_behaviors
from tests.conftest import dot

__all__ = ["ATTACKS", "hostile_report"]

ATTACKS = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=2>",
    "\"'><svg onload=window.hacked=3>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; <!-- ]]> ",
]
ALL = " ".join(ATTACKS)


def hostile_report(folder: Path) -> str:
    """The page; its inputs are written into the folder."""
    growth = {"before": 0, "tests_to_maximum": 1, "steps": [{"tests": 1, "branches": 1, "test": ALL}]}
    suite = {
        **{"name": ALL, "runs": ALL, "tests": 3, "passed": 1, "failed": 2, "skipped": 0, "seconds": 1.5},
        **{"failures": [{"test": ALL, "message": ALL}], "statements": 1, "branches": 1, "percent": 50.0},
        **{"only_branches": 1, "fail_under": None, "growth": {"in_order": growth, "greedy": growth}},
    }
    function = {"file": 0, "name": ALL, "start": 1, "end": 2, "statements": 2, "branches": 2}
    branches = [{"line": 1, "to": 2, "words": ALL, "suites": [0]}, {"line": 1, "to": 3, "words": ALL, "suites": []}]
    statements = [{"line": 1, "suites": [0]}, {"line": 2, "suites": []}]
    source = {"path": ALL, "lines": [f"if x:  # {ALL}", f"    y = {ALL!r}"], "excluded": []}
    comparison = {
        **{"schema": "testgen.compare/1", "source": [ALL], "omitted": [ALL], "omitted_functions": [ALL]},
        **{"not_measured": [ALL], "versions": {"python": ALL}, "statements": 2, "branches": 2},
        **{"unreached_branches": 1, "suites": [suite]},
        "functions": [{**function, "reached_statements": [1], "reached_branches": [1]}],
        "files": [{**source, "statements": statements, "branches": branches}],
    }
    scored = {
        **{"name": ALL, "runs": ALL, "tests": 1, "failing": [ALL], "skipped": 0, "unsound": None, "seconds": 1.0},
        **{"killed": 0, "survived": 1, "unreached": 0, "score": 0.0, "only": [], "ends": {}, "fail_under": None},
    }
    verdict = {"end": "survived", "test": ALL, "exception": ALL, "message": ALL, "tests_run": 1, "reaching": 1}
    mutant = {"id": "0a", "file": 0, "function": ALL, "line": 1, "operator": ALL, "diff": f"+{ALL}\n-{ALL}\n"}
    mutation = {
        **{"schema": "testgen.mutants/1", "source": [ALL], "omitted": [], "omitted_functions": [], "files": [ALL]},
        **{"mutants": 1, "equivalent": 0, "unnoticed": ["0a"], "misjudged": [], "stale_judgments": []},
        "suites": [scored],
        "each": [{**mutant, "judgment": {"verdict": "hole", "because": ALL, "change": ""}, "suites": [verdict]}],
    }
    (folder / "c.json").write_text(json.dumps(comparison), encoding="utf-8")
    (folder / "m.json").write_text(json.dumps(mutation), encoding="utf-8")
    lie = {"kind": "value", "state": 0, "what": ALL, "truth": ALL, "told": ALL, "behaviors": 1, "words": ALL}
    lies = {
        **{"schema": "testgen.lies/1", "graph": ALL, "seed": 1, "tests": 3, "percent": 0.0},
        "lies": [{**lie, "end": end} for end in ("noticed", "refused", "untold", "unnoticed")],
    }
    (folder / "l.json").write_text(json.dumps(lies), encoding="utf-8")
    text = ALL.replace("\\", "\\\\").replace('"', '\\"')
    dump = dot([{"x": f'"{text}"'}, {"x": "2"}, {"x": "3"}], [(0, f'Go("{text}")', 1), (1, "On", 2)])
    graph = read_dot(Source("hostile.dot", dump.encode()))
    selected = select_behaviors(graph)
    (behavior,) = selected.behaviors
    key = behavior.id[:8]
    object.__setattr__(selected, "tellings", (Telling(key, 2, (0, 1, 2)),))
    record = Record(key, "failed", 2, 1, 0.5, ALL, ALL)
    evidence = Evidence(graph, (SuiteEvidence(ALL, selected, True, (record,)),), (Run(folder, (), True, False),))
    return render_report(
        title=ALL,
        comparison=read_comparison(folder / "c.json"),
        mutation=read_mutation(folder / "m.json"),
        lies=read_lies(folder / "l.json"),
        graph=(ALL, measure_graph(evidence)),
    )
