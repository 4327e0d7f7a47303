"""From what TLC said to a verdict in plain words."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from testgen.errors import Location
from testgen.tlc.messages import Message
from testgen.tlc.parser_errors import parser_problems
from testgen.tlc.trace import Trace, TraceState, read_variables
from testgen.tlc.transcript import Transcript
from testgen.tlc.verdict import Exploration, Problem, Verdict

__all__ = ["Sources", "judge", "positions"]

_OUT_OF_MEMORY = re.compile(r"OutOfMemoryError|Java heap space|GC overhead limit exceeded|ran out of memory")
_OVERFLOW = re.compile(r"StackOverflowError|NoClassDefFoundError: Could not initialize class")
"""TLC's worker may overflow once more while it tells of the first time, and end. If it was just beginning to use one of
Java's classes, Java says only that this class is of no use (one run in 90, TLC 2.15, Java 17)."""
_NO_MEMORY_FROM_SYSTEM = re.compile(r"insufficient memory for the Java Runtime|Could not reserve enough space")
_CONFIGURATION_CODES = {*range(5001, 5007), *range(2222, 2246), 2257, 2280, 2281}
"""`CFG_*`, `TLC_CONFIG_*` and `TLC_CANT_HANDLE_*` of tlc2.output.EC."""
_PARSING_FAILED = (3002, 2171)
_ASSERTION_FAILED = 2132
_BOILERPLATE = re.compile(
    r"TLC threw an unexpected exception\.\nThis was probably caused by an error in the spec or model\.\n"
    r"See the User Output or TLC Console for clues to what happened\.\nThe exception was an? \S+\s*(?:: )?"
)
_JAVA_FRAMES = re.compile(r"^\s+at \S+\(.*\)\n?|^java\.lang\.\w+\n?", re.MULTILINE)
_POSITION = re.compile(r"[Ll]ine (\d+), col(?:umn)? (\d+) to line \d+, col(?:umn)? \d+ (?:in|of module) (\w+)")
_POSITION_LINE = re.compile(r"^line \d+, col \d+ to line \d+, col \d+ of module \w+$", re.MULTILINE)
_EVALUATIONS = (Verdict.EVALUATION, Verdict.ASSERTION)


@dataclass(frozen=True, slots=True)
class Sources:
    """The user's own files, to name in messages."""

    spec: Path
    config: Path

    def path_of(self, module: str) -> str:
        """The file of a module if it lies beside the specification, else its bare name (a standard module)."""
        path = self.spec.with_name(f"{module}.tla")
        return str(path) if path.is_file() else path.name

    def place(self, location: Location | None) -> Location | None:
        """The same place, with the path of the file."""
        return location and replace(location, path=self.path_of(location.path.removesuffix(".tla")))


class _Ruling(NamedTuple):
    verdict: Verdict
    message: str
    problems: tuple[Problem, ...] = ()
    hint: str | None = None


def judge(transcript: Transcript, status: int, stderr: str, sources: Sources) -> Exploration:
    """Say what a run that ended by itself came to.

    Args:
        transcript: Everything it printed.
        status: Exit status; negative for the signal that killed it.
        stderr: What Java printed there.
        sources: What it was run on.
    """
    ruling = _ruling(transcript, status, stderr, sources)
    return Exploration(
        ruling.verdict,
        ruling.message,
        problems=ruling.problems,
        call_stack=_call_stack(transcript, sources) if ruling.verdict in _EVALUATIONS else (),
        trace=_trace(transcript, sources),
        hint=ruling.hint,
        printed=tuple(transcript.printed),
        statistics=transcript.statistics,
        tlc_version=transcript.version,
    )


def _ruling(transcript: Transcript, status: int, stderr: str, sources: Sources) -> _Ruling:
    """Success, or the most specific failure: running out of memory or stack shows up inside of other errors."""
    errors = transcript.errors
    last_words = [*transcript.java_lines, *stderr.splitlines()]
    if status == 0 and not errors:
        if transcript.statistics.distinct_states:
            return _Ruling(Verdict.OK, "no error")
        return _Ruling(Verdict.EVALUATION, "no state satisfies the initial predicate, so there is nothing to explore")
    texts = [*(error.text for error in errors), *last_words]
    if any(_OUT_OF_MEMORY.search(text) for text in texts):
        hint = "give it more, as in --heap 8g, or make the constants smaller"
        return _Ruling(Verdict.OUT_OF_MEMORY, "TLC ran out of memory", hint=hint)
    if any(_NO_MEMORY_FROM_SYSTEM.search(text) for text in last_words):
        message = "the system does not have the memory that Java asks for"
        return _Ruling(Verdict.OUT_OF_MEMORY, message, hint="ask for less with --heap")
    if any(error.code == 1005 for error in errors) or any(_OVERFLOW.search(text) for text in texts):
        return _Ruling(Verdict.NON_TERMINATION, "evaluation did not terminate")
    for error in errors:
        if ruling := _configuration_ruling(error, sources) or _violation_ruling(error, transcript, sources):
            return ruling
    if any(error.code in _PARSING_FAILED for error in errors):
        return _parser_ruling(transcript, sources)
    if errors:
        return _evaluation_ruling(errors, transcript, sources)
    return _stopped_ruling(status, last_words or list(transcript.printed))


