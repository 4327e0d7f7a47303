"""What tests share: set up once in each process, an instance made new in between; and hangs, which cost one test."""

import re
from pathlib import Path

import pytest

from tests.projects import change, make_project, run_pytest

SESSION = """
    made = 0

    @classmethod
    def set_up_session(cls):
        note("session begins")

    @classmethod
    def tear_down_session(cls):
        note("session ends")

    def __init__(self) -> None:
        Store.made += 1
        note(f"made {Store.made}")
"""
RESETS = """
    @resets
    def clean(self):
        note("reset")
        self.data, self.taken = {}, []

    def close(self):
        note("closed")

    @observes("busy")
"""
NOTE = "\n\ndef note(text):\n    with open('notes', 'a') as file:\n        file.write(text + '\\n')\n\n\nclass Store("


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project", store)
    change(folder, "from testgen.bindings import Binding,", "from testgen.bindings import resets, Binding,")
    change(folder, "\n\nclass Store(", NOTE)
    change(folder, "\n    def __init__(self) -> None:\n", SESSION)
    return folder


def notes(folder: Path) -> list[str]:
    return (folder / "notes").read_text().splitlines()


def keep(folder: Path) -> None:
    """Let the instance serve one test after the other."""
    change(folder, '\n    @observes("busy")\n', RESETS)


# Sessions


def test_session_begins_before_the_first_test_and_ends_after_the_last(project: Path) -> None:
    assert "3 passed" in run_pytest(project, "generated")
    assert notes(project) == ["session begins", "made 1", "made 2", "made 3", "session ends"]


def test_each_worker_has_a_session(project: Path) -> None:
    assert "3 passed" in run_pytest(project, "-n2", "generated")
    assert notes(project).count("session begins") == notes(project).count("session ends") == 2


def test_session_that_is_not_needed_does_not_begin(project: Path) -> None:
    (project / "test_mine.py").write_text("def test_mine(): ...\n")
    assert "1 passed" in run_pytest(project, "test_mine.py")
    assert not (project / "notes").exists()


def test_session_that_cannot_begin_is_told_in_full_once(project: Path) -> None:
    change(
        project, '        note("session begins")', '        note("session begins")\n        raise OSError("no room")'
    )
    output = run_pytest(project, "generated")
    assert "3 errors in" in output
    assert output.count("Store.set_up_session has failed: OSError: no room") >= 2
    assert len(re.findall(r"^  bindings/store\.py:\d+, in set_up_session: raise OSError", output, re.MULTILINE)) == 1
    assert notes(project) == ["session begins"]


def test_session_without_what_it_needs_skips_its_tests(project: Path) -> None:
    change(
        project, '        note("session begins")', '        raise __import__("testgen").errors.Unavailable("no disk")'
    )
    output = run_pytest(project, "generated", TESTGEN_REQUIRE_LIVE="0")
    assert "3 skipped in" in output
    assert "no disk" in output


def test_session_that_skips_skips_all_its_tests(project: Path) -> None:
    change(
        project,
        '        note("session begins")',
        '        note("session begins")\n        __import__("pytest").skip("no docker")',
    )
    assert "3 skipped in" in run_pytest(project, "generated")
    assert notes(project) == ["session begins"]


def test_trouble_at_the_end_of_a_session_is_an_error(project: Path) -> None:
    change(project, '        note("session ends")', '        raise OSError("cannot let go")')
    output = run_pytest(project, "generated")
    assert "3 passed, 1 error in" in output
    assert "OSError: cannot let go" in output


# Instances made new


def test_instance_that_resets_serves_all_tests_and_is_closed_at_the_end(project: Path) -> None:
    keep(project)
    output = run_pytest(project, "generated")
    assert "3 passed" in output
    assert notes(project) == ["session begins", "made 1", "reset", "reset", "closed", "session ends"]


def test_after_a_failure_the_next_test_gets_another_instance(project: Path) -> None:
    keep(project)
    change(project, "self.data[key] = value", "self.data[key] = value if key == 'a' else missing")
    output = run_pytest(project, "generated")
    assert "2 failed, 1 passed" in output
    told = notes(project)
    assert told.count("closed") == sum(note.startswith("made") for note in told) >= 2
    assert told.count("reset") == 3 - told.count("closed")
    assert told[-1] == "session ends"


