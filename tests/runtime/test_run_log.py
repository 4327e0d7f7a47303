"""The run log: a line for each generated test, whatever becomes of the test, of pytest, and of the machine."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import dot
from tests.projects import build, change, make_project, run_pytest

STEPS = {"Put, Take": 3, "Put, Put": 3, "Put": 2}
"""Statements of each test of the store, by what it does; the first opens the store."""
KEY = re.compile(r"_([0-9a-f]{8})\b")
Lines = list[dict[str, Any]]


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", store)


def logs(folder: Path) -> list[Lines]:
    """The lines of each file of the log."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl"))]
    return [[json.loads(line) for line in text.removesuffix("\n").split("\n")] for text in texts]


def tests_in(lines: Lines) -> dict[str, dict[str, Any]]:
    """The tests of a log by what they do."""
    names = {"put_take": "Put, Take", "put_put": "Put, Put", "put": "Put"}
    found = [line for line in lines if line.get("kind") == "test"]
    told = {names[KEY.sub("", line["test"].partition("::test_")[2])]: line for line in found}
    assert len(told) == len(found)
    return told


def logged(folder: Path) -> dict[str, dict[str, Any]]:
    (lines,) = logs(folder)
    return tests_in(lines)


def test_each_test_has_a_line_with_its_statements(project: Path) -> None:
    assert "3 passed" in run_pytest(project, "generated", "--testgen-log", "runs")
    ((head, suite, *tests, end),) = logs(project / "runs")
    assert (head["schema"], head["worker"]) == ("testgen.run/1", None)
    header = (project / "generated" / "test_all.py").read_text()
    assert f"(graph {suite['graph']}, all behaviors, binding {suite['binding']})" in header
    assert {line["outcome"] for line in tests} == {"passed"}
    assert {name: (line["begun"], line["done"]) for name, line in tests_in(tests).items()} == {
        name: (count, count) for name, count in STEPS.items()
    }
    assert all(line["test"].endswith(f"_{line['id']}") and 0 <= line["seconds"] < 600 for line in tests)
    assert end == {"kind": "end", "tests": 3}


def test_suite_file_is_copied_beside_the_log_once(project: Path) -> None:
    for _ in range(2):
        run_pytest(project, "generated", "--testgen-log", "runs")
    copies = list((project / "runs").glob("suite-*.json"))
    assert [path.read_bytes() for path in copies] == [(project / "generated" / "suite.json").read_bytes()]
    assert {lines[1]["file"] for lines in logs(project / "runs")} == {copies[0].name}
    assert len(list((project / "runs").iterdir())) == 3


def test_suite_without_its_file_is_logged_as_such(project: Path) -> None:
    (project / "generated" / "suite.json").unlink()
    run_pytest(project, "generated", "--testgen-log", "runs")
    ((_, suite, *_),) = logs(project / "runs")
    assert suite["file"] is None


def test_failure_in_the_middle_tells_how_far_the_test_came(project: Path) -> None:
    change(project, 'self.taken.append({"key": key,', 'self.taken.append({"key": "b",')
    run_pytest(project, "generated", "--testgen-log", "runs")
    told = logged(project / "runs")
    assert {name: line["outcome"] for name, line in told.items()} == {
        "Put, Take": "failed",
        "Put, Put": "passed",
        "Put": "passed",
    }
    assert (told["Put, Take"]["begun"], told["Put, Take"]["done"]) == (3, 2)
    assert told["Put, Take"]["why"] == "variable history, after take"


def test_failure_before_the_first_statement_has_begun_none(project: Path, store: Path) -> None:
    """A binding that needs no start: the initial state is checked first."""
    change(project, '    @starts(lambda initial: {"owners": initial["owners"]})\n', "")
    build(project, store, "bare")
    change(project, "return bool(self.data)", "return not self.data")
    run_pytest(project, "bare", "--testgen-log", "runs")
    told = logged(project / "runs").values()
    assert {(line["outcome"], line["begun"], line["done"], line["why"]) for line in told} == {
        ("failed", 0, 0, "variable busy, after the start")
    }


def test_skip_and_errors_around_a_test_are_outcomes_of_their_own(project: Path) -> None:
    change(project, "self.data[key] = value", "key == 'b' and __import__('pytest').skip('not today')")
    closing = "    def close(self):\n        raise OSError('cannot let go')\n\n    @observes(\"busy\")"
    change(project, '    @observes("busy")', closing)
    run_pytest(project, "generated", "--testgen-log", "runs", "-k", "put_put or test_put")
    told = logged(project / "runs")
    assert (told["Put"]["outcome"], told["Put"]["why"], told["Put"]["done"]) == ("skipped", "not today", 1)
    change(project, "key == 'b' and __import__('pytest').skip('not today')", "self.data[key] = value")
    shutil.rmtree(project / "runs")
    run_pytest(project, "generated", "--testgen-log", "runs")
    told = logged(project / "runs")
    assert {(line["outcome"], line["begun"] == line["done"]) for line in told.values()} == {("error", True)}
    assert told["Put"]["why"] == "OSError: cannot let go"


