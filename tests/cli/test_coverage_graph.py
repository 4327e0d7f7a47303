"""`testgen coverage graph`, the whole way: build, run under pytest with a log, count; and each bad request."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testgen.errors import ExitCode
from tests.conftest import Answer, dot
from tests.projects import build, change, make_project, run_pytest

Run = Callable[..., Answer]
Document = dict[str, Any]


@pytest.fixture
def project(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the store's suite in `generated`, and no other suites; we are in its folder."""
    folder = make_project(tmp_path / "project", store)
    shutil.copy(store, folder / "store.dot")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def measure(run_testgen: Run) -> Callable[..., Document]:
    """The document of `testgen coverage graph store.dot`, whose one graph is `one`."""

    def run(*arguments: object) -> Document:
        answer = run_testgen("coverage", "graph", "store.dot", "--json", *arguments)
        document: Document = json.loads(answer.out)
        assert document["schema"] == "testgen.coverage-graph/1"
        (document["one"],) = document["graphs"]
        return document | {"code": answer.code, "err": answer.err}

    return run


def executed(document: Document) -> dict[str, tuple[int, int]]:
    """Executed and asked for, by criterion."""
    criteria = document["one"]["criteria"]
    return {name: (told["executed"], told["obligations"]) for name, told in criteria.items()}


def test_plan_and_what_it_leaves_out_are_told(project: Path, run_testgen: Run) -> None:
    answer = run_testgen("coverage", "graph", "store.dot", "--suite-file", "generated/suite.json")
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert answer.out.split("\n\n") == [
        "store.dot",
        "generated/suite.json: 3 tests\n    all behaviors",
        "coverage      of  planned\n"
        "states         5        5   100 %\n"
        "transitions    5        4  80.0 %\n"
        "actions        3        2  66.6 %\n"
        "action-pairs   4        2  50.0 %",
        "transitions by action  of  planned\n"
        "Idle                    1        0  0.0 %\n"
        "Put                     3        3  100 %\n"
        "Take                    1        1  100 %",
        "not planned, and why             states  transitions  actions  action-pairs\n"
        "no behavior was selected for it       0            1        1             2",
        "never reached, the nearest first, each with a shortest behavior to it\n"
        "transitions: Idle from state 3 to 3; no behavior was selected for it\n"
        '    Put("a", 1), Take, Idle\n'
        "actions: Idle; no behavior was selected for it\n"
        '    Put("a", 1), Take, Idle\n'
        "action-pairs: Take, Idle; no behavior was selected for it\n"
        '    Put("a", 1), Take, Idle\n'
        "action-pairs: Idle, Idle; no behavior was selected for it\n"
        '    Put("a", 1), Take, Idle, Idle\n',
    ]


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_suite_that_passes_has_executed_its_plan(
    options: tuple[str, ...], project: Path, measure: Callable[..., Document]
) -> None:
    assert "3 passed" in run_pytest(project, "generated", "--testgen-log", "runs", *options)
    document = measure("--log", "runs")
    one = document["one"]
    assert (document["code"], document["err"]) == (ExitCode.DONE, "")
    assert executed(document) == {"states": (5, 5), "transitions": (4, 5), "actions": (2, 3), "action-pairs": (2, 4)}
    assert all(told["planned"] == told["executed"] for told in one["criteria"].values())
    (suite,) = one["suites"]
    assert (suite["tests"], suite["passed"], suite["not_run"], suite["planned"]) == (3, 3, 0, True)
    assert suite["name"] == "generated"
    assert suite["binding"].endswith("store.py:Store")
    assert sum(run["tests"] for run in one["runs"]) == 3
    assert all(run["whole"] for run in one["runs"])


