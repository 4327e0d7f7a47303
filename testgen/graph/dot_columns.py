"""The values of all states at once, variable by variable, as most dumps have them: the same variables in one order.

Equal texts are found by arrays, and each is read once. What is odd in any way, and all that is wrong, is left to be
read state by state, where it can be told.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from testgen.errors import TestgenError
from testgen.graph._kernels import escaped_evenly, intern_ranges
from testgen.graph.builder import GraphBuilder
from testgen.graph.dot_text import DotText, Positions, unescape

__all__ = ["cut_columns", "read_column", "read_columns"]

_SLASH = ord("/")
_BEFORE = b"/\\\\ "
"""Begins each variable; escaped as in the file."""
_BREAK = b"\\n"
_VARIABLE = re.compile(r"\s*+(\w++)\s*+=\s*+")
_BATCH = 1 << 17


def read_columns(text: DotText, spans: Positions, builder: GraphBuilder) -> bool:
    """Give `builder` the values of all states, if they can be read so.

    Args:
        text: The dump.
        spans: Shape (n, 2): where the text of each state begins and ends.
        builder: Of n states; to be thrown away if the answer is no.
    """
    pieces = cut_columns(text, spans)
    if pieces is None:
        return False
    for starts, ends in zip(pieces[0].T, pieces[1].T, strict=True):
        firsts, numbers = intern_ranges(text.array, starts, ends)
        raws = [text.content[starts[first] : ends[first]] for first in firsts.tolist()]
        if not read_column(raws, numbers, builder):
            return False
    return True


def read_column(raws: list[bytes], numbers: npt.NDArray[np.int32], builder: GraphBuilder) -> bool:
    """Give `builder` one variable of all states, if it can be read so.

    Args:
        raws: Its distinct texts as they stand in the file, ` name = value`.
        numbers: Shape (n,): the position in `raws` of each state's.
        builder: Of n states; to be thrown away if the answer is no.
    """
    names = set()
    texts = []
    try:
        for raw in raws:
            variable = unescape(raw.decode())
            match = _VARIABLE.match(variable)
            if match is None:
                return False
            names.add(match[1])
            texts.append((variable, match.end()))
        return len(names) == 1 and builder.add_variable(names.pop(), texts, numbers)
    except (TestgenError, UnicodeDecodeError):
        return False


def cut_columns(text: DotText, spans: Positions) -> tuple[Positions, Positions] | None:
    """Where each variable of each state begins, behind `/\\ `, and ends: two arrays of shape (n, variables).

    A lone variable is written without `/\\ `. None if states differ in how many they have.
    """
    array = text.array
    n_states = len(spans)
    if n_states == 0 or not (spans[:, 1] - spans[:, 0] >= len(_BEFORE)).all():
        return None
    has_before = np.ones(n_states, dtype=bool)
    for offset, byte in enumerate(_BEFORE):
        has_before &= array[spans[:, 0] + offset] == byte
    if not has_before.any():
        return spans[:, :1], spans[:, 1:]
    if not has_before.all():
        return None
    order = np.argsort(spans[:, 0])
    found = []
    for first in range(0, n_states, _BATCH):
        batch = spans[order[first : first + _BATCH]]
        found.append(_breaks(text, int(batch[0, 0]), int(batch[-1, 1])))
    breaks = np.concatenate(found)
    begins = np.searchsorted(breaks, spans[:, 0])
    counts = np.searchsorted(breaks, spans[:, 1]) - begins
    if (counts != counts[0]).any():
        return None
    inner = breaks[begins[:, None] + np.arange(int(counts[0]))]
    starts = np.concatenate((spans[:, :1], inner + len(_BREAK)), axis=1) + len(_BEFORE)
    return starts, np.concatenate((inner, spans[:, 1:]), axis=1)


def _breaks(text: DotText, start: int, end: int) -> Positions:
    """Where a line ends before another variable, between these positions."""
    array = text.array
    at = np.flatnonzero(array[start:end] == _SLASH) + start - len(_BREAK)
    at = at[at >= start]
    for offset, byte in enumerate(_BREAK + _BEFORE):
        at = at[array[at + offset] == byte]
    return at[escaped_evenly(array, at)]
