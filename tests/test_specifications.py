"""The MongoDB specifications: TLC finds today what their committed dumps, the README and the bindings rely on."""

from pathlib import Path

import pytest

from testgen.analysis import take_census
from testgen.graph import load
from testgen.tlc import Exploration, Verdict, explore

README = Path(__file__).resolve().parent.parent / "README.md"
GRAPHS = README.with_name("graphs")


def run(specification: str, name: str, dump: Path | None = None) -> Exploration:
    specs = GRAPHS / "specs"
    return explore(specs / f"{specification}.tla", specs / f"{name}.cfg", dump, workers=2, fingerprint=7)


@pytest.mark.parametrize(
    ("specification", "name"),
    [
        ("ResumeTokenArming", "arming"),
        ("ResumeTokenArming", "arming-lazy"),
        ("SnapshotTransactions", "transactions"),
        ("SnapshotTransactions", "transactions-lost-update"),
        ("SnapshotTransactions", "transactions-history"),
        ("TTLEmissionOrdering", "ttl-small"),
        ("TTLEmissionOrdering", "ttl-early"),
        ("TTLEmissionOrdering", "ttl-reorder"),
        ("ChangeStreamConsumer", "consumer-small"),
        ("ChangeStreamConsumer", "consumer-early-token"),
        ("ChangeStreamConsumer", "consumer-images"),
        ("ChangeStreamConsumer", "consumer"),
    ],
)
def test_committed_dump_is_what_tlc_finds_today(specification: str, name: str, tmp_path: Path) -> None:
    """Also that the invariants hold which the configuration names: TLC leaves no dump otherwise."""
    dump = tmp_path / f"{name}.dot.gz"
    assert run(specification, name, dump).verdict is Verdict.OK
    assert load(str(dump)).digest == load(str(GRAPHS / f"{name}.dot")).digest


@pytest.mark.parametrize(
    ("specification", "name", "invariant"),
    [
        ("ResumeTokenArming", "arming-lazy-check", "NoEventLoss"),
        ("SnapshotTransactions", "transactions-lost-update-check", "NoLostUpdate"),
        ("SnapshotTransactions", "transactions-skew-check", "NoWriteSkew"),
        ("TTLEmissionOrdering", "ttl-early-check", "NoDeleteBeforeInsertInOplog"),
        ("TTLEmissionOrdering", "ttl-reorder-check", "NoOrphanDelete"),
        ("ChangeStreamConsumer", "consumer-early-token-check", "ReplicaConverges"),
        ("ChangeStreamConsumer", "consumer-no-dedup-check", "CausalOrder"),
        ("ChangeStreamConsumer", "consumer-time-dedup-check", "ReplicaConverges"),
    ],
)
def test_bug_violates_its_invariant(specification: str, name: str, invariant: str) -> None:
    result = run(specification, name)
    assert (result.verdict, result.message) == (Verdict.INVARIANT, f"the invariant {invariant} does not hold")
    assert result.trace is not None


@pytest.mark.slow  # 12 to 21 s: TLC checks temporal properties on the whole graph
def test_ttl_deletes_what_is_expired_and_the_stream_drains() -> None:
    assert run("TTLEmissionOrdering", "ttl-live").verdict is Verdict.OK


def test_behaviors_as_the_readme_counts_them() -> None:
    rows = [line.split("|")[1:5] for line in README.read_text().splitlines() if line.count("|") == 7]
    counted = {name.strip(" `"): [int(cell.replace(",", "")) for cell in numbers] for name, *numbers in rows[2:]}
    assert len(counted) == 12
    for name, numbers in counted.items():
        census = take_census(load(str(GRAPHS / f"{name}.dot")))
        assert [census.states, census.transitions, census.behaviors] == numbers, name
