"""The transitions of a DOT dump: their labels, and which lines are none.

There are few distinct labels, so the lines are sorted by what follows their numbers, and each kind is looked at once.
A transition that a constraint removes has a raw line break in its label, followed by the place of the constraint
(TLC 2.20, option `constrained`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testgen.errors import GraphError
from testgen.graph._kernels import Ascending, decode_integers, intern_ranges
from testgen.graph.dot_text import QUOTED, DotText, Positions
from testgen.graph.model import GraphWarning

__all__ = ["ARROW", "Transitions", "read_transitions"]

ARROW = b" -> "
_TAIL = re.compile(rb"(?: \[label=" + QUOTED + rb'(?:,\w+=(?:"[^"]*"|\w+))*\])?;?', re.DOTALL)
_STUTTERING = re.compile(rb' \[style="dashed"(?:,color="\w+")?\];?')
_OPEN_TAIL = re.compile(rb' \[label="[^"\\]*+(?:\\.[^"\\]*+)*+\\?', re.DOTALL)
_CONSTRAINT = re.compile(r"\nline \d+, col \d+ to line \d+, col \d+ of module \S+$")
_STATEMENT = re.compile(rb"-?\d+ (?:->|\[)|\{rank = same")
_DROPPED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """What the transition lines say, in order of the file.

    Attributes:
        ends: Shape (m, 2): TLC's numbers of source and target.
        lines: Shape (m,): the line of each.
        labels: Shape (m,): position in `label_texts`.
        label_texts: Distinct labels.
    """

    ends: Positions
    lines: Positions
    labels: npt.NDArray[np.int32]
    label_texts: list[str]

    def where(self, kept: npt.NDArray[np.bool_]) -> Transitions:
        return Transitions(self.ends[kept], self.lines[kept], self.labels[kept], self.label_texts)

    def without(self, excluded: npt.NDArray[np.int64]) -> Transitions:
        """Those that neither leave nor reach a state of `excluded`, numbers of TLC."""
        touching = np.isin(self.ends, excluded)
        return self.where(~(touching[:, 0] | touching[:, 1])) if len(excluded) else self

    def numbered(self, text: DotText, fingerprints: npt.NDArray[np.int64]) -> tuple[Transitions, Positions]:
        """Those between known states, and the positions of these states: all, or else the file must be one that is cut.

        TLC writes a transition before the state it leads to, so the end of a cut file may lack a few states.

        Args:
            text: The dump.
            fingerprints: Of the states, ascending.
        """
        ends = Ascending(fingerprints).find(self.ends)
        declared = ends >= 0
        kept = declared[:, 0] & declared[:, 1]
        if kept.all():
            return self, ends
        if text.is_cut:
            message = f"{int((~kept).sum())} transitions to states that the cut file does not tell are left out"
            text.warnings.append(GraphWarning("cut-transitions", message))
            return self.where(kept), ends[kept]
        transition, end = np.argwhere(~declared)[0]
        line = int(self.lines[transition])
        raise GraphError(
            f"transition {'from' if end == 0 else 'to'} state {self.ends[transition, end]}, which the file does not "
            "declare",
            location=text.location(line, 1 if end == 0 else text.line(line).index(ARROW) + len(ARROW) + 1),
            excerpt=text.excerpt(line),
            hint="TLC's dump option `strict` loses states and transitions; dump without it",
        )


def read_transitions(
    text: DotText, lines: Positions, sources: npt.NDArray[np.int64], stops: Positions
) -> tuple[Transitions, set[int]]:
    """Read the lines `N -> M ...`.

    Args:
        text: The dump.
        lines: Shape (m,): those that begin with a number and an arrow.
        sources: Shape (m,): these numbers.
        stops: Shape (m,): where the arrows begin.

    Returns:
        The specification's transitions within the constraints; and the lines that only continue a label.
    """
    target_starts = stops + len(ARROW)
    targets, tails = decode_integers(text.array, target_starts)
    broken = tails == target_starts
    if broken.any():
        text.fail(int(lines[np.argmax(broken)]))
    labels, label_texts, continued = _read_labels(text, lines, tails)
    every = Transitions(np.stack((sources, targets), axis=1), lines, labels, label_texts)
    return every.where(labels != _DROPPED), continued


def _read_labels(
    text: DotText, lines: Positions, tails: Positions
) -> tuple[npt.NDArray[np.int32], list[str], set[int]]:
    """The label of each line, `_DROPPED` for those that are no transition; distinct labels; lines that continue one."""
    firsts, kinds = intern_ranges(text.array, tails, text.ends[lines])
    texts: dict[str, int] = {}
    label_of_kind = np.full(len(firsts), _DROPPED, dtype=np.int32)
    open_kinds = []
    for kind, first in enumerate(firsts.tolist()):
        line, start = int(lines[first]), int(tails[first])
        content = text.content[start : text.ends[line]]
        if _TAIL.fullmatch(content):
            label_of_kind[kind] = texts.setdefault(_label(text, line, start, content), len(texts))
        elif _OPEN_TAIL.fullmatch(content):
            open_kinds.append(kind)
        elif not _STUTTERING.fullmatch(content):
            text.fail(line)
    labels = label_of_kind[kinds]
    continued: set[int] = set()
    for transition in np.flatnonzero(np.isin(kinds, open_kinds)).tolist():
        line, start = int(lines[transition]), int(tails[transition])
        last = _last_line(text, line, start)
        continued.update(range(line + 1, last + 1))
        if last < len(text):
            label = _label(text, line, start, text.content[start : text.ends[last]])
            if not _CONSTRAINT.search(label):
                labels[transition] = texts.setdefault(label, len(texts))
    return labels, list(texts), continued


def _label(text: DotText, line: int, start: int, content: bytes) -> str:
    match = _TAIL.fullmatch(content)
    assert match is not None
    if match.group(1) is None:  # -dfid writes no attributes
        return ""
    return text.unescape(line, start + match.start(1), start + match.end(1))


def _last_line(text: DotText, line: int, start: int) -> int:
    """The line in which the statement ends that begins in `line`; one too many if the file is cut before that."""
    last = line
    while not _TAIL.fullmatch(text.content[start : text.ends[last]]):
        last += 1
        if last == len(text):
            text.cut_at(line, "the file ends inside this label")
            break
        if _STATEMENT.match(text.line(last)):
            text.fail(line)
    return last