def test_binding_that_cannot_be_made_is_an_error_before_the_test(project: Path) -> None:
    change(project, "self.data: dict[object, object] = {}", "raise OSError('nobody there')")
    run_pytest(project, "generated", "--testgen-log", "runs")
    told = logged(project / "runs")
    assert {(line["outcome"], line["begun"], line["why"]) for line in told.values()} == {
        ("error", 0, "OSError: nobody there")
    }


def test_failure_that_is_expected_is_one(project: Path) -> None:
    change(project, "self.data[key] = value", "self.data[key] = 0")
    (project / "generated" / "conftest.py").write_text(
        "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.xfail(reason='known'))\n"
    )
    assert "3 xfailed" in run_pytest(project, "generated", "--testgen-log", "runs")
    assert {(line["outcome"], line["done"]) for line in logged(project / "runs").values()} == {("failed", 1)}


def test_handwritten_tests_beside_leave_nothing(project: Path) -> None:
    mine = "def test_mine_11111111():\n    assert True\n"
    (project / "generated" / "test_mine.py").write_text(mine)
    copy = (project / "generated" / "test_all.py").read_text()
    (project / "generated" / "test_copy.py").write_text(copy)  # under a name of its own, the user's
    run_pytest(project, "generated/test_mine.py", "generated/test_copy.py", "--testgen-log", "runs")
    assert list((project / "runs").iterdir()) == []
    assert "7 passed" in run_pytest(project, "generated", "--testgen-log", "runs", "--import-mode=importlib")
    assert len(logged(project / "runs")) == 3


def test_suites_of_one_run_are_told_apart(project: Path, tmp_path: Path) -> None:
    start = {"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}
    dump = tmp_path / "other.dot"
    dump.write_text(dot([start, start | {"entries": "[a |-> 1]", "busy": "TRUE"}], [(0, 'Put("a", 1)', 1)]))
    build(project, dump, "other")
    run_pytest(project, "generated", "other", "--testgen-log", "runs", "--import-mode=importlib")
    (lines,) = logs(project / "runs")
    suites = {line["folder"]: line["number"] for line in lines if line.get("kind") == "suite"}
    counts = {name: sum(line.get("suite") == number for line in lines) for name, number in suites.items()}
    assert counts == {"generated": 3, "other": 1}
    assert len({line["graph"] for line in lines if line.get("kind") == "suite"}) == 2


def test_workers_write_a_file_each_and_all_is_there(project: Path) -> None:
    output = run_pytest(project, "generated", "-n2", "--dist=each", "--testgen-log", "runs")
    assert "6 passed" in output
    both = logs(project / "runs")
    assert sorted(lines[0]["worker"] for lines in both) == ["gw0", "gw1"]
    assert [set(tests_in(lines)) for lines in both] == [set(STEPS), set(STEPS)]


DIES = "self.taken.append(", "__import__('os').kill(__import__('os').getpid(), 9)\n        self.taken.append("
"""In the second of the three tests."""


def test_process_that_is_killed_leaves_what_came_before(project: Path) -> None:
    change(project, *DIES)
    assert "passed" not in run_pytest(project, "generated", "--testgen-log", "runs", "-v")
    (lines,) = logs(project / "runs")
    assert list(tests_in(lines)) == ["Put, Put"]
    assert lines[-1]["kind"] == "test"


def test_worker_that_is_killed_leaves_what_came_before_and_the_next_one_the_rest(project: Path) -> None:
    change(project, *DIES)
    assert "crashed" in run_pytest(project, "generated", "--testgen-log", "runs", "-n1")
    first, second = sorted(logs(project / "runs"), key=lambda lines: lines[0]["worker"])
    assert (list(tests_in(first)), first[-1]["kind"]) == (["Put, Put"], "test")
    assert (list(tests_in(second)), second[-1]["kind"]) == (["Put"], "end")


def test_environment_names_the_folder_and_the_option_comes_first(project: Path) -> None:
    run_pytest(project, "generated", TESTGEN_LOG="from-environment")
    assert len(logged(project / "from-environment")) == 3
    run_pytest(project, "generated", "--testgen-log", "from-option", TESTGEN_LOG="neither")
    assert len(logged(project / "from-option")) == 3
    assert not (project / "neither").exists()


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_folder_is_seen_from_where_pytest_was_started(options: tuple[str, ...], project: Path) -> None:
    run_pytest(project / "bindings", "../generated", "--rootdir", "..", "--testgen-log", "../a/b", *options)
    assert sum(len(tests_in(lines)) for lines in logs(project / "a" / "b")) == 3


def test_worker_that_starts_elsewhere_writes_into_the_same_folder(project: Path) -> None:
    (project / "elsewhere").mkdir()
    sent = [argument for name in ("generated", "bindings") for argument in ("--rsyncdir", str(project / name))]
    options = "--tx", "popen//chdir=elsewhere", "--dist=load", *sent
    output = run_pytest(project, str(project / "generated" / "test_all.py"), *options, TESTGEN_LOG="runs")
    assert "3 passed" in output
    assert len(logged(project / "runs")) == 3


def test_nothing_is_written_unless_asked_for(project: Path) -> None:
    before = sorted(project.rglob("*.json*"))
    (project / "conftest.py").write_text(
        "def pytest_unconfigure(config):\n    print('LOG', config.pluginmanager.get_plugin('testgen run log'))\n"
    )
    assert "LOG None" in run_pytest(project, "generated", "-s", TESTGEN_LOG="")
    assert sorted(project.rglob("*.json*")) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [("pytest.ini", "cannot be written: File exists"), ("pytest.ini/below", "Not a directory"), ("", "it is empty")],
)
def test_folder_that_cannot_be_is_told_before_any_test_runs(name: str, words: str, project: Path) -> None:
    output = run_pytest(project, "generated", f"--testgen-log={name}")
    assert output.startswith("ERROR: --testgen-log") and words in output
    assert "passed" not in output


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["one process", "xdist"])
def test_log_that_cannot_be_written_fails_no_test_and_is_told(options: tuple[str, ...], project: Path) -> None:
    """A limit on the size of files stands for a disk that is full: the kernel refuses the write alike."""
    (project / "generated" / "suite.json").unlink()  # whose copy would be too large already
    (project / "conftest.py").write_text(
        "import resource, signal\n\n\ndef pytest_sessionstart():\n"
        "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))\n"
    )
    output = run_pytest(project, "generated", "--testgen-log", "runs", *options)
    assert "3 passed" in output
    assert "the run log ends early: tests after this are not in it" in output
    assert re.search(r"runs(/\S+)?: cannot be written: (File too large|No space left on device)", output)
    assert "INTERNALERROR" not in output
    (path,) = (project / "runs").glob("*.jsonl")
    assert path.stat().st_size <= 600


