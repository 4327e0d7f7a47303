"""The suite of array OT in C++: compiled, run on the C++ implementation beside this file, and seen to fail."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from testgen.graph import load
from testgen.render import render_suite, write_suite
from testgen.selection import select_behaviors

HERE = Path(__file__).parent
COMPILER = ["g++", "-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-I", str(HERE)]

pytestmark = [
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ (Debian: apt install g++)"),
    pytest.mark.slow,  # 11 s of g++: twenty files once, and the implementation with each fault
]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite of two clients, and what it was compiled to; some ten seconds."""
    folder = tmp_path_factory.mktemp("ot2")
    behaviors = select_behaviors(load(str(HERE.parent.parent / "graphs" / "ot2.dot")))
    write_suite(render_suite(behaviors, "array_ot", version="0", template="array_ot/test.cpp.j2"), folder)
    sources = [*sorted(folder.glob("*.cpp")), HERE / "fixture.cpp"]
    subprocess.run([*COMPILER, "-c", *map(str, sources)], cwd=folder, check=True)
    return folder


def run(suite: Path, program: Path, *arguments: str, implementation: Path = HERE / "array_ot.cpp") -> tuple[int, str]:
    """Link the suite with an implementation; its exit code and what it prints."""
    objects = sorted(suite.glob("*.o"))
    subprocess.run([*COMPILER, str(implementation), *map(str, objects), "-o", str(program)], check=True)
    result = subprocess.run([str(program), *arguments], cwd=suite, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


def test_implementation_from_the_rules_passes_every_test(suite: Path, tmp_path: Path) -> None:
    assert run(suite, tmp_path / "ot2") == (0, "289 passed\n")


def test_part_of_a_name_chooses_tests_and_one_that_none_has_is_no_success(suite: Path, tmp_path: Path) -> None:
    assert run(suite, tmp_path / "ot2", "erase_0_clear") == (0, "1 passed\n")
    assert run(suite, tmp_path / "ot2", "nonesuch") == (2, "0 passed\n")


FAULTS = {
    "erase_erase_adjusts_nothing": ("--(left.op.ndx > right.op.ndx ? left : right).op.ndx;", "{}", 6),
    "erase_set_drops_every_set": (
        "else if (set.op.ndx > erase.op.ndx)\n        --set.op.ndx;",
        "set.is_dropped = true;",
        12,
    ),
    "tie_of_move_and_insert_turned_round": ("is_newer(move, insert) ? ndx", "is_newer(insert, move) ? ndx", 12),
}
"""Those of tests/test_seeded_faults.py, whose pytest suite tells the same behaviors: as many tests fail."""


@pytest.mark.parametrize("fault", FAULTS)
def test_the_suite_notices_a_wrong_rule(fault: str, suite: Path, tmp_path: Path) -> None:
    right, wrong, n_failed = FAULTS[fault]
    source = (HERE / "array_ot.cpp").read_text()
    assert source.count(right) == 1
    (tmp_path / "faulty.cpp").write_text(source.replace(right, wrong))
    code, output = run(suite, tmp_path / "ot2", implementation=tmp_path / "faulty.cpp")
    assert code == 1
    assert output.endswith(f"{n_failed} failed, {289 - n_failed} passed\n")
    told = re.findall(r"^.+/(test_\w+\.cpp):(\d+): (\w+)\n    (.*)$", output, re.MULTILINE)
    assert len(told) == n_failed
    for name, line, test, words in told:
        lines = (suite / name).read_text().split("\n")
        statement = lines[int(line) - 1]
        assert re.match(r"    fixture\.(check_\w+|sync_all_clients)\(", statement)
        assert f"TEST({test})" in lines[: int(line)]
        assert "expected {" in words or "does not fit" in words


def test_one_wrong_expected_value_fails_one_test_at_its_line(suite: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(suite, copy)
    text = (copy / "test_clear.cpp").read_text()
    wrong = text.replace("fixture.check_array({});", "fixture.check_array({7});", 1)
    assert wrong != text
    (copy / "test_clear.cpp").write_text(wrong)
    subprocess.run([*COMPILER, "-c", "test_clear.cpp"], cwd=copy, check=True)
    code, output = run(copy, tmp_path / "ot2")
    line = wrong[: wrong.index("{7}")].count("\n") + 1
    assert code == 1
    place, words, summary = output.splitlines()
    assert re.fullmatch(rf"test_clear\.cpp:{line}: test_clear_\w+", place)
    assert words == "    the server's array: expected {7}, observed {}"
    assert summary == "1 failed, 288 passed"
