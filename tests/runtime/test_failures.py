"""What a failure teaches: the state before, what else was allowed, smaller stories, leaks, and JUnit properties."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from testgen.runtime.companion import Companion
from testgen.runtime.failure_groups import ToldFailure, group_failures
from tests.projects import change, make_project, run_pytest

DROPS_B = 'self.data[key] = value if key == "a" else 0'


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", store)


def leak(project: Path) -> None:
    """Let all instances share the list of what was taken."""
    change(project, "        self.taken: list[dict[str, object]] = []\n", "        self.taken = TAKEN\n")
    change(project, "class Store(Binding):", "TAKEN: list = []\n\n\nclass Store(Binding):")


# The state before


def test_failure_tells_the_state_before_and_what_else_was_allowed(project: Path) -> None:
    change(project, 'self.taken.append({"key": key,', 'self.taken.append({"key": "b",')
    output = run_pytest(project, "generated")
    assert (
        "\n\nthe state before step 3, and what becomes of it in the specification\n"
        "    busy     True  →  False\n"
        '    entries  {"a": 1}  →  []\n'
        '    history  []  →  [{"key": "a", "value": 1}]\n'
        "\n"
        "the specification would also have allowed, in that state\n"
        '    put(key="b", value={'
    ) in output
    assert "owners" not in output.partition("the state before")[2].partition("run it alone")[0]  # it is not observed


NONDETERMINISTIC = (
    [{"n": "0", "log": "<<>>"}, {"n": "1", "log": "<<1>>"}, {"n": "2", "log": "<<2>>"}, {"n": "0", "log": "<<0>>"}],
    [(0, "Go", 1), (0, "Go", 2), (0, "Stay", 3)],
)
GOER = """
from testgen.bindings import Binding, action, observes


class Goer(Binding):
    unobserved = ("log",)
    n = 0

    @action("Go")
    def go(self):
        self.n = 3

    @action("Stay")
    def stay(self):
        pass

    @observes("n")
    def number(self):
        return self.n
