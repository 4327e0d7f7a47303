"""Measure what the fuzzers of array merging reach within budgets, with several seeds.

    python tests/benchmarks/fuzz.py [--fuzzer guided] [--executions 1000 10000] [--seeds 5]

Per run: executions, seconds, and the branches reached in `testgen/ot`, in its rules, and in the fifteen rules without
Swap, which are those that generated suites are about; then the median of the seeds and the range. The seconds of the
guided fuzzer are without coverage.py, which then sees only the replay of its corpus; the state machine is measured
while it runs, and its seconds include that.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
MEASURED = ["--branch", "--source=testgen.ot"]


class Run(NamedTuple):
    """One run of a fuzzer; branches as (reached, all)."""

    executions: int
    seconds: float
    branches: tuple[tuple[int, int], ...]


def python(*arguments: str | Path) -> str:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


def run_guided(budget: Sequence[str], scratch: Path, data: str) -> Any:
    outcome = json.loads(python("-m", "tests.fuzz.ot.guided", *budget, "--corpus", scratch / "corpus"))
    python("-m", "coverage", "run", *MEASURED, data, "-m", "tests.fuzz.ot.guided", "--replay", scratch / "corpus")
    return outcome


def run_machine(budget: Sequence[str], scratch: Path, data: str) -> Any:
    return json.loads(python("-m", "coverage", "run", *MEASURED, data, "-m", "tests.fuzz.ot.machine", *budget))


FUZZERS = {"guided": run_guided, "machine": run_machine}


def run(fuzzer: str, executions: int, seed: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        data, report = f"--data-file={scratch / 'coverage'}", scratch / "coverage.json"
        outcome = FUZZERS[fuzzer](["--executions", str(executions), "--seed", str(seed)], scratch, data)
        python("-m", "coverage", "json", data, "-o", report)
        return Run(outcome["executions"], outcome["seconds"], branches(json.loads(report.read_text())))


def branches(report: Any) -> tuple[tuple[int, int], ...]:
    """Branches (reached, all): of testgen/ot, of its rules, of the rules without Swap."""
    [rules] = (file for name, file in report["files"].items() if name.endswith("rules.py"))
    plain = [region["summary"] for name, region in rules["functions"].items() if not name.startswith("swap_")]
    summaries = [[report["totals"]], [rules["summary"]], plain]
    return tuple(
        (sum(part["covered_branches"] for part in parts), sum(part["num_branches"] for part in parts))
        for parts in summaries
    )


def spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the fuzzers of array merging.")
    parser.add_argument("--fuzzer", choices=FUZZERS, nargs="+", default=list(FUZZERS))
    parser.add_argument("--executions", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    row = "{:8} {:>7} {:>20} {:>20} {:>18} {:>16} {:>16}\n".format
    sys.stdout.write(row("fuzzer", "seed", "executions", "seconds", "testgen/ot", "rules", "without Swap"))
    for fuzzer in options.fuzzer:
        for executions in options.executions:
            runs = []
            for seed in range(1, options.seeds + 1):
                one = run(fuzzer, executions, seed)
                shares = [f"{reached}/{total}" for reached, total in one.branches]
                sys.stdout.write(row(fuzzer, seed, f"{one.executions:,}", f"{one.seconds:.1f}", *shares))
                sys.stdout.flush()
                runs.append(one)
            times, counts = [one.seconds for one in runs], [one.executions for one in runs]
            reached = [spread([one.branches[part][0] for one in runs]) for part in range(3)]
            sys.stdout.write(row(fuzzer, "median", spread(counts), spread(times, 1), *reached))


if __name__ == "__main__":
    main()
