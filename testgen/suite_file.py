"""The suite file: which behaviors were selected, as JSON that selection writes and rendering reads.

It holds no values, only numbers of states and transitions of one graph, which is known by its digest, beside digests of
the states, so that two suites can be compared without their graphs. One behavior a line, for the sake of version
control. Once tests have been rendered it also says which test tells each behavior, and how far each of its statements
gets: by this, coverage knows what a test was about of which a run tells no more than the name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testgen.behavior import Behavior, Suite, Telling, behavior_id
from testgen.errors import GraphError, InputError, Location, ParseError, SurroundingsError, unreadable
from testgen.graph import StateGraph
from testgen.whole_file import write_whole

__all__ = [
    "SCHEMA",
    "SUITE_FILE",
    "Outline",
    "is_suite_text",
    "read_outline",
    "read_suite",
    "suite_text",
    "write_suite_file",
]

SCHEMA = "testgen.suite/1"
SUITE_FILE = "suite.json"
"""Its name in the folder of the suite."""
_BEGINNING = '{\n"schema": "testgen.suite/'
_DIGEST_DIGITS = 12
_LONGEST_NUMBER = 4000
"""Digits; Python itself refuses to read a few more, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A behavior as the suite file tells it, without its graph.

    Attributes:
        id: See `Behavior`.
        states: A digest of each state.
        actions: Each step's action with its arguments.
    """

    id: str
    states: tuple[str, ...]
    actions: tuple[str, ...]


def suite_text(suite: Suite, *, version: str) -> str:
    """The suite as a file; the same suite gives the same text.

    Args:
        suite: Any.
        version: Of testgen.
    """
    graph = suite.graph
    labels = sorted({int(graph.labels[step]) for behavior in suite.behaviors for step in behavior.transitions})
    states = sorted({state for behavior in suite.behaviors for state in behavior.states})
    head = {
        "schema": SCHEMA,
        "testgen": version,
        "graph": graph.digest,
        "criterion": suite.criterion,
        "strategy": suite.strategy,
        "options": list(suite.options),
        "lower_bound": suite.lower_bound,
        "obligations": suite.obligations,
        "uncovered": dict(suite.uncovered),
    }
    tables = {
        "actions": {str(label): str(graph.actions[label]) for label in labels},
        "states": {str(state): graph.state_digest(state).hex()[:_DIGEST_DIGITS] for state in states},
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in (head | tables).items()]
    ways: dict[tuple[int, tuple[int, ...] | None], int] = {}
    behaviors = []
    for number, behavior in enumerate(suite.behaviors):
        told: dict[str, object] = {
            "id": behavior.id,
            "states": behavior.states,
            "transitions": behavior.transitions,
            "actions": graph.labels[list(behavior.transitions)].tolist(),
        }
        if suite.tellings and (telling := suite.tellings[number]) is not None:
            way = telling.n_told, telling.progress
            told |= {"test": telling.test, "told": ways.setdefault(way, len(ways))}
        behaviors.append(json.dumps(told))
    if suite.tellings:
        told_as = [{"transitions": n_told, "progress": progress} for n_told, progress in ways]
        lines.append(f'"tellings": {json.dumps(told_as)}')
    lines.append('"behaviors": [\n' + ",\n".join(behaviors) + "\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def is_suite_text(text: str) -> bool:
    """Whether `text` begins like a suite file; only such files are ever overwritten."""
    return text.startswith(_BEGINNING)


def write_suite_file(text: str, path: Path) -> None:
    """Write a suite file whole or not at all, in place of an earlier one.

    Raises:
        InputError: There is a file that is no suite file.
        SurroundingsError: It cannot be written.
    """
    try:
        if path.exists() and not is_suite_text(path.read_text(encoding="utf-8", errors="replace")):
            raise InputError(
                "is not a suite file, so it is not overwritten",
                location=Location(str(path)),
                hint="move it, or use --out",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise SurroundingsError(f"cannot be written: {error.strerror}", location=Location(str(path))) from error


def read_suite(path: Path, graph: StateGraph) -> Suite:
    """Read the suite of `graph` in the file `path`.

    Raises:
        InputError: It is missing or no suite file.
        GraphError: It is the suite of another graph.
    """
    document = _document(path)
    if document["graph"] != graph.digest:
        raise GraphError(
            f"is a suite of another graph than {graph.source}",
            location=Location(str(path)),
            hint="the specification has changed since; select again with `testgen build --plan-only`",
        )
    behaviors = tuple(_behavior(path, told, graph) for told in document["behaviors"])
    tellings = _tellings(path, document, behaviors)
    return Suite(
        graph=graph,
        criterion=document["criterion"],
        strategy=document["strategy"],
        behaviors=behaviors,
        lower_bound=document["lower_bound"],
        obligations=document["obligations"],
        uncovered=document["uncovered"],
        options=tuple(document["options"]),
        tellings=tellings,
    )


def read_outline(path: Path) -> list[Outline]:
    """Read the behaviors of a suite file, without its graph.

    Raises:
        InputError: It is missing or no suite file.
    """
    document = _document(path)
    try:
        states, actions = document["states"], document["actions"]
        return [
            Outline(
                told["id"],
                tuple(states[str(state)] for state in told["states"]),
                tuple(actions[str(label)] for label in told["actions"]),
            )
            for told in document["behaviors"]
        ]
    except (KeyError, TypeError) as error:
        raise _malformed(path, _problem(error)) from error


_KEYS: Mapping[str, type] = {
    "graph": str,
    "criterion": str,
    "strategy": str,
    "options": list,
    "lower_bound": int,
    "obligations": int,
    "uncovered": dict,
    "actions": dict,
    "states": dict,
    "behaviors": list,
}


def _document(path: Path) -> dict[str, Any]:  # Any: JSON
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_int=_integer)
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair could not be printed
    except OSError as error:
        raise unreadable(str(path), error) from error
    except UnicodeDecodeError as error:
        raise _malformed(path, "it is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = Location(str(path), error.lineno, error.colno)
        raise ParseError(f"is not JSON: {error.msg}", location=where, hint=_HINT) from error
    except RecursionError as error:
        raise _malformed(path, "it is nested too deep") from error
    except ValueError as error:
        raise _malformed(path, f"it holds what no suite file does ({type(error).__name__})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _malformed(path, f"it has no schema {SCHEMA}")
    for key, kind in _KEYS.items():
        if type(document.get(key)) is not kind:
            raise _malformed(path, f"it has no {key!r}, or not of the type {kind.__name__}")
    strings = [*document["options"], *document["actions"].values(), *document["states"].values()]
    strings += [told.get("id") if isinstance(told, dict) else None for told in document["behaviors"]]
    numbers = [*document["uncovered"].values(), document["lower_bound"], document["obligations"]]
    if not all(type(text) is str for text in strings) or not all(type(n) is int and n >= 0 for n in numbers):
        raise _malformed(path, "it has a text or a number where the other belongs")
    if not all(_is_plain(text) for text in (document["criterion"], document["strategy"], *document["options"])):
        raise _malformed(path, "its criterion, strategy or options are not plain text")
    # Equal ids alone are sound: states of a dump can show equal values (VIEW).
    ids = [(told["id"], str(told.get("transitions"))) for told in document["behaviors"]]
    if not ids or len(set(ids)) < len(ids):
        raise _malformed(path, "it has no behavior, or one twice")
    return document


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number of thousands of digits")
    return int(text)


def _is_plain(text: str) -> bool:
    return text.isprintable() and len(text) < 1000


_HINT = "`testgen build GRAPH --plan-only` writes one"


def _malformed(path: Path, problem: str) -> InputError:
    return InputError(f"is no suite file of this version: {problem}", location=Location(str(path)), hint=_HINT)


def _problem(error: Exception) -> str:
    match error:
        case KeyError(args=[key]):
            return f"it lacks {str(key)!r}"
        case IndexError() | OverflowError():
            return "a number in it stands for nothing"
        case TypeError():
            return "it has one kind of value where another belongs"
    return str(error)


def _behavior(path: Path, told: Any, graph: StateGraph) -> Behavior:  # Any: JSON
    """A behavior, checked to be a path of the graph: the file may have been edited."""
    try:
        states, transitions = tuple(told["states"]), tuple(told["transitions"])
        numbers_are_sound = all(type(number) is int and number >= 0 for number in (*states, *transitions))
        is_path = (
            numbers_are_sound
            and states[0] in graph.initial
            and graph.sources[list(transitions)].tolist() == list(states[:-1])
            and graph.targets[list(transitions)].tolist() == list(states[1:])
        )
        if is_path and behavior_id(graph, states, transitions) == told["id"]:
            return Behavior(told["id"], states, transitions)
    except (KeyError, TypeError, IndexError, OverflowError) as error:
        raise _malformed(path, _problem(error)) from error
    raise _malformed(path, f"behavior {str(told['id'])[:8]} is no path of the graph")


def _tellings(path: Path, document: dict[str, Any], behaviors: tuple[Behavior, ...]) -> tuple[Telling | None, ...]:
    """How each behavior is told; empty for a suite that has not been rendered."""
    if "tellings" not in document:
        return ()
    try:
        ways = [_way(told["transitions"], told["progress"]) for told in document["tellings"]]
        tellings = []
        for told, behavior in zip(document["behaviors"], behaviors, strict=True):
            telling = Telling(str(told["test"]), *ways[told["told"]]) if "test" in told else None
            if telling is not None and telling.n_told > len(behavior.transitions):
                raise ValueError("a test tells more transitions than its behavior has")
            tellings.append(telling)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise _malformed(path, _problem(error)) from error
    return tuple(tellings)


def _way(n_told: Any, progress: Any) -> tuple[int, tuple[int, ...] | None]:  # Any: JSON
    numbers = [0, *(progress or []), n_told]
    if not all(type(number) is int for number in numbers) or numbers != sorted(numbers):
        raise ValueError(f"{progress} is no progress of a test that tells {n_told} transitions")
    return n_told, None if progress is None else tuple(progress)
