"""`testgen completion`: what a shell needs to complete commands, options, topics and files."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

__all__ = ["complete_files", "completion"]

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script by which SHELL completes commands, options, topics and file names.

    \b
    eval "$(testgen completion bash)"                        in ~/.bashrc
    eval "$(testgen completion zsh)"                         in ~/.zshrc
    testgen completion fish > ~/.config/fish/completions/testgen.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "testgen", "_TESTGEN_COMPLETE").source())


def complete_files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For arguments that name graphs: these may lack the end of their file's name, or be `-`, so they are no paths."""
    return [CompletionItem(incomplete, type="file")]
