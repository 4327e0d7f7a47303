"""The states of a DOT dump: which the file declares, which are initial or excluded, what text shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, ParseError, shortened
from testgen.graph._kernels import escaped_evenly, intern_ranges, successor_positions
from testgen.graph.builder import GraphBuilder
from testgen.graph.dot_columns import read_columns
from testgen.graph.dot_text import DotText, Positions, unescaped_offset_in
from testgen.graph.excerpt import excerpt_at
from testgen.graph.model import GraphWarning
from testgen.values import ValueSyntaxError, VariableText, split_state

__all__ = ["Declarations", "read_declarations", "read_values"]

_BEFORE_LABEL = re.compile(rb' ?\[label="')
_BEFORE_TOOLTIP = re.compile(rb'",tooltip="')
_TAIL = re.compile(rb'"(?P<initial>,style = filled(?P<excluded>, fillcolor=lightyellow)?)?\];?')
_QUOTE = ord('"')
_BATCH = 1 << 17
"""State lines looked at together."""
_VARIABLE_STARTS = re.compile(r"/\\ |\w+ = ")
_BETWEEN_VARIABLES = rb"\n/\\ "
"""As it stands escaped in the file. In a string value it is escaped twice, so it cannot be taken for this."""


@dataclass(frozen=True, slots=True, eq=False)
class Declarations:
    """What the state lines say, in order of the file; a state may be declared more than once.

    Attributes:
        lines: Shape (k,): the line of each.
        numbers: Shape (k,): TLC's number of each.
        labels: Shape (k, 2): where its label begins and ends.
        tooltips: Shape (k, 2): likewise, -1 where there is none.
        initial: Shape (k,): whether the line marks it initial.
        excluded: Shape (k,): whether the line shows a state outside the model's constraints.
    """

    lines: Positions
    numbers: npt.NDArray[np.int64]
    labels: Positions
    tooltips: Positions
    initial: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.bool_]

    def where(self, kept: npt.NDArray[np.bool_]) -> Declarations:
        return Declarations(
            lines=self.lines[kept],
            numbers=self.numbers[kept],
            labels=self.labels[kept],
            tooltips=self.tooltips[kept],
            initial=self.initial[kept],
            excluded=self.excluded[kept],
        )


def read_declarations(
    text: DotText, lines: Positions, numbers: npt.NDArray[np.int64], stops: Positions
) -> Declarations:
    """Read the lines `N [...]`.

    Args:
        text: The dump.
        lines: Shape (k,): those that begin with a number and no arrow.
        numbers: Shape (k,): these numbers.
        stops: Shape (k,): where they end.
    """
    spans = np.full((len(lines), 4), -1, dtype=np.int64)
    styles = np.zeros((len(lines), 2), dtype=bool)
    for first in range(0, len(lines), _BATCH):
        batch = slice(first, first + _BATCH)
        _read_batch(text, lines[batch], stops[batch], spans[batch], styles[batch])
    excluded = styles[:, 1]
    return Declarations(lines, numbers, spans[:, :2], spans[:, 2:], styles[:, 0] & ~excluded, excluded)


def _read_batch(
    text: DotText, lines: Positions, stops: Positions, spans: Positions, styles: npt.NDArray[np.bool_]
) -> None:
    """Find where the quoted texts of some lines stand, and what is around them."""
    starts, ends = text.starts[lines], text.ends[lines]
    quotes, first, count = _quotes(text, starts, ends)
    has_tooltip = count == 4
    bad = (count != 2) & ~has_tooltip
    quotes = np.append(quotes, [0, 0, 0, 0])  # so that a line without quotes has some to look at
    spans[:, 0], spans[:, 1] = quotes[first] + 1, quotes[first + 1]
    spans[has_tooltip, 2], spans[has_tooltip, 3] = quotes[first + 2][has_tooltip] + 1, quotes[first + 3][has_tooltip]
    last = np.where(has_tooltip, quotes[first + 3], quotes[first + 1])
    good = np.flatnonzero(~bad)
    _match(text, _BEFORE_LABEL, stops, spans[:, 0], good, bad)
    _match(text, _BEFORE_TOOLTIP, spans[:, 1], spans[:, 2], np.flatnonzero(has_tooltip), bad)
    tails, kinds = _match(text, _TAIL, last, ends, good, bad)
    for style, name in enumerate(("initial", "excluded")):
        styles[good, style] = np.array([tail is not None and tail[name] is not None for tail in tails], bool)[kinds]
    if bad.any():
        text.fail(int(lines[np.argmax(bad)]))


def _quotes(text: DotText, starts: Positions, ends: Positions) -> tuple[Positions, Positions, Positions]:
    """Where some lines have quotes that are not escaped; for each line which is its first, and how many it has."""
    quotes = np.flatnonzero(text.array[starts[0] : ends[-1]] == _QUOTE) + starts[0]
    offsets = np.searchsorted(quotes, np.stack((starts, ends), axis=1).reshape(-1))
    quotes = quotes[successor_positions(offsets, 2 * np.arange(len(starts)))]  # without those of lines in between
    quotes = quotes[escaped_evenly(text.array, quotes)]
    first = np.searchsorted(quotes, starts)
    return quotes, first, np.searchsorted(quotes, ends) - first


def _match(
    text: DotText,
    shape: re.Pattern[bytes],
    starts: Positions,
    ends: Positions,
    members: Positions,
    bad: npt.NDArray[np.bool_],
) -> tuple[list[re.Match[bytes] | None], npt.NDArray[np.int32]]:
    """Match the text from `starts` to `ends` of each of `members`; there are few different ones. Marks what is bad.

    Returns:
        The matches, and for each of `members` the position of its own.
    """
    firsts, kinds = intern_ranges(text.array, starts[members], ends[members])
    matches = [
        shape.fullmatch(text.content, int(starts[member]), int(ends[member])) for member in members[firsts].tolist()
    ]
    bad[members] |= np.array([match is None for match in matches], dtype=bool)[kinds]
    return matches, kinds


def read_values(text: DotText, declarations: Declarations, firsts: Positions) -> GraphBuilder:
    """Give a new builder the values of the states, in the order of `firsts`, the positions of their declarations.

    Raises:
        ParseError: A value is malformed.
        GraphError: A state is declared again with other values, or has other variables than the others.
    """
    shown = declarations.labels.copy()
    if not _has_alias(text, declarations):
        has_tooltip = declarations.tooltips[:, 0] >= 0
        shown[has_tooltip] = declarations.tooltips[has_tooltip]
    _check_repeats(text, declarations, shown)
    builder = GraphBuilder(text.name, len(firsts))
    if read_columns(text, shown[firsts], builder):
        return builder
    builder = GraphBuilder(text.name, len(firsts))
    bare = 0
    for number, position in enumerate(firsts.tolist()):
        line = int(declarations.lines[position])
        start, end = shown[position].tolist()
        state = text.unescape(line, start, end)
        try:
            if _VARIABLE_STARTS.match(state):
                builder.set_state(number, state, split_state(state))
            else:
                builder.set_state(number, state, [VariableText("view", state, 0)])
                bare += 1
        except ValueSyntaxError as error:
            raise _value_error(text, line, start, end, error) from error
        except GraphError as error:
            raise GraphError(error.message, location=text.location(line), hint=error.hint) from error
    if bare:
        message = "states are shown without variables, as by TLC's option -view; they are read as one variable, `view`"
        text.warnings.append(GraphWarning("bare-values", message))
    return builder


def _has_alias(text: DotText, declarations: Declarations) -> bool:
    """Whether labels show something else than the state.

    With ALIAS the tooltip is the state, but initial states have none (TLC 2.20, 2026-04): then all states must be read
    as the alias shows them. With -difftrace the label only leaves out what did not change, and the tooltip serves.
    """
    spans = np.hstack((declarations.labels, declarations.tooltips))[declarations.tooltips[:, 0] >= 0]
    for label_start, label_end, start, end in spans.tolist():
        label, tooltip = text.content[label_start:label_end], text.content[start:end]
        if label != tooltip and not _variables(label) <= _variables(tooltip):
            message = (
                "states are shown by an ALIAS, and the variables of the initial states are not in the file; "
                "the alias is read as if it were the state"
            )
            text.warnings.append(GraphWarning("alias", message))
            return True
    return False


def _variables(raw: bytes) -> set[bytes]:
    return set(raw.removeprefix(_BETWEEN_VARIABLES[2:]).split(_BETWEEN_VARIABLES))


def _check_repeats(text: DotText, declarations: Declarations, shown: Positions) -> None:
    """A state may be declared again in the same words; otherwise the file contradicts itself."""
    repeated = 0
    for earlier, later in _repeats(declarations.numbers):
        texts = [text.content[slice(*shown[position])] for position in (earlier, later)]
        if texts[0] != texts[1]:
            line = int(declarations.lines[later])
            column = text.column(line, int(shown[later, 0]) + _common_length(*texts))
            raise GraphError(
                f"state {declarations.numbers[later]} is declared again with other values; "
                f"first in line {declarations.lines[earlier] + 1}",
                location=text.location(line, column),
                excerpt=text.excerpt(line),
                hint="TLC declares a state once; was the file edited, or put together from two?",
            )
        repeated += 1
    if repeated:
        text.warnings.append(GraphWarning("repeated-states", f"declared more than once: {repeated} of the states"))


def _common_length(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _repeats(numbers: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Positions of equal numbers, each with the one before it."""
    order = np.argsort(numbers, kind="stable")
    for position in np.flatnonzero(np.diff(numbers[order]) == 0).tolist():
        yield int(order[position]), int(order[position + 1])


def _value_error(text: DotText, line: int, start: int, end: int, error: ValueSyntaxError) -> ParseError:
    """The same error, told where it stands in the file."""
    variable = _variable_at(error.text, error.offset)
    raw = text.content[start:end].decode()
    excerpt, column = excerpt_at(error.text, error.offset)
    return ParseError(
        error.message + (f" in the value of {shortened(variable)!r}" if variable else ""),
        location=text.location(line, text.column(line, start) + unescaped_offset_in(raw, error.offset)),
        excerpt=excerpt,
        excerpt_column=column,
        hint="the label is not a state as TLC prints it; was the file edited by hand?",
    )


def _variable_at(state: str, offset: int) -> str | None:
    """The variable whose value holds `offset`, if the state can be cut at all."""
    try:
        before = [variable for variable in split_state(state) if variable.offset <= offset]
    except ValueSyntaxError:
        return None
    return before[-1].name if before else None
