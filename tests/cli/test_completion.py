"""Shells complete commands, options, topics and files, by what `testgen completion` prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
ASK = """eval "$(testgen completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
compopt() {{ echo "files"; }}
_testgen_completion testgen
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def run(command: str, shell: str = "bash") -> str:
    result = subprocess.run(
        [shell, "-c", command], capture_output=True, text=True, check=True, env=os.environ | {"PATH": PATH}
    )
    return result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("testgen in", ["init", "inspect"]),
        ("testgen help concep", ["concepts"]),
        ("testgen build --criterion tr", ["transitions", "transition-pairs"]),
        ("testgen coverage gr", ["graph"]),
        ("testgen build gra", ["files"]),
        ("testgen inspect ''", ["files"]),
        ("testgen explore Ban", ["files"]),
        ("testgen build --templ", ["--template", "--templates"]),
    ],
)
def test_bash_completes(words: str, expected: list[str]) -> None:
    assert run(ASK.format(words=words)).split() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_one_that_the_shell_can_read(shell: str) -> None:
    script = run(f"testgen completion {shell}")
    assert "_TESTGEN_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
