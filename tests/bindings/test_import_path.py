"""A binding imports what is installed, then what lies beside the project file, then what lies beside itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testgen.bindings import find_binding
from testgen.errors import BindingError

BINDING = (
    "from testgen.bindings import Binding, action, observes\n\n\nclass Mine(Binding):\n"
    "    @action('A')\n    def a(self) -> None: ...\n\n    @observes('place')\n    def place(self) -> str:\n"
    "        {imports}\n        return __name__\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "bindings").mkdir()
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def place_of_office(folder: Path, binding: str = "bindings/mine.py") -> str:
    (folder / binding).write_text("import office\nPLACE = office.PLACE\n" + BINDING.format(imports="pass"))
    module = sys.modules[find_binding(f"{binding}:Mine").__module__]
    return str(module.PLACE)


@pytest.mark.parametrize("project_file", ["testgen.toml", "pyproject.toml"])
def test_binding_imports_what_lies_beside_the_project_file(folder: Path, project_file: str) -> None:
    (folder / project_file).touch()
    (folder / "office.py").write_text("PLACE = 'project'")
    (folder / "bindings" / "office.py").write_text("PLACE = 'bindings'")
    assert place_of_office(folder) == "project"


def test_binding_imports_what_lies_beside_itself(folder: Path) -> None:
    (folder / "testgen.toml").touch()
    (folder / "bindings" / "office.py").write_text("PLACE = 'bindings'")
    assert place_of_office(folder) == "bindings"


def test_the_nearest_project_counts(folder: Path) -> None:
    for project in (folder, folder / "bindings"):
        (project / "testgen.toml").touch()
        (project / "office.py").write_text(f"PLACE = {project.name!r}")
    assert place_of_office(folder) == "bindings"


def test_what_is_installed_is_not_shadowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "installed").mkdir()
    (folder / "installed" / "office.py").write_text("PLACE = 'installed'")
    monkeypatch.syspath_prepend(folder / "installed")
    (folder / "testgen.toml").touch()
    (folder / "office.py").write_text("PLACE = 'project'")
    assert place_of_office(folder) == "installed"


def test_build_and_the_generated_tests_import_alike_from_any_folder(folder: Path) -> None:
    """The first import stands at the top, the second in a method, long after the file was read."""
    (folder / "testgen.toml").write_text(
        '[suites.mine]\ngraph = "mine.dot"\nbinding = "bindings/mine.py:Mine"\nout = "generated/mine"\n'
    )
    (folder / "office.py").write_text("")
    (folder / "till.py").write_text("")
    (folder / "bindings" / "mine.py").write_text("import office\n" + BINDING.format(imports="import till"))
    (folder / "mine.dot").write_text(
        'strict digraph DiskGraph {\n1 [label="/\\\\ place = \\"x\\"",style = filled]\n'
        '1 -> 2 [label="A",color="black",fontcolor="black"];\n2 [label="/\\\\ place = \\"y\\""];\n}\n'
    )
    (folder / "elsewhere").mkdir()
    built = in_folder(folder / "elsewhere", "-m", "testgen", "build", "../mine.dot")
    assert built.returncode == 0, built.stderr
    tested = in_folder(folder / "elsewhere", "-m", "pytest", "-p", "no:cacheprovider", "../generated/mine")
    assert "1 failed" in tested.stdout, tested.stdout
    assert 'observed    "testgen_binding_mine_' in tested.stdout, "the observer came as far as its last line"


def in_folder(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("project_file", "words"),
    [
        (
            "testgen.toml",
            "hint: install it with pip (`pip install -e .` for a package of your own), or have ofice in {folder}\n",
        ),
        (
            "elsewhere.toml",
            "hint: install it with pip; or write a testgen.toml, which may be empty, into the folder that has ofice\n",
        ),
    ],
)
def test_hint_says_where_a_missing_module_is_looked_for(folder: Path, project_file: str, words: str) -> None:
    (folder / project_file).touch()
    (folder / "bindings" / "mine.py").write_text("import ofice.desk\n" + BINDING)
    with pytest.raises(BindingError) as caught:
        find_binding("bindings/mine.py:Mine")
    assert "bindings/mine.py:1: cannot be imported (ModuleNotFoundError: No module named 'ofice')" in str(caught.value)
    assert words.format(folder=folder) in f"{caught.value}\n"


def test_hint_tells_a_module_of_that_name_from_elsewhere(folder: Path) -> None:
    (folder / "testgen.toml").touch()
    (folder / "office.py").touch()
    (folder / "bindings" / "mine.py").write_text("import office.desk\n" + BINDING)
    with pytest.raises(BindingError, match=r"hint: office comes from .*office\.py"):
        find_binding("bindings/mine.py:Mine")
