"""Read the DOT files that TLC writes (`-dump dot,actionlabels FILE`), every line shape of 2.15 (2020-01) to 2026-04.

TLC writes one statement a line. Lines that begin with a state's number are found and decoded for the whole file at once
(`_kernels`); the few others are read one by one. Shapes, with numbers shortened:

    -34 [label="x = 0",style = filled]                                an initial state
    -71 [label="x = 2"];    -71 [label="x = 2",tooltip="x = 2"];      another state (TLC 2.15; from 2.20 on)
    48 [label="…",tooltip="…",style = filled, fillcolor=lightyellow]; excluded by a constraint (option `constrained`)
    -71 -> 78 [label="Set(5)",color="black",fontcolor="black"];       a transition; arguments since 2025-02
    -71 -> 78;                                                        the same with -dfid
    -15 -> -15 [style="dashed"];                                      stuttering, not a transition of the specification

A transition that a constraint removes has a raw line break in its label, followed by the place of the constraint.
pydot cannot take this file's place: 4.0.1 rejects negative numbers, which half of all fingerprints are.
"""

from __future__ import annotations

import re
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, Location, ParseError
from testgen.graph._kernels import decode_integers, intern_ranges, line_bounds
from testgen.graph.builder import GraphBuilder
from testgen.graph.model import GraphWarning, StateGraph
from testgen.graph.source import Source
from testgen.values import ValueSyntaxError, split_state

__all__ = ["read_dot"]

_QUOTED = rb'"((?:[^"\\]|\\.)*+)"'
_HEADER = re.compile(rb"(?:strict )?digraph \w+ ?\{")
_NODE = re.compile(
    rb" ?\[label=" + _QUOTED + rb"(?:,tooltip=" + _QUOTED + rb")?(,style = filled(, fillcolor=lightyellow)?)?\];?",
    re.DOTALL,
)
_EDGE = re.compile(rb"(?: ?\[label=" + _QUOTED + rb'(?:,\w+=(?:"[^"]*"|\w+))*\])?;?', re.DOTALL)
_DASHED = re.compile(rb' \[style="dashed"(?:,color="\w+")?\];?')
_OPEN_LABEL = re.compile(rb' ?\[label="(?:[^"\\]|\\.)*+\\?', re.DOTALL)
_CONSTRAINT = re.compile(r"\nline \d+, col \d+ to line \d+, col \d+ of module \S+$")
_SKIPPED = re.compile(
    rb'(?:node|edge) \[[^\]]*\];?|nodesep=[\d.]+;|color="white";|\{rank = same;[-\d; ]*\}|\s*',
)
_LIVENESS_NODE = re.compile(rb'"-?\d+\.\d+"')
_STATE_TEXT = re.compile(r"/\\ |\w+ = ")
_PADDING = b" " * 32

_CUT_HINT = "was TLC stopped while writing it? Dump again, or read what is there with --allow-cut"

Positions = npt.NDArray[np.int64]


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
    return _DotReader(source, allow_cut).read()