def test_failure_in_the_middle_covers_what_came_before_it(
    project: Path, measure: Callable[..., Document], run_testgen: Run
) -> None:
    """The second Put is wrong, so the test of Put, Put has executed the first alone."""
    change(project, "self.data[key] = value", "self.data[key] = value if not self.data else 0")
    assert "1 failed, 2 passed" in run_pytest(project, "generated", "--testgen-log", "runs")
    document = measure("--log", "runs")
    assert executed(document) == {"states": (4, 5), "transitions": (3, 5), "actions": (2, 3), "action-pairs": (1, 4)}
    transitions = document["one"]["criteria"]["transitions"]
    assert transitions["planned"] == 4
    assert transitions["uncovered"] == {"failed": 1, "not-selected": 1}
    nearest = transitions["nearest"][0]
    assert nearest["why"] == "failed"
    assert [step.partition("(")[0] for step in nearest["behavior"]] == ["Put", "Put"]
    assert document["one"]["suites"][0]["why"] == [{"words": "variable entries, after put", "tests": 1}]
    text = run_testgen("coverage", "graph", "store.dot", "--log", "runs").out
    assert "generated: 3 tests, 2 passed, 1 failed\n" in text
    assert "    1 × variable entries, after put\n" in text
    assert re.search(r"^a test failed there +1 +1 +0 +1$", text, re.MULTILINE)


def test_faults_seeded_at_each_statement_leave_no_more_than_they_should(
    project: Path, measure: Callable[..., Document]
) -> None:
    """By where the fault is, the transitions executed: at the start, at the first Put, at the second, at the Take."""
    source = (project / "bindings" / "store.py").read_text()
    found = {}
    for old, new in (
        ("self.data = {}\n\n    @action", "raise OSError('start')\n\n    @action"),
        ("self.data[key] = value", "raise OSError('put')"),
        ("self.data[key] = value", "self.data[key] = 1 if self.data else value"),
        ("self.taken.append(", "list().append("),
        ("pass", "raise OSError('idle')"),
    ):
        (project / "bindings" / "store.py").write_text(source)
        change(project, old, new)
        shutil.rmtree(project / "runs", ignore_errors=True)
        run_pytest(project, "generated", "--testgen-log", "runs", "--tb=no")
        document = measure("--log", "runs")
        found[new] = (executed(document)["transitions"][0], executed(document)["states"][0], document["code"])
    assert list(found.values()) == [(0, 0, 1), (0, 1, 0), (3, 4, 0), (3, 4, 0), (4, 5, 0)]


def test_shards_runs_and_folders_are_merged(project: Path, measure: Callable[..., Document]) -> None:
    test = "generated/test_all.py"
    tests = re.findall(r"^def (test_\w+)", (project / test).read_text(), re.MULTILINE)
    counts = []
    for number, name in enumerate(tests):
        run_pytest(project, f"{test}::{name}", "--testgen-log", f"runs/{number % 2}")
        logs = [argument for folder in sorted((project / "runs").iterdir()) for argument in ("--log", folder)]
        counts.append(executed(measure(*logs))["transitions"][0])
    assert counts == [2, 3, 4]
    alone = measure("--log", "runs/1")
    assert alone["one"]["suites"][0]["not_run"] == 2
    assert alone["one"]["criteria"]["transitions"]["uncovered"] == {"not-run": 2, "not-selected": 1}


def test_process_that_was_killed_is_told_and_counts_as_far_as_it_came(
    project: Path, measure: Callable[..., Document]
) -> None:
    die = "__import__('os').kill(__import__('os').getpid(), 9)\n        self.taken.append("
    change(project, "self.taken.append(", die)
    run_pytest(project, "generated", "--testgen-log", "runs")
    document = measure("--log", "runs")
    assert executed(document)["transitions"] == (2, 5)
    assert "the process was killed; tests told until then: 1" in document["err"]
    assert document["one"]["runs"][0]["whole"] is False
    (path,) = (project / "runs").glob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-10])
    document = measure("--log", "runs")
    assert executed(document)["transitions"] == (0, 5)
    assert "the last line is cut and was dropped; tests before it: 0" in document["err"]
    assert document["code"] == ExitCode.NO


def test_log_can_be_carried_away_and_the_suite_built_anew(
    project: Path, measure: Callable[..., Document], tmp_path: Path
) -> None:
    run_pytest(project, "generated", "--testgen-log", "runs")
    shutil.move(project / "runs", tmp_path / "elsewhere")
    shutil.rmtree(project / "generated")
    assert executed(measure("--log", tmp_path / "elsewhere"))["transitions"] == (4, 5)


