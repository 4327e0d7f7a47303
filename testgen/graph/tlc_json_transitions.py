"""The transitions of a JSON dump; their few distinct labels are read once each."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, Location, shortened
from testgen.graph._kernels import Ascending
from testgen.graph.json_columns import Piece, TransitionColumns, TransitionShape, find_transitions
from testgen.graph.json_stream import AtOnce, Batch
from testgen.graph.json_text import DECODING_ERRORS
from testgen.graph.model import Action
from testgen.graph.tlc_json_states import Int64
from testgen.values import ValueSyntaxError, parse_value

__all__ = ["TransitionTable"]

_MEMBERS = 4


class _Edge(msgspec.Struct, gc=False):
    """A transition as the fork of 2025-01 writes it."""

    source: Int64 = msgspec.field(name="from")
    target: Int64 = msgspec.field(name="to")
    action: msgspec.Raw = msgspec.field(name="action")
    parameters: msgspec.Raw = msgspec.field(name="actionParams")


class _ShortEdge(msgspec.Struct, gc=False):
    """The same of 2025-06."""

    source: Int64 = msgspec.field(name="from")
    target: Int64 = msgspec.field(name="to")
    action: msgspec.Raw = msgspec.field(name="act")
    parameters: msgspec.Raw = msgspec.field(name="params")


class TransitionTable:
    """Collects transitions in the order of the file.

    Attributes:
        are_short: Whether they are of the fork of 2025-06, which marks every state initial.
        actions: The distinct actions.
    """

    def __init__(self) -> None:
        self.are_short = False
        self.actions: list[Action] = []
        self._type: type[Any] = _Edge  # Any: as in element_type
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._colons: list[int] = []
        self._ends: list[npt.NDArray[np.int32]] = []
        self._early: list[npt.NDArray[np.int64]] = []  # numbers of states not known yet
        self._labels: list[npt.NDArray[np.int32]] = []

    def element_type(self, first: bytes) -> type[Any]:  # Any: one of the two, which are alike
        """The type of a file's elements, seen from its first one."""
        try:
            keys = msgspec.json.decode(first, type=dict[str, msgspec.Raw]).keys()
        except DECODING_ERRORS:
            return _Edge  # which fails, and tells why
        self.are_short = "action" not in keys and "act" in keys
        self._type = _ShortEdge if self.are_short else _Edge
        return self._type

    def at_once(self, first: bytes, separator: bytes, states: Ascending | None) -> AtOnce[_Found] | None:
        """How to take transitions that are written as `first`; see `JsonStream.elements`.

        Args:
            first: Of the type that `element_type` gave.
            separator: What stands between the first two, and up to the key of the second.
            states: As for `add`.
        """
        try:
            edge = msgspec.json.decode(first, type=self._type)
        except DECODING_ERRORS:
            return None
        shape = find_transitions(first, (edge.source, edge.target), separator)
        if states is None or shape is None:
            return None
        kinds: dict[bytes, int] = {}
        return AtOnce(partial(_find, shape, states), partial(self._take, shape, kinds))

    def _take(self, shape: TransitionShape, kinds: dict[bytes, int], found: _Found) -> bool:
        """Take what `_find` found; `kinds` are the labels by the ending of their transitions, and grow."""
        columns, ends = found
        try:
            texts = {ending: self._text(shape.element(ending)) for ending in columns.endings if ending not in kinds}
        except (_NotALabel, *DECODING_ERRORS):
            return False
        kinds |= {ending: self._number(text) for ending, text in texts.items()}
        self._ends.append(ends)
        self._labels.append(np.array([*map(kinds.__getitem__, columns.endings)], dtype=np.int32)[columns.kinds])
        return True

    def _text(self, element: bytes) -> tuple[bytes, bytes]:
        """The text of an element's label, which can be read and has no key twice."""
        edge = msgspec.json.decode(element, type=self._type)
        label = _read_label(text := (bytes(edge.action), bytes(edge.parameters)))
        if label.may_repeat or element.count(b":") != _MEMBERS + label.colons:  # a key twice, or one more
            raise _NotALabel("a key may stand twice")
        return text

    def _number(self, text: tuple[bytes, bytes]) -> int:
        if text not in self._numbers:
            label = _read_label(text)
            self.actions.append(label.action)
            self._colons.append(label.colons)
            self._numbers[text] = len(self._numbers)
        return self._numbers[text]

    def add(self, batch: Batch[Any], states: Ascending | None) -> None:
        """Take the transitions of `batch`.

        Args:
            batch: Elements of the type that `element_type` gave.
            states: Their fingerprints, if all states are known.

        Raises:
            ParseError: A label is malformed, or a key stands twice.
            GraphError: A transition joins states that are not declared.
        """
        edges = batch.elements
        texts = [(bytes(edge.action), bytes(edge.parameters)) for edge in edges]
        for text in dict.fromkeys(texts):
            if text not in self._numbers:
                self._check_label(batch, texts.index(text), text)
                self._number(text)
        labels = [*map(self._numbers.__getitem__, texts)]
        batch.check_keys(_MEMBERS * len(edges) + sum(map(self._colons.__getitem__, labels)))
        numbers = np.empty((len(edges), 2), dtype=np.int64)
        for end, name in enumerate(("source", "target")):
            numbers[:, end] = np.fromiter(map(attrgetter(name), edges), np.int64, len(edges))
        if states is None:
            self._early.append(numbers)
        else:
            ends = states.find(numbers)
            if len(missing := np.argwhere(ends < 0)):
                position, end = missing[0].tolist()
                key = ("from", "to")[end]
                raise GraphError(
                    f"transition {key} state {numbers[position, end]}, which the file does not declare",
                    location=batch.text().location_of((position, key)),
                    hint="was TLC stopped while writing it, or are these the files of two runs?",
                )
            self._ends.append(ends.astype(np.int32))
        self._labels.append(np.array(labels, dtype=np.int32))

    def ends(self, name: str, states: Ascending) -> npt.NDArray[np.int32]:
        """Shape (m, 2): positions of source and target among the states.

        Raises:
            GraphError: The file `name` has its transitions first, and one of them joins states that are not declared.
        """
        if self._early:
            numbers = np.concatenate(self._early)
            ends = states.find(numbers)
            if (ends < 0).any():
                raise GraphError(
                    f"transition from or to state {numbers[ends < 0][0]}, which the file does not declare",
                    location=Location(name),
                    hint="was TLC stopped while writing it?",
                )
            self._ends, self._early = [ends.astype(np.int32)], []
        return np.concatenate([np.empty((0, 2), dtype=np.int32), *self._ends])

    def labels(self) -> npt.NDArray[np.int32]:
        """Shape (m,): positions in `actions`."""
        return np.concatenate([np.empty(0, dtype=np.int32), *self._labels])

    def _check_label(self, batch: Batch[Any], position: int, text: tuple[bytes, bytes]) -> None:
        try:
            label = _read_label(text)
        except _NotALabel as error:
            self._fail(batch, position, error.message)
        if label.may_repeat:
            batch.text().parse()

    def _fail(self, batch: Batch[Any], position: int, message: str) -> NoReturn:
        text = batch.text()
        text.check()
        key = "params" if self.are_short else "actionParams"
        text.fail_at(message, (position, key), hint="TLC writes parameters as TLA+ text; was the file edited?")


