"""Measure the suites of a live MongoDB, each beside as many empty tests in as many files, run in turn with it.

    python tests/benchmarks/live_suites.py [ROUNDS]

Everything counts: pytest's start, collection, starting and stopping mongod, its CPU seconds; but a run that is not
counted goes first, which leaves compiled files behind, as every run does. Prints medians, tests per second (with that
by pytest's own clock, which starts when pytest has been imported and stops before mongod does), the cost of a test
beyond an empty one, and ratios; asserts nothing.
"""

from __future__ import annotations

import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from main_job import REPOSITORY, TESTGEN, empty_suite

THOUSAND = 1000
_COMPILING = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_BEFORE_TEST = "\n\n\ndef test_"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of pytest took, with the processes that it waited for: its workers, and mongod."""

    seconds: float
    cpu_seconds: float
    told_seconds: float  # by pytest's last line


def run_pytest(suite: Path, options: Sequence[str] = ()) -> Run:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, suite]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:  # whoever reads a pipe would be woken for each test
        subprocess.run(command, cwd=REPOSITORY, env=_COMPILING, check=True, stdout=output)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        output.seek(0)
        told = re.findall(r" in ([\d.]+)s", output.read())[-1]
    return Run(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float(told))


def build(graph: str, folder: Path, *flags: str) -> Path:
    """Build a suite as the project file says, but for `flags`."""
    command = [*TESTGEN, "build", f"graphs/{graph}.dot", *flags, "--out", folder, "--quiet"]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return folder


def sample(suite: Path, count: int, folder: Path) -> Path:
    """A suite of so many tests of `suite`, chosen at random with seed 1."""
    folder.mkdir()
    sources = {file.name: file.read_text(encoding="utf-8").split(_BEFORE_TEST) for file in sorted(suite.glob("test_*"))}
    tests = [(name, number) for name, parts in sources.items() for number in range(1, len(parts))]
    chosen = set(random.Random(1).sample(tests, count))
    for name, (head, *bodies) in sources.items():
        if kept := [body for number, body in enumerate(bodies, 1) if (name, number) in chosen]:
            (folder / name).write_text(_BEFORE_TEST.join([head, *kept]).rstrip() + "\n", encoding="utf-8")
    return folder


def count_tests(suite: Path) -> int:
    return sum(file.read_text(encoding="utf-8").count("\ndef test_") for file in suite.glob("test_*.py"))


def measure(name: str, suite: Path, empty: Path, options: Sequence[str], rounds: int) -> None:
    for warm_up in (suite, empty):
        run_pytest(warm_up, options)
    pairs = [(run_pytest(suite, options), run_pytest(empty, options)) for _ in range(rounds)]
    count = count_tests(suite)
    seconds = statistics.median(ours.seconds for ours, _ in pairs)
    cpu = statistics.median(ours.cpu_seconds for ours, _ in pairs)
    beyond = statistics.median((ours.seconds - theirs.seconds) / count * 1000 for ours, theirs in pairs)
    ratios = [ours.seconds / theirs.seconds for ours, theirs in pairs]
    told = statistics.median(ours.told_seconds for ours, _ in pairs)
    sys.stdout.write(
        f"{name:42} {count:5,} tests {seconds:6.2f} s = {count / seconds:4.0f}/s "
        f"({count / told:4.0f}/s by pytest's clock), CPU {cpu:5.2f} s, {beyond:5.2f} ms beyond an empty test, "
        f"ratio {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}, {rounds} pairs)\n"
    )
    sys.stdout.flush()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as scratch:
        transactions = build("transactions", Path(scratch, "transactions"))
        ttl = build("ttl-small", Path(scratch, "ttl-small"), "--criterion", "behaviors")
        suites = {
            "transactions": transactions,
            "1,000 of transactions": sample(transactions, THOUSAND, Path(scratch, "transactions-1000")),
            "consumer-small": build("consumer-small", Path(scratch, "consumer-small")),
            "1,000 behaviors of ttl-small": sample(ttl, THOUSAND, Path(scratch, "ttl-1000")),
        }
        for name, suite in suites.items():
            empty = empty_suite(suite, suite.with_name(f"empty-{suite.name}"))
            measure(f"{name}, one process", suite, empty, (), rounds)
            # worksteal: tests in lock-step need many of their kind at hand, and xdist's default sends few at a time.
            measure(f"{name}, two processes", suite, empty, ("-n", "2", "--dist", "worksteal"), rounds)


if __name__ == "__main__":
    main()
