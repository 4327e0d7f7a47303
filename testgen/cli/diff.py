"""`testgen diff`: what a change of the specification does to a suite."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testgen.cli.options import json_option
from testgen.cli.output import inert, plural, print_json
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.suite_file import Outline

__all__ = ["diff"]

_SHOWN = 10
_STEPS_SHOWN = 8


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW")
@json_option("testgen.diff/1")
def diff(old: Path, new: Path, as_json: bool) -> int:
    """Tell which behaviors appeared, vanished or changed from the suite file OLD to NEW; exit 1 if any did.

    A behavior has changed if the same actions lead through other states.

    \b
    testgen build graphs/ot2.dot --plan-only --out before
    testgen build graphs/ot2.dot --plan-only --out after     after a change of the specification
    testgen diff before/suite.json after/suite.json
    """
    from testgen.suite_file import read_outline

    outlines = read_outline(old), read_outline(new)
    before, after = ({outline.id: outline for outline in side} for side in outlines)
    gone = [outline for outline in outlines[0] if outline.id not in after]
    come = [outline for outline in outlines[1] if outline.id not in before]
    changed = _pairs(gone, come)
    paired = {outline.id for pair in changed for outline in pair}
    vanished = [outline for outline in gone if outline.id not in paired]
    appeared = [outline for outline in come if outline.id not in paired]
    if as_json:
        print_json(
            "testgen.diff/1",
            {
                "same": len(before.keys() & after.keys()),
                "appeared": [_plain(outline) for outline in appeared],
                "vanished": [_plain(outline) for outline in vanished],
                "changed": [
                    {**_plain(one), "new_id": other.id, "first_step": _first_difference(one, other)}
                    for one, other in changed
                ],
            },
        )
    else:
        n_same = len(before.keys() & after.keys())
        click.echo(f"{plural(n_same, 'behavior')} {'is' if n_same == 1 else 'are'} the same")
        _print("appeared", [_steps(outline) for outline in appeared])
        _print("vanished", [_steps(outline) for outline in vanished])
        _print("changed", [f"{_steps(one)}, {_where(_first_difference(one, other))}" for one, other in changed])
    return ExitCode.NO if gone or come else ExitCode.DONE


def _pairs(gone: list[Outline], come: list[Outline]) -> list[tuple[Outline, Outline]]:
    """Behaviors with the same actions, in order, of which one is gone and one has come."""
    waiting: dict[tuple[str, ...], list[Outline]] = defaultdict(list)
    for outline in reversed(come):
        waiting[outline.actions].append(outline)
    return [(outline, waiting[outline.actions].pop()) for outline in gone if waiting[outline.actions]]


def _first_difference(one: Outline, other: Outline) -> int:
    """The first step that leads to another state; 0 is the initial state, and where no step does."""
    pairs = enumerate(zip(one.states, other.states, strict=False))
    return next((step for step, (a, b) in pairs if a != b), 0)


def _where(step: int) -> str:
    return "from its initial state on" if step == 0 else f"from step {step} on"


def _plain(outline: Outline) -> dict[str, Any]:  # Any: JSON
    return {"id": outline.id, "actions": list(outline.actions)}


def _steps(outline: Outline) -> str:
    shown = [*outline.actions[:_STEPS_SHOWN], *(["..."] if len(outline.actions) > _STEPS_SHOWN else [])]
    return f"{outline.id[:8]}  {', '.join(shown) or 'the initial state'}"


def _print(what: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo(f"\n{click.style(f'{len(lines):,} {what}', bold=True)}")
    for line in lines[:_SHOWN]:
        click.echo(f"    {inert(line)}")
    if len(lines) > _SHOWN:
        click.echo(f"    ... and {len(lines) - _SHOWN:,} more")
