"""Read the DOT files that TLC writes (`-dump dot,actionlabels FILE`), every line shape of 2.15 (2020-01) to 2026-04.

TLC writes one statement a line. Lines that begin with a state's number are found and decoded for the whole file at once
(`_kernels`); the few others are read one by one. Shapes, with numbers shortened:

    -34 [label="x = 0",style = filled]                                an initial state
    -71 [label="x = 2"];    -71 [label="x = 2",tooltip="x = 2"];      another state (TLC 2.15; from 2.20 on)
    48 [label="…",tooltip="…",style = filled, fillcolor=lightyellow]; excluded by a constraint (option `constrained`)
    -71 -> 78 [label="Set(5)",color="black",fontcolor="black"];       a transition; arguments since 2025-02
    -71 -> 78;                                                        the same with -dfid
    -15 -> -15 [style="dashed"];                                      stuttering, not a transition of the specification

States are read by `dot_states`, transitions by `dot_transitions`; here are the frame around them and the whole.
pydot cannot take this reader's place: 4.0.1 rejects negative numbers, which half of all fingerprints are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from testgen.errors import Location, ParseError
from testgen.graph._kernels import decode_integers
from testgen.graph.builder import GraphBuilder
from testgen.graph.dot_states import Declarations, read_declarations, read_values
from testgen.graph.dot_text import DotText, Positions
from testgen.graph.dot_transitions import ARROW, Transitions, read_transitions
from testgen.graph.model import GraphWarning, StateGraph
from testgen.graph.source import Source

__all__ = ["Frame", "Statements", "assemble", "begins_like_dot", "read_dot", "read_statements"]

_HEADER = re.compile(rb"(?:strict )?digraph \w+ ?\{")
_SKIPPED = re.compile(
    rb'(?:node|edge) \[[^\]]*\];?|nodesep=[\d.]+;|color="white";|\{rank = same;[-\d; ]*\}|\s*',
)
_LIVENESS_STATE = re.compile(rb'"-?\d+\.\d+"')
_LIVENESS_HEADER = b"digraph DiskGraph {"


def begins_like_dot(head: bytes) -> bool:
    """Whether a file that begins so may be a DOT dump of TLC."""
    return re.match(rb"\s*" + _HEADER.pattern, head) is not None


def read_dot(source: Source, *, allow_cut: bool = False) -> StateGraph:
    """Read a dump of TLC.

    Args:
        source: The whole file.
        allow_cut: Take a file without its closing braces, whose last states may lack successors, with a warning
            instead of an error. An unfinished last line is left out.

    Raises:
        ParseError: A line has none of TLC's shapes, a value is malformed, or the file is cut.
        GraphError: The lines are well formed but not a graph.
    """
    if not begins_like_dot(source.content):
        raise ParseError(
            "does not begin like a DOT file of TLC (`strict digraph DiskGraph {`)",
            location=Location(source.name, 1),
            excerpt=DotText(Source(source.name, source.content[:160] + b"\n"), allow_cut=True).excerpt(0),
            hint="make one with `testgen explore SPEC.tla`, or TLC's `-dump dot,actionlabels FILE`",
        )
    text = DotText(source, allow_cut=allow_cut)
    frame, statements = Frame(), read_statements(text)
    frame.check(text, statements.others)
    frame.end(text)
    declarations, transitions = statements.declarations, statements.transitions
    if frame.may_be_liveness and transitions.label_texts == [""]:
        raise _liveness(text.location(0))
    within = declarations.where(~declarations.excluded)
    fingerprints, firsts = np.unique(within.numbers, return_index=True)
    excluded = np.setdiff1d(declarations.numbers[declarations.excluded], fingerprints)
    transitions, ends = transitions.without(excluded).numbered(text, fingerprints)
    return assemble(
        read_values(text, within, firsts),
        initial=np.flatnonzero(np.isin(fingerprints, within.numbers[within.initial])),
        ends=ends,
        labels=transitions.labels,
        label_texts=transitions.label_texts,
        fingerprints=fingerprints,
        n_excluded=len(excluded),
        warnings=text.warnings,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """What the lines of a dump, or those of a piece of it, say.

    Attributes:
        declarations: The states.
        transitions: As it says.
        others: The lines that are neither, nor continue a label; see `Frame`.
    """

    declarations: Declarations
    transitions: Transitions
    others: Positions


def read_statements(text: DotText) -> Statements:
    """Read all lines that are states or transitions."""
    numbers, stops = decode_integers(text.array, text.starts)
    numbered = (stops > text.starts) & np.isin(text.array[stops], (ord(" "), ord("[")))
    arrow = numbered & np.all([text.array[stops + at] == byte for at, byte in enumerate(ARROW)], axis=0)
    states, arrows = np.flatnonzero(numbered & ~arrow), np.flatnonzero(arrow)
    transitions, continued = read_transitions(text, arrows, numbers[arrows], stops[arrows])
    others = np.setdiff1d(np.flatnonzero(~numbered), np.fromiter(continued, np.int64, len(continued)))
    return Statements(read_declarations(text, states, numbers[states], stops[states]), transitions, others)


class Frame:
    """What stands around states and transitions: header, braces, ranks, legend."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_legend = False
        self._is_closed = False
        self.may_be_liveness = False
        """Whether the header is that of a liveness graph, which may have states like a state graph's: TLC 2.15 writes
        such a one, without any label, where a temporal property needs no automaton (`<>[]P`)."""

    def check(self, text: DotText, lines: Positions) -> None:
        """Check that `text` may follow what has been seen, and its `lines` that are no states or transitions."""
        self.check_not_closed(text)
        for line in lines.tolist():
            content = text.line(line).strip()
            self.may_be_liveness |= content == _LIVENESS_HEADER
            if _HEADER.fullmatch(content) or content.startswith(b"subgraph "):
                self._depth += content.count(b"{")
                self._in_legend = content.startswith(b"subgraph cluster_legend")
            elif content and not content.strip(b"}"):
                self._depth -= len(content)
                self._in_legend = False
                if self._depth < 0:
                    text.fail(line, "a closing brace too many")
                if self._depth == 0:
                    self._is_closed = True
                    self.check_not_closed(text, first=line + 1)
            elif _LIVENESS_STATE.match(content):
                raise _liveness(text.location(line))
            elif not self._in_legend and not _SKIPPED.fullmatch(content):
                text.fail(line)

    def check_not_closed(self, text: DotText, *, first: int = 0) -> None:
        """Check that from the line `first` on nothing follows, if the last brace has been seen."""
        for line in range(first, len(text) if self._is_closed else 0):
            content = text.line(line).strip()
            if content:
                text.fail(
                    line, "text after the graph's closing brace" if content.strip(b"}") else "a closing brace too many"
                )

    def end(self, text: DotText) -> None:
        """Check that the last brace has been seen."""
        if self._depth > 0:
            text.cut_at(len(text) - 1, "the file ends without its closing braces")


