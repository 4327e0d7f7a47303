"""The behavior TLC prints with a verdict, as states that a person can read.

Values stay the text that TLC wrote (2.15 breaks those wider than 80 columns over lines); nothing here parses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from testgen.errors import Location

__all__ = ["Trace", "TraceState", "read_state", "show_trace"]

_HEADER = re.compile(r"^(?:State )?(\d+): (?:(Back to state|Stuttering)(?::\s*)?)?(?:<(.*)>)?$", re.DOTALL)
_ACTION = re.compile(r"^(.*?),? ?\(?line (\d+), col (\d+) to line \d+, col \d+ of module (\w+)\)?$", re.DOTALL)
_STRING = r'"(?:\\.|[^"\\])*"'
_BRACKETS = re.compile(rf"{_STRING}|<<|>>|[\[\](){{}}]|\n/\\ ")
_WORD = re.compile(rf'(?:{_STRING}|[^\s"])+')


@dataclass(frozen=True, slots=True)
class TraceState:
    """One state of a trace.

    Attributes:
        number: From 1.
        action: The action that led here, with its arguments if TLC tells them; None for an initial state.
        location: Where the action stands; the path is the module's name as a file.
        variables: Names with the text of their values, in TLC's order.
    """

    number: int
    action: str | None
    location: Location | None
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A finite behavior, or an infinite one that ends in a loop.

    Attributes:
        back_to: For a lasso, the number of the state that follows the last one.
        back_by: The action that closes the lasso, if TLC names it.
        stutters: The last state repeats for ever.
    """

    states: tuple[TraceState, ...]
    back_to: int | None = None
    back_by: str | None = None
    stutters: bool = False


def read_state(text: str) -> TraceState:
    r"""Read one printed state: a header line and the conjuncts below it, as in message 2217 of TLC 2.15.

    >>> read_state("2: <Up line 6, col 7 to line 6, col 66 of module Ok>\n/\\ n = 1\n/\\ log = <<0>>").variables
    (('n', '1'), ('log', '<<0>>'))
    """
    header, _, body = text.partition("\n")
    number, _, action, location = read_header(header)
    return TraceState(number, action, location, tuple(read_variables(body)))


def read_header(header: str) -> tuple[int, str | None, str | None, Location | None]:
    """Read the number of a state, how it ends the trace if it does, and the action with its place."""
    found = _HEADER.match(header.strip())
    if found is None:
        return 0, None, header.strip() or None, None
    action, location = read_action(found[3]) if found[3] else (None, None)
    return int(found[1]), found[2], None if action == "Initial predicate" else action, location


def read_action(text: str) -> tuple[str, Location | None]:
    """Split `Up line 6, col 7 to line 6, col 66 of module Ok` into the action and its place."""
    found = _ACTION.match(text)
    return (found[1], Location(f"{found[4]}.tla", int(found[2]), int(found[3]))) if found else (text, None)


def read_variables(body: str) -> Iterator[tuple[str, str]]:
    r"""Yield the variables of a printed state: `/\ name = value` on lines of their own, or a single `name = value`."""
    text = body if body.startswith("/\\ ") else f"/\\ {body}"
    text, depth, cuts = f"\n{text}", 0, []
    for found in _BRACKETS.finditer(text):
        token = found[0]
        if token in ("[", "(", "{", "<<"):
            depth += 1
        elif token in ("]", ")", "}", ">>"):
            depth -= 1
        elif token.startswith("\n") and depth == 0:
            cuts.append(found.start())
    pieces = [text[start:end] for start, end in pairwise([*cuts, len(text)])]
    for piece in pieces:
        name, equals, value = piece.strip().removeprefix("/\\ ").partition(" = ")
        if equals:
            yield name, value.strip()


def show_trace(trace: Trace, *, width: int = 100) -> str:
    """Lay out a trace.

    The first state is shown in full; later ones mark with `*` what changed, and leave out long values that did not.
    """
    blocks, before = [], dict[str, str]()
    for state in trace.states:
        blocks.append("\n".join([_title(state), *_show_variables(state, before, width)]))
        before = dict(state.variables)
    if trace.back_to is not None:
        by = f", by {trace.back_by}" if trace.back_by else ""
        blocks.append(f"Back to state {trace.back_to}{by}, and so on for ever")
    if trace.stutters:
        blocks.append("Nothing changes any more, for ever (stuttering)")
    return "\n\n".join(blocks)


def _title(state: TraceState) -> str:
    by = "initial" if state.action is None else state.action
    return f"State {state.number}: {by}" + (f"  ({state.location})" if state.location else "")


def _show_variables(state: TraceState, before: dict[str, str], width: int) -> Iterator[str]:
    name_width = max((len(name) for name, _ in state.variables), default=0)
    for name, value in state.variables:
        changed = bool(before) and before.get(name) != value
        lead = f"  {'*' if changed else ' '} {name:<{name_width}} = "
        lines = wrap_value(value, max(20, width - len(lead)))
        if len(lines) > 1 and before and not changed:
            lines = ["(unchanged)"]
        yield lead + lines[0]
        yield from (" " * len(lead) + line for line in lines[1:])


def wrap_value(value: str, width: int) -> list[str]:
    """Break the text of a value into lines at blanks that are not inside of a string; a longer word stays whole."""
    lines = [""]
    for word in _WORD.findall(value):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
