"""A binding that does not begin, does not end, or cannot be imported: told in few words, and once."""

import shutil
from pathlib import Path

import pytest

from tests.projects import change, make_project, run_pytest

BEGINS = "def __init__(self) -> None:\n"
REFUSES = f"""{BEGINS}        self.connect()

    def connect(self) -> None:
        {{}}["server"]

    def unused(self) -> None:
"""


@pytest.fixture(autouse=True, params=["", "true"], ids=["at home", "CI"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever `CI` is set pytest does not cut the lines of its summary."""
    monkeypatch.setenv("CI", request.param)


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", store)


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_system_that_does_not_begin_is_one_kind_of_failure(options: tuple[str, ...], project: Path) -> None:
    change(project, BEGINS, REFUSES)
    output = run_pytest(project, "generated", *options)
    assert "    3  KeyError raised, at the start\n       pytest generated/test_all.py::test_put" in output
    assert output.count("KeyError: 'server'\n  bindings/store.py:") == 3
    assert output.count(', in connect: {}["server"]\n') == 3
    assert "fixtures.py" not in output


@pytest.mark.parametrize("option", ["--tb=long", "--tb=native"])
def test_whoever_asks_for_a_traceback_gets_it(option: str, project: Path) -> None:
    change(project, BEGINS, REFUSES)
    assert "fixtures.py" in run_pytest(project, "generated", option)


def test_system_that_does_not_end_is_told_beside_what_passed(project: Path) -> None:
    change(project, BEGINS, f'def close(self) -> None:\n        raise OSError("still open")\n\n    {BEGINS}')
    output = run_pytest(project, "generated")
    assert "3 passed, 3 errors" in output
    assert "    3  OSError raised, at the end\n" in output
    assert output.count("OSError: still open\n  bindings/store.py:") == 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("def x(:\n", "is not Python: invalid syntax\nhint: repair the binding at this line\n"),
        ('raise RuntimeError("boom")\n', "cannot be imported (RuntimeError: boom)\nhint: repair the binding"),
        ("import no_such_module\n", "No module named 'no_such_module')\nhint: install it with pip"),
    ],
)
def test_file_that_cannot_be_imported_is_told_once_for_all_files_of_its_suites(
    fault: str, told: str, project: Path
) -> None:
    shutil.copy(project / "generated" / "test_all.py", project / "generated" / "test_more.py")
    (project / "bindings" / "store.py").write_text(fault)
    output = run_pytest(project, "generated", "--import-mode=importlib")
    assert output.count(told) == 1, output
    assert "\nbindings/store.py:1" in output
    assert "\nas above: bindings/store.py:1" in output
    assert "\nsee: testgen help bindings\n" in output
    assert "registry.py" not in output
    assert "2 errors" in output
