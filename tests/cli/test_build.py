"""`testgen build`: what it writes, prints and answers, and how each bad request is told."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from tests.conftest import STORE_BINDING, Answer, store_dot

Run = Callable[..., Answer]
DUMPS = Path(__file__).parent.parent / "data" / "dumps"
STEPPER = """
from testgen.bindings.decorators import action
from testgen.bindings.protocol import Binding

class Stepper(Binding):
    @action("Next", parameters=lambda before, after: {"state": dict(after)})
    def step(self, state):
        pass
"""
CONTRACT = {"schema", "tests", "steps", "files", "out", "criterion", "strategy", "lower_bound", "seconds"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, outside of any project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def build(run_testgen: Run, store: Path) -> Run:
    """`testgen build store.dot --binding ...`."""
    return lambda *arguments: run_testgen("build", store.name, "--binding", STORE_BINDING, *arguments)


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the one that says where the dump was."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "origin.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# What it does


def test_build_writes_the_suite_and_says_so_on_stdout_alone(build: Run, here: Path) -> None:
    answer = build()
    assert answer.code == ExitCode.DONE
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0] == "store.dot → generated/store"
    assert lines[1:-1] == [
        "tests    3  (every behavior; no suite can do with fewer)",
        "steps    5",
        "files    2  (2 changed, 0 removed)",
    ]
    assert re.fullmatch(r"seconds  \d+\.\d", lines[-1])
    assert sorted(path.name for path in (here / "generated" / "store").iterdir()) == [
        "origin.json",
        "suite.json",
        "test_all.py",
    ]


def test_same_build_twice_leaves_no_difference(build: Run, here: Path) -> None:
    build()
    before = {path: path.stat().st_mtime_ns for path in (here / "generated").rglob("*")}
    assert "(0 changed, 0 removed)" in build().out
    assert {path: path.stat().st_mtime_ns for path in (here / "generated").rglob("*")} == before


@pytest.mark.parametrize("specification", ["V-values", "W-values", "E-runtime-error"])
def test_dumps_by_three_versions_of_tlc_give_the_same_bytes(specification: str, here: Path, run_testgen: Run) -> None:
    (here / "stepper.py").write_text(STEPPER)
    suites = []
    for version in ("2.15", "2.20", "head"):
        dump = str(DUMPS / f"{specification}--{version}.dot.gz")
        for flag in ("--plan-only", "--binding=stepper.py:Stepper"):
            answer = run_testgen("build", dump, flag, "--out", version, "--allow-cut", "-q")
            assert answer.code == ExitCode.DONE, answer.err
        suites.append(contents(here / version))
    assert suites[0].keys() >= {"suite.json", "test_all.py"}
    assert suites[0] == suites[1] == suites[2]


def test_json_has_the_keys_of_the_contract(build: Run) -> None:
    answer = build("--json")
    document = json.loads(answer.out)
    assert set(document) >= CONTRACT
    assert {key: document[key] for key in CONTRACT - {"seconds"}} == {
        "schema": "testgen.build/1",
        "tests": 3,
        "steps": 5,
        "files": 2,
        "out": "generated/store",
        "criterion": "behaviors",
        "strategy": "all",
        "lower_bound": 3,
    }
    assert isinstance(document["seconds"], float)
    assert document["changed"] == ["suite.json", "test_all.py"]
    assert answer.err == ""


def test_json_of_several_graphs_has_the_same_keys_and_each_suite(run_testgen: Run, store: Path, here: Path) -> None:
    shutil.copy(store, here / "other.dot")
    answer = run_testgen("build", "store.dot", "other.dot", "--binding", STORE_BINDING, "--json")
    document = json.loads(answer.out)
    assert set(document) >= CONTRACT
    assert (document["tests"], document["steps"], document["files"], document["lower_bound"]) == (6, 10, 4, 6)
    assert (document["criterion"], document["strategy"], document["out"]) == ("behaviors", "all", None)
    assert [suite["out"] for suite in document["suites"]] == ["generated/store", "generated/other"]


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_check_answers_no_and_writes_nothing_until_the_suite_is_up_to_date(
    as_json: list[str], build: Run, here: Path
) -> None:
    before = contents(here)
    assert build("--check", *as_json).code == ExitCode.NO
    assert contents(here) == before
    build()
    assert build("--check", *as_json).code == ExitCode.DONE
    (here / "generated" / "store" / "test_all.py").write_text("edited")
    assert build("--check").code == ExitCode.REQUEST


def test_check_names_the_files_that_are_out_of_date(build: Run, here: Path) -> None:
    build()
    suite = here / "generated" / "store"
    text = (suite / "test_all.py").read_text()
    (suite / "test_all.py").write_text(text + "# edited\n")
    (suite / "test_stale.py").write_text(text.replace("test_all.py", "test_stale.py"))
    answer = build("--check")
    assert answer.code == ExitCode.NO
    assert answer.out.splitlines() == [
        "generated/store  out of date: 2 files",
        "    test_all.py",
        "    test_stale.py  (no longer generated)",
    ]
    for number in range(12):
        (suite / f"test_stale_{number}.py").write_text(text.replace("test_all.py", f"test_stale_{number}.py"))
    assert build("--check").out.splitlines()[-1] == "    ... and 4 more"


def test_check_sees_that_the_suite_file_is_gone_or_old(build: Run, here: Path) -> None:
    build()
    path = here / "generated" / "store" / "suite.json"
    text = path.read_text()
    for change in (path.unlink, lambda: path.write_text(text.replace("all", "none"))):
        change()
        answer = build("--check")
        assert (answer.code, answer.out.splitlines()[1:]) == (ExitCode.NO, ["    suite.json"])


def test_suite_file_beside_the_tests_builds_them_again_and_compares(build: Run, run_testgen: Run, here: Path) -> None:
    build("--budget", "tests=2")
    before = contents(here / "generated")
    path = "generated/store/suite.json"
    assert "(0 changed, 0 removed)" in build("--suite", path).out
    assert contents(here / "generated") == before
    assert run_testgen("diff", path, path).code == ExitCode.DONE


def test_out_is_the_folder_written(build: Run, here: Path) -> None:
    assert build("--out", "deep/down").code == ExitCode.DONE
    assert (here / "deep" / "down" / "test_all.py").is_file()
    assert not (here / "generated").exists()


def test_dump_may_come_from_standard_input(here: Path) -> None:
    result = command("build", "-", "--binding", STORE_BINDING, cwd=here, input=store_dot())
    assert result.returncode == 0
    assert (here / "generated" / "stdin" / "test_all.py").is_file()


def test_moved_dump_gives_the_same_bytes(build: Run, run_testgen: Run, store: Path, here: Path) -> None:
    build()
    elsewhere = here / "elsewhere" / "renamed.dot"
    elsewhere.parent.mkdir()
    shutil.move(store, elsewhere)
    run_testgen("build", elsewhere, "--binding", STORE_BINDING, "--out", "again/store")
    assert contents(here / "generated") == contents(here / "again")


def test_graph_without_arguments_and_project_is_a_usage_error(run_testgen: Run) -> None:
    answer = run_testgen("build")
    assert answer.code == ExitCode.REQUEST
    assert answer.out == ""
    assert "no GRAPH given" in answer.err


def test_limit_below_the_number_of_behaviors_is_refused(build: Run, here: Path) -> None:
    answer = build("--limit", 2)
    assert answer.code == ExitCode.REQUEST
    assert "the graph has 3 behaviors, more than the limit of 2" in answer.err
    assert not (here / "generated").exists()
    assert build("--limit", 3).code == ExitCode.DONE


def test_matching_binding_is_chosen_and_told_on_stderr(run_testgen: Run, write_dot: Callable[..., Path]) -> None:
    state = {"clientLog": "<<<<>>>>", "clientState": "<<<<1>>>>", "serverLog": "<<>>", "serverState": "<<1>>"}
    write_dot([state | {"n": "1"}, state | {"n": "2"}], [(0, "MergeAction", 1)], name="a.dot")
    answer = run_testgen("build", "a.dot", "--out", "o")
    assert answer.code == ExitCode.DONE
    assert answer.err.splitlines()[0] == "binding array_ot: it performs every action of a.dot"
    assert "warning: a.dot: nobody observes the variable 'n'" in answer.err
    assert run_testgen("build", "a.dot", "--out", "o", "-q").err == ""


def test_quiet_leaves_out_warnings(write_dot: Callable[..., Path], run_testgen: Run) -> None:
    state = {"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}
    write_dot([state, state], [(0, "Idle", 1)], name="twice.dot")
    arguments = ("build", "twice.dot", "--binding", STORE_BINDING)
    assert "warning: twice.dot: " in run_testgen(*arguments).err
    assert run_testgen(*arguments, "-q").err == ""


# Several suites


def test_two_graphs_of_one_name_do_not_overwrite_each_other(run_testgen: Run, store: Path, here: Path) -> None:
    (here / "a").mkdir()
    shutil.copy(store, here / "a" / "store.dot")
    answer = run_testgen("build", "store.dot", "a/store.dot", "--binding", STORE_BINDING)
    assert answer.code == ExitCode.REQUEST
    assert "would both go to generated/store" in answer.err
    assert not (here / "generated").exists()


@pytest.mark.parametrize("option", ["--out", "--binding", "--template"])
def test_empty_option_is_a_usage_error(option: str, build: Run, here: Path) -> None:
    before = contents(here)
    answer = build(option, "")
    assert (answer.code, contents(here)) == (ExitCode.REQUEST, before)
    assert "it is empty" in answer.err


def test_out_with_several_graphs_is_a_usage_error(run_testgen: Run) -> None:
    answer = run_testgen("build", "a.dot", "b.dot", "--out", "x")
    assert answer.code == ExitCode.REQUEST
    assert "--out takes one GRAPH at a time" in answer.err


# The project file

PROJECT = """
[suites.one]
graph = "graphs/store.dot"
binding = "systems/store.py:Store"
out = "suites/one"

