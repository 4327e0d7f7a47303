"""`testgen init`: from a stranger's graph to a green suite; nothing overwritten; what does not fit is told."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from tests.conftest import Answer, dot
from tests.graphs import write_graph
from tests.projects import run_pytest

Run = Callable[..., Answer]
SUITE = '[suites.bank]\ngraph = "bank.dot"\nbinding = "bindings/bank.py:Bank"\nout = "generated/bank"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, outside of any project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bank(here: Path) -> Path:
    """The dump of a small bank, which no binding of testgen's performs."""
    accounts = "[ann |-> {}, bob |-> {}]"
    states = [
        {"balance": accounts.format(0, 0), "log": "<<>>"},
        {"balance": accounts.format(1, 0), "log": '<<"in">>'},
        {"balance": accounts.format(0, 1), "log": '<<"in", "over">>'},
        {"balance": accounts.format(0, 0), "log": '<<"in", "out">>'},
    ]
    transitions = [(0, 'Deposit("ann", 1)', 1), (1, 'Transfer("ann", "bob", 1)', 2), (1, 'Withdraw("ann", 1)', 3)]
    path = here / "bank.dot"
    path.write_text(dot(states, transitions), encoding="utf-8")
    return path


def testgen(*arguments: object, cwd: Path) -> Answer:
    """The command in a process of its own: bindings are imported once in each."""
    command = [sys.executable, "-m", "testgen", *map(str, arguments)]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return Answer(result.returncode, result.stdout, result.stderr)


testgen.__test__ = False  # type: ignore[attr-defined]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def implement(path: Path, name: str, code: str) -> None:
    """Put code in place of a `raise`, as a person would."""
    text = path.read_text()
    line = f'        raise NotImplementedYet("{name}")\n'
    assert text.count(line) == 1
    path.write_text(text.replace(line, f"        {code}\n"))


# From a dump to a green suite


def test_new_specification_is_skipped_then_implemented_step_by_step_then_green(bank: Path, here: Path) -> None:
    answer = testgen("init", "bank.dot", cwd=here)
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert answer.out.splitlines() == [
        "bank.dot → bindings/bank.py",
        "binding  bindings/bank.py  (3 actions and 2 variables to fill in)",
        "suite    [suites.bank] in testgen.toml",
        "",
        "next",
        "    testgen build bank.dot  writes the tests",
        "    pytest generated/bank   skips them, and says what to implement first",
    ]
    assert (here / "testgen.toml").read_text() == SUITE
    answer = testgen("build", "bank.dot", cwd=here)
    assert answer.code == ExitCode.DONE
    assert answer.err == (
        "warning: bank.dot: not implemented yet: Deposit, Transfer, Withdraw, balance, log; "
        "tests that need an action of these will be skipped\n"
    )

    # Nothing is implemented: each action is told once, with the place.
    output = run_pytest(here, "-rs", "generated/bank")
    assert "2 skipped in " in output
    summary = output.split("2 generated tests skipped: not implemented yet")[1].splitlines()[1:4]
    assert [re.sub(r":\d+$", ":N", line) for line in summary] == [
        "    2  action `Deposit` is not implemented in bindings/bank.py:N",
        "    1  action `Transfer` is not implemented in bindings/bank.py:N",
        "    1  action `Withdraw` is not implemented in bindings/bank.py:N",
    ]
    binding = here / "bindings" / "bank.py"
    for line in summary:
        number = int(line.rpartition(":")[2])
        assert "raise NotImplementedYet(" in binding.read_text().splitlines()[number - 1]
    assert len(re.findall(r"^SKIPPED \[2\] bindings/bank\.py:\d+: ", output, re.MULTILINE)) == 1

    # Actions without observers: nothing is compared, so nothing passes.
    binding.write_text(
        binding.read_text().replace(
            "        pass\n", "        self.at = {'ann': 0, 'bob': 0}\n        self.book = []\n"
        )
    )
    implement(binding, "Deposit", "self.at[argument_1] += argument_2; self.book.append('in')")
    output = run_pytest(here, "generated/bank")
    assert "2 skipped in " in output
    assert "`Deposit`" not in output
    implement(binding, "Transfer", "self.at[argument_1] -= 1; self.at[argument_2] += 1; self.book.append('over')")
    implement(binding, "Withdraw", "self.at[argument_1] -= argument_2; self.book.append('out')")
    output = run_pytest(here, "generated/bank")
    assert "2 skipped in " in output
    assert "    2  variable `balance` is not implemented in bindings/bank.py:" in output

    # One observer: the tests pass, and what they passed without is told.
    implement(binding, "balance", "return self.at")
    output = run_pytest(here, "generated/bank")
    assert "2 passed in " in output
    told = output.split("2 generated tests passed without comparing every variable")[1].splitlines()[1]
    assert told.startswith("    2  variable `log` is not implemented in bindings/bank.py:")

    implement(binding, "log", "return self.book")
    output = run_pytest(here, "generated/bank")
    assert "2 passed in " in output
    assert "not implemented" not in output
    answer = testgen("init", "--verify", "bank.dot", cwd=here)
    assert (answer.code, answer.out) == (
        ExitCode.DONE,
        "bindings/bank.py:Bank fits bank.dot: every action has a method, and every variable is observed\n",
    )
    assert testgen("build", "bank.dot", cwd=here).err == ""

    # And it can fail.
    binding.write_text(binding.read_text().replace("-= argument_2", "-= 2"))
    assert "1 failed, 1 passed" in run_pytest(here, "generated/bank")


