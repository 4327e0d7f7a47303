"""Measure what `pytest --testgen-share` saves of a built suite: processor seconds with it and without, by turns.

    python tests/benchmarks/share.py generated/ot [--runs 3]

Prints the median of the runs, the range, and the ratio; and what pytest says was not performed again. Processor time,
as wall time tells more of who else was at work.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys


def run(suite: str, *options: str) -> tuple[float, str]:
    """Processor seconds of one run, and what pytest said."""
    before = os.times()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, result.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    pairs = [(run(given.suite), run(given.suite, "--testgen-share")) for _ in range(given.runs)]
    alone, shared = ([seconds for seconds, _ in column] for column in zip(*pairs, strict=True))
    for name, times in (("alone", alone), ("shared", shared)):
        sys.stdout.write(f"{name:7} {statistics.median(times):7.2f} s  ({min(times):.2f} to {max(times):.2f})\n")
    sys.stdout.write(f"ratio   {statistics.median(alone) / statistics.median(shared):7.2f}\n")
    said = pairs[-1][1][1]
    sys.stdout.write("\n".join([*re.findall(r"^ +\d+  tests .*|^\d+ .* in .*$", said, re.M), ""]))


if __name__ == "__main__":
    main()
