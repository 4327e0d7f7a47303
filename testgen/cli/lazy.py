"""A group of commands whose modules are imported when they are used, so that `--help` answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import ClassVar

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group; derived classes say which.

    Attributes:
        MODULES: The module of each command, which has it under the command's name.
    """

    MODULES: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.MODULES:
            return None
        command = getattr(importlib.import_module(self.MODULES[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command