"""


def test_other_outcomes_of_the_same_action_come_first(
    tmp_path: Path, write_dot: Callable[..., Path], run_testgen: Callable[..., object]
) -> None:
    (tmp_path / "goer.py").write_text(GOER)
    dump = write_dot(*NONDETERMINISTIC)
    out = tmp_path / "generated"
    run_testgen("build", dump, "--binding", f"{tmp_path / 'goer.py'}:Goer", "--out", out, "-q")
    output = run_pytest(tmp_path, "generated", "--rootdir", str(tmp_path))
    assert "2 failed, 1 passed" in output
    told = output.partition("would also have allowed, in that state\n")[2].splitlines()
    assert told[:3] == ["    go()  →  n = 2", "    stay()", ""]


def test_one_line_of_a_failure_names_its_test_and_what_differs(project: Path) -> None:
    change(project, "return self.taken", "return [7]")
    output = run_pytest(project, "generated", "--tb=line")
    line = r"^generated/test_all\.py:\d+: variable history, after open_store: system and specification differ$"
    assert len(re.findall(line, output, re.M)) == 3


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_story_is_told_once_where_pytest_does_not_cut_its_summary(options: tuple[str, ...], project: Path) -> None:
    change(project, "return self.taken", "return [7]")
    output = run_pytest(project, "generated", *options, CI="true")
    assert len(re.findall(r"^behavior ", output, re.M)) == output.count("\nrun it alone: ") == 3
    line = r"^FAILED generated/test_all\.py::\w+ - variable history, after open_store: system and specification differ$"
    assert len(re.findall(line, output, re.M)) == 3


def test_change_of_a_long_value_is_told_field_by_field(project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    output = run_pytest(project, "generated")
    told = output.partition("the state before step 3")[2].splitlines()
    assert told[2] == '    entries  {"a": 1}'
    assert told[3].startswith('             ["b"]: nothing  →  {"body": ["first line", "second line"]')


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda project, dump: (project / "generated" / "origin.json").unlink(), "origin.json: cannot be read"),
        (lambda project, dump: dump.unlink(), "store.dot: no such file"),
        (
            lambda project, dump: dump.write_text(dump.read_text().replace("1048576", "7")),
            "is a suite of another graph",
        ),
        (lambda project, dump: (project / "generated" / "suite.json").unlink(), "suite.json: cannot be read"),
        (lambda project, dump: (project / "generated" / "origin.json").write_text("[]"), "is not what `testgen build`"),
    ],
)
def test_without_the_dump_one_line_says_why(
    spoil: Callable[[Path, Path], object], why: str, project: Path, store: Path
) -> None:
    spoil(project, store)
    change(project, "return self.taken", "return [7]")
    output = run_pytest(project, "generated")
    told = [line for line in output.splitlines() if line.startswith("the state before is not told: ")]
    assert len(told) == 3
    assert all(why in line for line in told)
    assert "run it alone: pytest generated/test_all.py::test_put" in output


@pytest.mark.parametrize(("options", "environment"), [(["--tb=no"], {}), ([], {"TESTGEN_BRIEF": "1"})])
def test_nobody_looks_into_the_graph_unasked(options: list[str], environment: dict[str, str], project: Path) -> None:
    change(project, "return self.taken", "return [7]")
    output = run_pytest(project, "generated", *options, **environment)
    assert "3 failed" in output
    assert "the state before" not in output
    assert "places in the graph" not in output


def test_companion_that_does_not_answer_is_given_up() -> None:
    companion = Companion(patience_seconds=0.0)
    first = companion.ask(ask="surroundings")
    assert first == companion.ask(ask="surroundings") == {"missing": "the graph was not read within 0 s"}


def test_companion_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testgen.runtime.companion._COMMAND", ("-m", "testgen.no_such_room"))
    companion = Companion()
    assert "No module named testgen.no_such_room" in companion.ask(ask="surroundings")["missing"]


def test_companion_answers_after_a_question_it_cannot(project: Path) -> None:
    companion = Companion()
    try:
        assert "missing" in companion.ask(ask="surroundings")
        folder = str(project / "generated")
        unknown = {"folder": folder, "file": f"{folder}/test_all.py", "key": "00000000", "begun": 1}
        assert "the suite has changed since" in companion.ask(ask="surroundings", **unknown)["missing"]
    finally:
        companion.close()


# Groups


def test_groups_come_largest_first_with_the_shortest_and_the_nearest() -> None:
    told = [
        ToldFailure("a", steps=9, command="far", place="transition 1", where="one", depth=2),
        ToldFailure("a", steps=5, command="short", place="transition 2", where="two", depth=4),
        ToldFailure("b", steps=1, command="other"),
        ToldFailure("a", steps=7, command="again", place="transition 1", where="one", depth=2),
    ]
    groups = group_failures([SimpleNamespace(testgen=asdict(failure)) for failure in told] + [SimpleNamespace()])
    assert [(group.kind, len(group.failures)) for group in groups] == [("a", 3), ("b", 1)]
    assert [group.places for group in groups] == [[("one", 2), ("two", 1)], []]
    assert (groups[0].shortest.command, groups[0].nearest.command) == ("short", "again")


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_groups_tell_at_how_many_places(options: tuple[str, ...], project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    output = run_pytest(project, "generated", *options)
    _, _, told = output.partition("    2  variable entries, after put  (at 2 places in the graph)\n")
    places = told.splitlines()[1:3]
    assert all(line.startswith('           1  put(key="b", value=') for line in places), places
    assert all(" in busy=" in line for line in places), places
    assert "smaller stories: the same command with --testgen-shrink\n" in output
    assert "\nsee: testgen help failures\n" in output


# Shrinking


DIAMOND = (
    [{"n": str(n), "m": str(m)} for n, m in ((0, 0), (1, 0), (2, 0), (3, 0), (9, 1), (9, 2))],
    [(0, "Step", 1), (1, "Step", 2), (2, "Jump", 4), (0, "Jump", 4), (4, "Fall", 5)],
)
CLIMBER = """
from testgen.bindings import Binding, action, observes


