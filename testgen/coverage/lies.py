"""How good is the oracle? Put a lie into the graph, test the system against it, and see whether a test objects.

The opposite of a mutant: there the system is wrong and the graph right, here the system is right and the graph wrong.
A lie is another value of a variable in one state, or a transition that leads to another state of the same depth, where
nothing leads from there. Only what the suite passes through is lied about; no suite can object to the rest.

A lie has one of four ends. *Noticed*: a test fails. *Refused*: no tests can be made of it, since the binding finds that
the states before and after a step do not fit. *Untold*: the tests are the same, word for word, so none of them speaks
of what was changed (a variable that the binding does not observe, or a state that its template passes over).
*Unnoticed*: tests tell the lie, and pass: what they compare is too little.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from testgen.behavior import Behavior, Suite
from testgen.errors import BindingError, InputError, RenderError, SelectionError, TestgenError
from testgen.graph import StateGraph, StateId, TransitionId

__all__ = ["ENDS", "Lie", "LieReport", "Rendered", "tell_lies"]

ENDS = "noticed", "refused", "untold", "unnoticed"
_FIRST = 8
"""So many behaviors of a lie are run at first; the others only if these say nothing."""
_TRIES = 50
_LINES_SHOWN = 12
_ID = re.compile(r"(?m)(^def test_\w*?_|\bBehavior )[0-9a-f]{8,32}(?:_\d{1,4})?(?=\(|\b)")
_CONFIGURATION = "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider -p no:randomly\n"


class Rendered(Protocol):
    """A file of tests, as `render_suite` makes it."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...


Render = Callable[[Suite, Path], Sequence[Rendered]]
"""Renders a suite for a folder."""


