"""The processes in which people's suites run: measured by coverage.py, or against mutants.

They know the standard library, coverage.py and pytest, and nothing of the rest of testgen, which may be what the suite
tests: then its own copy must be imported, after measuring has begun, and not the one that is at work here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from testgen.process_group import dying_with_us

__all__ = ["harness_command", "run"]

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    "import sys; sys.path[:] = [sys.argv[1], *filter(None, sys.path)]; "
    "from testgen.harness import run; run(*sys.argv[2:])"
)


def harness_command(name: str, order: str) -> list[str]:
    """What starts the process `name`, "measured" or "mutated", from whichever folder, with this testgen's code."""
    return [*dying_with_us(), sys.executable, "-c", _PROGRAM, str(_ROOT), name, order]


def run(name: str, order: str) -> None:
    """Be that process."""
    module = import_module(f"testgen.harness.{name}")
    for ours in [ours for ours in sys.modules if ours.partition(".")[0] == "testgen"]:
        del sys.modules[ours]  # the suite is to find testgen where it would without us
    sys.path[0] = str(Path.cwd())  # as `python -m pytest` has it
    sys.argv[1:] = []
    module.main(order)