def _configuration_ruling(error: Message, sources: Sources) -> _Ruling | None:
    if _CONFIGURATION_CODES.isdisjoint((error.code, *error.inner)):
        return None
    line = re.search(r"in the configuration file at line (\d+)\s*", error.text)
    text = error.text[line.end() :] if line else _plain(error.text)
    place = Location(str(sources.config), int(line[1]) if line else None)
    return _Ruling(Verdict.PARSE, "the configuration cannot be used", (Problem(" ".join(text.split()), place),))


def _violation_ruling(error: Message, transcript: Transcript, sources: Sources) -> _Ruling | None:
    match error.code:
        case 2114:
            hint = "if behaviors are meant to end, write CHECK_DEADLOCK FALSE in the configuration"
            return _Ruling(Verdict.DEADLOCK, "deadlock: a state without successor", hint=hint)
        case 2107 | 2110:
            return _Ruling(Verdict.INVARIANT, _does_not_hold("invariant", error))
        case 2108:
            return _Ruling(Verdict.LIVENESS, _does_not_hold("property", error))
        case 2112:
            return _Ruling(Verdict.LIVENESS, _does_not_hold("action property", error))
        case 2116:
            return _Ruling(Verdict.LIVENESS, _does_not_hold("temporal property", error))
        case 2104:
            place = _innermost(error.text, sources)
            return _Ruling(Verdict.ASSUMPTION, "an assumption is false", (Problem("this ASSUME is false", place),))
    if _ASSERTION_FAILED in (error.code, *error.inner):
        said = error.text.partition("second argument was:")[2].strip()
        place = _innermost(transcript.nested_positions, sources)
        return _Ruling(Verdict.ASSERTION, "an assertion failed", (Problem(f"Assert failed: {said}", place),))
    return None


def _does_not_hold(kind: str, error: Message) -> str:
    """2.15 does not tell the name of a temporal property: "Temporal properties were violated."."""
    name = re.search(r"(?:[Ii]nvariant|[Pp]roperty) (\S+) (?:is|was) ", error.text)
    initially = " in an initial state" if error.code in (2107, 2108) else ""
    return (f"the {kind} {name[1]} does not hold" if name else f"a {kind} does not hold") + initially


def _parser_ruling(transcript: Transcript, sources: Sources) -> _Ruling:
    problems = parser_problems(transcript.parser_lines, sources.path_of)
    missing = any("Cannot find source file" in problem.message for problem in problems)
    hint = "modules are looked for beside the specification and among TLC's own" if missing else None
    unknown = (Problem(" ".join(transcript.parser_lines), Location(str(sources.spec))),)
    return _Ruling(Verdict.PARSE, "the specification cannot be parsed", problems or unknown, hint)


def _evaluation_ruling(errors: Sequence[Message], transcript: Transcript, sources: Sources) -> _Ruling:
    """The first error tells most; later ones repeat it with the positions of evaluation."""
    place = _innermost("\n".join([*(error.text for error in errors), transcript.nested_positions]), sources)
    problem = Problem(_plain(errors[0].text), place)
    return _Ruling(Verdict.EVALUATION, "the specification cannot be evaluated", (problem,))


def _stopped_ruling(status: int, last_words: Sequence[str]) -> _Ruling:
    number = -status if status < 0 else status - 128  # the latter from Java, and from shells in wrapper scripts
    if number in set(signal.Signals):
        hint = "the system may have been short of memory; its log tells" if number == signal.SIGKILL else None
        return _Ruling(Verdict.STOPPED, f"TLC was stopped by {signal.Signals(number).name}", hint=hint)
    words = [line.strip() for line in last_words if line.strip() and not line.startswith("Picked up JAVA")][-3:]
    return _Ruling(Verdict.STOPPED, f"TLC ended with status {status}: {' / '.join(words) or 'it did not say why'}")


def _plain(text: str) -> str:
    """Without Java (exception names, stack), and without position and state, which are told apart."""
    text = _JAVA_FRAMES.sub("", _BOILERPLATE.sub("", text))
    text = _POSITION_LINE.sub("", text.partition("\nWhile working on the initial state")[0])
    return " ".join(text.split()) or "TLC failed without saying why"


def _innermost(text: str, sources: Sources) -> Location | None:
    places = positions(text)
    return sources.place(places[-1]) if places else None


def positions(text: str) -> list[Location]:
    """Find the positions in a text of TLC, of either spelling; paths are module names as files."""
    return [Location(f"{found[3]}.tla", int(found[1]), int(found[2])) for found in _POSITION.finditer(text)]


def _call_stack(transcript: Transcript, sources: Sources) -> tuple[Location, ...]:
    text = transcript.nested_positions or "\n".join(error.text for error in transcript.errors if error.code == 2147)
    places = (sources.place(place) for place in positions(text))
    return tuple(place for place in places if place is not None)


def _trace(transcript: Transcript, sources: Sources) -> Trace | None:
    """The behavior TLC printed; or the single state in the message on a violation in an initial state."""
    if trace := transcript.trace:
        states = tuple(replace(state, location=sources.place(state.location)) for state in trace.states)
        return replace(trace, states=states)
    for error in transcript.errors:
        _, _, body = error.text.partition("initial state:\n")
        if body and error.code in (2107, 2108, 2102):
            return Trace((TraceState(1, None, None, tuple(read_variables(body))),))
    return None
