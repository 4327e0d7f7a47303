"""Tests that share a costly step run together, and are items of their own all the same."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from testgen.bindings import Binding
from testgen.runtime import lockstep
from testgen.runtime.lockstep import Run, run_together

TURNSTILE = '''
from typing import ClassVar

from testgen.bindings import Binding, action

EVENTS = []


class Turnstile(Binding):
    """Whoever stands before it waits until it turns; each turn lets all through."""

    lockstep: ClassVar[bool] = True
    made: ClassVar[int] = 0
    turns: ClassVar[int] = 0
    broken_at: ClassVar[int] = 0

    def __init__(self):
        Turnstile.made += 1
        self.number = Turnstile.made

    @action("Note")
    def note(self, what):
        EVENTS.append(f"{self.number}{what}")

    @classmethod
    def let_all_through(cls):
        Turnstile.turns += 1
        if Turnstile.turns == Turnstile.broken_at:
            raise OSError("it is stuck")
        return Turnstile.turns

    @action("Turn")
    def turn(self):
        EVENTS.append(f"{self.number}:{self.shared_step(self.let_all_through)}")

    def close(self):
        EVENTS.append(f"{self.number}closed")
'''

TESTS = '''
import os
import sys

from testgen.runtime import binding_fixture

sys.path.insert(0, os.path.dirname(__file__))
from turnstile import EVENTS, Turnstile

turnstile = binding_fixture(Turnstile)
Turnstile.broken_at = int(os.environ.get("BROKEN_AT", 0))


def test_one_11111111(turnstile):
    """Behavior 11111111: two turns."""
    turnstile.note("a")
    turnstile.turn()
    turnstile.note("b")
    turnstile.turn()


def test_two_22222222(turnstile):
    """Behavior 22222222: a turn, then wrong."""
    turnstile.turn()
    turnstile.expect("the number", 0, turnstile.number)


def test_three_33333333(turnstile):
    """Behavior 33333333: no turn."""
    turnstile.note("c")


def test_four_44444444(turnstile):
    """Behavior 44444444: two turns."""
    turnstile.turn()
    turnstile.turn()
    turnstile.note("d")


def test_written_by_hand():
    print("EVENTS", *EVENTS)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "turnstile.py").write_text(TURNSTILE)
    (tmp_path / "test_turnstile.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run_pytest(folder: Path, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-s", *arguments]
    environ = {**os.environ, **environment}
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environ, timeout=600)
    return result.stdout + result.stderr


def events(output: str) -> list[str]:
    (line,) = re.findall(r"EVENTS (.*)", output)
    return line.replace("F", "").rstrip(".").split()


def test_each_runs_to_its_shared_step_in_order_and_the_step_is_made_once(folder: Path) -> None:
    output = run_pytest(folder)
    assert "1 failed, 4 passed" in output
    ran = [event for event in events(output) if not event.endswith("closed")]
    assert ran == ["1a", "3c", "1:1", "1b", "2:1", "4:1", "1:2", "4:2", "4d"]


def test_each_is_closed_once_when_pytest_has_come_to_it(folder: Path) -> None:
    closed = [event for event in events(run_pytest(folder)) if event.endswith("closed")]
    assert closed == ["1closed", "2closed", "3closed", "4closed"]


def test_a_failure_is_its_own_and_tells_its_story(folder: Path) -> None:
    output = run_pytest(folder, "--tb=short")
    assert re.findall(r"^(?:FAILED|ERROR) (\S+)", output, re.M) == ["test_turnstile.py::test_two_22222222"]
    (story,) = re.findall(r"^behavior .*?^run it alone: .*?$", output, re.M | re.S)
    assert story.splitlines()[0] == "behavior 22222222 diverges from the specification at step 1, turn()"
    assert "a turn, then wrong." in story
    assert re.search(r"test_turnstile\.py:\d+: turnstile\.expect\(\"the number\", 0, turnstile\.number\)", story)
    assert story.endswith("run it alone: pytest test_turnstile.py::test_two_22222222")


@pytest.mark.parametrize("alone", ["test_turnstile.py::test_four_44444444", "-ktest_four"])
def test_one_alone_makes_its_own_steps(alone: str, folder: Path) -> None:
    output = run_pytest(folder, alone, "-v")
    assert "1 passed" in output


def test_first_failure_ends_the_run_and_all_are_closed(folder: Path) -> None:
    with (folder / "test_turnstile.py").open("a") as file:
        file.write("\n\nimport atexit\n\natexit.register(lambda: print('EVENTS', *EVENTS))\n")
    output = run_pytest(folder, "-x")
    assert "1 failed, 1 passed" in output
    closed = [event for event in events(output) if event.endswith("closed")]
    assert closed == ["1closed", "2closed", "3closed", "4closed"]


def test_failed_ones_can_be_run_again(folder: Path) -> None:
    run_pytest(folder)
    assert "=== 1 failed in" in run_pytest(folder, "--lf")


def test_a_shared_step_that_raises_does_so_in_every_test_that_waits_for_it(folder: Path) -> None:
    output = run_pytest(folder, BROKEN_AT="1")
    failed = re.findall(r"^FAILED (\S+) ", output, re.M)
    assert sorted(name.rpartition("_")[2] for name in failed) == ["11111111", "22222222", "44444444"]
    assert output.count("raised    OSError: it is stuck") == 3
    assert "    3  OSError raised, at turn" in output


def test_waiting_is_not_counted_as_time_of_a_test(folder: Path) -> None:
    slow = TURNSTILE.replace(
        "        Turnstile.turns += 1", "        import time; time.sleep(0.3); Turnstile.turns += 1"
    )
    (folder / "turnstile.py").write_text(slow)
    output = run_pytest(folder, "--durations=0", "-vv")
    taken = {name: float(seconds) for seconds, name in re.findall(r"([\d.]+)s call +\S+::(\w+)", output)}
    assert taken["test_one_11111111"] >= 0.25 - 0.01  # a third of one turn, half of the other; rounded
    assert taken["test_two_22222222"] >= 0.10 - 0.01
    assert taken["test_four_44444444"] >= 0.25 - 0.01
    (all_of_it,) = re.findall(r"in ([\d.]+)s", output)
    assert sum(taken.values()) <= float(all_of_it) + 0.05  # with the waiting it would be 2.5 times as long as the turns


def test_workers_batch_what_they_are_sent(folder: Path) -> None:
    output = run_pytest(folder, "-n2", "--dist=loadfile")
    assert "1 failed, 4 passed" in output


def test_worker_of_an_older_xdist_runs_each_alone(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Before 3.7 its queue is one of the standard library, which cannot be looked into."""
    worker = SimpleNamespace(torun=SimpleQueue[int](), nextitem_index=0)
    monkeypatch.setattr(request.config, "workerinput", {}, raising=False)
    monkeypatch.setattr(request.config.pluginmanager, "get_plugins", lambda: [worker])
    assert list(lockstep._items_to_come(request.node)) == [request.node]


