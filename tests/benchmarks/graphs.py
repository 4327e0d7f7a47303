"""Measure reading, selection and rendering on growing graphs, each step in a process of its own, beside baselines.

    python tests/benchmarks/graphs.py [LARGEST]        up to so many transitions; default 1000000
    python tests/benchmarks/graphs.py --tlc K          a dump of (K + 1)³ states by the real TLC, and its own time

The synthetic dumps have the lines of TLC 2.15, of a lattice of three counters with an action each, whose states lie in
the file in the order of a breadth-first search; the same graph is read from JSON too. Baselines: a regular expression
over the lines (no values read), the building of a networkx graph from what it finds, a greedy cover by paths over
networkx, and f-strings in place of templates; those that take minutes are left out from a size on. Prints seconds of
one run and ratios; memory is the highest that the process had.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
LARGEST = {
    "read_with_expression": 1_100_000,
    "read_into_networkx": 1_100_000,
    "read_with_pydot": 2_000,
    "select_greedily": 1_100_000,
    "render_with_testgen": 110_000,
    "render_by_hand": 110_000,
}
"""Transitions up to which each is measured; beyond, it takes minutes or more memory than there is."""
ACTIONS = ("Right", "Up", "Far")

BINDING = """from testgen.bindings.protocol import Binding, action, observes

class Lattice(Binding):
    def __init__(self):
        self.at = [0, 0, 0]

    @action("Right")
    def right(self):
        self.at[0] += 1

    @action("Up")
    def up(self):
        self.at[1] += 1

    @action("Far")
    def far(self):
        self.at[2] += 1

    @observes("x")
    def x(self):
        return self.at[0]

    @observes("y")
    def y(self):
        return self.at[1]

    @observes("z")
    def z(self):
        return self.at[2]
"""
SPECIFICATION = """---- MODULE Lattice ----
EXTENDS Integers
CONSTANT K
VARIABLES x, y, z
Init == x = 0 /\\ y = 0 /\\ z = 0
Right == x < K /\\ x' = x + 1 /\\ UNCHANGED <<y, z>>
Up == y < K /\\ y' = y + 1 /\\ UNCHANGED <<x, z>>
Far == z < K /\\ z' = z + 1 /\\ UNCHANGED <<x, y>>
Next == Right \\/ Up \\/ Far
====
"""


def lattice(side: int) -> tuple[list[int], list[int]]:
    """The fingerprints of side³ states, and their order in a dump."""
    fingerprints = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, side**3).tolist()
    return fingerprints, sorted(range(side**3), key=lambda n: n // side**2 + n // side % side + n % side)


def write_lattice(path: Path, side: int) -> None:
    """A dump of side³ states."""
    fingerprints, order = lattice(side)
    with path.open("w", encoding="ascii") as file:
        file.write('strict digraph DiskGraph {\nnodesep=0.35;\nsubgraph cluster_graph {\ncolor="white";\n')
        for number in order:
            x, y, z = number // side**2, number // side % side, number % side
            style = ",style = filled]" if number == 0 else "];"
            label = f"/\\\\ x = {x}\\n/\\\\ y = {y}\\n/\\\\ z = {z}"
            file.write(f'{fingerprints[number]} [label="{label}"{style}\n')
            for action, value, step in zip(ACTIONS, (x, y, z), (side**2, side, 1), strict=True):
                if value < side - 1:
                    ends = f"{fingerprints[number]} -> {fingerprints[number + step]}"
                    file.write(f'{ends} [label="{action}",color="black",fontcolor="black"];\n')
        file.write("}\n}")


def write_lattice_json(path: Path, side: int) -> None:
    """The same as MongoDB's fork of TLC of 2025-01 writes it."""
    fingerprints, order = lattice(side)
    with path.open("w", encoding="ascii") as file:
        separator = '{\n  "states": [\n'
        for number in order:
            x, y, z = number // side**2, number // side % side, number % side
            values = f'"x": {x},\n        "y": {y},\n        "z": {z}'
            shown = f'"fp": {fingerprints[number]},\n      "val": {{\n        {values}\n      }}'
            initial = f'"initial": {"true" if number == 0 else "false"}'
            file.write(f"{separator}    {{\n      {shown},\n      {initial}\n    }}")
            separator = ",\n"
        separator = '\n  ],\n  "edges": [\n'
        for number in order:
            x, y, z = number // side**2, number // side % side, number % side
            for action, value, step in zip(ACTIONS, (x, y, z), (side**2, side, 1), strict=True):
                if value < side - 1:
                    ends = f'"from": {fingerprints[number]},\n      "to": {fingerprints[number + step]}'
                    label = f'"action": "{action}",\n      "actionParams": {{}}'
                    file.write(f"{separator}    {{\n      {ends},\n      {label}\n    }}")
                    separator = ",\n"
        file.write("\n  ]\n}")


