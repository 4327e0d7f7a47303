"""The examples are what a user would have written: each suite is built and passes, and notices faults in its system.

Each runs in a copy of its folder, beside the committed dumps.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.tlc import Verdict, explore
from tests.examples.project import REPOSITORY, Example

GRAPHS = REPOSITORY / "graphs"
SUITES = {"cache": range(180, 200), "payments": range(94, 95), "queue": range(564, 565)}
"""Number of tests, by the example's folder; under --max-steps, as of the cache, it may vary with SciPy's version."""
DUMPS = [("ExpiringCache", "cache"), ("BoundedQueue", "queue"), ("IdempotentPayments", "payments")]
"""With the specification of each."""


@pytest.fixture(scope="module", params=SUITES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example(request.param, tmp_path_factory.mktemp("clone"))


def test_suite_is_built_and_passes(example: Example) -> None:
    (passed,) = re.findall(r"^(\d+) passed in ", example.run(), re.MULTILINE)
    assert int(passed) in SUITES[example.name]


def test_binding_leaves_nothing_to_be_told(example: Example) -> None:
    assert "warning" not in example.built.stderr


@pytest.mark.parametrize(
    ("specification", "name"),
    [("ExpiringCache", "cache"), ("BoundedQueue", "queue"), ("IdempotentPayments", "payments")],
)
def test_committed_dump_is_what_tlc_finds_today(specification: str, name: str, tmp_path: Path) -> None:
    """Also that the invariants hold which the configuration names: TLC leaves no dump otherwise."""
    specs, dump = GRAPHS / "specs", tmp_path / f"{name}.dot.gz"
    result = explore(specs / f"{specification}.tla", specs / f"{name}.cfg", dump, workers=2, fingerprint=7)
    assert result.verdict is Verdict.OK
    assert load(str(dump)).digest == load(str(GRAPHS / f"{name}.dot")).digest


@pytest.mark.parametrize(
    ("specification", "name", "message"),
    [
        ("ExpiringCache", "cache-crowded-check", "the action property EvictsOnlyForRoom does not hold"),
        ("BoundedQueue", "queue-fair-check", "the action property NoOvertaking does not hold"),
        ("IdempotentPayments", "payments-torn-check", "the invariant ChargedOnce does not hold"),
    ],
)
def test_what_does_not_hold_is_shown_by_tlc(specification: str, name: str, message: str) -> None:
    specs = GRAPHS / "specs"
    result = explore(specs / f"{specification}.tla", specs / f"{name}.cfg", None, workers=1, fingerprint=7)
    assert result.message == message
    assert result.trace is not None
