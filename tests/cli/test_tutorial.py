"""`testgen help tutorial`, done as it says: its files written, its commands run, with TLC, and the outputs compared.

What it shows of a command's output must be there, `...` standing for any lines; a command without output shown may say
what it likes. Versions, times, sizes and lines of files vary, and TLC's depth as well where several workers explore.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

TOPIC = files("testgen.cli").joinpath("topics", "tutorial.md").read_text(encoding="utf-8")
VARYING = [
    (r"depth \d+", "depth N"),
    (r"\bin \d+\.\d+ ?s\b", "in T s"),
    (r"^seconds  \d+\.\d+$", "seconds  T"),
    (r"\(TLC .*\)", "(TLC)"),
    (r"\d+(\.\d+)? k?B$", "SIZE"),
    (r"\.py:\d+", ".py:LINE"),
]
SECONDS = 300
"""For a command; only to tell one that hangs."""


@dataclass(frozen=True)
class Block:
    """What stands indented, and the file that the paragraph above it names."""

    file: str
    lines: tuple[str, ...]

    @property
    def kind(self) -> str:
        if self.lines[0].startswith("$ "):
            return "session"
        return "change" if any(line.startswith(("+", "-")) and line[1:2] != "-" for line in self.lines) else "file"


def blocks(topic: str) -> Iterator[Block]:
    """The indented blocks; blank lines within one belong to it, but a command begins another one."""
    paragraph: list[str] = []
    block: list[str] = []
    is_open = False
    for line in [*topic.splitlines(), "end"]:
        if line.startswith("    ") or (block and not line):
            if line.startswith("    $ ") and block:
                yield _block(paragraph, block)
                block = []
            block.append(line[4:])
            is_open = False
            continue
        if block:
            yield _block(paragraph, block)
            block = []
        if line:
            paragraph = [*paragraph, line] if is_open else [line]
        is_open = bool(line)


def _block(paragraph: list[str], lines: list[str]) -> Block:
    while not lines[-1]:
        lines.pop()
    named = re.findall(r"`([\w/]+\.(?:tla|cfg|py))`", " ".join(paragraph))
    return Block(named[0] if named else "", tuple(lines))


def run(block: Block, folder: Path) -> None:
    command, _, note = block.lines[0].removeprefix("$ ").partition("   # exits ")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    leave = ("TLA2TOOLS_JAR", "PYTEST_ADDOPTS", "FORCE_COLOR", "PY_COLORS", "TESTGEN_BRIEF")
    environment = {name: value for name, value in os.environ.items() if name not in leave}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == int(note or 0), f"$ {command}\n{done.stdout}"
    if shown := block.lines[1:]:
        pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(steady(line)) + r"\n" for line in shown)
        assert re.fullmatch(pattern, "".join(f"{steady(line)}\n" for line in done.stdout.rstrip().splitlines())), (
            f"$ {command}\n{done.stdout}"
        )


def steady(line: str) -> str:
    for varying, word in VARYING:
        line = re.sub(varying, word, line)
    return line.rstrip()


def change(block: Block, folder: Path) -> None:
    """Replace the lines that the block begins with ` ` and `-` by those that it begins with ` ` and `+`."""
    path = folder / block.file
    text = path.read_text(encoding="utf-8")
    old = "".join(f"{line[1:]}\n" for line in block.lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in block.lines if not line.startswith("-"))
    assert text.count(old) == 1, f"{block.file} has {text.count(old)} times:\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "testgen.toml").touch()
    for block in blocks(TOPIC):
        if block.kind == "session":
            run(block, tmp_path)
        elif block.kind == "change":
            change(block, tmp_path)
        else:
            path = tmp_path / block.file
            assert block.file, f"no paragraph names the file of\n{block.lines[0]}"
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")


def test_tutorial_has_every_part_of_the_story() -> None:
    found = list(blocks(TOPIC))
    commands = [shlex.split(block.lines[0])[1:3] for block in found if block.kind == "session"]
    assert [block.kind for block in found].count("file") == 4
    assert [block.kind for block in found].count("change") == 4
    assert [name for name, _ in commands].count("testgen") >= 8
    for verb in ("explore", "init", "build", "diff"):
        assert ["testgen", verb] in commands


def test_output_that_is_shown_wrong_is_noticed(tmp_path: Path) -> None:
    run(Block("", ("$ printf 'a\\nb\\nc\\nin 1.5 s\\n'", "a", "...", "in 0.2s")), tmp_path)
    for lines in (("a", "c"), ("a", "..."[:2]), ("x", "..."), ("a", "b", "c", "in 1.5 s", "d")):
        with pytest.raises(AssertionError):
            run(Block("", ("$ printf 'a\\nb\\nc\\nin 1.5 s\\n'", *lines)), tmp_path)
    with pytest.raises(AssertionError):
        run(Block("", ("$ false",)), tmp_path)
