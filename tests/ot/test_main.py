"""The filter of JSON lines, run as its users run it: as another process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "testgen.ot"]

EXAMPLE = {"array": [1, 2, 3], "operations": [[{"op": "set", "ndx": 2, "value": 4}], [{"op": "erase", "ndx": 1}]]}


def answers(*lines: bytes | str | object) -> list[Any]:
    """Send lines, objects as JSON; return the answers, of which there has to be one for each line."""
    raw = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    done = subprocess.run(COMMAND, input=b"\n".join(raw) + b"\n", capture_output=True, timeout=6000, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    parsed = [json.loads(answer) for answer in done.stdout.splitlines()]
    assert len(parsed) == len(lines)
    return parsed


def one(client_1: object, *others: object) -> dict[str, object]:
    """Make a request on [1, 2, 3] in which each client performs one operation."""
    return {"array": [1, 2, 3], "operations": [[operation] for operation in (client_1, *others)]}


def test_answer_tells_the_final_array_and_every_transformed_operation() -> None:
    """By hand."""
    assert answers(EXAMPLE) == [
        {
            "final": [1, 4],
            "server_log": [
                [{"op": "set", "ndx": 2, "value": 4, "prior_size": 3}],
                [{"op": "erase", "ndx": 1, "prior_size": 3}],
            ],
            "applied": [
                [{"op": "erase", "ndx": 1, "prior_size": 3}],
                [{"op": "set", "ndx": 1, "value": 4, "prior_size": 2}],
            ],
        }
    ]


def test_every_kind_is_read_and_written_in_the_same_shape() -> None:
    operations = [
        {"op": "set", "ndx": 0, "value": None, "prior_size": 3},
        {"op": "insert", "ndx": 3, "value": {"deep": [1.5, "é"]}, "prior_size": 3},
        {"op": "move", "from": 0, "to": 2, "prior_size": 4},
        {"op": "swap", "ndx_1": 0, "ndx_2": 3, "prior_size": 4},
        {"op": "erase", "ndx": 1, "prior_size": 4},
        {"op": "clear"},
    ]
    (answer,) = answers({"array": [1, 2, 3], "operations": [operations, []]})
    assert answer == {"final": [], "server_log": [operations, []], "applied": [[], operations]}


def test_dropped_operation_is_absent_from_the_server_log() -> None:
    (answer,) = answers(one({"op": "clear"}, {"op": "erase", "ndx": 0}))
    assert answer == {"final": [], "server_log": [[{"op": "clear"}], []], "applied": [[], [{"op": "clear"}]]}


def test_no_clients_leave_the_array_as_it_is() -> None:
    assert answers({"array": ["a", None], "operations": []}) == [
        {"final": ["a", None], "server_log": [], "applied": []}
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param("", "the line is empty", id="empty"),
        pytest.param("  ", "the line is empty", id="blank"),
        pytest.param('{"array": oops}', "the line is not JSON: Expecting value (column 11)", id="json"),
        pytest.param(b'{"array": "\xff"}', "the line is not UTF-8: byte 12 cannot be decoded", id="utf-8"),
        pytest.param("[1]", "expected an object with the keys array and operations, not [1]", id="list"),
        pytest.param("3", "expected an object with the keys array and operations, not 3", id="number"),
        pytest.param('{"array": [NaN]}', "the line is not JSON: NaN is no JSON number", id="nan"),
        pytest.param('{"array": [-Infinity]}', "the line is not JSON: -Infinity is no JSON number", id="infinity"),
        pytest.param('{"array": [], "array": [1]}', 'the key "array" stands twice in one object', id="twice"),
        pytest.param('{"array": [{"a": 1, "a": 1}]}', 'the key "a" stands twice in one object', id="twice-inside"),
        pytest.param('{"array": [1e999]}', 'the number "1e999" is too large', id="overflow"),
        pytest.param("[" * 100_000, "the line is nested too deeply", id="deep"),
        pytest.param("[" + "9" * 5_000 + "]", "the line holds an integer of too many digits", id="digits"),
        pytest.param({"array": []}, "the line: the key operations is missing", id="missing"),
        pytest.param({"operations": []}, "the line: the key array is missing", id="missing-array"),
        pytest.param({**EXAMPLE, "arrray": 1}, 'the line: unknown key "arrray"', id="extra"),
        pytest.param({"array": "abc", "operations": []}, 'array is an array, not "abc"', id="array"),
        pytest.param(
            {"array": [], "operations": [{}]},
            "operations is an array that holds one array of operations for each client",
            id="operations",
        ),
        pytest.param(one("clear"), 'client 1, operation 1: expected an object with the key op, not "clear"', id="text"),
        pytest.param(
            one({"op": "pop"}),
            'client 1, operation 1: op is one of set, insert, move, erase, clear, swap, not "pop"',
            id="unknown",
        ),
        pytest.param(
            one({"op": []}),
            "client 1, operation 1: op is one of set, insert, move, erase, clear, swap, not []",
            id="op-type",
        ),
        pytest.param(one({"op": "erase"}), "client 1, operation 1 (erase): the key ndx is missing", id="no-index"),
        pytest.param(
            one({"op": "clear", "prior_size": 3}),
            'client 1, operation 1 (clear): unknown key "prior_size"',
            id="clear-size",
        ),
        pytest.param(
            one({"op": "clear"}, {"op": "erase", "ndx": True}),
            "client 2, operation 1: Erase: an index is an integer from 0, not True",
            id="bool",
        ),
        pytest.param(
            one({"op": "erase", "ndx": 1.0}),
            "client 1, operation 1: Erase: an index is an integer from 0, not 1.0",
            id="float",
        ),
        pytest.param(
            one({"op": "move", "from": 1, "to": 1}),
            "client 1, operation 1: Move: from and to are both 1, which moves nothing",
            id="move-equal",
        ),
        pytest.param(
            {"array": [1], "operations": [[{"op": "clear"}, {"op": "erase", "ndx": 0}]]},
            "client 1, operation 2: Erase: index 0 is out of range for an array of length 0 (allowed: none)",
            id="range",
        ),
        pytest.param(
            one({"op": "erase", "ndx": 0, "prior_size": 7}),
            "client 1, operation 1: Erase: prior_size is 7, but the array has length 3",
            id="prior-size",
        ),
    ],
)
def test_bad_line_gives_one_sentence(line: object, error: str) -> None:
    assert answers(line) == [{"error": error}]


def test_huge_index_is_cut_short_in_the_message() -> None:
    (answer,) = answers(one({"op": "erase", "ndx": 10**3_000}))
    assert len(answer["error"]) < 200


def test_endless_merge_is_an_error_that_names_the_pair() -> None:
    (answer,) = answers(one({"op": "swap", "ndx_1": 0, "ndx_2": 1}, {"op": "move", "from": 1, "to": 2}))
    assert "Swap(ndx_1=0, ndx_2=1, prior_size=3) of client 1" in answer["error"]
    assert "Move(from_ndx=1, to_ndx=2, prior_size=3) of client 2" in answer["error"]


def test_run_goes_on_after_bad_lines() -> None:
    good, bad, again = answers(EXAMPLE, "nonsense", EXAMPLE)
    assert good == again
    assert list(bad) == ["error"]


def test_last_line_needs_no_line_break() -> None:
    done = subprocess.run(COMMAND, input=json.dumps(EXAMPLE).encode(), capture_output=True, timeout=6000, check=True)
    assert json.loads(done.stdout)["final"] == [1, 4]


def test_no_lines_give_no_answers() -> None:
    done = subprocess.run(COMMAND, input=b"", capture_output=True, timeout=6000, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_each_answer_comes_before_the_next_line_is_sent() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(json.dumps(EXAMPLE).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["final"] == [1, 4]
        process.stdin.close()
        assert process.wait(timeout=6000) == 0


def test_interrupt_is_quiet() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=6000) == 130
        assert process.stderr.read() == b""


def test_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(timeout=6000) == 0
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device on which nothing fits")
def test_answers_that_cannot_be_written_are_told() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(COMMAND, input=b"\n", stdout=full, stderr=subprocess.PIPE, timeout=6000, check=False)
    assert done.returncode == 3
    assert done.stderr == b"error: lines cannot be read, or not be answered: No space left on device\n"


def test_help_shows_the_shape_of_a_line() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=6000, check=True)
    assert '"operations": [[{"op": "set", "ndx": 2, "value": 4}], [{"op": "erase", "ndx": 1}]]' in done.stdout


def test_argument_is_refused() -> None:
    done = subprocess.run([*COMMAND, "x"], capture_output=True, text=True, timeout=6000, check=False)
    assert done.returncode == 2
