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

import numpy as np

from testgen.errors import Location, ParseError
from testgen.graph._kernels import decode_integers
from testgen.graph.dot_states import Declarations, read_declarations, read_values
from testgen.graph.dot_text import DotText, Positions
from testgen.graph.dot_transitions import ARROW, Transitions, read_transitions
from testgen.graph.model import GraphWarning, StateGraph
from testgen.graph.source import Source

__all__ = ["read_dot"]

_HEADER = re.compile(rb"(?:strict )?digraph \w+ ?\{")
_SKIPPED = re.compile(
    rb'(?:node|edge) \[[^\]]*\];?|nodesep=[\d.]+;|color="white";|\{rank = same;[-\d; ]*\}|\s*',
)
_LIVENESS_STATE = re.compile(rb'"-?\d+\.\d+"')


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
    if not re.match(rb"\s*" + _HEADER.pattern, source.content):
        raise ParseError(
            "does not begin like a DOT file of TLC (`strict digraph DiskGraph {`)",
            location=Location(source.name, 1),
            excerpt=DotText(Source(source.name, source.content[:160] + b"\n"), allow_cut=True).excerpt(0),
            hint="make one with `testgen explore SPEC.tla`, or TLC's `-dump dot,actionlabels FILE`",
        )
    text = DotText(source, allow_cut=allow_cut)
    numbers, stops = decode_integers(text.array, text.starts)
    numbered = (stops > text.starts) & np.isin(text.array[stops], (ord(" "), ord("[")))
    arrow = numbered & np.all([text.array[stops + at] == byte for at, byte in enumerate(ARROW)], axis=0)
    state_lines, transition_lines = np.flatnonzero(numbered & ~arrow), np.flatnonzero(arrow)

    transitions, continued = read_transitions(
        text, transition_lines, numbers[transition_lines], stops[transition_lines]
    )
    _check_frame(text, np.flatnonzero(~numbered), continued)
    declarations = read_declarations(text, state_lines, numbers[state_lines], stops[state_lines])
    return _assemble(text, declarations, transitions)


def _check_frame(text: DotText, lines: Positions, continued: set[int]) -> None:
    """Check the lines that do not begin with a number: header, braces, ranks, legend."""
    depth = 0
    in_legend = False
    for line in lines.tolist():
        if line in continued:
            continue
        content = text.line(line).strip()
        if _HEADER.fullmatch(content) or content.startswith(b"subgraph "):
            depth += content.count(b"{")
            in_legend = content.startswith(b"subgraph cluster_legend")
        elif content and not content.strip(b"}"):
            depth -= len(content)
            in_legend = False
            if depth < 0:
                text.fail(line, "a closing brace too many")
            if depth == 0:
                _check_nothing_follows(text, line)
        elif _LIVENESS_STATE.match(content):
            raise ParseError(
                "is TLC's liveness graph, which mixes states with the automaton of a temporal property",
                location=text.location(line),
                hint="read the dump beside it, without `_liveness` in its name",
            )
        elif not in_legend and not _SKIPPED.fullmatch(content):
            text.fail(line)
    if depth > 0:
        text.cut_at(len(text) - 1, "the file ends without its closing braces")


def _check_nothing_follows(text: DotText, closed: int) -> None:
    for line in range(closed + 1, len(text)):
        content = text.line(line).strip()
        if content:
            text.fail(
                line, "text after the graph's closing brace" if content.strip(b"}") else "a closing brace too many"
            )


def _assemble(text: DotText, declarations: Declarations, transitions: Transitions) -> StateGraph:
    """Join states and transitions, both without what the constraints exclude."""
    within = declarations.where(~declarations.excluded)
    fingerprints, firsts = np.unique(within.numbers, return_index=True)
    excluded = np.setdiff1d(declarations.numbers[declarations.excluded], fingerprints)
    if len(excluded):
        leaving = np.isin(transitions.ends, excluded)
        transitions = transitions.where(~(leaving[:, 0] | leaving[:, 1]))
    transitions, ends = transitions.numbered(text, fingerprints)
    builder = read_values(text, within, firsts)
    if len(excluded):
        message = f"left out, being outside the constraints: {len(excluded)} of the states"
        text.warnings.append(GraphWarning("constrained-out", message))
    if len(transitions.labels) and not any(transitions.label_texts[label] for label in np.unique(transitions.labels)):
        message = "transitions carry no action names; dump with `-dump dot,actionlabels FILE`"
        text.warnings.append(GraphWarning("no-action-labels", message))
    return builder.build(
        initial=np.flatnonzero(np.isin(fingerprints, within.numbers[within.initial])),
        sources=ends[:, 0],
        targets=ends[:, 1],
        labels=transitions.labels,
        label_texts=transitions.label_texts,
        fingerprints=fingerprints,
        constrained_out_states=len(excluded),
        warnings=text.warnings,
    )
