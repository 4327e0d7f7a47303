"""The state machine within a budget: FUZZ_EXECUTIONS (1,000), FUZZ_SEED (1), FUZZ_SECONDS (no limit).

FUZZ_SHRINK=0 tells what was found as it was found, which spares seconds where it is known that something will be.
"""

from __future__ import annotations

import os

from tests.fuzz.ot import budget, machine


def test_all_peers_agree_whatever_a_state_machine_does() -> None:
    shrink = os.environ.get("FUZZ_SHRINK", "1") != "0"
    outcome = machine.fuzz(budget.from_environment(executions=1_000), shrink=shrink)
    assert outcome.found is None, outcome.found
    assert outcome.executions > 0
