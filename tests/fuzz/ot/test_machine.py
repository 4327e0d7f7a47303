"""The state machine within a budget: FUZZ_EXECUTIONS (1,000), FUZZ_SEED (1), FUZZ_SECONDS (no limit)."""

from __future__ import annotations

from tests.fuzz.ot import budget, machine


def test_all_peers_agree_whatever_a_state_machine_does() -> None:
    outcome = machine.fuzz(budget.from_environment(executions=1_000))
    assert outcome.found is None, outcome.found
    assert outcome.executions > 0
