"""The program as a whole: exit codes, streams, and a start that imports nothing heavy."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen import errors
from testgen.cli import main as command_line
from testgen.errors import ExitCode, GraphError, Location, ServerError
from tests.conftest import STORE_BINDING, Answer

Run = Callable[..., Answer]
TESTGEN = [sys.executable, "-m", "testgen"]
SEE = "see: testgen help formats\n"
HEAVY = "numpy", "scipy", "networkx", "jinja2", "pymongo", "rich", "pydot"


@pytest.mark.parametrize(
    "command", ["", "build", "coverage", "coverage graph", "doctor", "explore", "help", "init", "inspect"]
)
def test_help_is_answered_without_importing_anything_heavy(command: str) -> None:
    code = (
        "import sys; from testgen.cli import main\n"
        f"sys.argv = ['testgen', *{command.split()!r}, '--help']\n"
        "code = main.run()\n"
        f"print(code, [name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "0 []"
    assert f"Usage: testgen {command}".rstrip() in result.stdout
    assert result.stderr == ""


def test_help_names_every_exit_code(run_testgen: Run) -> None:
    text = run_testgen("--help").out
    assert all(f" {int(code)}  " in text for code in ExitCode)


def test_version_is_told(run_testgen: Run) -> None:
    answer = run_testgen("--version")
    assert (answer.code, answer.out) == (0, f"testgen, version {command_line.testgen_version()}\n")


@pytest.mark.parametrize(
    "arguments", [["biuld"], ["build", "--no-such-option"], ["inspect"], ["build", "--limit", "0"]]
)
def test_usage_error_is_a_request_that_cannot_be_carried_out(arguments: list[str], run_testgen: Run) -> None:
    answer = run_testgen(*arguments)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert "Usage:" in answer.err


class Stumble:
    """A command that raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, **_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "err"),
    [
        (GraphError("odd", location=Location("g.dot", 3), hint="look"), 2, f"error: g.dot:3: odd\nhint: look\n{SEE}"),
        (ServerError("gone"), 3, "error: gone\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_error_becomes_message_and_exit_code(
    error: BaseException, code: int, err: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "testgen", Stumble(error))
    assert command_line.run() == code
    assert capsys.readouterr() == ("", err)


def test_defect_alone_shows_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command_line, "testgen", Stumble(ZeroDivisionError("oops")))
    assert command_line.run() == ExitCode.DEFECT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" in captured.err
    assert "ZeroDivisionError: oops" in captured.err
    assert captured.err.endswith("this is a defect in testgen; please report the lines above and the command\n")


def test_reader_that_has_seen_enough_is_no_error(store: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run([*TESTGEN, "inspect", str(store)], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_no_space_for_the_output_is_a_matter_of_the_surroundings(store: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*TESTGEN, "inspect", str(store)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (3, b"error: No space left on device\n")


@pytest.mark.parametrize("no_color", ["", "1"])
@pytest.mark.parametrize("arguments", [["inspect"], ["build", "--binding", STORE_BINDING], ["inspect", "gone.dot"]])
def test_colors_are_for_terminals_whose_user_wants_them(arguments: list[str], no_color: str, store: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm"} | ({"NO_COLOR": no_color} if no_color else {})
    if "gone.dot" not in arguments:
        arguments = [*arguments, store.name]
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [*TESTGEN, *arguments], cwd=store.parent, env=environment, stdout=terminal, stderr=terminal, stdin=terminal
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # how a terminal ends on Linux
            break
        if not part:
            break
        shown += part
    os.close(main)
    assert process.wait() == (2 if "gone.dot" in arguments else 0)
    assert (b"\x1b[1m" in shown or b"\x1b[31m" in shown) == (not no_color)


def test_every_error_points_to_a_page_that_is_there(run_testgen: Run) -> None:
    families = [errors.TestgenError]
    for family in families:
        families += family.__subclasses__()
    topics = {family.topic for family in families if family.topic is not None}
    assert {"bindings", "formats", "selection"} <= topics
    for topic in topics:
        assert run_testgen("help", topic).code == ExitCode.DONE


@pytest.mark.parametrize(
    ("command", "topic"),
    [
        (["inspect", "gone.dot"], "formats"),
        (["explore", "Gone.tla"], "tutorial"),
        (["build", "gone.dot"], "init"),
        (["init", "--verify", "gone.dot"], "init"),
        (["diff", "gone.json", "gone.json"], "ci"),
    ],
)
def test_error_without_a_page_names_that_of_its_command(run_testgen: Run, command: list[str], topic: str) -> None:
    answer = run_testgen(*command)
    assert answer.code == ExitCode.REQUEST
    assert answer.err.endswith(f"see: testgen help {topic}\n")
    assert run_testgen("help", topic).code == ExitCode.DONE


@pytest.mark.parametrize(
    ("topic", "title"),
    [("criteria", "# Which behaviors become tests"), ("Live-MongoDB", "# A live MongoDB"), ("shrink", "# Failures")],
)
def test_topic_is_found_by_what_people_call_it(run_testgen: Run, topic: str, title: str) -> None:
    answer = run_testgen("help", topic)
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert answer.out.startswith(title)


def test_topic_that_is_none_names_the_pages_that_speak_of_it(run_testgen: Run) -> None:
    assert "no topic 'snapshot'; it is spoken of in bindings" in run_testgen("help", "snapshot").err
    assert "did you mean 'bindings'?" in run_testgen("help", "binding").err
    assert "there are bindings, ci," in run_testgen("help", "qwertz").err


def test_error_of_its_own_topic_says_so() -> None:
    assert str(errors.RenderError("odd", hint="look", topic="languages")) == (
        "odd\nhint: look\nsee: testgen help languages"
    )
    assert "see:" not in str(errors.RenderError("odd"))