def test_test_that_runs_again_has_another_line(project: Path) -> None:
    (project / "conftest.py").write_text(
        "from _pytest.runner import runtestprotocol\n\n\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    for _ in range(2):\n        runtestprotocol(item, nextitem=nextitem)\n"
        "        item._initrequest()\n    return True\n"
    )
    run_pytest(project, "generated", "--testgen-log", "runs")
    (lines,) = logs(project / "runs")
    assert [line["outcome"] for line in lines if line.get("kind") == "test"] == ["passed"] * 6


def test_tests_in_lockstep_have_lines_of_their_own(project: Path) -> None:
    change(project, "class Store(Binding):\n", "class Store(Binding):\n    lockstep = True\n\n")
    change(
        project,
        "self.data[key] = value",
        "self.shared_step(print)\n        self.data[key] = value if key == 'a' else 0",
    )
    assert "2 failed, 1 passed" in run_pytest(project, "generated", "--testgen-log", "runs")
    assert {
        name: (line["outcome"], line["begun"], line["done"]) for name, line in logged(project / "runs").items()
    } == {
        "Put, Take": ("passed", 3, 3),
        "Put, Put": ("failed", 3, 2),
        "Put": ("failed", 2, 1),
    }


def test_logging_imports_nothing_heavy(project: Path) -> None:
    (project / "conftest.py").write_text(
        "import sys\n\n\ndef pytest_unconfigure():\n"
        "    heavy = 'numpy', 'scipy', 'networkx', 'jinja2', 'pymongo', 'click', 'rich'\n"
        "    print('HEAVY', [name for name in heavy if name in sys.modules])\n"
    )
    assert "HEAVY []" in run_pytest(project, "generated", "-s", "--testgen-log", "runs")


def test_words_of_any_kind_make_lines_that_can_be_read(project: Path) -> None:
    odd = '"line\\nnext \\udc80 \\u2028 \\"quoted\\" " + "x" * 500'
    change(project, "self.data[key] = value", f"raise OSError({odd})")
    run_pytest(project, "generated", "--testgen-log", "runs")
    told = logged(project / "runs")
    assert {line["outcome"] for line in told.values()} == {"failed"}
    assert max(len(line["why"]) for line in told.values()) < 250
