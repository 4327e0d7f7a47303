"""`GraphBuilder`: from what a reader found in a file to a canonical `StateGraph`.

Readers bring states and transitions in any order, with repeats, under the file's own numbers. The builder interns the
text of each variable's value (parsed once however often it occurs), numbers states by content, drops repeated
transitions, and checks that the whole is a graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError, Location, shortened
from testgen.graph._kernels import breadth_first_levels, equals_before, sorted_rows
from testgen.graph.model import Action, GraphWarning, StateGraph
from testgen.values import Value, ValueReader, VariableText, split_action

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Collects the states of one graph, then makes it. Used once."""

    def __init__(self, source: str, n_states: int) -> None:
        """Prepare for `n_states` states from the file `source`."""
        self._source = source
        self._n_states = n_states
        self._reader = ValueReader()
        self._columns: dict[str, _Column] = {}
        self._ranks: npt.NDArray[np.int32] = np.empty((0, 0), dtype=np.int32)

    def set_state(self, number: int, text: str, variables: Sequence[VariableText]) -> None:
        """Read state number `number` (0…n−1), printed as `text` and cut into `variables`.

        Raises:
            ValueSyntaxError: A value is malformed; the offset counts in `text`.
            GraphError: It has other variables than the states before it.
        """
        if not self._columns:
            self._columns = {variable.name: _Column() for variable in variables}
            self._ranks = np.full((self._n_states, len(self._columns)), -1, dtype=np.int32)
        names = [variable.name for variable in variables]
        if names != list(self._columns):
            variables = self._in_order(variables)
        self._ranks[number] = [
            column.number_of(variable.value, variable.offset, text, self._reader)
            for column, variable in zip(self._columns.values(), variables, strict=True)
        ]

    def add_variable(self, name: str, texts: Sequence[tuple[str, int]], numbers: npt.NDArray[np.int32]) -> bool:
        """Read one variable of all states, in place of `set_state`; False if it has been read before.

        Args:
            name: The variable.
            texts: Distinct texts that end in its value, with the offset where that begins.
            numbers: Shape (n_states,): the position in `texts` of each state's.

        Raises:
            ValueSyntaxError: A value is malformed.
        """
        if name in self._columns:
            return False
        column = self._columns[name] = _Column()
        ranks = [column.number_of(text[offset:], offset, text, self._reader) for text, offset in texts]
        mine = np.array(ranks, dtype=np.int32)[numbers].reshape(-1, 1)
        self._ranks = np.concatenate((self._ranks.reshape(self._n_states, -1), mine), axis=1)
        return True

    def set_columns(self, columns: Mapping[str, Sequence[Value]], ranks: npt.NDArray[np.int32]) -> None:
        """Set all states at once.

        Args:
            columns: For each variable its distinct values, in any order.
            ranks: Shape (n_states, n_variables): the position of each state's value in its column.
        """
        self._columns = {name: _Column(values) for name, values in columns.items()}
        self._ranks = ranks

    def _in_order(self, variables: Sequence[VariableText]) -> list[VariableText]:
        """The variables in the order of the first state's."""
        by_name = {variable.name: variable for variable in variables}
        if by_name.keys() != self._columns.keys():
            raise GraphError(
                f"this state has the variables {shortened(', '.join(by_name), 200)}, "
                f"earlier ones have {shortened(', '.join(self._columns), 200)}",
                hint="TLC writes other variables in successors with ALIAS; dump without it",
            )
        return [by_name[name] for name in self._columns]

    def build(
        self,
        *,
        initial: npt.NDArray[np.int64],
        sources: npt.NDArray[np.integer[Any]],
        targets: npt.NDArray[np.integer[Any]],
        labels: npt.NDArray[np.int32],
        label_texts: Sequence[str | Action],
        fingerprints: npt.NDArray[np.int64],
        constrained_out_states: int = 0,
        warnings: Sequence[GraphWarning] = (),
        is_trace: bool = False,
    ) -> StateGraph:
        """Number everything canonically and pack it.

        Args:
            initial: Numbers of the initial states.
            sources: Shape (m,): source state number of each transition, repeats allowed.
            targets: Shape (m,), likewise.
            labels: Shape (m,): position in `label_texts` of each transition's label.
            label_texts: Distinct labels as written, or the actions that a reader made of them.
            fingerprints: Shape (n,).
            constrained_out_states: See `StateGraph`.
            warnings: What the reader noticed.
            is_trace: Whether it is one behavior, which may come back to equal states.

        Raises:
            GraphError: There is no state, or none is initial.
        """
        where = Location(self._source)
        if self._n_states == 0:
            raise GraphError("the graph has no state", location=where, hint="did TLC stop before the first state?")
        if len(initial) == 0:
            raise GraphError(
                "no state is marked initial",
                location=where,
                hint='TLC marks them, in DOT by `,style = filled]` at the end of a line, in JSON by `"initial": true`; '
                "was the file edited by hand?",
            )
        names, columns, ranks = self._canonical_columns()
        used = np.flatnonzero(np.bincount(labels, minlength=len(label_texts)))
        actions, used_numbers = _canonical_actions([label_texts[number] for number in used.tolist()])
        action_numbers = np.zeros(len(label_texts), dtype=np.int32)
        action_numbers[used] = used_numbers
        levels = self._levels(initial, sources, targets)
        order = _canonical_order(ranks, levels)
        number = np.empty(self._n_states, dtype=np.int32)
        number[order] = np.arange(self._n_states, dtype=np.int32)
        offsets, packed_targets, packed_labels = _pack(
            number[sources], number[targets], action_numbers[labels], self._n_states
        )
        ranks, levels = np.ascontiguousarray(ranks[order]), levels[order]
        return StateGraph(
            source=self._source,
            variables=names,
            values=columns,
            ranks=ranks,
            offsets=offsets,
            targets=packed_targets,
            labels=packed_labels,
            actions=actions,
            initial=np.sort(number[initial]),
            levels=levels,
            fingerprints=fingerprints[order],
            constrained_out_states=constrained_out_states,
            warnings=(*warnings, *(() if is_trace else _odd_states(ranks, levels))),
        )

    def _canonical_columns(self) -> tuple[tuple[str, ...], tuple[tuple[Value, ...], ...], npt.NDArray[np.int32]]:
        """Variables by name; each one's values sorted, and the ranks renumbered to match."""
        names = tuple(sorted(self._columns))
        positions = {name: position for position, name in enumerate(self._columns)}
        columns: list[tuple[Value, ...]] = []
        ranks = np.empty_like(self._ranks)
        for target, name in enumerate(names):
            values = self._columns[name].values
            order = sorted(range(len(values)), key=[value.order for value in values].__getitem__)
            rank = np.empty(len(values), dtype=np.int32)
            rank[order] = np.arange(len(values), dtype=np.int32)
            columns.append(tuple(values[number] for number in order))
            ranks[:, target] = rank[self._ranks[:, positions[name]]]
        return names, tuple(columns), ranks

    def _levels(
        self,
        initial: npt.NDArray[np.int64],
        sources: npt.NDArray[np.integer[Any]],
        targets: npt.NDArray[np.integer[Any]],
    ) -> npt.NDArray[np.int32]:
        """See `StateGraph.levels`; still in the reader's numbers."""
        sources, targets = sorted_rows(sources, targets)
        offsets = _offsets(sources, self._n_states)
        return breadth_first_levels(offsets, targets, initial)


