"""What the coverage-guided fuzzer kept of a run, one test for each input: no fuzzer and no budget is needed for that.

As a suite for `testgen coverage mutants` this is the fuzzer's: the test that runs it anew does so in a process that has
no mutant.
"""

from __future__ import annotations

from tests.fuzz.ot.trial import run_trial


def test_all_peers_agree_on_what_a_fuzzer_kept(kept: bytes) -> None:
    trial = run_trial(kept)
    assert trial.undecided or all(client.array == trial.network.server.array for client in trial.network.clients)