def test_suite_file_is_asked_for_if_the_log_has_none(
    project: Path, measure: Callable[..., Document], run_testgen: Run
) -> None:
    (project / "generated" / "suite.json").rename(project / "kept.json")
    run_pytest(project, "generated", "--testgen-log", "runs")
    answer = run_testgen("coverage", "graph", "store.dot", "--log", "runs")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "the log has tests of generated without their suite file" in answer.err
    assert executed(measure("--log", "runs", "--suite-file", "kept.json"))["transitions"] == (4, 5)

    Path("again.json").write_text(Path("kept.json").read_text().replace('"all"', '"some"'))
    both = run_testgen(*"coverage graph store.dot --log runs --suite-file kept.json --suite-file again.json".split())
    assert (both.code, both.out) == (ExitCode.REQUEST, "")
    assert "the log has tests of generated without their suite file" in both.err


def test_suite_is_known_by_its_content_wherever_it_was(
    project: Path, measure: Callable[..., Document], run_testgen: Run
) -> None:
    run_pytest(project, "generated", "--testgen-log", "runs")
    shutil.copy(project / "generated" / "suite.json", project / "kept.json")
    same = measure("--log", "runs", "--suite-file", "kept.json")
    assert [suite["name"] for suite in same["one"]["suites"]] == ["kept.json"]
    assert same["one"]["suites"][0]["passed"] == 3
    binding = "bindings/store.py:Store"
    built = run_testgen("build", "store.dot", "--binding", binding, "--out", "generated", "--budget", "tests=1")
    assert built.code == ExitCode.DONE, built.err
    run_pytest(project, "generated", "--testgen-log", "runs")
    other = measure("--log", "runs")["one"]
    assert [(suite["name"], suite["tests"], suite["passed"]) for suite in other["suites"]] == [
        ("generated", 3, 3),
        ("generated", 1, 1),
    ]


def test_bindings_of_one_graph_are_counted_together_and_told_apart(
    project: Path, measure: Callable[..., Document], run_testgen: Run
) -> None:
    """Both tell each behavior alike, so their suite files are the same."""
    source = (project / "bindings" / "store.py").read_text()
    (project / "bindings" / "forgetful.py").write_text(source.replace("self.data[key] = value", "pass"))
    run_testgen("build", "store.dot", "--binding", "bindings/forgetful.py:Store", "--out", "forgetful")
    run_testgen("build", "store.dot", "--binding", "bindings/store.py:Store", "--out", "generated")
    run_pytest(project, "forgetful", "generated", "--testgen-log", "runs", "--import-mode=importlib")
    assert len(list((project / "runs").glob("suite-*.json"))) == 1
    one = measure("--log", "runs")["one"]
    assert [(suite["name"], suite["passed"], suite["failed"]) for suite in one["suites"]] == [
        ("forgetful", 0, 3),
        ("generated", 3, 0),
    ]
    assert one["criteria"]["transitions"]["executed"] == 4
    text = run_testgen("coverage", "graph", "store.dot", "--log", "runs").out
    assert re.findall(r", binding (.*)$", text, re.MULTILINE) == [
        "bindings/forgetful.py:Store",
        "bindings/store.py:Store",
    ]


def test_named_suite_file_alone_is_what_is_planned(
    project: Path, measure: Callable[..., Document], run_testgen: Run
) -> None:
    run_pytest(project, "generated", "--testgen-log", "runs")
    run_testgen("build", "store.dot", "--plan-only", "--criterion", "actions", "--avoid", "Take", "--out", "plan")
    one = measure("--log", "runs", "--suite-file", "plan/suite.json")["one"]
    assert (one["criteria"]["transitions"]["planned"], one["criteria"]["transitions"]["executed"]) == (1, 4)
    assert one["criteria"]["transitions"]["uncovered"] == {"filtered": 1}
    assert [suite["planned"] for suite in one["suites"]] == [True, False]