def test_a_test_marked_to_be_skipped_is_not_run_with_the_others(folder: Path) -> None:
    source = TESTS.replace("def test_three", "import pytest\n\n\n@pytest.mark.skip\ndef test_three")
    (folder / "test_turnstile.py").write_text(source)
    output = run_pytest(folder)
    assert "1 failed, 3 passed, 1 skipped" in output
    assert "3c" not in events(output)


def test_an_exit_in_one_test_ends_the_run_when_pytest_comes_to_it(folder: Path) -> None:
    source = TESTS.replace('turnstile.note("c")', 'import pytest; pytest.exit("enough")')
    (folder / "test_turnstile.py").write_text(source)
    output = run_pytest(folder)
    assert "1 failed, 1 passed" in output
    assert "Exit: enough" in output


class Door(Binding):
    """What two tests ask of it at once it does once."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def look(self) -> None:
        self.done.append("look")

    def turn(self) -> None:
        self.done.append("turn")


def test_a_costly_step_is_performed_when_no_test_can_go_on_without() -> None:
    done: list[str] = []
    door = Door(done)

    def run_of(name: str, steps: str) -> Run:
        own = Door(done)

        def test() -> None:
            for step in steps.split():
                own.shared_step(getattr(door, step), costly=step == "turn")
                done.append(name)

        return Run(test, own)

    runs = [run_of("a", "turn look"), run_of("b", "look look turn"), run_of("c", "look turn turn")]
    for run in runs:
        run.start()
    run_together(runs)
    assert " ".join(done) == "look b c look b turn a b c look a turn c"


@pytest.mark.parametrize("interrupted", ["at the shared step", "before all have begun"])
def test_an_interrupted_batch_leaves_nobody_waiting(interrupted: str) -> None:
    before = threading.active_count()

    def perform() -> None:
        raise KeyboardInterrupt

    def run_of(door: Door) -> Run:
        return Run(lambda: door.shared_step(perform), door)

    runs = [run_of(Door([])) for _ in range(50)]
    for run in runs:
        run.start()
    if interrupted == "before all have begun":
        runs[10].go_on = perform
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_together(runs)
    assert threading.active_count() == before
    assert time.monotonic() - begun < 25 * lockstep._INTERRUPT_SECONDS  # for each of 50, were it needed
