"""Measure the main job: building the 4,913 tests and running them, beside baselines on the same machine.

    python tests/benchmarks/main_job.py [ROUNDS]

Prints medians and ratios. Baselines: for the build, what TLC needs to write the dump; for the suite, what pytest needs
for as many tests that do nothing, in as many files.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TESTGEN = [sys.executable, "-m", "testgen"]


def seconds(command: Sequence[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return time.perf_counter() - started


def empty_suite(like: Path, folder: Path) -> Path:
    """A suite with as many files and tests as `like`, each of which passes at once."""
    folder.mkdir()
    for file in like.glob("test_*.py"):
        count = file.read_text(encoding="utf-8").count("\ndef test_")
        tests = "\n\n".join(f"def test_{file.stem}_{number}() -> None:\n    pass\n" for number in range(count))
        (folder / file.name).write_text(tests, encoding="utf-8")
    return folder


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as scratch:
        suite, dump = Path(scratch, "ot"), Path(scratch, "ot.dot.gz")
        explore = [*TESTGEN, "explore", "graphs/specs/ArrayOT.tla", "--config", "ot", "--out", dump]
        build = [*TESTGEN, "build", "graphs/ot.dot", "--out", suite]
        subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
        empty = empty_suite(suite, Path(scratch, "empty"))
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        pairs = {
            "build 4,913 tests / explore with TLC": (build, explore),
            "run 4,913 tests / as many empty ones": ([*pytest, suite], [*pytest, empty]),
        }
        for name, (ours, baseline) in pairs.items():
            times = [(seconds(ours), seconds(baseline)) for _ in range(rounds)]
            ratios = [one / other for one, other in times]
            sys.stdout.write(
                f"{name}: {statistics.median(t for t, _ in times):.2f} s / "
                f"{statistics.median(t for _, t in times):.2f} s = {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}, {rounds} pairs)\n"
            )


if __name__ == "__main__":
    main()