@dataclass(frozen=True, slots=True)
class Lie:
    """One thing that was changed, and whether a test objected.

    Attributes:
        kind: "value" or "target".
        state: The state with another value, or the one that the transition comes from.
        what: The variable, or the transition's action.
        truth: The value, or the state that it leads to.
        told: What was said in place of it.
        behaviors: How many of the suite pass through it.
        end: One of `ENDS`.
        words: Which test failed, or why none could be made.
    """

    kind: str
    state: StateId
    what: str
    truth: str
    told: str
    behaviors: int
    end: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class LieReport:
    """What became of all lies.

    Attributes:
        lies: In the order in which they were drawn.
        seed: Of the draw.
        tests: How many tests were run.
    """

    lies: tuple[Lie, ...]
    seed: int
    tests: int

    def count(self, *ends: str) -> int:
        """How many lies ended so."""
        return sum(lie.end in ends for lie in self.lies)

    @property
    def percent(self) -> float | None:
        """Of 100 lies that tests tell, how many were noticed; None if none was told."""
        told = len(self.lies) - self.count("untold")
        return 100 * self.count("noticed", "refused") / told if told else None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A lie that has not been told yet: the graph with it, and the behaviors through it, before and after."""

    lie: Lie
    graph: StateGraph
    true: tuple[Behavior, ...]
    false: tuple[Behavior, ...]


def tell_lies(
    suite: Suite,
    render: Render,
    *,
    count: int,
    seed: int,
    on_progress: Callable[[int], None] = lambda done: None,
) -> LieReport:
    """Draw `count` lies about what `suite` passes through, and run the tests that tell them.

    Args:
        suite: True, and passing.
        render: Makes its tests.
        count: At least one.
        seed: The same seed draws the same lies.
        on_progress: Called with how many lies have come to their end.

    Raises:
        SelectionError: There is nothing to lie about.
        TestgenError: The tests cannot be run.
        InputError: The tests fail without a lie.
    """
    drafts = _draw(suite, count, random.Random(seed))  # noqa: S311 - not for secrets
    ended: dict[int, Lie] = {}
    waiting = dict(enumerate(drafts))
    n_tests = _check_truth(suite, drafts, render)
    for first in (True, False):
        with TemporaryDirectory(prefix="testgen-lies-") as temporary:
            folder = Path(temporary)
            tested = {}
            for number, draft in waiting.items():
                part = slice(0, _FIRST) if first else slice(_FIRST, None)
                outcome = _render(suite, draft, part, render, folder / f"lie_{number}") if draft.true[part] else "same"
                if outcome == "told":
                    tested[number] = draft
                elif outcome != "same":
                    ended[number] = replace(draft.lie, end="refused", words=outcome)
                on_progress(len(ended))
            failures, ran = _run(folder) if tested else ({}, 0)
            n_tests += ran
            for number, draft in waiting.items():
                if number in ended:
                    continue
                if name := failures.get(f"lie_{number}"):
                    ended[number] = replace(draft.lie, end="noticed", words=name)
                elif number in tested:
                    waiting[number] = replace(draft, lie=replace(draft.lie, end="unnoticed"))
            waiting = {number: draft for number, draft in waiting.items() if number not in ended}
            on_progress(len(ended))
    ended |= {number: replace(draft.lie, end=draft.lie.end or "untold") for number, draft in waiting.items()}
    return LieReport(tuple(ended[number] for number in sorted(ended)), seed, n_tests)


def _draw(suite: Suite, count: int, chance: random.Random) -> list[_Draft]:
    """Half of the lies about values, half about transitions, no two the same."""
    values = _Values(suite)
    targets = _Targets(suite)
    drafts: dict[tuple[str, StateId, str, str], _Draft] = {}
    for attempt in range(count * _TRIES):
        if len(drafts) == count:
            break
        draft = (values, targets)[attempt % 2].draw(chance)
        if draft is not None:
            lie = draft.lie
            drafts.setdefault((lie.kind, lie.state, lie.what, lie.told), draft)
    if not drafts:
        raise SelectionError(
            "there is nothing to lie about: each variable has one value, each transition leads to the only state"
        )
    return list(drafts.values())


def _passing(suite: Suite) -> tuple[Mapping[StateId, list[Behavior]], Mapping[TransitionId, list[Behavior]]]:
    """The behaviors through each state, and along each transition."""
    states: dict[StateId, list[Behavior]] = defaultdict(list)
    transitions: dict[TransitionId, list[Behavior]] = defaultdict(list)
    for behavior in suite.behaviors:
        for state in dict.fromkeys(behavior.states):
            states[state].append(behavior)
        for transition in dict.fromkeys(behavior.transitions):
            transitions[transition].append(behavior)
    return states, transitions


class _Values:
    """Draws lies about values."""

    def __init__(self, suite: Suite) -> None:
        self._graph = suite.graph
        self._passing, _ = _passing(suite)
        self._states = sorted(self._passing)
        self._variables = [n for n, values in enumerate(suite.graph.values) if len(values) > 1]

    def draw(self, chance: random.Random) -> _Draft | None:
        """A lie about one variable in one state; the initial state too, since systems can begin otherwise."""
        if not self._variables:
            return None
        graph, state, variable = self._graph, chance.choice(self._states), chance.choice(self._variables)
        values = graph.values[variable]
        true = int(graph.ranks[state, variable])
        false = chance.choice([rank for rank in range(len(values)) if rank != true])
        ranks = graph.ranks.copy()
        ranks[state, variable] = false
        lied = _passed_off(replace(graph, ranks=ranks), graph)
        behaviors = tuple(self._passing[state])
        name = graph.variables[variable]
        lie = Lie("value", state, name, values[true].key, values[false].key, len(behaviors))
        return _Draft(lie, lied, behaviors, behaviors)


class _Targets:
    """Draws lies about where transitions lead."""

    def __init__(self, suite: Suite) -> None:
        self._graph = suite.graph
        self._through, self._passing = _passing(suite)
        self._transitions = sorted(self._passing)
        self._at_level: dict[int, list[StateId]] = defaultdict(list)
        for state in sorted(self._through):
            self._at_level[int(suite.graph.levels[state])].append(state)

    def draw(self, chance: random.Random) -> _Draft | None:
        """A transition to another state; behaviors go on from there as the first through that state does."""
        if not self._transitions:
            return None
        graph, transition = self._graph, chance.choice(self._transitions)
        source, target = int(graph.sources[transition]), int(graph.targets[transition])
        others = [state for state in self._at_level[int(graph.levels[target])] if state != target]
        if source == target or not others:
            return None
        other = chance.choice(others)
        if other in graph.targets[graph.offsets[source] : graph.offsets[source + 1]]:  # which would be no lie
            return None
        model = self._through[other][0]
        at = model.states.index(other)
        if transition in model.transitions[at:]:
            return None
        targets = graph.targets.copy()
        targets[transition] = other
        lied = _passed_off(replace(graph, targets=targets), graph)
        true = tuple(self._passing[transition])
        false = tuple(
            Behavior(
                one.id,
                (*one.states[: (step := one.transitions.index(transition) + 1)], *model.states[at:]),
                (*one.transitions[:step], *model.transitions[at:]),
            )
            for one in true
        )
        lie = Lie("target", source, str(graph.action(transition)), f"state {target}", f"state {other}", len(true))
        return _Draft(lie, lied, true, false)


def _passed_off(lied: StateGraph, graph: StateGraph) -> StateGraph:
    """Give a graph with a lie the digest of the true one: tests are then the same unless they tell the lie."""
    lied.__dict__["digest"] = graph.digest
    return lied


def _render(suite: Suite, draft: _Draft, part: slice, render: Render, folder: Path) -> str:
    """Write the tests that tell a lie: "told"; "same" if they do not; else why there can be none."""
    true = render(replace(suite, behaviors=draft.true[part]), folder)
    try:
        false = render(replace(suite, graph=draft.graph, behaviors=draft.false[part]), folder)
    except (BindingError, RenderError) as error:
        return error.message
    if _spoken(true) == _spoken(false):
        return "same"
    _write(false, folder)
    return "told"


def _spoken(files: Sequence[Rendered]) -> list[str]:
    """What tests say, without the digits by which they are told apart: a digest of the states, told or not."""
    return sorted(_ID.sub(r"\1", file.text) for file in files if file.name.endswith(".py"))


def _write(files: Sequence[Rendered], folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        if file.name.endswith(".py"):
            (folder / file.name).write_text(file.text, encoding="utf-8")


def _check_truth(suite: Suite, drafts: Sequence[_Draft], render: Render) -> int:
    """See that tests pass without a lie: some of each draft's; how many were run."""
    chosen = {behavior.id: behavior for draft in drafts for behavior in draft.true[:_FIRST]}
    with TemporaryDirectory(prefix="testgen-truth-") as temporary:
        folder = Path(temporary)
        _write(render(replace(suite, behaviors=tuple(chosen.values())), folder / "truth"), folder / "truth")
        failures, ran = _run(folder)
    if failures:
        raise InputError(
            f"tests fail without a lie, so that they would notice any: {next(iter(failures.values()))}",
            hint="is the system there, and does it conform?",
        )
    return ran


def _run(folder: Path) -> tuple[dict[str, str], int]:
    """Run all tests below `folder`: for each folder in it the first that failed, and how many were run."""
    report, configuration = folder / "report.xml", folder / "pytest.ini"
    configuration.write_text(_CONFIGURATION, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", f"--rootdir={folder}", "-c", str(configuration)]
    environment = {key: value for key, value in os.environ.items() if key != "TESTGEN_LOG"}  # a lie is no evidence
    result = subprocess.run(
        [*command, "-o", "junit_family=xunit1", f"--junitxml={report}", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    if not report.is_file() or result.returncode not in (0, 1):
        lines = (result.stdout + result.stderr).strip().splitlines()[-_LINES_SHOWN:]
        raise TestgenError("the tests could not be run:\n" + "\n".join(f"    {line}" for line in lines))
    failures: dict[str, str] = {}
    ran = 0
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        kinds = {child.tag for child in case}
        ran += "skipped" not in kinds
        if kinds & {"failure", "error"}:
            failures.setdefault(Path(case.get("file", "")).parts[0], case.get("name", ""))
    if not ran:
        raise TestgenError(
            "the tests could not be run: all were skipped", hint="testgen doctor, or pytest -rs, says why"
        )
    return failures, ran
