"""A few hundred damaged files of every format; `python -m tests.graph.fuzz_readers` reads as many as time allows."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.graph.fuzz_readers import corpus, outcome

CASES = 700
PART = 100


@pytest.mark.parametrize("start", range(0, CASES, PART))
def test_damaged_files_are_a_graph_or_an_error(start: int) -> None:
    counts = Counter(outcome(number) for number in range(start, start + PART))
    assert {kind for kind, _ in counts} == set(corpus())
    assert {"graph", "ParseError"} <= {result for _, result in counts}
