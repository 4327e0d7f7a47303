"""The transitions of a JSON dump; their few distinct labels are read once each."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NoReturn

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, Location, shortened
from testgen.graph._kernels import Ascending
from testgen.graph.json_columns import Shape, find_shape
from testgen.graph.json_stream import Batch
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
        self._first = b""
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._colons: list[int] = []
        self._ends: list[npt.NDArray[np.int64]] = []
        self._shape: Shape | None = None
        self._kinds: dict[bytes, int] = {}
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
        self._first = first
        return self._type

    def add_at_once(self, content: bytes, separator: bytes, states: Ascending | None) -> bool:
        """Take the transitions of `content`, if all are written as the first one; False if not, or if one is wrong.

        Args:
            content: Elements of the type that `element_type` gave.
            separator: What stands between the first two, and up to the key of the second.
            states: As for `add`.
        """
        if states is None:
            return False
        try:
            if self._shape is None or self._shape.separator != separator:
                edge = msgspec.json.decode(self._first, type=self._type)
                self._shape = find_shape(self._first, (edge.source, edge.target), separator)
            columns = None if self._shape is None else self._shape.columns(content)
            if self._shape is None or columns is None:
                return False
            kinds = [self._kind(self._shape.element(ending), ending) for ending in columns.endings]
        except DECODING_ERRORS:
            return False
        ends = states.find(columns.numbers)
        if None in kinds or (ends < 0).any():
            return False
        self._ends.append(ends)
        self._labels.append(np.array(kinds, dtype=np.int32)[columns.kinds])
        return True

    def _kind(self, element: bytes, ending: bytes) -> int | None:
        """The label of an element that ends so; None if that is new, or odd."""
        if ending not in self._kinds:
            edge = msgspec.json.decode(element, type=self._type)
            number = self._numbers.get((bytes(edge.action), bytes(edge.parameters)))
            if number is None or element.count(b":") != _MEMBERS + self._colons[number]:  # a key twice, or one more
                return None
            self._kinds[ending] = number
        return self._kinds[ending]

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
                self._add_label(batch, text)
        labels = [*map(self._numbers.__getitem__, texts)]
        batch.check_keys(_MEMBERS * len(edges) + sum(map(self._colons.__getitem__, labels)))
        ends = np.empty((len(edges), 2), dtype=np.int64)
        for end, name in enumerate(("source", "target")):
            ends[:, end] = np.fromiter(map(attrgetter(name), edges), np.int64, len(edges))
        if states is not None:
            numbers, ends = ends, states.find(ends)
            if len(missing := np.argwhere(ends < 0)):
                position, end = missing[0].tolist()
                key = ("from", "to")[end]
                raise GraphError(
                    f"transition {key} state {numbers[position, end]}, which the file does not declare",
                    location=batch.text().location_of((position, key)),
                    hint="was TLC stopped while writing it, or are these the files of two runs?",
                )
        (self._early if states is None else self._ends).append(ends)
        self._labels.append(np.array(labels, dtype=np.int32))

    def ends(self, name: str, states: Ascending) -> npt.NDArray[np.int64]:
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
            self._ends, self._early = [ends], []
        return np.concatenate([np.empty((0, 2), dtype=np.int64), *self._ends])

    def labels(self) -> npt.NDArray[np.int32]:
        """Shape (m,): positions in `actions`."""
        return np.concatenate([np.empty(0, dtype=np.int32), *self._labels])

    def _add_label(self, batch: Batch[Any], text: tuple[bytes, bytes]) -> int:
        position = next(
            at for at, edge in enumerate(batch.elements) if (bytes(edge.action), bytes(edge.parameters)) == text
        )
        try:
            name = msgspec.json.decode(text[0], type=str | None)
            parameters = msgspec.json.decode(text[1], type=dict[str, str])
        except DECODING_ERRORS as error:
            self._fail(batch, position, f"an action cannot be read ({error})")
        names = sorted(parameters)
        values = []
        for parameter in names:
            try:
                values.append(parse_value(parameters[parameter]))
            except ValueSyntaxError as error:
                self._fail(batch, position, f"{error.message} in the parameter {shortened(parameter)!r}")
        self.actions.append(Action(name or "", tuple(values), tuple(names)))
        self._colons.append(text[0].count(b":") + text[1].count(b":"))
        number = self._numbers[text] = len(self._numbers)
        if self._colons[number] != text[0].count(b":") + len(names) + sum(
            msgspec.json.encode(parameters[name]).count(b":") for name in names
        ):
            batch.text().parse()
        return number

    def _fail(self, batch: Batch[Any], position: int, message: str) -> NoReturn:
        text = batch.text()
        text.check()
        key = "params" if self.are_short else "actionParams"
        text.fail_at(message, (position, key), hint="TLC writes parameters as TLA+ text; was the file edited?")
