"""`testgen doctor`: what is installed, and how to get what is missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from testgen.cli.options import json_option
from testgen.cli.output import inert, print_json, print_table
from testgen.errors import ExitCode

if TYPE_CHECKING:
    from testgen.cli.surroundings import Component

__all__ = ["doctor"]


@click.command("doctor")
@json_option("testgen.doctor/1")
def doctor(as_json: bool) -> int:
    """Tell which programs and packages are there, their versions, where from, and how to get what is missing.

    Only what testgen cannot do without makes it exit 3: most suites need neither TLC nor a MongoDB.

    \b
    testgen doctor
    testgen doctor --json | jq '.components[] | select(.state != "found")'
    """
    from testgen.cli.surroundings import take_stock

    components = take_stock()
    is_sound = all(component.state == "found" for component in components if component.is_core)
    if as_json:
        print_json("testgen.doctor/1", {"sound": is_sound, "components": [*map(asdict, components)]})
    else:
        _print(components)
    return ExitCode.DONE if is_sound else ExitCode.SURROUNDINGS


def _print(components: list[Component]) -> None:
    table = [
        (component.name, component.state, component.version or "-", _origin(component)) for component in components
    ]
    print_table(("component", "state", "version", "where"), table, words=4)
    wanting = [component for component in components if component.state != "found"]
    if not wanting:
        click.echo("\nnothing is missing")
    alike: dict[tuple[str, ...], list[str]] = {}
    for component in wanting:
        told = component.state, component.needed_for, component.place, component.hint
        alike.setdefault(told, []).append(component.name)
    for (state, needed_for, place, hint), names in alike.items():
        words = f"{click.style(', '.join(names), bold=True)} {'is' if len(names) == 1 else 'are'} {state}"
        click.echo(f"\n{words}: needed for {needed_for}")
        for line in (place, hint):
            if line:
                click.echo(f"    {inert(line)}")


def _origin(component: Component) -> str:
    if component.state != "found":
        return component.origin or "-"
    return (
        f"{component.place}  ({component.origin})"
        if component.place and component.origin
        else component.place or component.origin or "-"
    )