def test_summary_counts_the_tests_of_all_workers(bank: Path, here: Path) -> None:
    testgen("init", "bank.dot", cwd=here)
    testgen("build", "bank.dot", cwd=here)
    output = run_pytest(here, "-n2", "generated/bank")
    assert "2 generated tests skipped: not implemented yet" in output
    assert "    2  action `Deposit` is not implemented in bindings/bank.py:" in output


def test_tests_in_lock_step_are_skipped_alike(bank: Path, here: Path) -> None:
    testgen("init", "bank.dot", cwd=here)
    testgen("build", "bank.dot", cwd=here)
    binding = here / "bindings" / "bank.py"
    lines = '    """Your system. Each test gets a fresh instance."""\n'
    binding.write_text(binding.read_text().replace(lines, f"{lines}\n    lockstep = True\n"))
    output = run_pytest(here, "generated/bank")
    assert "2 skipped in " in output
    assert "    2  action `Deposit` is not implemented in bindings/bank.py:" in output


def test_beginning_that_is_not_implemented_is_told_once(bank: Path, here: Path) -> None:
    testgen("init", "bank.dot", cwd=here)
    testgen("build", "bank.dot", cwd=here)
    binding = here / "bindings" / "bank.py"
    binding.write_text(
        binding.read_text().replace("        pass\n", "        raise NotImplementedYet('the beginning')\n")
    )
    output = run_pytest(here, "generated/bank")
    assert "2 skipped in " in output
    assert "    2  the beginning is not implemented in bindings/bank.py:" in output


def test_handwritten_test_is_not_skipped_for_what_it_raises(bank: Path, here: Path) -> None:
    (here / "test_mine.py").write_text(
        "from testgen.bindings import NotImplementedYet\n\n\ndef test_mine():\n    raise NotImplementedYet('mine')\n"
    )
    assert "1 failed" in run_pytest(here, "test_mine.py")


def test_json_tells_what_was_written(bank: Path, run_testgen: Run) -> None:
    answer = run_testgen("init", "bank.dot", "--json")
    assert json.loads(answer.out) == {
        "schema": "testgen.init/1",
        "graph": "bank.dot",
        "binding": "bindings/bank.py:Bank",
        "project_file": "testgen.toml",
        "strategy": None,
        "suite": "bank",
        "out": "generated/bank",
        "actions": {"Deposit": "deposit", "Transfer": "transfer", "Withdraw": "withdraw"},
        "observers": {"balance": "balance", "log": "log"},
    }