def _liveness(location: Location) -> ParseError:
    return ParseError(
        "is TLC's liveness graph, which serves to check a temporal property",
        location=location,
        hint="read the dump beside it, without `_liveness` in its name",
    )


def assemble(
    builder: GraphBuilder,
    *,
    initial: npt.NDArray[np.int64],
    ends: npt.NDArray[np.integer[Any]],
    labels: npt.NDArray[np.int32],
    label_texts: list[str],
    fingerprints: npt.NDArray[np.int64],
    n_excluded: int,
    warnings: list[GraphWarning],
) -> StateGraph:
    """Make the graph of states that `builder` knows; `ends`, shape (m, 2), are numbers of states, as is `initial`."""
    if n_excluded:
        message = f"left out, being outside the constraints: {n_excluded} of the states"
        warnings.append(GraphWarning("constrained-out", message))
    used = np.flatnonzero(np.bincount(labels, minlength=len(label_texts)))
    if len(used) and not any(label_texts[label] for label in used.tolist()):
        message = "transitions carry no action names; dump with `-dump dot,actionlabels FILE`"
        warnings.append(GraphWarning("no-action-labels", message))
    return builder.build(
        initial=initial,
        sources=ends[:, 0],
        targets=ends[:, 1],
        labels=labels,
        label_texts=label_texts,
        fingerprints=fingerprints,
        constrained_out_states=n_excluded,
        warnings=warnings,
    )