def test_all_suites_of_the_project_are_a_line_each(project: Path, run_testgen: Run) -> None:
    start = {"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}
    for name, value in (("other", 1), ("third", 2)):
        states = [start, start | {"entries": f"[a |-> {value}]", "busy": "TRUE"}]
        (project / f"{name}.dot").write_text(dot(states, [(0, f'Put("a", {value})', 1)]))
    suites = "".join(
        f'[suites.{name}]\ngraph = "{name}.dot"\nbinding = "bindings/store.py:Store"\n'
        for name in ("store", "other", "third")
    )
    (project / "testgen.toml").write_text(suites)
    assert run_testgen("build").code == ExitCode.DONE
    planned = run_testgen("coverage", "graph")
    assert planned.out.splitlines() == [
        "planned    tests  states  transitions  actions  action-pairs",
        "store.dot      3   100 %       80.0 %   66.6 %        50.0 %",
        "other.dot      1   100 %        100 %    100 %             -",
        "third.dot      1   100 %        100 %    100 %             -",
    ]
    options = "--testgen-log", "runs", "--import-mode=importlib"
    run_pytest(project, "generated/store", "generated/other", *options)
    answer = run_testgen("coverage", "graph", "--log", "runs", "--criterion", "states")
    assert answer.code == ExitCode.DONE
    assert answer.err == "warning: not in the log: third.dot\n"
    assert answer.out.splitlines() == [
        "executed   tests  passed  states",
        "store.dot      3       3   100 %",
        "other.dot      1       1   100 %",
    ]
    under = ("coverage", "graph", "--log", "runs", "--fail-under", "states=100")
    assert run_testgen(*under).code == ExitCode.NO  # one is not there
    assert run_testgen(*under, "store.dot", "other.dot").code == ExitCode.DONE
    document = json.loads(run_testgen("coverage", "graph", "--log", "runs", "--json").out)
    assert [one["graph"] for one in document["graphs"]] == ["store.dot", "other.dot"]
    assert document["not_in_log"] == ["third.dot"]
    assert sum(document["graphs"][0]["other_graphs"].values()) == 1


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("transitions=80", 0),
        ("transitions=80%", 0),
        ("transitions=80.1", 1),
        ("states=100,actions=66", 0),
        ("states=100,actions=67", 1),
        ("transition-pairs=100", 1),
        ("states=0", 0),
    ],
)
def test_fail_under_answers_no_and_says_what_is_missing(
    wanted: str, code: int, project: Path, run_testgen: Run
) -> None:
    arguments = ("coverage", "graph", "store.dot", "--suite-file", "generated/suite.json", "--fail-under", wanted)
    answer = run_testgen(*arguments)
    assert answer.code == code
    assert ("wanted are" in answer.err) == bool(code)
    run_pytest(project, "generated", "--testgen-log", "runs")
    assert run_testgen(*arguments, "--log", "runs").code == code
    change(project, "self.data[key] = value", "self.data[key] = 0")
    shutil.rmtree("runs")
    run_pytest(project, "generated", "--testgen-log", "runs")
    assert run_testgen(*arguments, "--log", "runs").code == (0 if wanted == "states=0" else 1)