_Found: TypeAlias = tuple[TransitionColumns, npt.NDArray[np.int32]]
"""Transitions, and the positions of their ends among the states, shape (k, 2)."""


def _find(shape: TransitionShape, states: Ascending, piece: Piece) -> _Found | None:
    """The transitions of `piece`; None if one is of another shape, or joins states that are not declared."""
    columns = shape.columns(piece)
    if columns is None:
        return None
    ends = states.find(columns.numbers)
    return None if (ends < 0).any() else (columns, ends.astype(np.int32))


class _NotALabel(Exception):  # noqa: N818 - becomes a ParseError where its place is known
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _Label(NamedTuple):
    """A label as it was read.

    Attributes:
        action: What it says.
        colons: How many there are in its text.
        may_repeat: Whether a key of the parameters may stand there twice.
    """

    action: Action
    colons: int
    may_repeat: bool


def _read_label(text: tuple[bytes, bytes]) -> _Label:
    try:
        name = msgspec.json.decode(text[0], type=str | None)
        parameters = msgspec.json.decode(text[1], type=dict[str, str])
    except DECODING_ERRORS as error:
        raise _NotALabel(f"an action cannot be read ({error})") from error
    names = sorted(parameters)
    values = []
    for parameter in names:
        try:
            values.append(parse_value(parameters[parameter]))
        except ValueSyntaxError as error:
            raise _NotALabel(f"{error.message} in the parameter {shortened(parameter)!r}") from error
    colons = text[0].count(b":") + text[1].count(b":")
    seen = text[0].count(b":") + len(names) + sum(msgspec.json.encode(parameters[name]).count(b":") for name in names)
    return _Label(Action(name or "", tuple(values), tuple(names)), colons, colons != seen)