[suites.two]
graph = "graphs/store.dot"
binding = "systems/store.py:Store"
template = "mine.py.j2"
limit = 5
"""


@pytest.fixture
def project(store: Path, here: Path) -> Path:
    (here / "graphs").mkdir()
    shutil.move(store, here / "graphs" / "store.dot")
    shutil.copytree(Path(STORE_BINDING.rpartition(":")[0]).parent, here / "systems")
    (here / "mine.py.j2").write_text('{% include "story/test.py.j2" %}\n\n\nMINE = True\n')
    (here / "testgen.toml").write_text(PROJECT)
    return here


@pytest.mark.parametrize("folder", [".", "graphs", "systems"])
def test_project_file_names_suites_for_any_folder_of_the_project(
    folder: str, project: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / folder)
    answer = run_testgen("build")
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert (project / "suites" / "one" / "test_all.py").is_file()
    two = (project / "generated" / "two" / "test_all.py").read_text()
    assert two.endswith("MINE = True\n")
    assert "binding ../../systems/store.py:Store" in two
    monkeypatch.chdir(project)
    assert run_testgen("build", "--check").code == ExitCode.DONE


def test_graph_of_the_project_is_built_as_the_project_says(project: Path, run_testgen: Run) -> None:
    answer = run_testgen("build", "graphs/store.dot")
    assert answer.out.startswith("graphs/store.dot → suites/one\n")


def test_graph_the_project_does_not_name_is_found_from_where_one_stands(
    project: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sub").mkdir()
    shutil.copy(project / "graphs" / "store.dot", project / "sub" / "mine.dot")
    monkeypatch.chdir(project / "sub")
    answer = run_testgen("build", "mine.dot", "--binding", "../systems/store.py:Store")
    assert answer.out.startswith("mine.dot → ../generated/mine\n"), answer.err


def test_flags_override_the_project_file(project: Path, run_testgen: Run) -> None:
    answer = run_testgen("build", "graphs/store.dot", "--out", "x", "--limit", 1)
    assert answer.code == ExitCode.REQUEST
    assert "more than the limit of 1" in answer.err


def test_pyproject_is_a_project_file_too(project: Path, run_testgen: Run) -> None:
    text = (project / "testgen.toml").read_text().replace("[suites", "[tool.testgen.suites")
    (project / "testgen.toml").unlink()
    (project / "pyproject.toml").write_text(text)
    assert run_testgen("build").code == ExitCode.DONE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suites = 3", "testgen.toml: suites is not a table"),
        ("[suites]\na = 1", "suite 'a' names no graph"),
        ("[suites.a]\nbinding = 'x'", "suite 'a' names no graph"),
        (
            "[suites.a]\ngraph = 'g'\nbindng = 'x'",
            "suite 'a' has the unknown key 'bindng'\nhint: did you mean 'binding'?",
        ),
        ("[suites.a]\ngraph = 'g'\nzzz = 'x'", "hint: known keys: graph, binding"),
        ("[suites.a]\ngraph = 3", "suite 'a': graph is not a string"),
        ("[suites.a]\ngraph = 'g'\nlimit = 0", "suite 'a': limit is not a number from 1"),
        ("[suites.a]\ngraph = 'g'\nlimit = true", "suite 'a': limit is not a number from 1"),
        ("[suites.a", "testgen.toml: is not TOML: "),
        ("\xff", "is not TOML: "),
        ("[suites]", "no project file here names a suite"),
        ("[suites.a]\ngraph = 'gone.dot'", "gone.dot: no such file"),
        ("[suites.a]\ngraph='a'\nout='o'\n[suites.b]\ngraph='b'\nout='o'", "a (a) and b (b) would both go to o"),
    ],
)
def test_malformed_project_file_is_told(text: str, words: str, here: Path, run_testgen: Run) -> None:
    (here / "testgen.toml").write_bytes(text.encode("latin-1"))
    answer = run_testgen("build")
    assert answer.code == ExitCode.REQUEST
    assert answer.out == ""
    assert words in answer.err
    assert "Traceback" not in answer.err


# Bad requests: one clear error, the right exit code, nothing written

HEADER = '{% include "_shared/header.py.j2" %}'


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (f"{HEADER}\n{{{{ module.nothing }}}}", "mine.py.j2:2: the template uses what is not there: "),
        (f"{HEADER}\n\n{{% if %}}", "mine.py.j2:3: the template is malformed: "),
        (f"{HEADER}\n{{{{ 1 / 0 }}}}", "mine.py.j2:2: the template failed (ZeroDivisionError"),
        (f"{HEADER}\n{{% include 'gone.j2' %}}", "mine.py.j2:2: no template 'gone.j2'"),
        (f"{HEADER}\ndef broken(:\n", "is not Python: invalid syntax\n    def broken(:"),
        ("pass", "lacks the header"),
    ],
)
def test_template_that_fails_is_told_with_its_line(template: str, words: str, build: Run, here: Path) -> None:
    (here / "mine.py.j2").write_text(template)
    answer = build("--template", "mine.py.j2")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert not (here / "generated").exists()


def test_missing_template_is_told(build: Run) -> None:
    answer = build("--template", "gone.py.j2")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert answer.err.startswith("error: no template 'gone.py.j2'\nhint: there are: ")


def test_folder_of_templates_is_searched_first(build: Run, here: Path) -> None:
    (here / "templates" / "story").mkdir(parents=True)
    (here / "templates" / "story" / "test.py.j2").write_text(f"{HEADER}\nMINE = True\n")
    assert build("--templates", "templates").code == ExitCode.DONE
    assert "MINE = True" in (here / "generated" / "store" / "test_all.py").read_text()


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        ("aray_ot", "unknown binding 'aray_ot'; did you mean 'array_ot'?"),
        ("gone.py:Bank", "gone.py: no such file"),
        ("broken.py:Bank", "broken.py:1: cannot be imported (NameError"),
        ("array_ot", "ArrayOT has no method for 'Idle', 'Put', 'Take'"),
        ("store.dot:Bank", "unknown binding"),
    ],
)
def test_binding_that_is_not_there_or_does_not_fit_is_told(
    binding: str, words: str, run_testgen: Run, store: Path, here: Path
) -> None:
    (here / "broken.py").write_text("nothing")
    answer = run_testgen("build", "store.dot", "--binding", binding)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_graph_that_no_known_binding_performs_asks_for_one(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("build", "store.dot")
    assert answer.code == ExitCode.REQUEST
    assert "which binding performs these actions? no known binding does" in answer.err
    assert "hint: --binding NAME" in answer.err


@pytest.mark.parametrize("binding", [[], ["--binding", STORE_BINDING]], ids=["no binding", "a binding"])
def test_graph_without_action_labels_says_how_to_dump_them(
    binding: list[str], run_testgen: Run, write_dot: Callable[..., Path]
) -> None:
    write_dot([{"x": "1"}, {"x": "2"}], [(0, "", 1)], name="bare.dot")
    answer = run_testgen("build", "bare.dot", *binding)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "bare.dot: the transitions carry no action names" in answer.err
    assert "-dump dot,actionlabels" in answer.err


def test_graph_with_a_cycle_is_told_with_the_cycle(build: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": "1"}, {"x": "2"}], [(0, "Go", 1), (1, "Back", 0)])
    answer = build("--criterion", "behaviors")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "infinitely many behaviors" in answer.err
    assert "Go, Back" in answer.err


def test_graph_with_a_cycle_is_covered_by_its_transitions(build: Run, write_dot: Callable[..., Path]) -> None:
    write_dot([{"x": "1"}, {"x": "2"}], [(0, "Go", 1), (1, "Back", 0)])
    answer = build("--plan-only", "--json")
    assert answer.code == ExitCode.DONE
    document = json.loads(answer.out)
    assert (document["criterion"], document["strategy"], document["tests"]) == ("transitions", "minimum", 1)
    assert answer.err.endswith(
        "criterion transitions, strategy minimum: the graph has cycles, and so infinitely many behaviors\n"
    )


def test_long_test_is_told_with_what_makes_shorter_ones(build: Run, write_dot: Callable[..., Path]) -> None:
    """Of eight states that lead to one another, one test passes all 56 transitions."""
    states = [{"x": str(number)} for number in range(8)]
    write_dot(states, [(source, "Go", target) for source in range(8) for target in range(8) if source != target])
    document = json.loads(build("--plan-only", "--json").out)
    assert (document["tests"], document["longest"]) == (1, document["steps"])
    words = "longest  {longest} steps  (--max-steps N or --strategy shortest makes more tests, which are shorter)"
    assert words.format(**document) in build("--plan-only").out.splitlines()
    limits = ["--max-steps", str(document["longest"])], ["--max-steps", "10"]
    for asked in (*limits, ["--strategy", "shortest", "--criterion", "transitions"]):
        assert "longest" not in build("--plan-only", *asked).out


def test_handwritten_file_in_the_way_is_told_and_stays(build: Run, here: Path) -> None:
    (here / "generated" / "store").mkdir(parents=True)
    (here / "generated" / "store" / "test_all.py").write_text("# mine\n")
    answer = build()
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "generated/store/test_all.py: is not a generated file" in answer.err
    assert contents(here / "generated") == {"store/test_all.py": b"# mine\n"}


@pytest.mark.parametrize("out", ["store.dot/below", "/proc/testgen", "x" * 300])
def test_out_that_cannot_be_written_is_a_matter_of_the_surroundings(out: str, build: Run, here: Path) -> None:
    before = contents(here)
    answer = build("--out", out)
    assert (answer.code, answer.out) == (ExitCode.SURROUNDINGS, "")
    assert "cannot be" in answer.err
    assert "Traceback" not in answer.err
    assert contents(here) == before


def test_out_that_is_a_file_is_told(build: Run) -> None:
    answer = build("--out", "store.dot")
    assert answer.code == ExitCode.REQUEST
    assert "store.dot: is not a folder" in answer.err


def test_second_graph_that_fails_leaves_the_first_built_and_told(run_testgen: Run, store: Path) -> None:
    answer = run_testgen("build", "store.dot", "gone.dot", "--binding", STORE_BINDING)
    assert answer.code == ExitCode.REQUEST
    assert answer.out.startswith("store.dot → generated/store")
    assert "gone.dot: no such file" in answer.err


# As a program


def command(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options of one kind or another
        [sys.executable, "-m", "testgen", *arguments], cwd=cwd, capture_output=True, text=True, check=False, **options
    )


def test_program_prints_no_colors_and_no_progress_where_there_is_no_terminal(store: Path, here: Path) -> None:
    result = command("build", "store.dot", "--binding", STORE_BINDING, cwd=here)
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_name_that_cannot_be_encoded_is_no_defect(here: Path, store: Path) -> None:
    name = os.fsdecode(b"st\xffre.dot")
    shutil.move(store, here / name)
    result = command("build", name, "--binding", STORE_BINDING, "--json", cwd=here)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["graph"] == name


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ([], ("behaviors", "all")),
        (["--criterion", "states"], ("states", "minimum")),
        (["--criterion", "transitions"], ("transitions", "minimum")),
        (["--criterion", "transitions", "--strategy", "shortest"], ("transitions", "shortest")),
        (["--criterion", "transition-pairs"], ("transition-pairs", "minimum")),
    ],
)
def test_criterion_and_strategy_are_told(flags: list[str], chosen: tuple[str, str], build: Run) -> None:
    document = json.loads(build(*flags, "--json").out)
    assert (document["criterion"], document["strategy"]) == chosen
    assert document["tests"] >= document["lower_bound"] >= 1


def test_strategy_that_the_criterion_does_not_have_is_told(build: Run) -> None:
    answer = build("--criterion", "actions", "--strategy", "minimum")
    assert answer.code == ExitCode.REQUEST
    assert "no strategy 'minimum' for criterion 'actions'" in answer.err
    assert "there is shortest, random" in answer.err