def test_nothing_to_cover_is_not_covered(project: Path, run_testgen: Run) -> None:
    (project / "still.dot").write_text(
        dot([{"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}], [])
    )
    build(project, project / "still.dot", "still")
    arguments = ("coverage", "graph", "still.dot", "--suite-file", "still/suite.json", "--fail-under")
    assert run_testgen(*arguments, "states=100").code == ExitCode.DONE
    answer = run_testgen(*arguments, "transitions=1")
    assert answer.code == ExitCode.NO
    assert "no transitions are counted, wanted are 1 %" in answer.err


# Runs and requests that say nothing


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (("self.data: dict[object, object] = {}", "__import__('pytest').skip('no server')"), "skipped"),
        (("self.data: dict[object, object] = {}", "raise OSError('no server')"), "error"),
        (("self.data = {}\n\n    @action", "raise OSError('no server')\n\n    @action"), "failed"),
    ],
)
def test_run_in_which_nothing_was_executed_is_not_green(
    fault: tuple[str, str], outcome: str, project: Path, measure: Callable[..., Document]
) -> None:
    change(project, *fault)
    run_pytest(project, "generated", "--testgen-log", "runs")
    document = measure("--log", "runs")
    assert document["code"] == ExitCode.NO
    assert (
        document["err"]
        == "warning: store.dot: nothing was executed: no test in the log got as far as its initial state\n"
    )
    (suite,) = document["one"]["suites"]
    assert (suite[outcome], suite["passed"]) == (3, 0)
    assert "no server" in suite["why"][0]["words"] or outcome == "failed"
    assert {count[0] for count in executed(document).values()} == {0}


def test_run_without_generated_tests_is_told(project: Path, run_testgen: Run) -> None:
    (project / "test_mine.py").write_text("def test_mine():\n    pass\n")
    run_pytest(project, "test_mine.py", "--testgen-log", "runs")
    answer = run_testgen("coverage", "graph", "store.dot", "--log", "runs")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "runs: holds no run log: no generated test has been run" in answer.err


@pytest.fixture
def changed(store: Path, project: Path) -> Path:
    """The dump of a specification that has changed since the suite was built and run."""
    run_pytest(project, "generated", "--testgen-log", "runs")
    path = project / "changed.dot"
    path.write_text(store.read_text().replace("1048576", "1048577"))
    return path


def test_log_of_another_graph_is_told(changed: Path, run_testgen: Run) -> None:
    answer = run_testgen("coverage", "graph", changed.name, "--log", "runs")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert re.search(
        r"runs: holds no test of changed.dot \(graph \w{12}\), only of generated \(graph \w{12}\)\nhint", answer.err
    )


def test_suite_of_another_graph_is_told(changed: Path, run_testgen: Run) -> None:
    for log in ((), ("--log", "runs")):
        answer = run_testgen("coverage", "graph", changed.name, "--suite-file", "generated/suite.json", *log)
        assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
        assert "generated/suite.json: is a suite of another graph than changed.dot" in answer.err


def test_runs_before_a_change_of_the_specification_are_told(changed: Path, project: Path, run_testgen: Run) -> None:
    build(project, changed, "generated")
    run_pytest(project, "generated", "--testgen-log", "runs")
    answer = run_testgen("coverage", "graph", changed.name, "--log", "runs")
    assert answer.code == ExitCode.DONE
    assert "the log has tests of generated for another graph, which do not count" in answer.err


def test_copy_of_a_suite_file_that_is_gone_is_told(project: Path, run_testgen: Run) -> None:
    run_pytest(project, "generated", "--testgen-log", "runs")
    for path in Path("runs").glob("suite-*.json"):
        path.unlink()
    answer = run_testgen("coverage", "graph", "store.dot", "--log", "runs")
    assert answer.code == ExitCode.REQUEST
    assert re.search(r"runs/suite-\w+\.json: cannot be read: No such file", answer.err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["store.dot"], "generated/store/suite.json: no such file\nhint: `testgen build store.dot` writes it"),
        ([], "no GRAPH given, and no project file here names a suite"),
        (["store.dot", "--suite-file", "gone.json"], "gone.json: cannot be read: No such file"),
        (["store.dot", "--suite-file", "store.dot"], "store.dot:1:1: is not JSON"),
        (["--suite-file", "generated/suite.json"], "--suite-file is of one graph"),
        (["store.dot", "x.dot", "--suite-file", "generated/suite.json"], "--suite-file is of one graph"),
        (["store.dot", "--log", "gone"], "gone: no such folder"),
        (["store.dot", "--log", "bindings"], "bindings: holds no run log"),
        (["gone.dot", "--log", "runs"], "runs: no such folder"),
        (["store.dot", "--criterion", "edges"], "'edges' is not one of"),
        (["store.dot", "--fail-under", "edges=5"], "'edges=5' is not CRITERION=PERCENT"),
        (["store.dot", "--fail-under", "states"], "'states' is not CRITERION=PERCENT"),
        (["store.dot", "--fail-under", "states=101"], "'states=101' is not"),
        (["store.dot", "--fail-under", "states=nan"], "'states=nan' is not"),
        (["store.dot", "--fail-under", ""], "'' is not CRITERION=PERCENT"),
        (["store.dot", "--list", "-1"], "-1 is not in the range"),
    ],
)
def test_bad_request_is_told(arguments: list[str], words: str, project: Path, run_testgen: Run) -> None:
    answer = run_testgen("coverage", "graph", *arguments)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_list_tells_as_many_as_asked_for(project: Path, measure: Callable[..., Document]) -> None:
    for number in (0, 1, 50):
        one = measure("--suite-file", "generated/suite.json", "--list", number)["one"]
        assert len(one["criteria"]["action-pairs"]["nearest"]) == min(number, 2)
