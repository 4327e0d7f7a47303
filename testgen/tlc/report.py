"""An exploration told to people, and as plain data for `--json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from testgen.errors import Location
from testgen.tlc.trace import Trace, show_trace
from testgen.tlc.verdict import Exploration, Problem, Verdict

__all__ = ["SCHEMA", "as_plain", "describe"]

SCHEMA = "testgen.explore/1"
PRINTED_SHOWN = 5


def describe(exploration: Exploration, *, width: int = 100) -> str:
    """Tell the verdict, the trace and the numbers, in lines of about `width`."""
    blocks = [_headline(exploration)]
    if exploration.trace is not None:
        blocks.append(show_trace(exploration.trace, width=width))
    if exploration.printed and exploration.verdict is not Verdict.NON_TERMINATION:  # there the message has it
        said = exploration.printed[-PRINTED_SHOWN:]
        blocks.append("\n".join(["the specification printed, last:", *(f"    {line}" for line in said)]))
    blocks.append("\n".join(_closing(exploration)))
    return "\n\n".join(block for block in blocks if block)


def _headline(exploration: Exploration) -> str:
    if exploration.verdict is Verdict.OK:
        return ""
    lines = [exploration.message, *(f"  {problem}" for problem in exploration.problems)]
    if len(exploration.call_stack) > 1 and exploration.verdict is not Verdict.NON_TERMINATION:
        lines += ["  reached through", *(f"    {line}" for line in _lines_of(exploration.call_stack))]
    if exploration.hint:
        lines.append(f"hint: {exploration.hint}")
    return "\n".join(lines)


def _lines_of(places: Sequence[Location]) -> list[str]:
    """Without columns, each line once: expressions nest many times in one."""
    return list(dict.fromkeys(f"{place.path}:{place.line}" for place in places))


def _closing(exploration: Exploration) -> Iterator[str]:
    """The numbers, as far as TLC got."""
    numbers = exploration.statistics
    if numbers.distinct_states is not None:
        parts = [f"{numbers.distinct_states:,} state{'' if numbers.distinct_states == 1 else 's'}"]
        parts += [f"{numbers.states_generated:,} generated"] if numbers.states_generated is not None else []
        parts += [f"depth {numbers.depth}"] if numbers.depth is not None else []
        parts += [f"{numbers.left_on_queue:,} not expanded"] if numbers.left_on_queue else []
        yield f"{', '.join(parts)}, in {exploration.seconds:.1f} s (TLC {exploration.tlc_version or 'unknown'})"
    if exploration.dump is not None and exploration.dump_bytes is not None:
        yield f"{exploration.dump}: {show_bytes(exploration.dump_bytes)}"


def show_bytes(size: int) -> str:
    """A size with three digits and a decimal unit: 913 B, 44.6 kB, 2.31 GB.

    >>> show_bytes(44_600)
    '44.6 kB'
    """
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}"


def as_plain(exploration: Exploration) -> dict[str, object]:
    """The document of `testgen explore --json`, without its schema."""
    numbers = exploration.statistics
    return {
        "verdict": exploration.verdict.value,
        "message": exploration.message,
        "hint": exploration.hint,
        "problems": [_plain_problem(problem) for problem in exploration.problems],
        "call_stack": [_plain_location(place) for place in exploration.call_stack],
        "distinct_states": numbers.distinct_states,
        "states_generated": numbers.states_generated,
        "states_left_on_queue": numbers.left_on_queue,
        "depth": numbers.depth,
        "seconds": exploration.seconds,
        "dump": None if exploration.dump is None else str(exploration.dump),
        "dump_bytes": exploration.dump_bytes,
        "tlc_version": exploration.tlc_version,
        "warnings": list(exploration.warnings),
        "printed": list(exploration.printed),
        "trace": None if exploration.trace is None else _plain_states(exploration.trace),
        "trace_back_to": None if exploration.trace is None else exploration.trace.back_to,
        "trace_stutters": exploration.trace is not None and exploration.trace.stutters,
    }


def _plain_states(trace: Trace) -> list[dict[str, object]]:
    return [
        {
            "number": state.number,
            "action": state.action,
            "location": None if state.location is None else _plain_location(state.location),
            "state": dict(state.variables),
        }
        for state in trace.states
    ]


def _plain_problem(problem: Problem) -> dict[str, object]:
    location = None if problem.location is None else _plain_location(problem.location)
    return {"message": problem.message, "location": location}


def _plain_location(location: Location) -> dict[str, object]:
    return {"path": location.path, "line": location.line, "column": location.column}