@pytest.mark.parametrize(("limit", "strategy"), [(3, "shortest"), (2, None)])
def test_graph_with_cycles_is_begun_with_short_tests_if_it_is_small(
    limit: int, strategy: str | None, here: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testgen.selection.DEFAULT_LIMIT", limit)
    states = [{"n": "0"}, {"n": "1"}, {"n": "2"}]
    (here / "lap.dot").write_text(dot(states, [(0, "Step", 1), (1, "Step", 2), (2, "Back", 0)]), encoding="utf-8")
    answer = run_testgen("init", "lap.dot")
    assert ("tests    shortest, as the graph has cycles" in answer.out) == (strategy is not None)
    assert tomllib.loads((here / "testgen.toml").read_text())["suites"]["lap"].get("strategy") == strategy


# Where it is written, and that nothing is overwritten


@pytest.mark.parametrize(
    ("name", "text", "table"),
    [
        ("pyproject.toml", '[project]\nname = "x"  # mine\n', "tool.testgen.suites.bank"),
        ("pyproject.toml", "[tool.testgen.suites.other]\ngraph = 'o.dot'", "tool.testgen.suites.bank"),
        ("testgen.toml", "# mine\n\n[suites.other]\ngraph = 'o.dot'\n", "suites.bank"),
        ("testgen.toml", "", "suites.bank"),
    ],
)
def test_entry_goes_behind_what_the_project_file_holds(
    name: str, text: str, table: str, bank: Path, here: Path, run_testgen: Run
) -> None:
    (here / name).write_text(text)
    (here / name).chmod(0o640)
    answer = run_testgen("init", "bank.dot")
    assert answer.code == ExitCode.DONE, answer.err
    assert f"[{table}] in {name}" in answer.out
    found = (here / name).read_text()
    assert found.startswith(text)
    assert found.removeprefix(text).strip() == SUITE.replace("suites.bank", table).strip()
    assert (here / name).stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in here.iterdir()) == sorted(["bank.dot", "bindings", name])
    assert run_testgen("build", "bank.dot").out.startswith("bank.dot → generated/bank\n")


def test_entry_goes_where_the_projects_suites_are(bank: Path, here: Path, run_testgen: Run) -> None:
    (here / "testgen.toml").write_text("[other]\n")
    (here / "pyproject.toml").write_text("[tool.testgen.suites.other]\ngraph = 'o.dot'\n")
    run_testgen("init", "bank.dot")
    assert (here / "testgen.toml").read_text() == "[other]\n"
    assert run_testgen("build", "bank.dot").out.startswith("bank.dot → generated/bank\n")


@pytest.mark.parametrize(
    "name", ["two words", 'a "quote"', "ünï", "2pc", "test", "request", "queue", "del\x7fete", "x.y"]
)
def test_dump_of_any_name_is_built_and_runs(name: str, bank: Path, here: Path) -> None:
    bank.rename(here / f"{name}.dot")
    answer = testgen("init", f"{name}.dot", cwd=here)
    assert answer.code == ExitCode.DONE, answer.err
    assert testgen("build", cwd=here).code == ExitCode.DONE
    assert (here / "generated" / name / "test_all.py").is_file()
    assert "2 generated tests skipped: not implemented yet" in run_pytest(here, "generated")


def test_binding_is_not_called_as_a_module_of_python(bank: Path, here: Path, run_testgen: Run) -> None:
    bank.rename(here / "queue.dot")
    assert "queue.dot → bindings/queue_.py" in run_testgen("init", "queue.dot").out


def test_dump_whose_name_is_no_text_cannot_be_in_a_project_file(bank: Path, here: Path, run_testgen: Run) -> None:
    name = os.fsdecode(b"b\xff.dot")
    bank.rename(here / name)
    answer = run_testgen("init", name)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "cannot stand in a project file, which is UTF-8" in answer.err
    assert not (here / "bindings").exists()


def test_line_ends_of_the_project_file_are_kept(bank: Path, here: Path, run_testgen: Run) -> None:
    (here / "testgen.toml").write_bytes(b"# mine\r\n")
    run_testgen("init", "bank.dot")
    assert (here / "testgen.toml").read_bytes() == b"# mine\r\n\r\n" + SUITE.replace("\n", "\r\n").encode()


def test_project_file_of_the_folder_above_gets_the_entry(
    bank: Path, here: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "testgen.toml").write_text("[suites.other]\ngraph = 'o.dot'\n")
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    answer = run_testgen("init", "../bank.dot")
    assert answer.out.splitlines()[1:3] == [
        "binding  ../bindings/bank.py  (3 actions and 2 variables to fill in)",
        "suite    [suites.bank] in ../testgen.toml",
    ]
    assert (here / "testgen.toml").read_text().endswith(SUITE)
    assert run_testgen("build", "../bank.dot").code == ExitCode.DONE


