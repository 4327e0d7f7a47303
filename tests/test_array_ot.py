"""Two witnesses: the specification as TLC explored it, and the reference implementation written from the rules."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from testgen.analysis import take_census, terminal_states
from testgen.errors import ExitCode
from testgen.graph import StateGraph, load
from testgen.ot import Move, Network, NonTerminationError, Swap
from testgen.tlc import Verdict, explore
from testgen.values import to_plain

REPOSITORY = Path(__file__).resolve().parent.parent
SPECIFICATION = REPOSITORY / "graphs" / "specs" / "ArrayOT.tla"


@pytest.fixture(scope="module")
def three_clients() -> StateGraph:
    return load(str(REPOSITORY / "graphs" / "ot.dot"))


def configuration(name: str) -> Path:
    return SPECIFICATION.with_name(f"{name}.cfg")


def test_committed_dump_of_two_clients_is_what_tlc_finds_today(tmp_path: Path) -> None:
    dump = tmp_path / "ot2.dot.gz"
    result = explore(SPECIFICATION, configuration("ot2"), dump, workers=2, fingerprint=7)
    assert result.verdict is Verdict.OK
    again, committed = load(str(dump)), load(str(REPOSITORY / "graphs" / "ot2.dot"))
    assert sorted(again.fingerprints) != sorted(committed.fingerprints)
    assert [again.state(state) for state in range(again.n_states)] == [
        committed.state(state) for state in range(committed.n_states)
    ]
    assert again.digest == committed.digest


def test_committed_dump_of_merges_in_any_order_is_what_tlc_finds_today(tmp_path: Path) -> None:
    """All copies agree in any order, as TLC checks the invariants; and each pair of operations has two."""
    dump = tmp_path / "ot2-orders.dot.gz"
    assert explore(SPECIFICATION, configuration("ot2-orders"), dump, workers=2).verdict is Verdict.OK
    graph = load(str(dump))
    assert graph.digest == load(str(REPOSITORY / "graphs" / "ot2-orders.dot")).digest
    assert take_census(graph).behaviors == 2 * 17**2


def test_suites_of_two_dumps_are_byte_identical(tmp_path: Path) -> None:
    suites = []
    for workers, fingerprint in ((1, 1), (2, 2)):
        dump, out = tmp_path / f"dump-{fingerprint}.dot.gz", tmp_path / f"suite-{fingerprint}"
        result = explore(SPECIFICATION, configuration("ot2"), dump, workers=workers, fingerprint=fingerprint)
        assert result.verdict is Verdict.OK
        command = [sys.executable, "-m", "testgen", "build", str(dump), "--binding", "array_ot", "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        suites.append({path.name: path.read_bytes() for path in out.iterdir() if path.name != "origin.json"})
    assert gzip.decompress((tmp_path / "dump-1.dot.gz").read_bytes()) != gzip.decompress(
        (tmp_path / "dump-2.dot.gz").read_bytes()
    )
    assert suites[0] == suites[1]
    committed = REPOSITORY / "generated" / "ot2"
    kept = [path for path in committed.iterdir() if path.is_file() and path.name != "origin.json"]
    assert suites[0] == {path.name: path.read_bytes() for path in kept}


def test_three_clients_have_17_cubed_behaviors(three_clients: StateGraph) -> None:
    census = take_census(three_clients)
    assert (census.states, census.terminal_states, census.behaviors) == (31_300, 17**3, 17**3)
    assert census.dag


def test_reference_answers_as_every_final_state_of_the_specification_says(three_clients: StateGraph) -> None:
    finals = [final_state(three_clients, int(state)) for state in terminal_states(three_clients)]
    questions = [
        {
            "array": [1, 2, 3],
            "operations": [[line(entry) for entry in log if entry["client"] == c] for c, log in enumerate(logs, 1)],
        }
        for logs in (final["clientLog"] for final in finals)
    ]
    for question in questions:  # as users write them
        for operations in question["operations"]:
            for operation in operations:
                operation.pop("prior_size", None)
    result = subprocess.run(
        [sys.executable, "-m", "testgen.ot"],
        input="".join(json.dumps(question) + "\n" for question in questions),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(answer) for answer in result.stdout.splitlines()]
    assert len(answers) == len(finals) == 4913
    for answer, final in zip(answers, finals, strict=True):
        assert answer == {
            "final": final["serverState"],
            "server_log": [[line(e) for e in final["serverLog"] if e["client"] == c] for c in (1, 2, 3)],
            "applied": [[line(e) for e in log if e["client"] != c] for c, log in enumerate(final["clientLog"], 1)],
        }


def final_state(graph: StateGraph, state: int) -> dict[str, Any]:
    return {name: to_plain(value) for name, value in graph.state(state).items()}


def line(entry: dict[str, Any]) -> dict[str, Any]:
    """A log entry of the specification as `python -m testgen.ot` writes it."""
    return {name: value for name, value in entry.items() if name != "client"}


def test_swap_with_move_kills_tlc_and_stops_the_reference_in_plain_words(tmp_path: Path) -> None:
    dump = tmp_path / "ot-swap.dot.gz"
    result = explore(SPECIFICATION, configuration("ot-swap"), dump, workers=1, fingerprint=1)
    assert result.verdict is Verdict.NON_TERMINATION
    assert result.verdict.exit_code is ExitCode.EVALUATION
    assert list(tmp_path.iterdir()) == []
    pair = re.search(r'<<"merging", \[op \|-> "swap"(.*?)\], \[op \|-> "move"(.*?)\]>>', "\n".join(result.printed))
    assert pair is not None
    swap, move = (dict(re.findall(r"(\w+) \|-> (\d+)", fields)) for fields in pair.groups())
    network = Network(clients=2, array=[1, 2, 3])
    network.client(int(swap["client"])).perform(Swap(int(swap["ndx_1"]), int(swap["ndx_2"])))
    network.client(int(move["client"])).perform(Move(int(move["from"]), int(move["to"])))
    with pytest.raises(NonTerminationError, match=r"Swap\(ndx_1=\d, ndx_2=\d.*Move\(|Move\(.*Swap\("):
        network.sync_all_clients()