def test_failure_of_a_kept_instance_tells_its_own_steps_only(project: Path) -> None:
    keep(project)
    change(project, "self.data.pop(key)", "self.data.pop(key) + 1")
    output = run_pytest(project, "generated")
    (story,) = re.findall(r"^behavior .*?^run it alone: ", output, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^[> ] +\d+ (\w+)", story, re.MULTILINE) == ["open_store", "put", "take"]


def test_reset_that_fails_costs_one_test(project: Path) -> None:
    keep(project)
    change(
        project, '        note("reset")', '        note("reset")\n        assert notes_of("reset") != 1, "not clean"'
    )
    change(
        project,
        "\n\nclass Store(",
        "\n\ndef notes_of(text):\n    return open('notes').read().count(text)\n\n\nclass Store(",
    )
    output = run_pytest(project, "-W", "ignore", "generated")
    assert "2 passed, 1 error in" in output
    assert "not clean" in output
    assert notes(project) == ["session begins", "made 1", "reset", "closed", "made 2", "closed", "session ends"]


def test_reset_that_forgets_something_is_seen(project: Path) -> None:
    keep(project)
    change(project, "self.data, self.taken = {}, []", "self.data = {}")
    output = run_pytest(project, "generated")
    assert "variable history, after open_store" in output


# Hangs


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
def test_step_that_hangs_costs_its_test_and_the_run_goes_on(options: tuple[str, ...], project: Path) -> None:
    change(project, "    made = 0\n", "    made = 0\n    step_seconds = 60\n")
    change(project, '    @action("Take", parameters=_taken)', '    @action("Take", parameters=_taken, seconds=0.5)')
    change(project, "        self.taken.append(", "        __import__('time').sleep(600)\n        self.taken.append(")
    output = run_pytest(project, *options, "generated")
    assert "1 failed, 2 passed" in output
    (story,) = re.findall(r"^behavior .*?^run it alone: ", output, re.MULTILINE | re.DOTALL)
    assert 'diverges from the specification at step 3, take(key="a")' in story
    assert (
        '  take(key="a")\n    expected    to end within 0.5 s\n    observed    it hangs at bindings/store.py:' in story
    )
    assert "in take: __import__('time').sleep(600)\n" in story
    assert "    1  hung, at take\n" in output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "        self.data: dict",
            "        __import__('time').sleep(600)\n        self.data: dict",
            "making the Store",
        ),
        ('        note("session begins")', "        __import__('time').sleep(600)", "set_up_session of Store"),
        ('        note("session ends")', "        __import__('time').sleep(600)", "tear_down_session of Store"),
    ],
)
def test_beginning_and_end_that_hang_are_told(old: str, new: str, words: str, project: Path) -> None:
    change(project, "    made = 0\n", "    made = 0\n    step_seconds = 1\n")
    change(project, old, new)
    output = run_pytest(project, "generated")
    assert f"{words} did not end within 1 s; it was at bindings/store.py:" in output
    assert " error" in output.splitlines()[-1]


def test_after_a_hang_closing_has_a_limit_too(project: Path) -> None:
    change(project, '    @action("Take", parameters=_taken)', '    @action("Take", parameters=_taken, seconds=0.5)')
    change(
        project,
        "        self.taken.append(",
        "        self.hangs = True\n        __import__('time').sleep(600)\n        (",
    )
    closing = "    def close(self):\n        if hasattr(self, 'hangs'):\n            __import__('time').sleep(600)\n\n"
    change(project, '    @observes("busy")', closing + '    @observes("busy")')
    (project / "conftest.py").write_text("import testgen.runtime.instances as i\n\ni._CLOSING_SECONDS = 0.5\n")
    output = run_pytest(project, "generated")
    assert "1 failed, 2 passed, 1 error" in output
    assert "closing the Store did not end within 0.5 s" in output


def test_what_no_signal_interrupts_costs_a_worker_and_the_run_goes_on(project: Path) -> None:
    """A mutex locked twice, in C."""
    change(project, '    @action("Take", parameters=_taken)', '    @action("Take", parameters=_taken, seconds=0.5)')
    stuck = (
        "        import ctypes\n"
        "        mutex = ctypes.create_string_buffer(64)\n"
        "        for _ in range(2):\n"
        "            ctypes.CDLL(None).pthread_mutex_lock(mutex)\n"
        "        self.taken.append("
    )
    change(project, "        self.taken.append(", stuck)
    (project / "conftest.py").write_text("import testgen.bindings.time_limit as t\n\nt._AGAIN_SECONDS = 0.2\n")
    output = run_pytest(project, "-n1", "generated")
    assert "1 failed, 2 passed" in output
    assert re.search(r"worker 'gw0' crashed while running 'generated/test_all.py::test_put_take_[0-9a-f]{8}'", output)
    assert re.search(r'store.py", line \d+ in take', output)


def test_broken_binding_is_not_told_as_a_divergence(project: Path) -> None:
    change(project, '@observes("busy")', '@observes("busy", project=lambda value: value["no field"])')
    output = run_pytest(project, "generated")
    assert len(re.findall(r"^behavior [0-9a-f]{8} was broken off at step 1, open_store\(", output, re.MULTILINE)) == 3
    assert re.search(r"BindingError: bindings/store\.py:\d+: project fails for False \(TypeError: ", output)
    assert "diverges" not in output


def test_observation_that_is_no_value_comes_with_a_note(project: Path) -> None:
    change(project, "return bool(self.data)", "return None")
    output = run_pytest(project, "generated")
    assert re.search(
        r"^    note        bindings/store\.py:\d+: busy shows None, which is no value of TLA\+", output, re.M
    )


def test_comparison_is_told_in_the_story_and_the_summary(project: Path) -> None:
    change(project, '@observes("history")', '@observes("history", ignore="value", within=0.5)')
    change(project, '"key": key, "value": ', '"key": "b", "value": ')
    output = run_pytest(project, "generated")
    assert "  variable history (ignoring field value, within 0.5)\n" in output
    assert '    expected    [{"key": "a"}]\n    observed    [{"key": "b"}]\n' in output
    assert "    1  variable history (ignoring field value, within 0.5), after take\n" in output


def test_numbers_that_are_near_enough_are_not_among_what_differs(project: Path) -> None:
    change(project, '@observes("history")', '@observes("history", within=0.5)')
    change(project, '"key": key, "value": ', '"key": "b", "value": 0.25 + ')
    output = run_pytest(project, "generated")
    assert '    differs at  [0]["key"]: expected "a", observed "b"\n' in output
    assert '["value"]: expected' not in output
