"""Options of the form NAME=VALUE."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import click

__all__ = ["read_pairs", "read_percentages"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_pairs(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Split each NAME=VALUE; a name is what can also be a file's."""
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise click.UsageError(f"{option} {text!r} is not NAME=VALUE")
        if not _NAME.fullmatch(name):
            raise click.UsageError(f"{option} {text!r}: a name is made of letters, digits, '-', '_' and '.'")
        pairs.append((name, value))
    return pairs


def read_percentages(option: str, texts: Sequence[str], names: Collection[str]) -> dict[str, float]:
    """Read each NAME=PERCENT, where NAME is one of `names`."""
    percentages = {}
    for name, value in read_pairs(option, texts):
        if name not in names:
            raise click.UsageError(f"{option} {name}={value}: there is no suite {name!r}, only {', '.join(names)}")
        try:
            percentages[name] = float(value)
        except ValueError:
            raise click.UsageError(f"{option} {name}={value}: {value!r} is not a number") from None
        if not 0 <= percentages[name] <= 100:
            raise click.UsageError(f"{option} {name}={value}: a percentage is from 0 to 100")
    return percentages
