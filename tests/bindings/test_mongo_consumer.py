"""The consumer's tests pass on a live MongoDB, and each fault put into what they observe makes them fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testgen.errors import ServerError
from testgen.mongo.locate import find_mongod, user_uri

GRAPHS = Path(__file__).resolve().parents[2] / "graphs"

PRELUDE = """
from testgen.bindings.mongo_consumer import StreamConsumer
from testgen.bindings.mongo_consumer_program import ConsumerProgram

take_next, take = ConsumerProgram._next, ConsumerProgram._take
own_events = StreamConsumer._own_events
done = []  # consumers that the fault has hit


def is_first(consumer):
    return not any(consumer is other for other in done)
"""

FAULTS = {
    "the_stream_drops_an_event": (
        """
def fault(consumer):
    if is_first(consumer):
        done.append(consumer)
        take_next(consumer)
    return take_next(consumer)

ConsumerProgram._next = fault
""",
        """
  events that the consumer is delivered if it goes on
    expected    [1, 2]
    observed    [2]
""",
    ),
    "the_stream_swaps_two_events": (
        """
def fault(consumer):
    first = take_next(consumer)
    if first is None or not is_first(consumer) or (second := take_next(consumer)) is None:
        return first
    done.append(consumer)
    consumer._ahead.appendleft(first)
    return second

ConsumerProgram._next = fault
""",
        """
  events that the consumer is delivered if it goes on
    expected    [1, 2]
    observed    [2, 1]
""",
    ),
    "the_stream_delivers_an_event_twice": (
        """
def fault(consumer, event):
    take(consumer, event)
    if is_first(consumer):
        done.append(consumer)
        consumer._ahead.appendleft(event)

ConsumerProgram._take = fault
""",
        """
  events that the consumer is delivered if it goes on
    expected    [1]
    observed    [1, 1]
""",
    ),
    "the_token_saved_is_that_of_the_event_before": (
        """
def fault(consumer):
    begin, received = consumer.sessions[-1]
    consumer.saved = [begin, begin, *received][-2]

ConsumerProgram.save = fault
""",
        """
  variable saved
    expected    1
    observed    0
""",
    ),
    "the_control_stream_drops_an_event": (
        """
StreamConsumer._own_events = lambda test: own_events(test)[1:]
""",
        """
  the events
    expected    [{"base": 1, "id": 1, "op": "insert", "time": 1, "txn": False, "v": 1}]
    observed    []
""",
    ),
    "an_event_has_a_time_at_which_nothing_was_written": (
        """
write = StreamConsumer._write

def fault(test, *arguments):
    write(test, *arguments)
    test._times[-1] = test._writer.operation_time.as_datetime()

StreamConsumer._write = fault
""",
        """\
    differs at  [0]["time"]: expected 1, observed "a time at which nothing was written"
""",
    ),
}

EARLY_FAULTS = {
    "the_consumer_applies_what_it_has_in_hand_when_it_crashes": (
        """
crash = ConsumerProgram.crash

def fault(consumer):
    if consumer._in_hand is not None:
        consumer.apply()
    crash(consumer)

ConsumerProgram.crash = fault
""",
        """
  variable replica
    expected    [{"at": 0, "base": 0, "v": 0}, {"at": 0, "base": 0, "v": 0}]
    observed    [{"at": 1, "base": 1, "v": 1}, {"at": 0, "base": 0, "v": 0}]
""",
    ),
    "the_twin_saves_first_as_well": (
        """
from testgen.bindings.mongo_consumer_early_token import EarlyTokenConsumer
deliver = EarlyTokenConsumer.deliver

def fault(test):
    deliver(test)
    test._twin.save()

EarlyTokenConsumer.deliver = fault
EarlyTokenConsumer.action_methods.cache_clear()
""",
        """
  events that are lost to the twin, which applies first
    expected    []
    observed    [1]
""",
    ),
}


@pytest.fixture(scope="module")
def _mongod() -> None:
    try:
        user_uri() or find_mongod()
    except ServerError as error:
        if os.environ.get("TESTGEN_REQUIRE_LIVE") == "1":
            pytest.fail(f"TESTGEN_REQUIRE_LIVE=1, but: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def suites(_mongod: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suites `small` and `early`, a shortest behavior to each transition."""
    out = tmp_path_factory.mktemp("suites")
    for name, graph, binding in (
        ("small", "consumer-small", "mongo_consumer"),
        ("early", "consumer-early-token", "mongo_consumer_early_token"),
    ):
        command = [sys.executable, "-m", "testgen", "build", str(GRAPHS / f"{graph}.dot.gz"), "--binding", binding]
        options = ["--criterion", "transitions", "--strategy", "shortest", "--out", str(out / name), "-q"]
        subprocess.run([*command, *options], check=True, capture_output=True, cwd=out)
    return out


def run(folder: Path, *files: str, plugins: Path | None = None) -> str:
    """What pytest says of some of a suite's files, with the plugin `fault` if there is one."""
    command = [sys.executable, "-m", "pytest", "-q", "-vv", "--import-mode=importlib", "-p", "no:cacheprovider"]
    command += ["-p", "fault"] if plugins else []
    command += [str(folder / file) for file in files]
    paths = os.pathsep.join([*([str(plugins)] if plugins else []), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder, timeout=600
    )
    return done.stdout + done.stderr


@pytest.mark.mongo
@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("small", ["test_insert_crash.py", "test_insert_deliver_save_token.py", "test_stage_stage.py"]),
        ("early", ["test_insert_deliver_crash.py", "test_drop.py"]),
    ],
)
def test_a_real_server_conforms(suites: Path, folder: str, files: list[str]) -> None:
    said = run(suites / folder, *files)
    assert " passed" in said, said
    assert "failed" not in said, said
    assert "skipped" not in said, said


@pytest.mark.mongo
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_observation_is_noticed(name: str, suites: Path, tmp_path: Path) -> None:
    code, message = FAULTS[name]
    (tmp_path / "fault.py").write_text(PRELUDE + code, encoding="utf-8")
    # No token is saved in the first file, and what is wrong with a stream is told most briefly there.
    file = "test_insert_deliver_others.py" if "token" in name else "test_insert_crash.py"
    said = run(suites / "small", file, plugins=tmp_path)
    assert " failed" in said, said
    assert message in said, said
    assert "Traceback" not in said, said


@pytest.mark.mongo
@pytest.mark.parametrize("name", EARLY_FAULTS)
def test_a_loss_that_is_not_as_predicted_is_noticed(name: str, suites: Path, tmp_path: Path) -> None:
    code, message = EARLY_FAULTS[name]
    (tmp_path / "fault.py").write_text(PRELUDE + code, encoding="utf-8")
    said = run(suites / "early", "test_insert_deliver_crash.py", plugins=tmp_path)
    assert " failed" in said, said
    assert message in said, said
