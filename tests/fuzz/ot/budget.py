"""How long a fuzzer may run, and what came of it: the same words for both fuzzers, their tests and their benchmark."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Budget:
    """Executions (trials), and seconds if there is a limit; whichever ends first. A seed repeats a run exactly."""

    executions: int
    seed: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. `seconds` is of the fuzzing process, its start included; `found` is a program that fails."""

    executions: int
    seconds: float
    found: str | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def from_environment(*, executions: int) -> Budget:
    """The budget of a test: FUZZ_EXECUTIONS, FUZZ_SEED and FUZZ_SECONDS, by default `executions` with seed 1."""
    seconds = os.environ.get("FUZZ_SECONDS")
    return Budget(
        int(os.environ.get("FUZZ_EXECUTIONS", executions)),
        int(os.environ.get("FUZZ_SEED", 1)),
        float(seconds) if seconds else None,
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--executions", type=int, default=10_000, help="how many trials (default: 10,000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same trials (default: 1)")
    parser.add_argument("--seconds", type=float, help="stop after this many seconds")


def from_options(options: argparse.Namespace) -> Budget:
    return Budget(options.executions, options.seed, options.seconds)