def read_with_testgen(path: Path) -> str:
    from testgen.graph import load

    graph = load(str(path))
    return f"{graph.n_transitions:,} transitions"


def read_json_with_testgen(path: Path) -> str:
    json_path = path.with_suffix(".json")
    return f"{read_with_testgen(json_path)} in {json_path.stat().st_size / 1e6:,.1f} MB"


def read_with_expression(path: Path) -> str:
    pattern = re.compile(rb'^(-?\d+) -> (-?\d+) \[label="([^"]*)"|^(-?\d+) \[label="([^"]*)"', re.MULTILINE)
    edges, nodes = [], {}
    for match in pattern.finditer(path.read_bytes()):
        if match[1]:
            edges.append((int(match[1]), int(match[2]), match[3]))
        else:
            nodes[int(match[4])] = match[5]
    return f"{len(edges):,} transitions"


def read_into_networkx(path: Path) -> str:
    import networkx as nx

    pattern = re.compile(rb'^(-?\d+) -> (-?\d+) \[label="([^"]*)"', re.MULTILINE)
    graph = nx.MultiDiGraph()
    for match in pattern.finditer(path.read_bytes()):
        graph.add_edge(int(match[1]), int(match[2]), action=match[3])
    return f"{graph.number_of_edges():,} transitions"


def read_with_pydot(path: Path) -> str:
    import pydot

    positive = re.sub(rb"^-|(?<= -> )-", b"1", path.read_bytes(), flags=re.MULTILINE)  # it rejects negative numbers
    (graph,) = pydot.graph_from_dot_data(positive.decode()) or ()
    return f"{sum(len(part.get_edges()) for part in graph.get_subgraphs()):,} transitions"


def select_with_testgen(path: Path) -> str:
    from testgen.graph import load
    from testgen.selection import Request, select_behaviors

    graph = load(str(path))
    started = time.perf_counter()
    suite = select_behaviors(graph, Request("transitions", limit=10**9))
    seconds = time.perf_counter() - started
    return f"{len(suite.behaviors):,} tests, {suite.n_steps:,} steps, no fewer possible; selected in {seconds:.1f} s"


def select_greedily(path: Path) -> str:
    """Shortest way to a transition that is due, then on by due ones as far as they go."""
    import networkx as nx

    pattern = re.compile(rb'^(-?\d+) -> (-?\d+) \[label="([^"]*)"', re.MULTILINE)
    graph = nx.MultiDiGraph()
    for match in pattern.finditer(path.read_bytes()):
        graph.add_edge(int(match[1]), int(match[2]), key=match[3])
    started = time.perf_counter()
    root = next(node for node, degree in graph.in_degree() if degree == 0)
    parent = dict(nx.bfs_predecessors(graph, root))
    due = set(graph.edges(keys=True))
    tests = steps = 0
    for edge in list(graph.edges(keys=True)):
        if edge not in due:
            continue
        node = edge[0]
        while node != root:
            node = parent[node]
            steps += 1
        current: tuple[int, int, bytes] | None = edge
        while current is not None:
            due.discard(current)
            steps += 1
            current = next((way for way in graph.out_edges(current[1], keys=True) if way in due), None)
        tests += 1
    return f"{tests:,} tests, {steps:,} steps; selected in {time.perf_counter() - started:.1f} s"


def _suite_to_render(path: Path) -> tuple[Any, float]:
    from testgen.graph import load
    from testgen.selection import Request, select_behaviors

    suite = select_behaviors(load(str(path)), Request("transitions", limit=10**9))
    return suite, time.perf_counter()


