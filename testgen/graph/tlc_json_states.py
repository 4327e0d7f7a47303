"""The states of a JSON dump: each variable's distinct texts read once, and a table of which state shows which."""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import Annotated, NoReturn

import msgspec
import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, Location, shortened
from testgen.graph._kernels import equals_before
from testgen.graph.json_columns import StateColumns, find_states
from testgen.graph.json_stream import AtOnce, Batch
from testgen.graph.json_text import DECODING_ERRORS
from testgen.graph.json_values import JsonValues, NotAValue
from testgen.values import Value

__all__ = ["Int64", "State", "StateTable"]

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_HINT = "TLC writes no such value; was the file edited?"


class State(msgspec.Struct, gc=False):
    """A state as it stands in the file."""

    fp: Int64
    val: dict[str, msgspec.Raw]
    initial: bool


class StateTable:
    """Collects states in the order of the file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns: dict[str, _Column] = {}
        self._fingerprints: list[npt.NDArray[np.int64]] = []
        self._initial: list[npt.NDArray[np.bool_]] = []
        self._ranks: list[npt.NDArray[np.int32]] = []
        self._sorted: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None

    def add(self, batch: Batch[State]) -> None:
        """Take the states of `batch`.

        Raises:
            ParseError: A value is malformed, or a key stands twice.
            GraphError: A state has other variables than the first one.
        """
        states = batch.elements
        values = [state.val for state in states]
        self._begin(states[0])
        ranks = np.empty((len(states), len(self._columns)), dtype=np.int32)
        colons = (len(State.__struct_fields__) + len(self._columns)) * len(states)
        for position, (name, column) in enumerate(self._columns.items()):
            try:
                texts = map(bytes, map(itemgetter(name), values))
                numbers = [*map(column.__getitem__, texts)]
            except KeyError:
                self._fail_variables(batch)
            except (NotAValue, *DECODING_ERRORS) as error:
                self._fail_value(batch, name, column, error)
            ranks[:, position] = [*map(column.numbers.__getitem__, numbers)]
            colons += sum(map(column.colons.__getitem__, numbers))
        if set(map(len, values)) != {len(self._columns)}:
            self._fail_variables(batch)
        batch.check_keys(colons)
        self._ranks.append(ranks)
        self._fingerprints.append(np.fromiter(map(attrgetter("fp"), states), np.int64, len(states)))
        self._initial.append(np.fromiter(map(attrgetter("initial"), states), bool, len(states)))

    def at_once(self, first: bytes, separator: bytes) -> AtOnce[StateColumns] | None:
        """How to take states that are written as `first`; see `JsonStream.elements`."""
        try:
            shape, state = find_states(first, separator), msgspec.json.decode(first, type=State)
        except DECODING_ERRORS:
            return None
        self._begin(state)
        return None if shape is None or list(self._columns) != list(state.val) else AtOnce(shape.columns, self._take)

    def _begin(self, first: State) -> None:
        if not self._ranks:  # the first state may have no variable
            reader = JsonValues()
            self._columns = {name: _Column(reader) for name in first.val}

    def _take(self, states: StateColumns) -> bool:
        columns = list(zip(self._columns.values(), states.values, strict=True))
        try:  # all of them, before one is kept: they are no values of states if one is no value at all
            fresh = [column.read_new(texts) for column, (texts, _) in columns]
        except (NotAValue, *DECODING_ERRORS):
            return False
        ranks = np.empty((len(states.numbers), len(columns)), dtype=np.int32)
        for position, ((column, (texts, own)), values) in enumerate(zip(columns, fresh, strict=True)):
            for text, value in values:
                column.keep(text, value)
            numbers = map(column.numbers.__getitem__, map(column.__getitem__, texts))
            ranks[:, position] = np.fromiter(numbers, np.int32, len(texts))[own]
        self._ranks.append(ranks)
        self._fingerprints.append(states.numbers)
        self._initial.append(states.initial)
        return True

    def fingerprints(self) -> npt.NDArray[np.int64]:
        """Shape (n,): TLC's number of each state."""
        return np.concatenate([np.empty(0, dtype=np.int64), *self._fingerprints])

    def by_fingerprint(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The distinct fingerprints, ascending, and where each is declared first; sorted once."""
        if self._sorted is None:
            declared = self.fingerprints()
            order = np.argsort(declared)
            is_repeated = equals_before([declared[order]])
            if is_repeated.any():
                order = np.argsort(declared, kind="stable")  # slower, and the first of each comes first
            order = order[~is_repeated]
            self._sorted = declared[order], order
        return self._sorted

    def initial(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): whether each state is marked initial."""
        return np.concatenate([np.empty(0, dtype=bool), *self._initial])

    def ranks(self) -> npt.NDArray[np.int32]:
        """Shape (n, n_variables): the position of each state's value in the variable's column."""
        return np.concatenate([np.empty((0, len(self._columns)), dtype=np.int32), *self._ranks])

    def take_columns(self) -> dict[str, list[Value]]:
        """Each variable's distinct values; the texts they were read from are given up."""
        columns = {name: column.distinct for name, column in self._columns.items()}
        self._columns.clear()
        return columns

    def check_repeats(self, firsts: npt.NDArray[np.int64]) -> None:
        """Check that a state declared again shows the same values.

        Args:
            firsts: Shape (n,): where each state is declared first.
        """
        ranks = self.ranks()
        others = np.argwhere(ranks != ranks[firsts])
        if len(others):
            state, position = others[0].tolist()
            name, column = list(self._columns.items())[position]
            one, other = (column.distinct[ranks[number, position]].key[:80] for number in (firsts[state], state))
            raise GraphError(
                f"state {self.fingerprints()[state]} is declared again: {shortened(name)} is {one}, then {other}",
                location=Location(self._name),
                hint="TLC declares a state once; was the file edited, or put together from two?",
            )

    def _fail_variables(self, batch: Batch[State]) -> NoReturn:
        wanted = shortened(", ".join(self._columns), 200)
        position = next(at for at, state in enumerate(batch.elements) if state.val.keys() != self._columns.keys())
        found = shortened(", ".join(batch.elements[position].val), 200)
        text = batch.text()
        raise GraphError(
            f"this state has the variables {found}, earlier ones have {wanted}",
            location=text.location_of((position, "val")),
            hint="TLC writes the same variables in every state; was the file put together from two?",
        )

    def _fail_value(self, batch: Batch[State], name: str, column: _Column, error: Exception) -> NoReturn:
        position = next(at for at, state in enumerate(batch.elements) if bytes(state.val[name]) not in column)
        path = (position, "val", name, *(error.path if isinstance(error, NotAValue) else ()))
        message = error.message if isinstance(error, NotAValue) else f"a value cannot be read ({error})"
        text = batch.text()
        text.check()
        text.fail_at(f"{message} (in the value of {shortened(name)!r})", path, hint=_HINT)


class _Column(dict[bytes, int]):
    """The distinct texts of one variable's values, numbered as met.

    Attributes:
        distinct: The values, of which some may be written in several ways.
        numbers: For each text the position of its value in `distinct`.
        colons: How many colons each text holds.
    """

    def __init__(self, reader: JsonValues) -> None:
        super().__init__()
        self._reader = reader
        self.distinct: list[Value] = []
        self.numbers: list[int] = []
        self.colons: list[int] = []
        self._by_key: dict[str, int] = {}

    def read_new(self, texts: list[bytes]) -> list[tuple[bytes, Value]]:
        """The values of those that are not known yet."""
        return [(text, self._reader.read(text)) for text in texts if text not in self]

    def keep(self, text: bytes, value: Value) -> None:
        """Number a text that is not known yet."""
        number = self._by_key.setdefault(value.key, len(self.distinct))
        if number == len(self.distinct):
            self.distinct.append(value)
        self[text] = len(self.numbers)
        self.numbers.append(number)
        self.colons.append(text.count(b":"))

    def __missing__(self, text: bytes) -> int:
        self.keep(text, self._reader.read(text))
        return self[text]
