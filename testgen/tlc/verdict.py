"""What an exploration came to: the verdict and everything that was learned on the way. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from testgen.errors import ExitCode, Location
from testgen.tlc.trace import Trace

__all__ = ["Exploration", "Problem", "Progress", "Statistics", "Verdict"]


class Verdict(Enum):
    """How a run of TLC ended. Only `OK` leaves a dump behind."""

    OK = "ok"
    DEADLOCK = "deadlock"
    INVARIANT = "invariant"
    ASSUMPTION = "assumption"
    ASSERTION = "assertion"
    LIVENESS = "liveness"
    """A temporal property, or an action property such as `[][A]_v`."""
    EVALUATION = "evaluation"
    NON_TERMINATION = "non-termination"
    """Evaluation recursed until Java's stack was full."""
    PARSE = "parse"
    """The specification or its configuration cannot be read."""
    OUT_OF_MEMORY = "out-of-memory"
    STOPPED = "stopped"
    """TLC was killed by someone else."""
    INTERRUPTED = "interrupted"
    """We were told to stop, by Ctrl-C, SIGTERM or SIGHUP."""

    @property
    def exit_code(self) -> ExitCode:
        """What the command line says for it."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.OK: ExitCode.DONE,
    Verdict.DEADLOCK: ExitCode.DEADLOCK,
    Verdict.INVARIANT: ExitCode.INVARIANT,
    Verdict.ASSUMPTION: ExitCode.INVARIANT,
    Verdict.ASSERTION: ExitCode.INVARIANT,
    Verdict.LIVENESS: ExitCode.LIVENESS,
    Verdict.EVALUATION: ExitCode.EVALUATION,
    Verdict.NON_TERMINATION: ExitCode.EVALUATION,
    Verdict.PARSE: ExitCode.REQUEST,
    Verdict.OUT_OF_MEMORY: ExitCode.OUT_OF_MEMORY,
    Verdict.STOPPED: ExitCode.SURROUNDINGS,
    Verdict.INTERRUPTED: ExitCode.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is known to stand."""

    message: str
    location: Location | None = None

    def __str__(self) -> str:
        return self.message if self.location is None else f"{self.location}: {self.message}"


@dataclass(frozen=True, slots=True)
class Statistics:
    """TLC's last counts; None is what it did not get to say.

    Attributes:
        states_generated: Initial states and successors, with repetitions.
        distinct_states: Different ones among them.
        left_on_queue: Found but not yet expanded; 0 after a complete exploration.
        depth: Levels of the graph, the initial states being the first; with several workers TLC may count too many (10
            for 8 in one of 25 runs of 2.15 with two).
    """

    states_generated: int | None = None
    distinct_states: int | None = None
    left_on_queue: int | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running TLC is.

    Attributes:
        phase: In words: "parsing", "exploring", …
        distinct_states: Counted in the dump as it arrives (TLC itself speaks once a minute), or what TLC last said.
        seconds: Since the start.
        statistics: What TLC last said.
    """

    phase: str
    distinct_states: int
    seconds: float
    statistics: Statistics = Statistics()

    def __str__(self) -> str:
        if not self.distinct_states:
            return f"{self.phase} ({self.seconds:.0f} s)"
        rate = self.distinct_states / max(self.seconds, 0.001)
        return f"{self.phase}: {self.distinct_states:,} states, {rate:,.0f}/s ({self.seconds:.0f} s)"


@dataclass(frozen=True, slots=True)
class Exploration:
    """The outcome of one run of TLC.

    Attributes:
        message: What happened, in a sentence or a few lines.
        problems: For `PARSE`, each error. For errors of evaluation, the expression that failed.
        call_stack: Where evaluation was, from the action or invariant inwards.
        trace: The counterexample, or the behavior that led to an error.
        hint: What to do about it.
        printed: The last lines that the specification printed (`PrintT`).
        dump: The file written, with its size in bytes; None unless the verdict is `OK` and a dump was asked for.
        seconds: Wall clock, from the start of Java to the finished dump.
        warnings: Why tests of the dump may ask for what the specification does not.
    """

    verdict: Verdict
    message: str
    problems: tuple[Problem, ...] = ()
    call_stack: tuple[Location, ...] = ()
    trace: Trace | None = None
    hint: str | None = None
    printed: tuple[str, ...] = ()
    statistics: Statistics = Statistics()
    tlc_version: str | None = None
    dump: Path | None = None
    dump_bytes: int | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
