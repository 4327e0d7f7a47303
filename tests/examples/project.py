"""An example as a project of its own: a copy of its folder beside the dumps, its suite, and faults in its system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["REPOSITORY", "Example"]

REPOSITORY = Path(__file__).resolve().parents[2]


class Example:
    """The example `name`, copied into the folder `clone`, and its suite built there."""

    def __init__(self, name: str, clone: Path) -> None:
        self.name = name
        self.folder = clone / "tests" / "examples" / name
        source = REPOSITORY / "tests" / "examples" / name
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("__pycache__", "generated"))
        (clone / "graphs").symlink_to(REPOSITORY / "graphs")
        (self.folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
        self.built = self._start("testgen", "build")
        assert self.built.returncode == 0, self.built.stderr

    def run(self, *options: str, fault: str = "") -> str:
        """Run the suite; what pytest prints.

        Args:
            options: Of pytest.
            fault: Python that is executed before any test is collected.
        """
        (self.folder / "seeded_fault.py").write_text(fault)
        return self._start("pytest", "-q", "-p", "no:cacheprovider", "-p", "seeded_fault", *options, "generated").stdout

    def change(self, file: str, old: str, new: str) -> None:
        """Put a fault into a file of the example's system."""
        path = self.folder / file
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1, f"{old!r} is {source.count(old)} times in {file}"
        path.write_text(source.replace(old, new), encoding="utf-8")

    def _start(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
