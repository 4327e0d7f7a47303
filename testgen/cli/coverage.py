"""`testgen coverage`: what suites reach, in the graph and in the code; one command each."""

from __future__ import annotations

from typing import ClassVar

import click

from testgen.cli.lazy import LazyGroup

__all__ = ["coverage"]


class _Coverage(LazyGroup):
    MODULES: ClassVar = {
        "compare": "testgen.cli.coverage_compare",
        "graph": "testgen.cli.coverage_graph",
        "lies": "testgen.cli.coverage_lies",
        "mutants": "testgen.cli.coverage_mutants",
        "report": "testgen.cli.coverage_report",
    }


@click.group("coverage", cls=_Coverage)
def coverage() -> None:
    """Tell what suites reach, in the specification's graph and in the system's code.

    \b
    testgen coverage graph      states, transitions and actions that a suite plans to visit, and did
    testgen coverage compare    several suites side by side on the branches of the system's code
    testgen coverage mutants    which seeded faults of the system each suite notices
    testgen coverage lies       which wrong expectations, put into the graph, generated tests notice
    testgen coverage report     one HTML file of all this, to be read and passed on
    """
