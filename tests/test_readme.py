"""What the README says is so: its commands run, its tables name every command, option, exit code and topic."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from testgen.cli.main import testgen as command_group
from testgen.errors import ExitCode

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^    ((?:testgen|pytest|echo) .*?)(?:   # exits (\d+))?$", re.MULTILINE)
COMMANDS = [(command, int(code or 0)) for command, code in COMMAND.findall(README)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user has after cloning: commands of the README run in it one after the other."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("pyproject.toml", "README.md", "testgen", "graphs", "templates", "tests/handwritten"):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.mark.parametrize(("command", "code"), COMMANDS, ids=[command[:60] for command, _ in COMMANDS])
def test_command_of_the_readme_runs(command: str, code: int, clone: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-c", command], cwd=clone, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert result.returncode == code, result.stdout + result.stderr
    assert result.stdout.strip()


def test_readme_has_commands_of_every_kind() -> None:
    verbs = {" ".join(command.split()[:2]) for command, _ in COMMANDS}
    assert {"testgen explore", "testgen inspect", "testgen build", "pytest -q"} <= verbs


def test_readme_has_two_lines_to_copy() -> None:
    lines = re.findall(r"^    (python3 -m venv .*)$", README, re.MULTILINE)
    assert len(lines) == 2
    assert "testgen build graphs/ot.dot" in lines[0]
    assert lines[0].endswith("pytest -q generated/ot")
    assert lines[1].endswith("pytest -q -n 2 --dist loadfile")


def test_readme_names_every_command_and_option() -> None:
    for name, command in commands("", command_group):
        row = next(line for line in README.splitlines() if re.match(rf"\| `testgen{name}[ `]", line))
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert f"`{parameter.opts[-1]}`" in row, f"{name} {parameter.opts[-1]}"


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The command, or those of a group, by the names behind `testgen`."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for inner in command.list_commands(context):
        found = command.get_command(context, inner)
        assert found is not None
        yield from commands(f"{name} {inner}", found)


def test_readme_and_help_name_every_exit_code() -> None:
    table = README.split("| exit code | meaning |")[1].split("\n\n")[0]
    told = {int(number) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for number in row.split(",")}
    assert told == {int(code) for code in ExitCode}
    assert command_group.epilog is not None
    assert told <= {int(number) for number in re.findall(r"\b\d+\b", command_group.epilog)}


def test_every_figure_of_failing_tests_is_checked_elsewhere() -> None:
    faults = (REPOSITORY / "tests" / "test_seeded_faults.py").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| .*? \| (\d+) \| (\d+) \|$", README.split("### What the suite notices")[1].split("\n## ")[0], re.MULTILINE
    )
    assert len(rows) == 3
    for _, of_two_clients in rows:
        assert f"        {of_two_clients},\n" in faults
