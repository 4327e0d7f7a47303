"""The coverage-guided fuzzer within a budget: FUZZ_EXECUTIONS (5,000), FUZZ_SEED (1), FUZZ_SECONDS (no limit).

It runs in a process of its own. What it kept is run again in this one, where coverage may be measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.ot import budget, guided


@pytest.mark.skipif(not guided.is_available(), reason="atheris is not installed: pip install 'tla-testgen[fuzz]'")
def test_all_peers_agree_whatever_a_fuzzer_finds_worth_keeping(tmp_path: Path) -> None:
    outcome = guided.fuzz(budget.from_environment(executions=5_000), tmp_path)
    for error in guided.replay_all(tmp_path):
        raise error
    assert outcome.found is None, outcome.found
    assert outcome.executions > 0
    assert any(tmp_path.iterdir())
