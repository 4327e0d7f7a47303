"""Imports go downwards within a side; the running side needs none of the heavy packages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import testgen

ROOT = Path(testgen.__file__).parent
SHARED = {"errors", "process_group", "values", "whole_file"}
MAKING = {
    "harness": 1,
    "graph": 1,
    "tlc": 1,
    "analysis": 2,
    "behavior": 2,
    "suite_file": 3,
    "selection": 3,
    "render": 4,
    "coverage": 4,
    "diagnosis": 5,
    "report": 5,
    "cli": 6,
    "__main__": 7,
}
RUNNING = {"systems": 1, "mongo": 2, "ot": 2, "bindings": 3, "runtime": 4}
CROSSINGS = {
    ("render", "bindings"),
    ("diagnosis", "bindings"),
    ("cli", "bindings"),
    ("cli", "mongo"),
    ("cli", "runtime"),
}


def rooms_imported(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        rooms |= {name.split(".")[1] for name in names if name.startswith("testgen.")}
    return rooms


def is_allowed(room: str, imported: str) -> bool:
    if room == imported or imported in SHARED:
        return room not in SHARED or room == imported or (room, imported) == ("values", "errors")
    if (room, imported) in CROSSINGS:
        return True
    for side in (MAKING, RUNNING):
        if room in side and imported in side:
            return side[imported] < side[room]
    return False


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert {imported for imported in rooms_imported(path) if not is_allowed(room, imported)} == set()


def test_every_room_has_a_place() -> None:
    rooms = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__main__", "__pycache__", "templates"} <= SHARED | set(MAKING) | set(RUNNING)


def test_the_checks_see_an_import_that_runs_upwards() -> None:
    assert not is_allowed("graph", "selection")
    assert not is_allowed("runtime", "graph")
    assert not is_allowed("values", "graph")


@pytest.mark.parametrize("module", ["testgen.runtime.plugin", "testgen.bindings.array_ot", "testgen.systems"])
def test_the_running_side_imports_nothing_heavy(module: str) -> None:
    heavy = "numpy", "scipy", "networkx", "jinja2", "rich", "click", "pymongo", "urllib3"
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "room",
    ["graph", "analysis", "selection", "render", "runtime", "values", "cli", "tlc", "coverage", "report", "diagnosis"],
)
def test_only_bindings_and_templates_know_a_specification(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        code = ast.unparse(_without_docstrings(ast.parse(text)))
        for word in ("array_ot", "ArrayOT", "clientLog", "MergeAction"):
            assert word not in code, f"{path.name} knows {word}"


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
    return tree