class _Column:
    """The distinct values of one variable, numbered as met."""

    def __init__(self, values: Sequence[Value] = ()) -> None:
        self.values: list[Value] = list(values)
        self._by_text: dict[str, int] = {}
        self._by_key: dict[str, int] = {}

    def number_of(self, value_text: str, offset: int, state_text: str, reader: ValueReader) -> int:
        number = self._by_text.get(value_text)
        if number is None:
            value = reader.read_within(state_text, offset, offset + len(value_text))
            number = self._by_key.setdefault(value.key, len(self.values))
            if number == len(self.values):
                self.values.append(value)
            self._by_text[value_text] = number
        return number


def _canonical_order(ranks: npt.NDArray[np.int32], levels: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The states by level, then by their values; unreachable ones last."""
    counting = np.where(levels == 0, levels.max(initial=0) + 1, levels)
    return sorted_rows(counting, *ranks.T, np.arange(len(levels)))[-1]


def _canonical_actions(label_texts: Sequence[str | Action]) -> tuple[tuple[Action, ...], npt.NDArray[np.int32]]:
    """The distinct actions in order, and for each label text the number of its action."""
    parsed = [text if isinstance(text, Action) else Action(*split_action(text)) for text in label_texts]
    actions = sorted(set(parsed), key=_action_order)
    numbers = {action: number for number, action in enumerate(actions)}
    return tuple(actions), np.array([numbers[action] for action in parsed], dtype=np.int32)


def _action_order(action: Action) -> tuple[str, list[tuple[int, int, str]], tuple[str, ...]]:
    return action.name, [argument.order for argument in action.arguments], action.parameters


def _pack(
    sources: npt.NDArray[np.int32], targets: npt.NDArray[np.int32], labels: npt.NDArray[np.int32], n_states: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Compressed sparse rows by (source, action, target), each such triple once."""
    rows = sorted_rows(sources, labels, targets)
    repeated = equals_before(rows)
    if repeated.any():
        rows = [column[~repeated] for column in rows]
    return _offsets(rows[0], n_states), rows[2], rows[1]


def _offsets(sources: npt.NDArray[np.integer[Any]], n_states: int) -> npt.NDArray[np.int64]:
    """Where the transitions of each state begin among those ordered by source, and where the last ends."""
    offsets = np.zeros(n_states + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=n_states), out=offsets[1:])
    return offsets


def _odd_states(ranks: npt.NDArray[np.int32], levels: npt.NDArray[np.int32]) -> list[GraphWarning]:
    warnings = []
    equal = int(equals_before(sorted_rows(*ranks.T)).sum())
    if equal:
        warnings.append(
            GraphWarning(
                "equal-states",
                f"the same values as another state show {equal} of the states (a VIEW or -view, or characters the dump "
                "could not hold); their order, and so test ids, may change from dump to dump",
            )
        )
    unreachable = int((levels == 0).sum())
    if unreachable:
        warnings.append(GraphWarning("unreachable-states", f"no path leads to {unreachable} of the states"))
    return warnings