def render_with_testgen(path: Path) -> str:
    from testgen.render import render_suite

    suite, started = _suite_to_render(path)
    binding = path.with_name("lattice_binding.py")
    binding.write_text(BINDING, encoding="ascii")
    files = render_suite(suite, f"{binding}:Lattice", version="0", folder=path.with_name("generated"))
    size = sum(len(file.text) for file in files) / 1e6
    return f"{len(suite.behaviors):,} tests, {size:.1f} MB; rendered in {time.perf_counter() - started:.2f} s"


def render_by_hand(path: Path) -> str:
    """The same statements by f-strings: no template, no layout, no names of its own, not checked to be Python."""
    suite, started = _suite_to_render(path)
    graph = suite.graph
    parts = []
    for behavior in suite.behaviors:
        lines = [f"def test_{behavior.id}(lattice: Lattice) -> None:"]
        for transition, state in zip(behavior.transitions, behavior.states[1:], strict=True):
            values = ", ".join(f"{name}={value}" for name, value in graph.state(state).items())
            lines.append(f"    lattice.{graph.action(transition).name.lower()}()\n    lattice.check_state({values})")
        parts.append("\n".join(lines))
    size = len("\n\n\n".join(parts)) / 1e6
    return f"{len(suite.behaviors):,} tests, {size:.1f} MB; rendered in {time.perf_counter() - started:.2f} s"


WORK = {
    function.__name__: function
    for function in (
        read_with_testgen,
        read_json_with_testgen,
        read_with_expression,
        read_into_networkx,
        read_with_pydot,
        select_with_testgen,
        select_greedily,
        render_with_testgen,
        render_by_hand,
    )
}


def measured(work: str, path: Path) -> tuple[float, float, str]:
    """Seconds and the most memory in GB of a piece of work in a process of its own, and what it says."""
    command = [sys.executable, __file__, "--work", work, str(path)]
    answer = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    seconds, memory, said = json.loads(answer.stdout)
    return seconds, memory, said


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def compare(path: Path, n_transitions: int) -> None:
    megabytes = path.stat().st_size / 1e6
    say(f"\n{n_transitions:,} transitions, {megabytes:,.1f} MB")
    ours = {}
    for work in WORK:
        if n_transitions > LARGEST.get(work, n_transitions):
            continue
        seconds, memory, said = measured(work, path)
        kind = work.partition("_")[0]
        ours.setdefault(kind, seconds)
        ratio = f"{ours[kind] / seconds:7.3f} of it" if ours[kind] != seconds else f"{megabytes / seconds:7.1f} MB/s"
        each = f"{seconds / n_transitions * 1e6:.2f} µs each; " if kind == "read" else ""
        say(f"  {work:<22}{seconds:8.2f} s  {ratio}  {memory:5.2f} GB  {each}{said}")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--work"]:
        started = time.perf_counter()
        said = WORK[arguments[1]](Path(arguments[2]))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        json.dump([time.perf_counter() - started, memory, said], sys.stdout)
        return
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "lattice.dot")
        if arguments[:1] == ["--tlc"]:
            side = int(arguments[1])
            Path(scratch, "Lattice.tla").write_text(SPECIFICATION, encoding="ascii")
            text = f"CONSTANT K = {side}\nINIT Init\nNEXT Next\nCHECK_DEADLOCK FALSE\n"
            Path(scratch, "Lattice.cfg").write_text(text, encoding="ascii")
            started = time.perf_counter()
            command = [
                sys.executable,
                "-m",
                "testgen",
                "explore",
                str(Path(scratch, "Lattice.tla")),
                "--out",
                str(path),
            ]
            subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
            say(f"TLC wrote the dump in {time.perf_counter() - started:.1f} s")
            write_lattice_json(path.with_suffix(".json"), side + 1)
            compare(path, 3 * side * (side + 1) ** 2)
            return
        largest = int(arguments[0]) if arguments else 1_000_000
        for size in (1_000, *SIZES):
            if size <= largest:
                side = round((size / 3) ** (1 / 3)) + 1
                write_lattice(path, side)
                write_lattice_json(path.with_suffix(".json"), side)
                compare(path, 3 * (side - 1) * side**2)


if __name__ == "__main__":
    main()