def test_empty_project_file_begins_a_project_within_another(
    bank: Path, here: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "testgen.toml").write_text("[suites.other]\ngraph = 'o.dot'\n")
    (here / "sub").mkdir()
    (here / "sub" / "testgen.toml").touch()
    monkeypatch.chdir(here / "sub")
    answer = run_testgen("init", "../bank.dot")
    assert answer.out.splitlines()[1:3] == [
        "binding  bindings/bank.py  (3 actions and 2 variables to fill in)",
        "suite    [suites.bank] in testgen.toml",
    ]
    assert (here / "testgen.toml").read_text() == "[suites.other]\ngraph = 'o.dot'\n"


def test_link_to_a_project_file_stays_a_link(bank: Path, here: Path, run_testgen: Run) -> None:
    (here / "real.toml").write_text("")
    (here / "testgen.toml").symlink_to("real.toml")
    run_testgen("init", "bank.dot")
    assert (here / "testgen.toml").is_symlink()
    assert (here / "real.toml").read_text() == SUITE


def test_binding_may_go_elsewhere(bank: Path, here: Path, run_testgen: Run) -> None:
    answer = run_testgen("init", "bank.dot", "--binding", "tests/mine.py:MyBank")
    assert answer.code == ExitCode.DONE, answer.err
    assert "class MyBank(Binding):" in (here / "tests" / "mine.py").read_text()
    assert tomllib.loads((here / "testgen.toml").read_text())["suites"]["bank"]["binding"] == "tests/mine.py:MyBank"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("bindings/bank.py", "mine = 1\n", "bindings/bank.py: is there already, and is not overwritten"),
        ("testgen.toml", "[suites.bank]\ngraph = 'o.dot'\n", "testgen.toml: has a suite 'bank' already"),
        ("testgen.toml", "[suites.x]\ngraph = 'bank.dot'\n", "bank.dot: is the graph of the suite 'x' already"),
        ("testgen.toml", "suites = {}\n", "testgen.toml: cannot take another table"),
        ("testgen.toml", "[suites", "testgen.toml: is not TOML"),
        ("pyproject.toml", "[tool]\ntestgen = {suites = {}}\n", "pyproject.toml: cannot take another table"),
        ("pyproject.toml", "[[tool.testgen.suites]]\n", "suites is not a table"),
        ("bindings", "a file\n", "bindings/bank.py: cannot be written"),
    ],
)
def test_nothing_is_overwritten_and_nothing_half_written(
    name: str, text: str, words: str, bank: Path, here: Path, run_testgen: Run
) -> None:
    (here / name).parent.mkdir(exist_ok=True)
    (here / name).write_text(text)
    before = contents(here)
    answer = run_testgen("init", "bank.dot")
    assert answer.code in (ExitCode.REQUEST, ExitCode.SURROUNDINGS)
    assert answer.out == ""
    assert words in answer.err
    assert contents(here) == before


def test_entry_that_cannot_be_written_takes_the_binding_back(
    bank: Path, here: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    before = contents(here)
    answer = run_testgen("init", "bank.dot")
    assert (answer.code, contents(here)) == (ExitCode.SURROUNDINGS, before)
    assert "testgen.toml: cannot be written: No space left on device" in answer.err
    assert not (here / "bindings").exists()


# Bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gone.dot"], "gone.dot: no such file"),
        (["-"], "GRAPH cannot be standard input"),
        (["bank.dot", "--binding", "bank.py"], "is not path/to/file.py:Class"),
        (["bank.dot", "--binding", "bank.py:1x"], "is not path/to/file.py:Class"),
        (["bank.dot", "--binding", "bank.py:class"], "is not path/to/file.py:Class"),
        (["bank.dot", "--binding", ""], "is not path/to/file.py:Class"),
        (["bank.dot", "--verify"], "which binding performs these actions? no known binding does"),
        (["bank.dot", "--verify", "--binding", "bank.py:Bank"], "bank.py: no such file"),
    ],
)
def test_request_that_cannot_be_carried_out_is_told(
    arguments: list[str], words: str, bank: Path, here: Path, run_testgen: Run
) -> None:
    before = contents(here)
    answer = run_testgen("init", *arguments)
    assert (answer.code, answer.out, contents(here)) == (ExitCode.REQUEST, "", before)
    assert words in answer.err


