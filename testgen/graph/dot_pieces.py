"""Read a large DOT dump piece by piece, in memory for what it says rather than for its text.

For dumps as TLC writes them: every state once, with the same variables in one order. What is odd in any way, and all
that is wrong, is left to be read whole, where it can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, ParseError
from testgen.graph._kernels import Ascending, intern_ranges
from testgen.graph.builder import GraphBuilder
from testgen.graph.dot import Frame, Statements, assemble, read_statements
from testgen.graph.dot_columns import cut_columns, read_column
from testgen.graph.dot_states import Declarations
from testgen.graph.dot_text import DotText, Positions
from testgen.graph.model import StateGraph
from testgen.graph.side_by_side import side_by_side
from testgen.graph.source import Source, Stream, check_text

__all__ = ["PIECE_BYTES", "read_dot_stream"]

PIECE_BYTES = 1 << 23
"""Large enough for arrays to pay, small beside what Python itself takes."""


def read_dot_stream(
    stream: Stream,
    reopen: Callable[[], Stream],
    read_whole: Callable[[Source], StateGraph],
    *,
    piece_bytes: int = PIECE_BYTES,
) -> StateGraph:
    """Read a dump of TLC.

    Args:
        stream: The dump, from its beginning.
        reopen: Opens it again, for a dump that must be read whole.
        read_whole: Does that, for these and for those of one piece.
        piece_bytes: How much text to hold at a time.
    """
    pieces = _cut(stream, piece_bytes)
    first, second = next(pieces), next(pieces, None)
    if second is None:
        return read_whole(Source(stream.name, first))
    graph = _read_pieces(stream.name, chain([first, second], pieces))
    if graph is not None:
        return graph
    with reopen() as again:
        return read_whole(again.whole())


def _cut(stream: Stream, size: int) -> Iterator[bytes]:
    """The dump in pieces of whole lines, each at least of `size` but the last."""
    parts: list[bytes] = []
    n_bytes = 0
    while chunk := stream.read(size):
        end = chunk.rfind(b"\n") + 1
        n_bytes += len(chunk)
        if n_bytes >= size and end:
            yield b"".join([*parts, chunk[:end]])
            parts, n_bytes = [chunk[end:]], len(chunk) - end
        else:
            parts.append(chunk)
    if n_bytes:
        yield b"".join(parts)


def _read_pieces(name: str, pieces: Iterator[bytes]) -> StateGraph | None:
    """Read a dump; None if it is not as it should be."""
    frame, states, transitions = Frame(), _States(), _Transitions()
    try:
        for piece in side_by_side(partial(_read_piece, name), pieces):
            frame.check(piece.text, piece.statements.others)
            found = piece.statements.transitions
            transitions.add(found.ends, found.labels, found.label_texts)
            if not states.add(piece):
                return None
        frame.end(piece.text)
        if frame.may_be_liveness:
            return None
    except (ParseError, GraphError):
        return None
    return states.graph(name, transitions)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """What one piece says.

    Attributes:
        text: The piece.
        statements: Its lines.
        columns: For each variable its distinct texts, and for each state within the constraints the position of its
            own; None if they are not as they should be.
    """

    text: DotText
    statements: Statements
    columns: list[tuple[list[bytes], npt.NDArray[np.int32]]] | None


def _read_piece(name: str, content: bytes) -> _Piece:
    text = DotText(check_text(Source(name, content)), allow_cut=False)
    statements = read_statements(text)
    return _Piece(text, statements, _read_columns(text, statements.declarations))


def _read_columns(text: DotText, states: Declarations) -> list[tuple[list[bytes], npt.NDArray[np.int32]]] | None:
    within = states.where(~states.excluded)
    if not len(within.numbers):
        return []
    cut = cut_columns(text, within.labels) if _tooltips_agree(text, within) else None
    if cut is None:
        return None
    columns = []
    for starts, ends in zip(cut[0].T, cut[1].T, strict=True):
        firsts, numbers = intern_ranges(text.array, starts, ends)
        spans = zip(starts[firsts].tolist(), ends[firsts].tolist(), strict=True)
        columns.append(([text.content[start:end] for start, end in spans], numbers))
    return columns


class _States:
    """The states of all pieces so far, in order of the file."""

    def __init__(self) -> None:
        self._numbers: list[npt.NDArray[np.int64]] = []
        self._initial: list[npt.NDArray[np.bool_]] = []
        self._excluded: list[npt.NDArray[np.int64]] = []
        self._columns: list[_Column] = []

    def add(self, piece: _Piece) -> bool:
        """Take the states of one piece; False if they are not as they should be."""
        if piece.columns is None:
            return False
        states = piece.statements.declarations
        self._excluded.append(states.numbers[states.excluded])
        self._numbers.append(states.numbers[~states.excluded])
        self._initial.append(states.initial[~states.excluded])
        if not piece.columns:
            return True
        self._columns = self._columns or [_Column() for _ in piece.columns]
        if len(self._columns) != len(piece.columns):
            return False
        for column, (texts, numbers) in zip(self._columns, piece.columns, strict=True):
            column.add(texts, numbers)
        return True

    def graph(self, name: str, transitions: _Transitions) -> StateGraph | None:
        """The graph; None if a state is declared twice, or not at all."""
        numbers = np.concatenate(self._numbers or [np.empty(0, np.int64)])
        order = np.argsort(numbers)
        fingerprints = numbers[order]
        if not len(numbers) or (np.diff(fingerprints) == 0).any():
            return None
        excluded = np.concatenate(self._excluded)
        if len(excluded):
            excluded = np.setdiff1d(excluded, fingerprints)
        found = transitions.between(Ascending(fingerprints), excluded)
        builder = self._builder(name, order)
        if found is None or builder is None:
            return None
        ends, labels = found
        return assemble(
            builder,
            initial=np.flatnonzero(np.concatenate(self._initial)[order]),
            ends=ends,
            labels=labels,
            label_texts=transitions.label_texts,
            fingerprints=fingerprints,
            n_excluded=len(excluded),
            warnings=[],
        )

    def _builder(self, name: str, order: Positions) -> GraphBuilder | None:
        builder = GraphBuilder(name, len(order))
        while self._columns:  # each is let go when it has been read
            column = self._columns.pop(0)
            if not read_column(list(column.raws), np.concatenate(column.numbers)[order], builder):
                return None
        return builder


class _Column:
    """The texts of one variable, as they stand in the file, and for each state the number of its own."""

    def __init__(self) -> None:
        self.raws: dict[bytes, int] = {}
        self.numbers: list[npt.NDArray[np.int32]] = []

    def add(self, texts: list[bytes], numbers: npt.NDArray[np.int32]) -> None:
        known = [self.raws.setdefault(text, len(self.raws)) for text in texts]
        self.numbers.append(np.array(known, dtype=np.int32)[numbers])


class _Transitions:
    """The transitions of all pieces so far, in order of the file."""

    def __init__(self) -> None:
        self._ends: list[npt.NDArray[np.int64]] = []
        self._labels: list[npt.NDArray[np.int32]] = []
        self._known: dict[str, int] = {}

    @property
    def label_texts(self) -> list[str]:
        return list(self._known)

    def add(self, ends: npt.NDArray[np.int64], labels: npt.NDArray[np.int32], label_texts: list[str]) -> None:
        known = [self._known.setdefault(text, len(self._known)) for text in label_texts]
        self._ends.append(ends)
        self._labels.append(np.array(known, dtype=np.int32)[labels])

    def between(
        self, fingerprints: Ascending, excluded: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]] | None:
        """Those that do not touch what is excluded: the positions of their ends, shape (m, 2), and their labels.

        Args:
            fingerprints: Of the states.
            excluded: Numbers of other states.

        Returns:
            None if one leads to a state that is neither. Each piece is let go when it has been looked at.
        """
        ends, labels = [np.empty((0, 2), np.int32)], [np.empty(0, np.int32)]
        for positions, own in side_by_side(partial(_locate, fingerprints, excluded), self._taken()):
            if (positions < 0).any():
                return None
            ends.append(positions)
            labels.append(own)
        return np.concatenate(ends), np.concatenate(labels)

    def _taken(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]]:
        while self._ends:
            yield self._ends.pop(0), self._labels.pop(0)


def _locate(
    fingerprints: Ascending,
    excluded: npt.NDArray[np.int64],
    transitions: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The positions of the ends of transitions that do not touch what is excluded, -1 for no state; their labels."""
    ends, labels = transitions
    if len(excluded):
        kept = ~np.isin(ends, excluded).any(axis=1)
        ends, labels = ends[kept], labels[kept]
    return fingerprints.find(ends).astype(np.int32), labels


def _tooltips_agree(text: DotText, declarations: Declarations) -> bool:
    """Whether every state that has a tooltip shows there what its label does."""
    has_tooltip = declarations.tooltips[:, 0] >= 0
    spans = np.hstack((declarations.labels, declarations.tooltips))[has_tooltip]
    return all(text.content[a:b] == text.content[c:d] for a, b, c, d in spans.tolist())
