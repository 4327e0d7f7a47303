"""The table of recorded dumps is what testgen reads, and what TLC itself counts."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.graph.sample_dumps import DUMPS, markdown, rows


@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
def test_the_table_is_of_today_and_agrees_with_tlc() -> None:
    table = rows()
    assert markdown(table) in (DUMPS / "README.md").read_text(encoding="utf-8")
    counted = [(row, re.fullmatch(r"(\d+) states(?:, depth (\d+))?", row[-1])) for row in table if row[-1]]
    assert len(counted) > 30
    for (name, states, _, _, depth, _, _), told in counted:
        assert told is not None, name
        assert (states.partition(" ")[0], depth) == (told[1], told[2] or depth), name
