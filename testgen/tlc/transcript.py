"""Everything one run of TLC said, folded into facts as it arrives.

Message codes are those of `tlc2.output.EC` as printed by TLC 2.15 (2020).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace

from testgen.tlc.locate import version_in
from testgen.tlc.messages import ERROR, Message, MessageReader
from testgen.tlc.trace import Trace, TraceState, read_header, read_state
from testgen.tlc.verdict import Statistics

__all__ = ["CoverageRow", "Transcript"]

PRINTED_KEPT = 2_000
"""Lines of `PrintT` output kept, from the end; a runaway recursion prints without limit."""

_PHASES = {
    2220: "parsing",
    2189: "computing initial states",
    2190: "exploring",
    2192: "checking temporal properties",
}
_COUNTS = re.compile(r"([\d,]+) states generated.*?([\d,]+) distinct states found.*?([\d,]+) states left on queue")
_DEPTH = re.compile(r"search is (\d+)")
_COVERAGE_BLOCK = re.compile(r"^<(\S+) line")
_COVERAGE_ROW = re.compile(r"(line \d+, col \d+ to line \d+, col \d+ of module \w+): (\d+)")


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How often an expression was evaluated on behalf of an action or property (`-coverage`).

    Attributes:
        owner: As in "action Join", "invariant Small".
        expression: Its place, as TLC prints it.
        count: Evaluations up to now, on one of the ways that lead there.
    """

    owner: str
    expression: str
    count: int


_COVERAGE_KINDS = {
    2772: "action",
    2773: "initial predicate",
    2774: "invariant",
    2778: "constraint",
}


@dataclass(slots=True)
class Transcript:
    """The state of the fold; feed it lines with `add`, then call `finish`."""

    version: str | None = None
    phase: str = "starting"
    statistics: Statistics = field(default_factory=Statistics)
    errors: list[Message] = field(default_factory=list)
    nested_positions: str = ""
    states: list[TraceState] = field(default_factory=list)
    back_to: tuple[int, str | None] | None = None
    stutters: bool = False
    java_lines: list[str] = field(default_factory=list)
    parser_lines: list[str] = field(default_factory=list)
    printed: deque[str] = field(default_factory=lambda: deque(maxlen=PRINTED_KEPT))
    coverage: list[CoverageRow] = field(default_factory=list)
    _reader: MessageReader = field(default_factory=MessageReader)
    _coverage_of: str = ""

    @property
    def trace(self) -> Trace | None:
        """The behavior TLC printed, if it did."""
        if not self.states:
            return None
        back_to, back_by = self.back_to or (None, None)
        return Trace(tuple(self.states), back_to, back_by, self.stutters)

    def add(self, line: str) -> None:
        """Take TLC's next line of output, without its end."""
        item = self._reader.read(line)
        if isinstance(item, Message):
            self._add_message(item)
        elif item is not None:
            self._lines_of_phase().append(item)

    def finish(self) -> None:
        """Take what was cut off when the output ended."""
        for message in self._reader.rest():
            self._add_message(message)

    def _lines_of_phase(self) -> list[str] | deque[str]:
        """Who speaks outside of messages: Java before TLC has begun, then the parser, then the specification."""
        return {"starting": self.java_lines, "parsing": self.parser_lines}.get(self.phase, self.printed)

    def _add_message(self, message: Message) -> None:
        if message.code == 2262:
            self.version, self.phase = version_in(message.text), "begun"
        self.phase = _PHASES.get(message.code, self.phase)
        match message.code:
            case 2219:
                self.phase = "parsed"
            case 2199 | 2200:
                self._add_counts(message.text)
            case 2194:
                if found := _DEPTH.search(message.text):
                    self.statistics = replace(self.statistics, depth=int(found[1]))
            case 2217 | 2218 | 2122:
                self._add_state(message.text)
            case 2103 if message.severity in ERROR:
                self.nested_positions = message.text
            case 2121 | 2264:
                # The head lines "The behavior up to this point is:" and the like. A second behavior replaces the first.
                self.states.clear()
            case 2772 | 2773 | 2774 | 2778 | 2221 | 2775:
                self._add_coverage(message)
            case 2201:
                self.coverage.clear()  # each report counts from the beginning
            case _ if message.severity in ERROR:
                self.errors.append(message)

    def _add_counts(self, text: str) -> None:
        if found := _COUNTS.search(text):
            generated, distinct, queue = (int(number.replace(",", "")) for number in found.groups())
            self.statistics = replace(
                self.statistics, states_generated=generated, distinct_states=distinct, left_on_queue=queue
            )

    def _add_state(self, text: str) -> None:
        number, ending, action, _ = read_header(text.partition("\n")[0])
        if ending == "Back to state":
            self.back_to = number, action
        elif ending == "Stuttering":
            self.stutters = True
        else:
            self.states.append(read_state(text))

    def _add_coverage(self, message: Message) -> None:
        if message.code in _COVERAGE_KINDS:
            name = _COVERAGE_BLOCK.match(message.text)
            self._coverage_of = f"{_COVERAGE_KINDS[message.code]} {name[1] if name else ''}".rstrip()
        elif found := _COVERAGE_ROW.search(message.text):
            self.coverage.append(CoverageRow(self._coverage_of, found[1], int(found[2])))