class Climber(Binding):
    def __init__(self):
        self.n = self.m = 0
        self.stepped = 0

    @action("Step")
    def step_up(self):
        self.n += 1
        self.stepped += 1

    @action("Jump")
    def jump(self):
        self.n, self.m = 9, 1

    @action("Fall")
    def fall(self):
        self.m = 2
        FAULT

    @observes("n")
    def read_n(self):
        return self.n

    @observes("m")
    def read_m(self):
        return self.m
"""


@pytest.fixture
def climber(tmp_path: Path, write_dot: Callable[..., Path], run_testgen: Callable[..., object]) -> Path:
    """A suite of which only the long way is left: a shorter one to `Fall` is in the graph."""
    (tmp_path / "climber.py").write_text(CLIMBER)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    dump = write_dot(*DIAMOND)
    binding = f"{tmp_path / 'climber.py'}:Climber"
    run_testgen("build", dump, "--binding", binding, "--out", tmp_path / "generated", "-q", "--only", "n < 10")
    suite = tmp_path / "generated" / "test_all.py"
    tests = suite.read_text().split("\n\n\n")
    suite.write_text("\n\n\n".join(part for part in tests if not part.startswith("def test_jump")))
    return tmp_path


def break_climber(folder: Path, fault: str) -> None:
    path = folder / "climber.py"
    path.write_text(path.read_text().replace("FAULT", fault))


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_shortest_behavior_that_fails_too_is_shown_first(options: tuple[str, ...], climber: Path) -> None:
    break_climber(climber, "self.m = 3")
    output = run_pytest(climber, "generated", "--testgen-shrink", *options)
    assert "1 failed in" in output
    shown, _, others = output.partition("= FAILURES =")
    assert "1 failure: variable m, after fall\n  the shortest behavior that reaches it fails too\n" in shown
    assert "   1 jump()\n>  2 fall()\n" in shown
    assert "   3 jump()\n>  4 fall()\n" in others
    assert "    m  1  →  2\n" in shown
    command = re.findall(r"^run it alone: pytest (.*)$", shown, re.MULTILINE)[0]
    assert re.fullmatch(r"generated/shrunk_[0-9a-f]{8}\.py::test_jump_fall_[0-9a-f]{8}", command)
    assert f"       pytest {command}\n" in output.partition("failures by kind")[2]
    again = run_pytest(climber, *shlex.split(command))
    assert "1 failed in" in again
    assert "    m  1  →  2\n" in again  # known by its own file
    assert "1 failed in" in run_pytest(climber, "generated")  # pytest passes it over


def test_shortest_behavior_that_passes_is_told_and_removed(climber: Path) -> None:
    break_climber(climber, "self.m = 2 if self.stepped == 0 else 3")
    output = run_pytest(climber, "generated", "--testgen-shrink")
    shown = output.partition("= FAILURES =")[0]
    assert "the shortest behavior that reaches it passes: this failure needs the longer history" in shown
    assert ">  4 fall()" in shown
    assert list((climber / "generated").glob("shrunk_*")) == []


def test_test_that_is_the_shortest_already_is_shown_as_it_is(project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    output = run_pytest(project, "generated", "--testgen-shrink")
    assert "2 failures: variable entries, after put\n  no shorter behavior reaches it\n" in output
    assert list((project / "generated").glob("shrunk_*")) == []


def test_nothing_is_rerun_when_nothing_failed(project: Path) -> None:
    change(
        project, "return bool(self.data)", "print('READ', file=open('read.txt', 'a'))\n        return bool(self.data)"
    )
    run_pytest(project, "generated")
    once = len((project / "read.txt").read_text())
    assert "smallest" not in run_pytest(project, "generated", "--testgen-shrink")
    assert len((project / "read.txt").read_text()) == 2 * once


def test_interrupted_run_is_not_looked_into(project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    (project / "test_mine.py").write_text("def test_mine():\n    raise KeyboardInterrupt\n")
    output = run_pytest(project, "generated", "test_mine.py", "--testgen-shrink")
    assert "2 failed, 1 passed" in output
    assert "failures by kind" in output
    assert "smallest failing stories" not in output


@pytest.mark.parametrize("options", [("-x",), ("-x", "-n1")])
def test_first_failure_of_a_run_that_ends_with_it_is_looked_into(options: tuple[str, ...], project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    output = run_pytest(project, "generated", "--testgen-shrink", *options)
    assert re.search(r"^\d failures?: variable entries, after put\n  no shorter behavior reaches it$", output, re.M)


def test_projects_own_plugins_and_settings_hold_when_a_test_is_rerun(project: Path) -> None:
    (project / "faulty.py").write_text(
        "from testgen.bindings.protocol import Binding\n\nplain = Binding.expect\n\n\n"
        "def expect(self, subject, expected, observed):\n"
        "    plain(self, subject, expected, [] if subject == 'variable history' else observed)\n\n\n"
        "Binding.expect = expect\n"
    )
    output = run_pytest(project, "generated", "-p", "faulty", "-o", "pythonpath=.", "--testgen-shrink")
    assert "1 failed, 2 passed" in output
    assert "1 failure: variable history, after take\n  no shorter behavior reaches it\n" in output


def test_reports_of_the_run_are_left_alone(project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    (project / "pytest.ini").write_text("[pytest]\naddopts = --junitxml=report.xml\n")
    run_pytest(project, "generated", "--testgen-shrink", TESTGEN_LOG="runs")
    assert len(list(ElementTree.parse(project / "report.xml").iter("testcase"))) == 3
    (log,) = (project / "runs").glob("*.jsonl")
    assert len([line for line in log.read_text().splitlines() if json.loads(line).get("kind") == "test"]) == 3


# Leaks


def test_failure_that_vanishes_alone_names_the_test_that_leaks(project: Path) -> None:
    leak(project)
    output = run_pytest(project, "generated", "--testgen-shrink")
    assert "1 failed, 2 passed" in output
    leaking = r"generated/test_all\.py::test_put_take_[0-9a-f]{8}"
    assert re.search(rf"passes alone: state leaks between tests; it fails after {leaking}\n", output)
    (command,) = re.findall(rf"^  pytest ({leaking} \S+)$", output, re.MULTILINE)
    assert "1 failed, 1 passed" in run_pytest(project, *command.split())


def test_leak_is_found_behind_tests_that_leave_nothing(project: Path) -> None:
    leak(project)
    text = (project / "generated" / "test_all.py").read_text()
    head, *tests = text.split("\n\n\n")
    by_name = {re.findall(r"def (test_[a-z_]+)_", test)[0]: test.rstrip("\n") for test in tests}
    order = [by_name["test_put_take"], by_name["test_put_put"], by_name["test_put"]]
    (project / "generated" / "test_all.py").write_text("\n\n\n".join([head, *order]) + "\n")
    output = run_pytest(project, "generated", "--testgen-shrink")
    assert "2 failed, 1 passed" in output
    assert output.count("it fails after generated/test_all.py::test_put_take") == 1


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ("len(self.data) > 1", "it fails by chance, as no test ran before it"),
        ("self.taken", "it fails by chance, as it passes also after all that ran before it (1)"),
        ("list(self.data) == ['b']", "it fails by chance, as it passes also after all that ran before it (2)"),
    ],
)
def test_failure_by_chance_is_not_called_a_leak(seen: str, words: str, project: Path) -> None:
    change(
        project,
        "return bool(self.data)",
        f"import os\n        if os.environ.get('TESTGEN_BRIEF') != '1' and {seen}:\n"
        "            return None\n        return bool(self.data)",
    )
    output = run_pytest(project, "generated", "--testgen-shrink")
    assert "1 failed, 2 passed" in output
    assert f"passes alone: {words}\n" in output


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_shuffled_runs_are_repeatable(options: tuple[str, ...], project: Path) -> None:
    def order(*arguments: str) -> list[str]:
        return re.findall(r"test_all\.py::(test_\w+)", run_pytest(project, "generated", "-v", *arguments))

    assert sorted(order()) == sorted(order("--testgen-shuffle", "1"))
    assert order("--testgen-shuffle", "1") == order("--testgen-shuffle", "1") != order()
    output = run_pytest(project, "generated", "--testgen-shuffle", "random", *options)
    assert re.search(
        r"^testgen: generated tests are shuffled; the same order again: --testgen-shuffle \d+$", output, re.M
    )
    assert "3 passed" in output


def test_shuffling_brings_a_leak_to_light(project: Path) -> None:
    leak(project)
    outputs = [run_pytest(project, "generated", "--tb=no", "--testgen-shuffle", str(n)) for n in range(1, 5)]
    assert len({re.findall(r"(\d+ failed|\d+ passed)", output)[-1] for output in outputs}) > 1
    assert all(("\nshuffled: what passes in another order" in output) == (" failed" in output) for output in outputs)


def test_other_tests_keep_their_places_in_a_shuffled_run(project: Path) -> None:
    (project / "test_mine.py").write_text("".join(f"def test_mine_{n}():\n    pass\n\n\n" for n in range(9)))
    output = run_pytest(project, "generated", "test_mine.py", "-v", "--testgen-shuffle", "1")
    assert re.findall(r"test_mine_(\d)", output) == list("012345678")


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", ""])
def test_seed_that_is_none_is_a_usage_error(seed: str, project: Path) -> None:
    output = run_pytest(project, "generated", f"--testgen-shuffle={seed}")
    assert f"--testgen-shuffle {seed}: give a number, or random" in output


# JUnit


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_junit_xml_has_behavior_actions_and_the_step_of_divergence(options: tuple[str, ...], project: Path) -> None:
    change(project, "self.data[key] = value", DROPS_B)
    (project / "test_mine.py").write_text("def test_mine():\n    pass\n")
    run_pytest(project, "--junitxml=report.xml", *options)
    ids = {told["id"]: told for told in json.loads((project / "generated" / "suite.json").read_text())["behaviors"]}
    cases = {}
    for case in ElementTree.parse(project / "report.xml").iter("testcase"):
        name = re.sub(r"_[0-9a-f]{8}$", "", str(case.get("name")))
        cases[name] = {str(p.get("name")): str(p.get("value")) for p in case.iter("property")}
    assert cases["test_mine"] == {}
    assert cases["test_put_take"].keys() == {"testgen.behavior", "testgen.actions"}
    assert all(cases[name]["testgen.behavior"] in ids for name in ("test_put_take", "test_put_put", "test_put"))
    assert cases["test_put_take"]["testgen.actions"] == 'Put("a", 1), Take'
    told = [case.get("message") for case in ElementTree.parse(project / "report.xml").iter("failure")]
    assert told == ["variable entries, after put: system and specification differ"] * 2
    failed = cases["test_put_put"]
    assert (failed["testgen.step"], failed["testgen.divergence"]) == ("3", "variable entries, after put")
    assert failed["testgen.statement"].startswith('put(key="b", value={')


def test_stories_with_the_fewest_steps_are_shown_first(project: Path) -> None:
    change(project, "return self.taken", "return [7] if len(self.data) != 1 or self.taken else []")
    (project / "generated" / "test_own.py").write_text("def test_mine():\n    assert 0\n")
    output = run_pytest(project, "generated")
    steps = [int(number) for number in re.findall(r"diverges from the specification at step (\d+)", output)]
    assert steps == sorted(steps)
    assert len(steps) == 3
    assert output.index("_ test_mine _") < output.index("diverges from")
