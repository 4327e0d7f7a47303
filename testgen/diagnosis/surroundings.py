"""The state before a failed step, what the step does to it in the specification, and what else is allowed there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from testgen.bindings import Step
from testgen.bindings.story import step_arguments
from testgen.diagnosis.course import Course, OpenedSuite
from testgen.errors import TestgenError, shortened
from testgen.graph import TransitionId
from testgen.values import Plain, python_literal, to_plain
from testgen.values.agreement import agree
from testgen.values.changes import changed_fields

__all__ = ["Surroundings", "surroundings"]

_ALTERNATIVES_SHOWN = 8
_FIELDS_SHOWN = 6
_VALUE_WIDTH = 300
_LINE_WIDTH = 110
_STATE_WIDTH = 150


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where in the graph a test failed.

    Attributes:
        place: The first diverging transition; of a statement that stands for several, the state that it starts from.
        where: The same in a line for people.
        depth: How many steps at least lead there.
        lines: What there is to know of it.
    """

    place: str
    where: str
    depth: int
    lines: tuple[str, ...]


def surroundings(suite: OpenedSuite, course: Course, begun: int) -> Surroundings | None:
    """What is around the last statement of those that a test has begun; None if nobody has said how far each goes."""
    if (span := course.span(begun)) is None:
        return None
    first, last = span
    state = course.states[first]
    taken = course.transitions[first:last]
    before, after = suite.plain_state(state), suite.plain_state(course.states[last])
    title = f"the state before step {begun}"
    if taken:
        title += ", and what becomes of it in the specification"
    lines = [title, *_changes(suite, before, after)]
    if len(taken) > 1:
        names = Counter(suite.graph.action(transition).name for transition in taken)
        told = ", ".join(f"{count} {name}" if count > 1 else name for name, count in names.items())
        lines += ["", f"step {begun} stands for {len(taken)} transitions: {told}"]
    if taken:
        lines += ["", *_alternatives(suite, taken[0])]
    place = f"transition {taken[0]}" if len(taken) == 1 else f"state {state}"
    return Surroundings(place, _where(suite, taken, before), int(suite.graph.levels[state]) - 1, tuple(lines))


def _where(suite: OpenedSuite, taken: Sequence[TransitionId], before: Mapping[str, Plain]) -> str:
    """The transition, as the statement that performs it, and the state that it starts from."""
    state = ", ".join(f"{name}={python_literal(before[name])}" for name in _observed(suite))
    told = f"{_told(suite, taken[0], '')} in " if len(taken) == 1 else ""
    return f"{told}{shortened(state, _STATE_WIDTH)}"


def _changes(suite: OpenedSuite, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> Iterator[str]:
    """A line for each variable that the binding observes; those that change say what becomes of them."""
    shown = _observed(suite)
    width = max(map(len, shown))
    for name in shown:
        one = python_literal(before[name])
        row = f"    {name.ljust(width)}  "
        if agree(before[name], after[name]):
            yield row + shortened(one, _VALUE_WIDTH)
            continue
        line = f"{row}{one}  →  {python_literal(after[name])}"
        if len(line) <= _LINE_WIDTH:
            yield line
            continue
        yield row + shortened(one, _VALUE_WIDTH)
        fields = list(changed_fields(before[name], after[name]))
        if len(fields) > _FIELDS_SHOWN:
            fields[_FIELDS_SHOWN:] = [f"... and {len(fields) - _FIELDS_SHOWN} more"]
        yield from (f"    {' ' * width}  {field}" for field in fields)


def _observed(suite: OpenedSuite) -> list[str]:
    observers = suite.binding.observers() if suite.binding is not None else {}
    variables = suite.graph.variables
    return [name for name in variables if name in observers] or list(variables)


def _alternatives(suite: OpenedSuite, taken: TransitionId) -> list[str]:
    """The other transitions of the state from which `taken` goes."""
    graph = suite.graph
    state = int(graph.sources[taken])
    others = [t for t in range(int(graph.offsets[state]), int(graph.offsets[state + 1])) if t != taken]
    if not others:
        return ["the specification allows nothing else in that state"]
    name = graph.action(taken).name
    others.sort(key=lambda transition: graph.action(transition).name != name)
    lines = [f"    {_told(suite, transition, name)}" for transition in others[:_ALTERNATIVES_SHOWN]]
    if len(others) > _ALTERNATIVES_SHOWN:
        lines.append(f"    ... and {len(others) - _ALTERNATIVES_SHOWN:,} more")
    return ["the specification would also have allowed, in that state", *lines]


def _told(suite: OpenedSuite, transition: TransitionId, name: str) -> str:
    """A transition as the statement that performs it; of the same action, with its outcome."""
    graph = suite.graph
    action = graph.action(transition)
    before = suite.plain_state(int(graph.sources[transition]))
    after = suite.plain_state(int(graph.targets[transition]))
    told = str(action)
    method = suite.binding.action_methods().get(action.name) if suite.binding is not None else None
    if suite.binding is not None and method is not None:
        plain = tuple(to_plain(argument) for argument in action.arguments)
        try:
            arguments = step_arguments(
                suite.binding, method, Step(action.name, plain, before, after, action.parameters)
            )
            spelled = ", ".join(f"{key}={python_literal(value)}" for key, value in arguments.items())
            told = f"{method.__name__}({spelled})"
        except (TestgenError, LookupError, TypeError, ValueError, StopIteration):
            pass  # the binding cannot tell this one: it would never perform it
    if action.name == name:
        changed = [n for n in _observed(suite) if not agree(before[n], after[n])]
        told += "  →  " + (", ".join(f"{n} = {python_literal(after[n])}" for n in changed) or "no change")
    return shortened(told, _LINE_WIDTH - 4)
