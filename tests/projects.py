"""Users' projects in a folder, with a suite built for a small system, and pytest run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from testgen.graph import load
from testgen.render import origin_of, render_suite, write_origin, write_suite
from testgen.selection import select_behaviors
from tests.conftest import TESTS


def make_project(folder: Path, dump: Path) -> Path:
    """A project with `bindings/store.py` and the suite built with it, of the store's dump, in `generated/`."""
    shutil.copytree(TESTS / "systems", folder / "bindings", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    build(folder, dump, "generated")
    return folder


def build(folder: Path, dump: Path, name: str) -> None:
    """Build the suite of another dump into a folder of the project."""
    binding = f"{folder / 'bindings' / 'store.py'}:Store"
    suite = select_behaviors(load(str(dump)))
    write_suite(render_suite(suite, binding, version="0", folder=folder / name), folder / name)
    write_origin(origin_of(folder / name, str(dump), binding), folder / name)


def run_pytest(folder: Path, *arguments: str, **environment: str) -> str:
    """What pytest prints in the folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, check=False, env=os.environ | environment)
    return (result.stdout + result.stderr).decode(errors="backslashreplace")


def change(folder: Path, old: str, new: str) -> None:
    """Put a fault into the project's system."""
    path = folder / "bindings" / "store.py"
    source = path.read_text()
    assert source.count(old) == 1
    path.write_text(source.replace(old, new))
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)  # Python tells files apart by second and size
