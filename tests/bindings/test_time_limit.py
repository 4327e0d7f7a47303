"""What takes too long is stopped, wherever it hangs; what does not is left alone. Limits here are hit by hangs only."""

import asyncio
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.bindings import Binding, action, observes
from testgen.bindings import time_limit as limits
from testgen.bindings.time_limit import Overdue, limited, time_limit
from testgen.runtime.instances import close_instance

HANG_SECONDS = 600
SOON = 0.5


def loop_for_ever() -> None:
    while True:
        pass


def swallow_everything() -> None:
    ended = time.monotonic() + 3 * limits._AGAIN_SECONDS
    while time.monotonic() < ended:
        try:
            time.sleep(HANG_SECONDS)
        except:  # noqa: E722 - as some retries do
            continue


def swallow_exceptions() -> None:
    while True:
        try:
            time.sleep(HANG_SECONDS)
        except Exception:  # as many retries do
            continue


def make_another_error_of_it() -> None:
    try:
        time.sleep(HANG_SECONDS)
    except BaseException:
        raise ConnectionError("lost") from None


def wait_for_a_child() -> None:
    with subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({HANG_SECONDS})"]) as child:
        try:
            child.wait()
        finally:
            child.kill()


HANGS: list[Callable[[], object]] = [
    loop_for_ever,
    swallow_everything,
    swallow_exceptions,
    make_another_error_of_it,
    wait_for_a_child,
    lambda: time.sleep(HANG_SECONDS),
    lambda: threading.Event().wait(),
    lambda: queue.Queue[int]().get(),
    lambda: asyncio.run(asyncio.sleep(HANG_SECONDS)),
]


@pytest.mark.parametrize("hang", HANGS, ids=lambda hang: hang.__name__)
def test_whatever_hangs_is_stopped_and_its_place_told(hang: Callable[[], object]) -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(Overdue, match=f"the step did not end within {SOON} s; it was at") as caught:
        limited(hang, SOON, "the step")
    assert "test_time_limit.py:" in caught.value.place
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_ends_in_time_gives_its_result_or_error() -> None:
    assert limited(lambda: 7, HANG_SECONDS, "it") == 7
    assert limited(lambda: 7, None, "it") == 7
    with pytest.raises(KeyError):
        limited(lambda: {}["a"], HANG_SECONDS, "it")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_alarm_that_was_set_before_stays_set() -> None:
    told: list[int] = []
    outer = signal.signal(signal.SIGALRM, lambda number, frame: told.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS, 3)
        limited(lambda: None, 5, "it")
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left <= HANG_SECONDS
        assert interval == 3
        signal.setitimer(signal.ITIMER_REAL, SOON)
        limited(lambda: time.sleep(SOON * 3), HANG_SECONDS, "what an outer alarm interrupts first")
        assert told == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer)


def test_elsewhere_than_on_the_main_thread_the_step_is_left_behind() -> None:
    found: list[object] = []
    release = threading.Event()

    def in_a_thread() -> None:
        for call in (lambda: release.wait(HANG_SECONDS), lambda: 7, lambda: {}["a"]):
            try:
                found.append(limited(call, 20 if found else SOON, "the step"))
            except (Overdue, KeyError) as error:
                found.append(error)

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    release.set()
    overdue, seven, error = found
    assert isinstance(overdue, Overdue)
    assert "test_time_limit.py:" in overdue.place
    assert seven == 7
    assert isinstance(error, KeyError)


def test_import_has_a_limit_only_where_there_is_an_alarm() -> None:
    ended: list[bool] = []

    def in_a_thread() -> None:
        with time_limit(SOON, "it"):
            ended.append(True)

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert ended == [True]


def test_debugger_suspends_all_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_is_suspended", False)
    monkeypatch.setattr(limits, "_last_words", None)

    def debug() -> int:
        limits.suspend_limits()
        time.sleep(SOON * 2)
        return 7

    assert limited(debug, SOON, "it") == 7
    assert limited(lambda: time.sleep(SOON * 2), SOON, "it") is None


# Of a binding


class Slow(Binding):
    step_seconds = SOON

    def __init__(self) -> None:
        self.is_slow = False
        self.closes = False

    @action("Nap")
    def nap(self, seconds: float) -> None:
        time.sleep(seconds)

    @action("Wait", seconds=HANG_SECONDS)
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    @action("AsyncNap")
    async def async_nap(self) -> None:
        await asyncio.sleep(HANG_SECONDS)

    @observes("x")
    def x(self) -> int:
        if self.is_slow:
            time.sleep(HANG_SECONDS)
        return 1

    def close(self) -> None:
        if self.closes:
            time.sleep(HANG_SECONDS)


@pytest.fixture
def slow() -> Slow:
    return Slow()


def test_step_that_hangs_is_told_as_its_statement(slow: Slow) -> None:
    with pytest.raises(Overdue) as caught:
        slow.nap(seconds=HANG_SECONDS)
    assert caught.value.doing == f"nap(seconds={HANG_SECONDS})"
    assert caught.value.place.endswith("in nap: time.sleep(seconds)")
    assert slow.is_overdue
    assert not slow.journal.is_open
    slow.wait(seconds=0)


def test_coroutine_that_hangs_is_told_by_its_own_line(slow: Slow) -> None:
    slow.step_seconds = 2  # type: ignore[misc]  # of this instance; by then its loop runs, on a busy machine as well
    with pytest.raises(Overdue) as caught:
        slow.async_nap()
    assert caught.value.place.endswith("in async_nap: await asyncio.sleep(HANG_SECONDS)")
    slow.step_seconds = HANG_SECONDS  # type: ignore[misc]  # of this instance
    close_instance(slow)


def test_an_action_may_have_its_own_limit(slow: Slow) -> None:
    slow.wait(seconds=2 * SOON)
    assert not slow.is_overdue


def test_observation_that_hangs_tells_nothing_of_which_outcome_it_was(slow: Slow) -> None:
    slow.is_slow = True
    slow.also_allowed(x=2)
    slow.also_allowed(x=1)
    with pytest.raises(Overdue) as caught:
        slow.check_state(x=3)
    assert not hasattr(caught.value, "__notes__")


def test_observing_and_closing_have_the_limit_of_the_class(slow: Slow) -> None:
    slow.is_slow = slow.closes = True
    with pytest.raises(Overdue, match="observing the variable x did not end"):
        slow.check_state(x=1)
    with pytest.raises(Overdue, match="closing the Slow did not end"):
        close_instance(slow)


def test_what_no_signal_interrupts_ends_the_process_and_says_where(tmp_path: Path) -> None:
    """A mutex that is locked twice, in C: the handler of the signal never comes to run."""
    program = tmp_path / "stuck.py"
    program.write_text(
        "import ctypes\n"
        "from testgen.bindings import time_limit\n"
        "def lock_twice():\n"
        "    mutex = ctypes.create_string_buffer(64)\n"
        "    for _ in range(2):\n"
        "        ctypes.CDLL(None).pthread_mutex_lock(mutex)\n"
        "time_limit._AGAIN_SECONDS = 0.1\n"
        "time_limit.tell_last_words_to(2)\n"
        "time_limit.limited(lock_twice, 0.2, 'the step')\n"
    )
    result = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, timeout=600)
    assert result.returncode == 1
    assert "Timeout (" in result.stderr
    assert 'stuck.py", line 6 in lock_twice' in result.stderr
