"""Fuzz array merging, guided by the branches of `testgen.ot` that a trial reaches (atheris, that is libFuzzer).

    python -m tests.fuzz.ot.guided --executions 100000 --seed 1 --corpus corpus

leaves in the corpus each input that reached something new, and one more if it failed; prints one line of JSON; exits
with 1 when a trial failed. A corpus that is there already is gone on from. Replaying it needs no atheris:

    python -m tests.fuzz.ot.guided --replay corpus

`--keep corpus.txt` writes it to one file as well, for `test_corpus.py`; the file that is there was made by

    python -m tests.fuzz.ot.guided --executions 100000 --seed 1 --corpus corpus --keep tests/fuzz/ot/corpus.txt
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.ot.budget import Budget, Outcome, add_options, from_options
from tests.fuzz.ot.corpus import write_corpus
from tests.fuzz.ot.trial import MOST_BYTES, FoundError, run_trial

REPOSITORY = Path(__file__).resolve().parents[3]
TRIAL_SECONDS = 10  # a trial takes a fraction of a millisecond; one that takes this long does not end
FOUND, HUNG = 77, 70  # exit codes of libFuzzer
# Inputs of full length from the start: of the values tried for len_control (100, 20, 5, 0) this reaches the most
# branches with few executions. With entropic scheduling, or reloading by the clock, a seed does not repeat a run.
OPTIONS = [f"-max_len={MOST_BYTES}", "-len_control=0", "-entropic=0", "-reload=0", f"-timeout={TRIAL_SECONDS}"]


def is_available() -> bool:
    """Tell whether atheris is installed; it has wheels for Linux on x86-64 only."""
    return importlib.util.find_spec("atheris") is not None


def fuzz(budget: Budget, corpus: Path) -> Outcome:
    """Fuzz in a process of its own, and add to `corpus`.

    Raises:
        RuntimeError: That process ended in a way that libFuzzer does not.
    """
    with tempfile.TemporaryDirectory() as scratch:
        culprit = Path(scratch, "culprit")
        limits = [f"-runs={budget.executions}", f"-seed={budget.seed}"]
        if budget.seconds is not None:
            limits.append(f"-max_total_time={max(1, round(budget.seconds))}")
        command = [sys.executable, "-P", "-m", "tests.fuzz.ot.target", *OPTIONS, *limits]
        command += ["-verbosity=0", "-print_final_stats=1", f"-exact_artifact_path={culprit}", str(corpus)]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=scratch, env=_environment(), capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        counted = re.search(r"stat::number_of_executed_units: +(\d+)", done.stderr)
        if done.returncode not in (0, FOUND, HUNG) or counted is None:
            raise RuntimeError(f"the fuzzer ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        found = None
        if done.returncode == HUNG:
            found = f"a trial did not end within {TRIAL_SECONDS} s: run_trial({culprit.read_bytes()!r})"
        elif done.returncode == FOUND:
            (corpus / "found").write_bytes(culprit.read_bytes())
            found = done.stdout + done.stderr if (error := replay(culprit)) is None else str(error)
        return Outcome(int(counted[1]), seconds, found)


def replay(file: Path) -> FoundError | None:
    """Run the trial that a file of a corpus stands for."""
    try:
        run_trial(file.read_bytes())
    except FoundError as error:
        return error
    return None


def replay_all(corpus: Path) -> Iterator[FoundError]:
    """Run the whole corpus; give what fails."""
    return (error for file in sorted(corpus.iterdir()) if (error := replay(file)) is not None)


def _environment() -> dict[str, str]:
    """The fuzzing process imports what this one does, and no coverage of it is measured: that is for the replay."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}
    paths = [path for path in sys.path if path] + [str(REPOSITORY)]
    return environment | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz array merging, guided by coverage.")
    add_options(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--corpus", type=Path, help="folder of inputs, made if it is not there")
    where.add_argument("--replay", type=Path, metavar="CORPUS", help="only run what this folder holds")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the corpus to this file as well")
    options = parser.parse_args()
    if options.replay:
        found = next(replay_all(options.replay), None)
        sys.stdout.write(f"{found or 'all agree'}\n")
        return 1 if found else 0
    if not is_available():
        parser.error("atheris is not installed: pip install 'tla-testgen[fuzz]' (Linux on x86-64)")
    options.corpus.mkdir(parents=True, exist_ok=True)
    outcome = fuzz(from_options(options), options.corpus.resolve())
    if options.keep:
        kept = [file.read_bytes() for file in options.corpus.iterdir()]
        write_corpus(options.keep, kept, made=f"{outcome.executions} executions, seed {options.seed}")
    sys.stdout.write(json.dumps(outcome.document()) + "\n")
    return 1 if outcome.found else 0


if __name__ == "__main__":
    sys.exit(main())
