"""Generated files are compiled without pytest's rewriting; what it is of use for is rewritten as always."""

from pathlib import Path

import pytest

from tests.projects import make_project, run_pytest

LOADER = "print('loaded by', type(__spec__.loader).__name__)\n"


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    project = make_project(tmp_path / "project", store)
    (project / "conftest.py").write_text("import pytest\npytest.register_assert_rewrite('helpers')\n")
    (project / "helpers.py").write_text(f"{LOADER}\n\ndef check(number):\n    assert number == 2\n")
    return project


def append(project: Path, text: str) -> None:
    with (project / "generated" / "test_all.py").open("a") as file:
        file.write(f"\n{LOADER}{text}")


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_a_generated_file_is_compiled_as_it_stands(project: Path, mode: str) -> None:
    append(project, "")
    output = run_pytest(project, "-s", f"--import-mode={mode}", "generated")
    assert "loaded by SourceFileLoader" in output
    assert "AssertionRewritingHook" not in output
    assert "3 passed" in output


def test_an_assert_of_a_template_is_rewritten(project: Path) -> None:
    append(project, "\n\ndef test_own():\n    number = 1\n    assert number == 2\n")
    output = run_pytest(project, "-s", "generated")
    assert "loaded by AssertionRewritingHook" in output
    assert "assert 1 == 2" in output


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_what_a_generated_file_imports_is_rewritten_as_always(project: Path, mode: str) -> None:
    append(project, "\nimport helpers\n\n\ndef test_own():\n    helpers.check(1)\n")
    output = run_pytest(project, "-s", f"--import-mode={mode}", "generated", PYTHONPATH=str(project))
    assert output.count("loaded by") == 2
    assert "loaded by SourceFileLoader" in output
    assert "loaded by AssertionRewritingHook" in output
    assert "assert 1 == 2" in output


def test_files_after_a_generated_one_are_rewritten(project: Path) -> None:
    (project / "test_own.py").write_text(f"{LOADER}\n\ndef test_own():\n    number = 1\n    assert number == 2\n")
    append(project, "")
    output = run_pytest(project, "-s", "generated", "test_own.py")
    assert output.index("loaded by SourceFileLoader") < output.index("loaded by AssertionRewritingHook")
    assert "assert 1 == 2" in output
