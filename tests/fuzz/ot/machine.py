"""Fuzz array merging with a Hypothesis state machine: clients that perform and merge in any order.

    python -m tests.fuzz.ot.machine --executions 1000 --seed 1

prints one line of JSON; exits with 1 when a trial failed, which Hypothesis has then shrunk.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.fuzz.ot.budget import Budget, Outcome, add_options, from_options
from tests.fuzz.ot.trial import CLIENTS, FAR, LENGTHS, MERGES, MOST_COMMANDS, OPERATIONS, FoundError, Trial

PART = 1_000  # executions between two looks at the clock
PEERS = st.integers(0, CLIENTS[-1] - 1)
NUMBERS = st.integers(0, FAR[-1])


class Peers(RuleBasedStateMachine):
    """A trial, command by command."""

    trials = 0

    @initialize(clients=st.sampled_from(CLIENTS), length=st.sampled_from(LENGTHS))
    def start(self, clients: int, length: int) -> None:
        type(self).trials += 1
        self.trial = Trial(clients, length)

    @rule(operation=st.sampled_from([*OPERATIONS]), client=PEERS, first=NUMBERS, second=NUMBERS)
    def perform(self, operation: str, client: int, first: int, second: int) -> None:
        self.trial.command(operation, client, first, second)

    @rule(merge=st.sampled_from(MERGES), client=PEERS)
    def merge(self, merge: str, client: int) -> None:
        self.trial.command(merge, client, 0, 0)

    def teardown(self) -> None:
        if hasattr(self, "trial"):
            self.trial.finish()


def fuzz(budget: Budget, *, shrink: bool = True) -> Outcome:
    """Run the state machine in this process, in parts of `PART` executions that follow from the seed.

    Shrinking what is found takes seconds, and its executions count.
    """
    started = time.perf_counter()
    executions, found = 0, None
    while found is None and executions < budget.executions:
        if budget.seconds is not None and time.perf_counter() - started > budget.seconds:
            break
        part = min(PART, budget.executions - executions)
        machine = seed(budget.seed * 1_000_000 + executions)(type("Peers", (Peers,), {}))
        try:
            run_state_machine_as_test(machine, settings=_settings(part, shrink=shrink))
        except FoundError as error:
            found = str(error)
        executions += machine.trials
    return Outcome(executions, time.perf_counter() - started, found)


def _settings(executions: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=executions,
        stateful_step_count=MOST_COMMANDS,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz array merging with a Hypothesis state machine.")
    add_options(parser)
    parser.add_argument("--no-shrink", action="store_true", help="tell what was found as it was found")
    options = parser.parse_args()
    outcome = fuzz(from_options(options), shrink=not options.no_shrink)
    sys.stdout.write(json.dumps(outcome.document()) + "\n")
    return 1 if outcome.found else 0


if __name__ == "__main__":
    sys.exit(main())