def test_graph_without_action_names_is_told(here: Path, run_testgen: Run) -> None:
    (here / "bare.dot").write_text(dot([{"x": "1"}, {"x": "2"}], [(0, "", 1)]))
    answer = run_testgen("init", "bare.dot")
    assert answer.code == ExitCode.REQUEST
    assert "bare.dot: the transitions carry no action names" in answer.err
    assert not (here / "bindings").exists()


def test_odd_names_go_all_the_way_to_tests_that_run(here: Path) -> None:
    """Keywords, `self`, names that differ in case only, a parameter `class`; also of the file."""
    states = [
        {"self": "1", "class": "1", "Put": "1", "x": "1", "X": "1"},
        {"self": "2", "class": "2", "Put": "2", "x": "2", "X": "2"},
    ]
    labels = [
        ("class", ["1"], ["class"]),
        ("put", ["2"], ["self"]),
        ("Put", ["3"], ["Put"]),
        ("M!In-it", ["4"], ["a b"]),
    ]
    write_graph(here / "class.json", states, [(0, label, 1) for label in labels])
    answer = testgen("init", "class.json", cwd=here)
    assert answer.code == ExitCode.DONE, answer.err
    assert testgen("build", "class.json", cwd=here).code == ExitCode.DONE
    output = run_pytest(here, "generated/class")
    assert "4 skipped in " in output
    for name in ("class", "put", "Put", "M!In-it"):
        assert f"    1  action `{name}` is not implemented in bindings/class_.py:" in output
    binding = here / "bindings" / "class_.py"
    binding.write_text(binding.read_text().replace("        pass\n", "        self.at = 1\n"))
    actions, mark, observers = binding.read_text().partition("    @observes")
    pending = re.compile(r"raise NotImplementedYet\(.*\)")
    binding.write_text(pending.sub("self.at = 2", actions) + mark + pending.sub("return self.at", observers))
    assert "4 passed in " in run_pytest(here, "generated/class")
    binding.write_text(binding.read_text().replace("return self.at", "return 1"))
    assert "4 failed in " in run_pytest(here, "generated/class")


# --verify, and the warnings of a build


CHANGED = """
from testgen.bindings import Binding, action, observes


class Changed(Binding):
    @action("Deposit")
    def deposit(self, account): ...

    @action("Transfer", parameters=lambda before, after: {"amount": after["gone"]})
    def transfer(self, amount): ...

    @action("Close")
    def close_account(self): ...

    @observes("balances")
    def balances(self): ...
"""


def test_verify_tells_all_that_does_not_fit_at_once(bank: Path, here: Path, run_testgen: Run) -> None:
    (here / "changed.py").write_text(CHANGED)
    answer = run_testgen("init", "--verify", "bank.dot", "--binding", "changed.py:Changed")
    assert (answer.code, answer.err) == (ExitCode.NO, "")
    lines = answer.out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["does not fit"] * 4 + ["note"] * 3
    for words in (
        "the action 'Withdraw' has no method in Changed",
        "Changed.balances observes 'balances', which the specification does not have; its variables are balance, log",
        "Changed.deposit takes 1 parameter (account), but the dump's label 'Deposit' has 2 arguments",
        "the parameters declared for Changed.transfer cannot be found from the states of a step 'Transfer' (KeyError",
        "Changed.close_account performs 'Close', which no step of the graph is",
        "nobody observes the variable 'balance'",
        "nobody observes the variable 'log'",
    ):
        assert words in answer.out
    document = json.loads(run_testgen("init", "--verify", "bank.dot", "--binding", "changed.py:Changed", "--json").out)
    assert (document["schema"], document["builds"], len(document["findings"])) == ("testgen.verify/1", False, 7)
    assert not (here / "testgen.toml").exists()


def test_build_refuses_what_cannot_be_and_warns_of_the_rest(bank: Path, here: Path, run_testgen: Run) -> None:
    (here / "changed.py").write_text(CHANGED)
    answer = run_testgen("build", "bank.dot", "--binding", "changed.py:Changed")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "warning: bank.dot: Changed.close_account performs 'Close'" in answer.err
    assert "warning: bank.dot: nobody observes the variable 'log'" in answer.err
    assert "Changed.deposit takes 1 parameter (account), but the dump's label 'Deposit' has 2 arguments" in answer.err
    assert "Changed.balances observes 'balances', which the specification does not have" in answer.err
    assert "error: Changed has no method for 'Withdraw'" in answer.err
    quiet = run_testgen("build", "bank.dot", "--binding", "changed.py:Changed", "-q")
    assert "warning" not in quiet.err


