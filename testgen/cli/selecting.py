"""What the flags of `build` and the project file ask of selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testgen.cli.project import SuiteSettings

if TYPE_CHECKING:
    from testgen.graph import StateGraph
    from testgen.selection import Rate, Request

__all__ = ["BuildOptions", "check_suite_flags", "rate_of", "requested_selection"]

_SELECTING = "criterion strategy limit budget max_steps minimize seed only avoid".split()
"""Flags that `--suite` leaves no choice."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The flags, as given."""

    binding: str | None = None
    template: str | None = None
    templates: Path | None = None
    out: Path | None = None
    criterion: str | None = None
    strategy: str | None = None
    limit: int | None = None
    budget: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()
    max_steps: int | None = None
    minimize: str | None = None
    seed: int | None = None
    only: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    shard: tuple[int, int] = (1, 1)
    suite: Path | None = None
    plan_only: bool = False
    check: bool = False
    allow_cut: bool = False
    quiet: bool = False


def check_suite_flags(options: BuildOptions, n_graphs: int) -> None:
    """Refuse what contradicts `--suite`.

    Raises:
        click.UsageError: Some flag does.
    """
    if n_graphs > 1:
        raise click.UsageError("--suite takes one GRAPH at a time")
    given = [name for name in _SELECTING if getattr(options, name) not in (None, ())]
    given += ["shard"] if options.shard != (1, 1) else []
    if given:
        raise click.UsageError(f"--suite says what is selected; --{given[0].replace('_', '-')} would say it again")


def requested_selection(graph: StateGraph, settings: SuiteSettings, options: BuildOptions) -> Request:
    """What the flags say, else the project file. A criterion on the command line is not for the file's strategy."""
    from testgen.selection import DEFAULT_LIMIT, Request

    budget = _read_budget(options.budget or settings.budget)
    return Request(
        criterion=options.criterion or settings.criterion or "",
        strategy=options.strategy or (settings.strategy if options.criterion is None else None) or "",
        limit=options.limit or settings.limit or DEFAULT_LIMIT,
        max_tests=budget.get("tests"),
        max_steps_in_all=budget.get("steps"),
        max_seconds=budget.get("seconds"),
        rate=_rate_for_budget(graph, options.logs) if "seconds" in budget else None,
        max_steps=options.max_steps or settings.max_steps,
        has_least_steps=(options.minimize or (settings.minimize if options.criterion is None else None)) == "steps",
        seed=options.seed if options.seed is not None else settings.seed or 0,
        only=options.only or settings.only,
        avoid=options.avoid or settings.avoid,
        shard=options.shard,
    )


def rate_of(graph: StateGraph, logs: Sequence[Path]) -> Rate:
    """How long tests of `graph` take by these run logs."""
    from testgen.coverage import find_evidence, measured_rate, read_runs

    return measured_rate(find_evidence(graph, runs=[run for folder in logs for run in read_runs(folder)]))


def _rate_for_budget(graph: StateGraph, logs: Sequence[Path]) -> Rate:
    if not logs:
        raise click.UsageError(
            "--budget seconds=N needs to know how long tests take: run some with pytest --testgen-log DIR, "
            "and say --log DIR"
        )
    return rate_of(graph, logs)


def _read_budget(texts: tuple[str, ...]) -> dict[str, int]:
    budget = {}
    for text in texts:
        key, _, number = text.partition("=")
        if key not in ("tests", "steps", "seconds") or not number.isdecimal() or int(number) < 1:
            raise click.UsageError(f"--budget {text!r} is neither tests=N nor steps=N nor seconds=N")
        budget[key] = int(number)
    return budget