class _DotReader:
    def __init__(self, source: Source, allow_cut: bool) -> None:
        if not _HEADER.match(source.content.lstrip()):
            raise ParseError(
                "does not begin like a DOT file of TLC (`strict digraph DiskGraph {`)",
                location=Location(source.name, 1),
                excerpt=source.content[:80].decode(errors="replace").split("\n")[0],
                hint="make one with `testgen explore SPEC.tla`, or TLC's `-dump dot,actionlabels FILE`",
            )
        self.name = source.name
        self.content = source.content + _PADDING
        self.text = np.frombuffer(self.content, dtype=np.uint8)
        self.starts, self.ends = line_bounds(self.text[: len(source.content)])
        self.allow_cut = allow_cut
        self.cut = False
        self.warnings: list[GraphWarning] = []
        self._check_last_line()

    def read(self) -> StateGraph:
        numbers, stops = decode_integers(self.text, self.starts)
        numbered = stops > self.starts
        arrow = numbered & (self.text[stops + 1] == ord("-")) & (self.text[stops + 2] == ord(">"))
        node_lines = np.flatnonzero(numbered & ~arrow)
        edge_lines = np.flatnonzero(arrow)
        edge_targets, edge_stops = decode_integers(self.text, stops[edge_lines] + 4)
        broken = edge_stops == stops[edge_lines] + 4
        if broken.any():
            self._malformed(int(edge_lines[np.argmax(broken)]))

        labels, label_texts, dropped, continued = self._edge_labels(edge_lines, edge_stops)
        self._other_lines(np.flatnonzero(~numbered), continued)
        return self._assemble(
            node_lines=node_lines,
            node_numbers=numbers[node_lines],
            node_stops=stops[node_lines],
            edges=np.stack((numbers[edge_lines], edge_targets), axis=1)[~dropped],
            edge_lines=edge_lines[~dropped],
            labels=labels[~dropped],
            label_texts=label_texts,
        )

    # Transitions

    def _edge_labels(
        self, lines: Positions, stops: Positions
    ) -> tuple[npt.NDArray[np.int32], list[str], npt.NDArray[np.bool_], set[int]]:
        """Labels of the edges (number and distinct texts), which edges to drop, and lines that continue a label."""
        firsts, tails = intern_ranges(self.text, stops, self.ends[lines])
        texts: dict[str, int] = {}
        label_of_tail = np.full(len(firsts), -1, dtype=np.int32)
        open_tails = []
        for tail, first in enumerate(firsts):
            line = int(lines[first])
            content = self.content[stops[first] : self.ends[line]]
            match = _EDGE.fullmatch(content)
            if match is not None:
                text = self._unescape(match.group(1) or b"", line)
                label_of_tail[tail] = texts.setdefault(text, len(texts))
            elif _OPEN_LABEL.fullmatch(content):
                open_tails.append(tail)
            elif not _DASHED.fullmatch(content):
                self._malformed(line)
        labels = label_of_tail[tails] if len(tails) else np.empty(0, dtype=np.int32)
        continued: set[int] = set()
        for edge in np.flatnonzero(np.isin(tails, open_tails)):
            text = self._long_label(int(lines[edge]), int(stops[edge]), continued)
            if not _CONSTRAINT.search(text):
                labels[edge] = texts.setdefault(text, len(texts))
        return labels, list(texts), labels < 0, continued

    def _long_label(self, line: int, stop: int, continued: set[int]) -> str:
        """The label of an edge statement that goes on in the lines after `line`."""
        last = line
        while True:
            match = _EDGE.fullmatch(self.content[stop : self.ends[last]])
            if match is not None:
                continued.update(range(line + 1, last + 1))
                return self._unescape(match.group(1) or b"", line)
            last += 1
            if last == len(self.starts) or self._is_statement(last):
                self._malformed(line)

    def _is_statement(self, line: int) -> bool:
        content = self.content[self.starts[line] : self.ends[line]]
        return re.match(rb"-?\d+ (?:->|\[)|\{rank = same", content) is not None

    # The frame of the file

    def _check_last_line(self) -> None:
        """Only the last brace stands without a line end: TLC wrote no more than a part of any other such line."""
        last = len(self.starts) - 1
        content = self.content[self.starts[last] : self.ends[last]]
        if self.ends[last] < len(self.content) - len(_PADDING) or not content.strip(b" }"):
            return
        self._cut_at(last, "the file ends in the middle of this line")
        self.starts, self.ends = self.starts[:-1], self.ends[:-1]

    def _other_lines(self, lines: Positions, continued: set[int]) -> None:
        """Check the lines that do not begin with a number: header, braces, ranks, legend."""
        depth = 0
        in_legend = False
        for line in map(int, lines):
            if line in continued:
                continue
            content = self.content[self.starts[line] : self.ends[line]].strip()
            if _HEADER.fullmatch(content) or content.startswith(b"subgraph "):
                depth += content.count(b"{")
                in_legend = content.startswith(b"subgraph cluster_legend")
            elif content and not content.strip(b"}"):
                depth -= len(content)
                if depth < 0:
                    self._malformed(line, "a closing brace too many")
                in_legend = False
            elif in_legend or _SKIPPED.fullmatch(content):
                continue
            elif _LIVENESS_NODE.match(content):
                raise ParseError(
                    "is TLC's liveness graph, which mixes states with the automaton of a temporal property",
                    location=self._location(line),
                    hint="read the dump beside it, without `_liveness` in its name",
                )
            else:
                self._malformed(line)
        if depth > 0 and not self.cut:
            self._cut_at(len(self.starts) - 1, "the file ends without its closing braces")

    # States

    def _assemble(
        self,
        *,
        node_lines: Positions,
        node_numbers: npt.NDArray[np.int64],
        node_stops: Positions,
        edges: npt.NDArray[np.int64],
        edge_lines: Positions,
        labels: npt.NDArray[np.int32],
        label_texts: list[str],
    ) -> StateGraph:
        matches = [self._node(line, stop) for line, stop in zip(node_lines, node_stops, strict=True)]
        excluded = np.array([match.group(4) is not None for match in matches], dtype=bool)
        fingerprints, firsts = np.unique(node_numbers[~excluded], return_index=True)
        yellow = np.setdiff1d(node_numbers[excluded], fingerprints)
        declarations = np.flatnonzero(~excluded)[firsts]

        within = ~(np.isin(edges[:, 0], yellow) | np.isin(edges[:, 1], yellow))
        edges, edge_lines, labels = edges[within], edge_lines[within], labels[within]
        if self.cut:  # TLC writes a transition before the state it leads to
            declared = np.isin(edges, fingerprints).all(axis=1)
            edges, edge_lines, labels = edges[declared], edge_lines[declared], labels[declared]
        self._check_declared(edges, edge_lines, fingerprints)

        builder = GraphBuilder(self.name, len(fingerprints))
        self._read_states(builder, declarations, node_lines, matches)
        filled = np.array([match.group(3) is not None for match in matches], dtype=bool)
        initial = np.flatnonzero(np.isin(fingerprints, node_numbers[filled & ~excluded]))
        self._check_repeats(node_lines, node_numbers, matches, ~excluded)
        self._warn(len(yellow), label_texts, labels)
        return builder.build(
            initial=initial,
            sources=np.searchsorted(fingerprints, edges[:, 0]),
            targets=np.searchsorted(fingerprints, edges[:, 1]),
            labels=labels,
            label_texts=label_texts,
            fingerprints=fingerprints,
            constrained_out_states=len(yellow),
            warnings=self.warnings,
        )

    def _node(self, line: int, stop: int) -> re.Match[bytes]:
        match = _NODE.fullmatch(self.content, stop, self.ends[line])
        if match is None:
            self._malformed(int(line))
        return match

    def _read_states(
        self,
        builder: GraphBuilder,
        declarations: Positions,
        lines: Positions,
        matches: list[re.Match[bytes]],
    ) -> None:
        """Give the builder each state's text: the tooltip, where it is the true state, else the label."""
        group = 2 if self._tooltips_are_states(declarations, matches) else 1
        for number, declaration in enumerate(declarations):
            match = matches[declaration]
            used = group if match.group(group) is not None else 1
            line = int(lines[declaration])
            text = self._unescape(match.group(used), line)
            try:
                builder.set_state(number, text if _STATE_TEXT.match(text) else f"view = {text}")
            except ValueSyntaxError as error:
                raise self._value_error(error, match, used, line) from error
            except GraphError as error:
                raise GraphError(error.message, location=self._location(line), hint=error.hint) from error

    def _tooltips_are_states(self, declarations: Positions, matches: list[re.Match[bytes]]) -> bool:
        """Whether labels and tooltips speak of the same variables.

        With -difftrace the label tells only what changed and the tooltip is the state. With ALIAS the tooltip is the
        state too, but initial states have none (TLC 2.20, 2026-04): then all states are read as the alias shows them.
        """
        initial = with_tooltip = None
        for declaration in declarations:
            match = matches[declaration]
            if match.group(2) is None:
                initial = match
            else:
                with_tooltip = match
            if initial and with_tooltip:
                break
        if with_tooltip is None or initial is None:
            return with_tooltip is not None
        try:
            labelled = {variable.name for variable in split_state(_plain_unescape(initial.group(1)))}
            tipped = {variable.name for variable in split_state(_plain_unescape(with_tooltip.group(2)))}
        except ValueSyntaxError:
            return False  # a -view dump, whose label is a bare value
        if labelled == tipped:
            return True
        self.warnings.append(
            GraphWarning(
                "alias",
                "states are shown by an ALIAS, and the variables of the initial states are not in the file; "
                "the alias is read as if it were the state",
            )
        )
        return False

    # Checks

    def _check_declared(
        self, edges: npt.NDArray[np.int64], lines: Positions, fingerprints: npt.NDArray[np.int64]
    ) -> None:
        undeclared = ~np.isin(edges, fingerprints)
        if undeclared.any():
            edge, end = np.argwhere(undeclared)[0]
            line = int(lines[edge])
            raise GraphError(
                f"transition {'from' if end == 0 else 'to'} state {edges[edge, end]}, which the file does not declare",
                location=self._location(line),
                excerpt=self._line(line),
                hint="TLC's dump option `strict` loses states and transitions; dump without it",
            )

    def _check_repeats(
        self,
        lines: Positions,
        numbers: npt.NDArray[np.int64],
        matches: list[re.Match[bytes]],
        declared: npt.NDArray[np.bool_],
    ) -> None:
        """A state may be declared again in the same words; otherwise the file contradicts itself."""
        order = np.flatnonzero(declared)[np.argsort(numbers[declared], kind="stable")]
        again = np.flatnonzero(numbers[order][1:] == numbers[order][:-1])
        for position in again:
            earlier, later = matches[order[position]], matches[order[position + 1]]
            if earlier.group(1) != later.group(1):
                line = int(lines[order[position + 1]])
                first_line = int(lines[order[position]]) + 1
                raise GraphError(
                    f"state {numbers[order[position]]} is declared again with other values; first in line {first_line}",
                    location=self._location(line),
                    excerpt=self._line(line),
                )
        if len(again):
            self.warnings.append(GraphWarning("repeated-states", f"{len(again)} states are declared more than once"))

    def _warn(self, n_excluded: int, label_texts: list[str], labels: npt.NDArray[np.int32]) -> None:
        if n_excluded:
            self.warnings.append(
                GraphWarning("constrained-out", f"{n_excluded} states outside the constraints are left out")
            )
        if len(labels) and all(not label_texts[label] for label in np.unique(labels)):
            self.warnings.append(
                GraphWarning(
                    "no-action-labels",
                    "transitions carry no action names; dump with `-dump dot,actionlabels FILE`",
                )
            )

    # Where and how it failed

    def _location(self, line: int, column: int | None = None) -> Location:
        return Location(self.name, line + 1, column)

    def _line(self, line: int) -> str:
        text = self.content[self.starts[line] : self.ends[line]].decode(errors="replace")
        return text if len(text) <= 160 else text[:157] + "..."

    def _malformed(self, line: int, message: str = "not a line that TLC writes") -> NoReturn:
        raise ParseError(
            message,
            location=self._location(line, 1),
            excerpt=self._line(line),
            hint='expected a state `N [label="..."]`, a transition `N -> M [label="..."]`, a rank or a brace',
        )

    def _cut_at(self, line: int, message: str) -> None:
        if not self.allow_cut:
            column = int(self.ends[line] - self.starts[line]) + 1
            raise ParseError(message, location=self._location(line, column), excerpt=self._line(line), hint=_CUT_HINT)
        self.cut = True
        self.warnings.append(GraphWarning("cut-dump", f"{message} (line {line + 1}); states may lack successors"))

    def _unescape(self, raw: bytes, line: int) -> str:
        try:
            return _plain_unescape(raw)
        except UnicodeDecodeError as error:
            raise ParseError(
                f"a label is not UTF-8: {error.reason}",
                location=self._location(line),
                hint="run TLC with `java -Dfile.encoding=UTF-8`",
            ) from error

    def _value_error(self, error: ValueSyntaxError, match: re.Match[bytes], group: int, line: int) -> ParseError:
        """The same error, told where it stands in the file."""
        raw = match.group(group).decode()
        variable = _variable_at(error.text, error.offset)
        column = len(self.content[self.starts[line] : match.start(group)].decode()) + _raw_offset(raw, error.offset) + 1
        return ParseError(
            error.message + (f" in the value of {variable!r}" if variable else ""),
            location=self._location(line, column),
            excerpt=error.excerpt,
            excerpt_column=error.excerpt_column,
            hint="the label is not a state as TLC prints it; was the file edited by hand?",
        )


def _plain_unescape(raw: bytes) -> str:
    """Undo DOT's escapes in one pass from left to right; replacing them one kind after the other corrupts data."""
    # A run of backslashes starts at an escape, so pairs cut it as a scan would.
    pieces = raw.decode().split("\\\\")
    return "\\".join(piece.replace("\\n", "\n").replace('\\"', '"') for piece in pieces)


def _raw_offset(raw: str, offset: int) -> int:
    """Where character `offset` of the unescaped text stands in `raw`."""
    at = 0
    for _ in range(offset):
        at += 2 if raw[at : at + 1] == "\\" else 1
    return at


def _variable_at(state: str, offset: int) -> str | None:
    """The variable whose value holds `offset`, if the state can be cut at all."""
    try:
        before = [variable for variable in split_state(state) if variable.offset <= offset]
    except ValueSyntaxError:
        return None
    return before[-1].name if before else None
