"""The generated suites find where another server diverges, and are skipped by name where it lacks what they need.

Slow, about a minute: a virtual environment is made, secantusdb installed, and 60 tests of each live suite run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMPARE = Path(__file__).resolve().parent / "compare.py"
EACH = 60

pytestmark = [pytest.mark.mongo, pytest.mark.slow]

CONFORMS = ["arming", "arming-lazy", "transactions", "transactions-lost-update"]
UNSUPPORTED = ["ttl-small", "ttl-early", "ttl-reorder"]

# The kinds that each of its true divergences shows as; by_hand.py has them without testgen.
DIVERGES = {
    "an image is looked up when the event is read": {
        "consumer-images": {"the document before and after each change, as its event shows it, after check_images"}
    },
    "a read at a past time is answered from the present": {
        "transactions-history": {"the documents as a read at the time of each commit finds them, after check_history"}
    },
    "a transaction's events have another time than its commit": {
        "consumer-small": {"the events, after check_rest"},
        "consumer-early-token": {"the events, after check_loss"},
    },
    "resume tokens do not sort as the events": {
        "consumer-small": {"variable replica, after deliver"},
        "consumer-early-token": {"variable replica, after apply"},
    },
    "after the token of a drop, the invalidate event is left out": {
        "consumer-small": {"events that the consumer's stream has for it, after deliver"},
        "consumer-early-token": {"events that the consumer's stream has for it, after deliver"},
    },
}


@pytest.fixture(scope="module")
def suites() -> dict[str, Any]:
    command = [sys.executable, str(COMPARE), "--each", str(EACH), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600)
    if done.returncode == 3 and os.environ.get("TESTGEN_REQUIRE_LIVE") != "1":
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["suites"]
    return found


@pytest.mark.parametrize("cause", DIVERGES)
def test_a_true_divergence_is_found(cause: str, suites: dict[str, Any]) -> None:
    for name, kinds in DIVERGES[cause].items():
        assert kinds <= {kind["kind"] for kind in suites[name]["kinds"]}
        assert all(f"pytest generated/{name}/test_" in kind["shortest"] for kind in suites[name]["kinds"])


def test_what_is_not_told_of_conforms(suites: dict[str, Any]) -> None:
    assert {name for name, suite in suites.items() if suite["passed"] == EACH} == set(CONFORMS)


def test_what_is_unsupported_is_skipped_by_name(suites: dict[str, Any]) -> None:
    for name, suite in suites.items():
        assert suite["errors"] == 0
        assert bool(suite["skipped"]) == (name in UNSUPPORTED)
    for name in UNSUPPORTED:
        assert suites[name]["passed"] == suites[name]["diverged"] == 0
        (reason,) = suites[name]["reasons"]
        assert "failpoints (a failpoint that does not exist was accepted)" in reason
        assert "ttl_gate" in reason