@pytest.mark.parametrize("command", [["build"], ["init", "--verify"]], ids=["build", "init"])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("class (:", "mine.py:1:7: is not Python"),
        ("\nnothing", "mine.py:2: cannot be imported (NameError"),
        ("Mine = 1", "'Mine' is not a subclass of testgen.bindings.Binding"),
        (
            "from testgen.bindings import Binding, action\n\nclass Mine(Binding):\n    @action\n    def a(self): ...\n",
            'mine.py:4: @action takes a name of the specification, such as @action("',
        ),
    ],
)
def test_binding_that_cannot_be_used_is_told_alike(
    command: list[str], source: str, words: str, bank: Path, here: Path, run_testgen: Run
) -> None:
    (here / "mine.py").write_text(source)
    answer = run_testgen(*command, "bank.dot", "--binding", "mine.py:Mine")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err


def test_story_of_the_wrong_type_is_told(bank: Path, here: Path, run_testgen: Run) -> None:
    methods = "".join(
        f"    @action('{n}')\n    def {n.lower()}(self, *a): ...\n" for n in ("Deposit", "Transfer", "Withdraw")
    )
    source = "from testgen.bindings import Binding, action\n\n\nclass Wrong(Binding):\n" + methods
    (here / "wrong.py").write_text(
        f"{source}\n    @classmethod\n    def story(cls, initial, steps):\n        return 'x'\n"
    )
    answer = run_testgen("build", "bank.dot", "--binding", "wrong.py:Wrong", "-q")
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "Wrong.story gives a str for the behavior" in answer.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def __init__(self)", "def __init__(self, url)", "Bank cannot be made without arguments"),
        ('@observes("log")', '@observes("log", project=lambda value: value[0])', "project fails for [] (IndexError: "),
        ('@observes("log")', '@observes("log", any_of=len)', "any_of gives "),
    ],
)
def test_binding_that_no_test_could_use_is_refused_before_anything_is_written(
    old: str, new: str, words: str, bank: Path, here: Path
) -> None:
    testgen("init", "bank.dot", cwd=here)
    path = here / "bindings" / "bank.py"
    path.write_text(path.read_text().replace(old, new, 1))
    line = 1 + path.read_text().split(new)[0].count("\n")
    answer = testgen("build", "bank.dot", "--quiet", cwd=here)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err
    assert not (here / "generated").exists()
    assert f"bindings/bank.py:{line}" in answer.err
    answer = testgen("init", "--verify", "bank.dot", cwd=here)
    assert answer.code == ExitCode.NO
    assert answer.out.startswith("does not fit  ")
    assert words in answer.out


def test_field_that_is_ignored_and_not_there_is_warned_of(bank: Path, here: Path) -> None:
    testgen("init", "bank.dot", cwd=here)
    path = here / "bindings" / "bank.py"
    path.write_text(path.read_text().replace('@observes("balance")', '@observes("balance", ignore=("ann", "anne"))'))
    answer = testgen("build", "bank.dot", cwd=here)
    assert answer.code == ExitCode.DONE
    assert (
        "the observer of 'balance' ignores the field 'anne', which no value of it has (bindings/bank.py:" in answer.err
    )
    assert "'ann'" not in answer.err


def test_steps_that_tlc_could_not_name_are_told_with_the_remedy(here: Path, run_testgen: Run) -> None:
    (here / "x.dot").write_text(dot([{"n": "0"}, {"n": "1"}], [(0, "Next", 1)]))
    for command in (["init", "x.dot"], ["inspect", "x.dot"]):
        answer = run_testgen(*command)
        assert answer.code == ExitCode.DONE
        assert "steps are called 'Next'" in answer.err
        assert r"as in Deliver == \E m \in msgs : Receive(m), for Next to consist of" in " ".join(answer.err.split())
    (here / "y.dot").write_text(dot([{"n": "0"}, {"n": "1"}], [(0, "Step", 1)]))
    assert run_testgen("inspect", "y.dot").err == ""
