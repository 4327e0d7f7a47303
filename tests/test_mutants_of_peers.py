"""What is said of mutants of merging logs, and of the peers that do it, is true of the tests that are there.

tests/mutants/ot/peers.toml judges each mutant that the generated suites of array OT let live. A hole must be noticed by
some other test, so that none is called a hole that cannot be noticed; what is judged equivalent by none of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from testgen.coverage.judgments import read_judgments
from testgen.coverage.mutation import score_suites
from testgen.coverage.source import find_source
from testgen.coverage.suites import SuiteRequest

REPOSITORY = Path(__file__).resolve().parent.parent
FILE = REPOSITORY / "tests" / "mutants" / "ot" / "peers.toml"
SOURCE = [str(REPOSITORY / "testgen" / "ot" / name) for name in ("transform.py", "peers.py")]
SUITES = {
    "handwritten": "tests/handwritten/ot",
    "corpus": "tests/fuzz/ot/test_corpus.py",
    "unit": 'tests/ot/test_peers.py tests/ot/test_transform.py -k "not any_history and not exactly_300"',
}


@pytest.mark.slow
def test_every_judgment_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty seconds of the processor: of each suite that does not notice one of 126, all tests that reach it run."""
    monkeypatch.chdir(REPOSITORY)
    judgments = read_judgments(FILE)
    score = score_suites(
        [SuiteRequest(name, tests) for name, tests in SUITES.items()],
        find_source(SOURCE),
        judgments=FILE,
        only=list(judgments),
    )
    assert score.is_sound, (score.misjudged, [(suite.failing, suite.unsound) for suite in score.suites])
    assert score.stale == ()
    assert score.unnoticed == ()
