"""Verdicts from recorded output; `data/README.md` says where that comes from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from testgen.tlc import Exploration, Statistics, Verdict, describe
from testgen.tlc.judgment import Sources, judge
from testgen.tlc.transcript import Transcript

Replay = Callable[..., Exploration]


def test_success_has_all_numbers(replay: Replay) -> None:
    result = replay("ok", "Counter", status=0)
    assert (result.verdict, result.trace, result.problems) == (Verdict.OK, None, ())
    assert result.statistics == Statistics(23, 14, 0, 8)
    assert result.tlc_version == "2.15 (rev: d5b5a7f)"


@pytest.mark.parametrize(
    ("name", "module", "verdict", "message"),
    [
        ("invariant", "Counter", Verdict.INVARIANT, "the invariant Small does not hold"),
        (
            "invariant-initially",
            "Counter",
            Verdict.INVARIANT,
            "the invariant Positive does not hold in an initial state",
        ),
        ("action-property", "Counter", Verdict.LIVENESS, "the action property NeverMore does not hold"),
        ("lasso", "Counter", Verdict.LIVENESS, "a temporal property does not hold"),
        ("stuttering", "Counter", Verdict.LIVENESS, "a temporal property does not hold"),
        ("deadlock", "Faulty", Verdict.DEADLOCK, "deadlock: a state without successor"),
        ("evaluation", "Faulty", Verdict.EVALUATION, "the specification cannot be evaluated"),
        ("assertion", "Faulty", Verdict.ASSERTION, "an assertion failed"),
        ("assumption", "Doubtful", Verdict.ASSUMPTION, "an assumption is false"),
        ("overflow-1m", "Faulty", Verdict.NON_TERMINATION, "evaluation did not terminate"),
        ("out-of-memory", "Faulty", Verdict.OUT_OF_MEMORY, "TLC ran out of memory"),
    ],
)
def test_verdicts(replay: Replay, name: str, module: str, verdict: Verdict, message: str) -> None:
    result = replay(name, module)
    assert (result.verdict, result.message) == (verdict, message)
    assert "java" not in describe(result).replace(str(Path(__file__).parent), "").lower()


@pytest.mark.parametrize(
    ("name", "module", "problems"),
    [
        (
            "misspelt",
            "Misspelt",
            "Misspelt.tla:5:18: Unknown operator: `countt'.\nMisspelt.tla:5:32: Unknown operator: `Foo'.",
        ),
        ("unclosed", "Unclosed", 'Unclosed.tla:6:1: Encountered "Beginning of definition" and token "1"'),
        ("orphan", "Orphan", "Cannot find source file for module Missing imported in module Orphan."),
        ("config-syntax", "Counter", "Counter.cfg:2: It was expecting a keyword, but did not find it."),
        (
            "config-undefined",
            "Counter",
            "Counter.cfg: The invariant Smal specified in the configuration file is not defined in the specification.",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_file_line_and_column(
    replay: Replay, data: Path, name: str, module: str, problems: str
) -> None:
    result = replay(name, module)
    assert result.verdict is Verdict.PARSE
    assert result.verdict.exit_code is ExitCode.REQUEST
    assert "\n".join(map(str, result.problems)).replace(f"{data}/", "") == problems


def test_an_evaluation_error_has_the_failing_expression_and_the_behavior(replay: Replay) -> None:
    result = replay("evaluation", "Faulty")
    assert result.problems[0].message == "Attempted to apply tuple <<1, 2>> to integer 3 which is out of domain."
    assert str(result.problems[0].location).endswith("Faulty.tla:11:57")
    assert result.trace is not None
    assert [dict(state.variables)["count"] for state in result.trace.states] == ["0", "1", "2"]


def test_an_assertion_has_its_message_and_the_way_there(replay: Replay) -> None:
    result = replay("assertion", "Faulty")
    assert result.problems[0].message == 'Assert failed: "count too large"'
    assert [place.line for place in result.call_stack] == [12, 12, 12]


def test_infinite_behaviors_keep_their_ends(replay: Replay) -> None:
    lasso, stuttering = replay("lasso", "Counter").trace, replay("stuttering", "Counter").trace
    assert lasso is not None
    assert (len(lasso.states), lasso.back_to, lasso.back_by, lasso.stutters) == (3, 1, "Cycle", False)
    assert stuttering is not None
    assert (len(stuttering.states), stuttering.back_to, stuttering.stutters) == (4, None, True)


def test_a_violation_in_an_initial_state_has_a_trace_of_one(replay: Replay) -> None:
    trace = replay("invariant-initially", "Counter").trace
    assert trace is not None
    assert [dict(state.variables) for state in trace.states] == [{"count": "0", "log": "<<>>"}]


def test_an_end_without_explanation_is_not_success(replay: Replay) -> None:
    result = replay("ok", "Counter", status=137)
    assert (result.verdict, result.message) == (Verdict.STOPPED, "TLC was stopped by SIGKILL")
    result = replay("ok", "Counter", status=1, stderr="Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nError: no main class\n")
    assert (result.verdict, result.message) == (Verdict.STOPPED, "TLC ended with status 1: Error: no main class")


@pytest.mark.parametrize(
    "told",
    [
        "java.lang.NoClassDefFoundError: Could not initialize class java.lang.StackTraceElement$HashedModules",  # seen
        "java.lang.StackOverflowError",
    ],
)
def test_overflow_that_only_java_tells_is_one(replay: Replay, told: str) -> None:
    result = replay("ok", "Counter", status=75, stderr=f'Exception in thread "TLCWorkerThread-000" {told}\n')
    assert (result.verdict, result.message) == (Verdict.NON_TERMINATION, "evaluation did not terminate")


def test_what_a_specification_prints_does_not_make_a_verdict(recorded: Callable[[str], Transcript], data: Path) -> None:
    transcript = recorded("ok")
    transcript.add('"java.lang.OutOfMemoryError"')
    result = judge(transcript, 0, "", Sources(data / "Counter.tla", data / "Counter.cfg"))
    assert (result.verdict, result.printed) == (Verdict.OK, ('"java.lang.OutOfMemoryError"',))


def test_each_verdict_has_an_exit_code() -> None:
    assert {verdict.exit_code for verdict in Verdict} >= {0, 2, 3, 4, 11, 12, 13, 75, 130}
