"""A failing generated test tells its story; other tests are left alone; the running side stays light."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import build, change, make_project, run_pytest


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", store)


FORGETS = "self.taken.append(", "list[dict[str, object]]().append("


def test_failure_names_behavior_step_expectation_observation_field_and_command(project: Path) -> None:
    change(project, 'self.taken.append({"key": key,', 'self.taken.append({"key": "b",')
    output = run_pytest(project, "generated")
    (story,) = re.findall(r"^behavior .*?^run it alone: .*?$", output, re.MULTILINE | re.DOTALL)
    lines = story.splitlines()
    assert re.fullmatch(r'behavior ([0-9a-f]{8}) diverges from the specification at step 3, take\(key="a"\)', lines[0])
    assert lines[1] == "Put, Take."
    assert re.fullmatch(r"generated/test_all\.py:\d+: store\.check_state\(busy=False, entries=\[\], .*", lines[2])
    assert lines[4:8] == [
        "  variable history",
        '    expected    [{"key": "a", "value": 1}]',
        '    observed    [{"key": "b", "value": 1}]',
        '    differs at  [0]["key"]: expected "a", observed "b"',
    ]
    assert lines[9:12] == [
        '   1 open_store(owners={"o2", Model("o1")})',
        '   2 put(key="a", value=1)',
        '>  3 take(key="a")',
    ]
    assert lines[13:22] == [
        "the state before step 3, and what becomes of it in the specification",
        "    busy     True  →  False",
        '    entries  {"a": 1}  →  []',
        '    history  []  →  [{"key": "a", "value": 1}]',
        "",
        "the specification would also have allowed, in that state",
        *lines[19:20],
        "",
        lines[21],
    ]
    assert lines[19].startswith('    put(key="b", value={"body": [')
    assert re.fullmatch(r"run it alone: pytest generated/test_all\.py::test_put_take_[0-9a-f]{8}", lines[21])
    assert "Traceback" not in output
    assert "def test_put_take" not in output
    assert "1 failed, 2 passed" in output


def test_failure_tells_all_variables_that_differ(project: Path) -> None:
    change(project, "self.data[key] = value", 'self.data[key] = 7\n        self.taken.append({"key": key, "value": 7})')
    output = run_pytest(project, "generated", "-k", "put_take")
    told = output.partition("\n  variable entries\n")[2].partition("\n\n   1 open_store")[0]
    assert told.splitlines() == [
        '    expected    {"a": 1}',
        '    observed    {"a": 7}',
        '    differs at  ["a"]: expected 1, observed 7',
        "",
        "  variable history",
        "    expected    []",
        '    observed    [{"key": "a", "value": 7}]',
        '    differs at  [0]: expected nothing, observed {"key": "a", "value": 7}',
    ]
    assert "variable entries, after put\n" in output


@pytest.mark.parametrize("trouble", ['raise OSError("gone")', '__import__("pytest").skip("later")'])
def test_what_comes_after_a_divergence_does_not_hide_it(trouble: str, project: Path) -> None:
    change(project, "self.data[key] = value", "self.data[key] = 7")
    change(project, "return self.taken", f"if self.data:\n            {trouble}\n        return self.taken")
    output = run_pytest(project, "generated", "-k", "put_take")
    assert 'differs at  ["a"]: expected 1, observed 7\n\n   1 open_store' in output
    assert "1 failed, 2 deselected" in output


def test_many_variables_that_differ_are_named(tmp_path: Path, write_dot: Callable[..., Path]) -> None:
    names = [f"v{n}" for n in range(7)]
    dump = write_dot([dict.fromkeys(names, "0"), dict.fromkeys(names, "1")], [(0, "Go", 1)])
    observers = "".join(f'    @observes("{name}")\n    def {name}(self): return 0\n' for name in names)
    (tmp_path / "bindings").mkdir()
    (tmp_path / "bindings" / "store.py").write_text(
        "from testgen.bindings import Binding, action, observes\n\n\nclass Store(Binding):\n"
        f'    @action("Go")\n    def go(self): ...\n\n{observers}'
    )
    build(tmp_path, dump, "generated")
    output = run_pytest(tmp_path, "generated")
    assert re.findall(r"^  variable (v\d)$", output, re.MULTILINE) == ["v0", "v1", "v2", "v3"]
    assert "\n\n  and variable v4, variable v5, variable v6\n\n" in output


@pytest.mark.parametrize("started_in", [".", "generated", "bindings"])
def test_command_of_a_failure_runs_it_alone_wherever_pytest_was_started(started_in: str, project: Path) -> None:
    change(project, *FORGETS)
    folder = project / started_in
    output = run_pytest(folder, str(project / "generated"))
    (command,) = re.findall(r"^run it alone: pytest (.*)$", output, re.MULTILINE)
    assert "1 failed, 2 passed" in output
    assert "1 failed in" in run_pytest(folder, *shlex.split(command))


def test_line_told_is_the_statement_that_failed(project: Path) -> None:
    change(project, *FORGETS)
    output = run_pytest(project, "generated")
    (line,) = re.findall(r"^generated/test_all\.py:(\d+): ", output, re.MULTILINE)
    source = (project / "generated" / "test_all.py").read_text().splitlines()
    assert 'history=[{"key": "a", "value": 1}]' in source[int(line) - 1]


def test_system_that_raises_is_a_divergence_with_its_own_traceback(project: Path) -> None:
    change(project, "self.data[key] = value", "self.data[key] = value if key == 'a' else missing")
    output = run_pytest(project, "generated")
    assert re.search(r'^behavior [0-9a-f]{8} diverges from the specification at step 3, put\(key="b", ', output, re.M)
    assert "\n  raised    NameError: name 'missing' is not defined\n" in output
    assert "\n  expected  the step to succeed, as it does in the specification\n" in output
    assert "bindings/store.py:" in output
    assert "in journaled" not in output
    assert "2 failed, 1 passed" in output


def test_failure_in_close_is_an_error_beside_the_test_that_passed(project: Path) -> None:
    change(
        project,
        '    @observes("busy")',
        "    def close(self):\n        raise OSError('cannot let go')\n\n    @observes(\"busy\")",
    )
    output = run_pytest(project, "generated")
    assert "3 passed, 3 errors" in output
    assert "OSError: cannot let go" in output
    assert "diverges" not in output


def test_instance_is_closed_after_a_failure_too(project: Path) -> None:
    change(project, *FORGETS)
    change(project, "class Store(Binding):", "KEPT: list = []\n\n\nclass Store(Binding):")  # or two had one id
    closing = "    def close(self):\n        KEPT.append(self)\n        print('closed', id(self))\n\n"
    change(project, '    @observes("busy")', f'{closing}    @observes("busy")')
    output = run_pytest(project, "-s", "generated")
    assert len(set(re.findall(r"closed (\d+)", output))) == 3


def test_shown_value_that_cannot_be_spelled_does_not_end_the_run(project: Path) -> None:
    change(project, "return self.taken", "self.taken[:] = [self.taken]\n        return self.taken")
    output = run_pytest(project, "generated")
    assert "3 failed" in output
    assert "INTERNALERROR" not in output
    assert "cannot tell this failure as a story: RecursionError" in output


def test_long_values_and_many_fields_are_cut(project: Path) -> None:
    change(project, "return self.taken", "return [*range(5000)]")
    output = run_pytest(project, "generated")
    assert "expected nothing, observed 11\n" in output
    assert "observed 13" not in output
    assert max(map(len, output.splitlines())) < 1200


def test_ordinary_test_is_not_touched(project: Path) -> None:
    (project / "test_mine.py").write_text("def test_mine():\n    left = 1\n    assert left == 2\n")
    output = run_pytest(project, "test_mine.py")
    assert "    assert left == 2" in output
    assert "E       assert 1 == 2" in output
    assert "diverges" not in output
    assert "failures by kind" not in output


def test_skipped_test_of_a_binding_is_not_a_failure(project: Path) -> None:
    change(project, "self.data[key] = value", "__import__('pytest').skip('not today')")
    output = run_pytest(project, "-rs", "generated")
    assert "3 skipped" in output
    assert "not today" in output
    assert "diverge" not in output


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_summary_groups_divergences_and_names_the_shortest_behavior(options: tuple[str, ...], project: Path) -> None:
    change(project, "return bool(self.data)", "return len(self.data) > 1 or not self.data")
    change(project, "self.data.pop(key)", "self.data[key]")
    (project / "test_mine.py").write_text("def test_mine():\n    assert 0\n")
    output = run_pytest(project, "--tb=no", *options)
    summary = output.split("failures by kind")[1].split("short test summary")[0].splitlines()[1:-1]
    assert summary[0] == "    3  variable busy, after open_store"
    assert re.fullmatch(r" {7}pytest generated/test_all\.py::test_put\w*", summary[1])
    assert "4 failed" in output


def test_shortest_behavior_of_a_group_is_the_one_told(project: Path) -> None:
    change(project, "self.data[key] = value", "self.data[key] = value if key == 'a' else 0")
    output = run_pytest(project, "--tb=no", "generated")
    summary = output.split("failures by kind")[1].splitlines()
    assert summary[1] == "    2  variable entries, after put"
    assert re.fullmatch(r" {7}pytest generated/test_all\.py::test_put_[0-9a-f]{8}", summary[2])


def test_running_a_suite_imports_nothing_heavy(project: Path) -> None:
    (project / "conftest.py").write_text(
        "import sys\n\n\ndef pytest_unconfigure():\n"
        "    heavy = 'numpy', 'scipy', 'networkx', 'jinja2', 'pymongo', 'click', 'rich'\n"
        "    print('HEAVY', [name for name in heavy if name in sys.modules], 'testgen.runtime' in sys.modules)\n"
    )
    output = run_pytest(project, "generated")
    assert "3 passed" in output
    assert "HEAVY [] True" in output


LARGE = '''"""Generated by testgen 0"""

import gc
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_many(number):
    gc.disable()  # so that what the last one leaves is still there in the end
    class Cycle:
        def __del__(self):
            raise RuntimeError("noticed in the end")
    if number == 999:
        cycle = Cycle()
        cycle.own = cycle
'''


def test_what_a_large_run_leaves_is_found_by_pytest_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "test_many.py").write_text(LARGE)
    (tmp_path / "conftest.py").write_text(
        "import gc\n\n\ndef pytest_configure(config):\n"
        "    config.add_cleanup(lambda: print('objects to look at:', len(gc.get_objects())))\n"
    )
    output = run_pytest(tmp_path, "-q", "-s", "-W", "error::pytest.PytestUnraisableExceptionWarning")
    assert "1000 passed" in output
    assert "noticed in the end" in output
    (objects,) = re.findall(r"objects to look at: (\d+)", output)
    assert int(objects) < 1000
