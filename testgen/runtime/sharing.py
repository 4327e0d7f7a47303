"""Tests that share their beginnings: `pytest --testgen-share` performs a beginning once and goes back to it.

Behaviors that begin alike are paths of a tree, and run one by one they perform its upper part again and again. With
`snapshot`, by which a binding keeps the state of its system, and `restore`, which brings a fresh instance there, they
need not: where tests part a snapshot is taken, and later ones of them begin there, without the statements before. Each
test remains an item of its own, with its own outcome, and what it tells is the same. A snapshot goes when no test to
come needs it.

Statements are told apart by their text, comparisons included, and only those that were passed are left out. It is worth
it where steps cost more than snapshots: `testgen help bindings`.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from testgen.bindings.awaiting import finish
from testgen.bindings.protocol import Binding, Journal
from testgen.bindings.time_limit import limited
from testgen.runtime.fixtures import BINDING, SHARE, make_binding
from testgen.runtime.instances import close_instance
from testgen.runtime.neighbors import binding_of, statement_text, tell_test
from testgen.runtime.stand_in import StandIn

__all__ = ["MOST_KEPT", "Sharing"]

MOST_KEPT = 100
"""Snapshots at a time, if so many are wanted: in the order of the suite there are as many as a behavior has steps."""

_SHARED = pytest.StashKey[list[Any]]()
"""Of a test: its binding's name, how many of its statements were left out, how many it has."""
_ALONE = pytest.StashKey[str]()
"""Of a test that was not considered: why."""


@dataclass(slots=True, eq=False)
class _Place:
    """A place in the tree of tests, after the same statements.

    Attributes:
        n_calls: How many statements they are.
        n_to_come: Tests through here that have not begun.
        next: How they go on.
        ends: Whether a test ends here.
    """

    n_calls: int = 0
    n_to_come: int = 0
    next: dict[str, _Place] = field(default_factory=dict)
    ends: bool = False

    @property
    def parts(self) -> bool:
        """Whether tests part here, so that it is worth coming back."""
        return self.n_calls > 0 and len(self.next) + self.ends > 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a snapshot holds: of the system, and of the binding's own account of the test."""

    system: object
    account: dict[str, Any]


class Sharing:
    """A pytest plugin; made when the option is given."""

    def __init__(self) -> None:
        self._trees: dict[type[Binding], _Place] = {}
        self._kept: OrderedDict[_Place, _Kept] = OrderedDict()
        self._given_up: dict[type[Binding], str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Find out which tests begin alike."""
        for item in session.items:
            found = binding_of(item)
            if found is None:
                continue
            name, kind = found
            if (why := _unfit(kind)) is not None:
                item.stash[_ALONE] = why
            elif (told := tell_test(item, name)) is not None:
                places = self._walk(kind, [statement_text(statement) for statement in told.statements])
                item.stash[SHARE] = self._sharer(item, kind, places)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what was shared to the report, which pytest-xdist carries over from its workers."""
        report = yield
        if call.when == "call":
            if _SHARED in item.stash:
                report.testgen_shared = item.stash[_SHARED]  # type: ignore[attr-defined]  # reports take any attribute
            if _ALONE in item.stash:
                report.testgen_alone = item.stash[_ALONE]  # type: ignore[attr-defined]  # as above
        return report

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
        """Tell for each binding what was shared, or why nothing was."""
        reports = [report for category in terminalreporter.stats.values() for report in category]
        tests: Counter[str] = Counter()
        left_out: Counter[str] = Counter()
        in_all: Counter[str] = Counter()
        for report in reports:
            if (told := getattr(report, "testgen_shared", None)) is not None:
                name, n_left_out, n_statements = told
                tests[name] += 1
                left_out[name] += n_left_out
                in_all[name] += n_statements
        alone = Counter(report.testgen_alone for report in reports if hasattr(report, "testgen_alone"))
        if tests or alone:
            terminalreporter.write_sep("=", "--testgen-share")
        for name, count in sorted(tests.items()):
            shared = f"{left_out[name]:,} of {in_all[name]:,} statements were not performed again"
            terminalreporter.write_line(f"{count:5}  tests of {name}: {shared}")
        for why, count in sorted(alone.items()):
            terminalreporter.write_line(f"{count:5}  tests each from the start: {why}")

    def _walk(self, kind: type[Binding], texts: list[str]) -> list[_Place]:
        """The places that a test passes; made where they are new."""
        place = self._trees.setdefault(kind, _Place())
        places = []
        for number, text in enumerate(texts, 1):
            place = place.next.setdefault(text, _Place(number))
            place.n_to_come += 1
            places.append(place)
        if places:
            place.ends = True
        return places

    def _sharer(self, item: pytest.Item, kind: type[Binding], places: list[_Place]) -> Callable[[Binding], object]:
        def share(binding: Binding) -> object:
            """What the test is given in place of a fresh binding."""
            for place in places:
                place.n_to_come -= 1
            if kind in self._given_up:
                item.stash[_ALONE] = self._given_up[kind]
                return binding
            binding, n_left_out = self._restored(item, binding, places)
            for place in places:
                if place.n_to_come < 1:
                    self._kept.pop(place, None)
            if kind in self._given_up:
                item.stash[_ALONE] = self._given_up[kind]
                return binding
            item.stash[_SHARED] = [kind.__name__, n_left_out, len(places)]
            wanted = {
                place.n_calls: place
                for place in places
                if place.parts and place.n_to_come and place.n_calls > n_left_out and place not in self._kept
            }
            return _Sharer(binding, n_left_out, wanted, self._keep)

        return share

    def _restored(self, item: pytest.Item, binding: Binding, places: list[_Place]) -> tuple[Binding, int]:
        """The binding, brought as far along the test as a snapshot is kept; and how many statements that is."""
        place = next((place for place in reversed(places) if place in self._kept), None)
        if place is None:
            return binding, 0
        self._kept.move_to_end(place)
        kept = self._kept[place]
        try:
            _called(binding, "restore", kept.system)
        except Exception as error:  # the binding's author wrote what runs here; the test itself is not to blame
            self._give_up(type(binding), "restore", error)
            del item.stash[BINDING]
            close_instance(binding)  # nobody knows what it is by now: it is kept for no other test
            item.stash[BINDING] = fresh = make_binding(type(binding), item)
            return fresh, 0
        binding.__dict__.update(_copied(kept.account))
        return binding, place.n_calls

    def _keep(self, place: _Place, binding: Binding) -> None:
        if type(binding) in self._given_up:
            return
        try:
            taken = _called(binding, "snapshot")
        except Exception as error:  # as above
            self._give_up(type(binding), "snapshot", error)
            return
        self._kept[place] = _Kept(taken, _copied(binding.__dict__))
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _give_up(self, kind: type[Binding], method: str, error: Exception) -> None:
        self._given_up[kind] = f"{kind.__name__}.{method} raised {type(error).__name__}: {error}"


class _Sharer(StandIn):
    """Leaves out what was performed before, and has snapshots taken where they are wanted."""

    def __init__(
        self, binding: Binding, n_left_out: int, wanted: dict[int, _Place], keep: Callable[[_Place, Binding], None]
    ) -> None:
        super().__init__(binding, n_left_out)
        self._n_calls = 0
        self._wanted = wanted
        self._keep = keep

    def __getattr__(self, name: str) -> Any:  # Any: what the binding has
        found = super().__getattr__(name)
        if not callable(found):
            return found
        self._n_calls += 1
        place = self._wanted.get(self._n_calls)
        if place is None:
            return found

        def perform_and_keep(*args: Any, **kwargs: Any) -> Any:  # Any: of whatever signature the method has
            __tracebackhide__ = True
            result = found(*args, **kwargs)
            self._keep(place, self._binding)
            return result

        return perform_and_keep


def _unfit(kind: type[Binding]) -> str | None:
    """Why tests of this binding cannot share their beginnings; None if they can."""
    if kind.lockstep:
        return f"{kind.__name__} runs its tests in lock-step"
    missing = [
        name
        for name in ("snapshot", "restore")
        if not callable(method := getattr(kind, name, None)) or hasattr(method, "action_names")
    ]
    return f"{kind.__name__} has no {' and no '.join(missing)}" if missing else None


def _called(binding: Binding, name: str, *arguments: object) -> Any:  # Any: whatever a snapshot is
    """Call one of the two methods, which `_unfit` has seen and which may be `async def`, in its time."""
    method: Callable[..., Any] = getattr(binding, name)
    call = partial(_finished, binding, method, *arguments)
    return limited(call, binding.step_seconds, f"{name} of {type(binding).__name__}")


def _finished(binding: Binding, method: Callable[..., Any], *arguments: object) -> Any:  # Any: as above
    return finish(binding, method(*arguments))


def _copied(account: dict[str, Any]) -> dict[str, Any]:
    """Copy what the base class keeps in an instance: the journal, the specified state, the last outcome."""
    copied: dict[str, Any] = {}
    if (journal := account.get("_journal")) is not None:
        copied["_journal"] = Journal([*journal.entries])
    if (left_out := account.get("_left_out")) is not None:
        copied["_left_out"] = set(left_out)
    if (choice := account.get("_choice")) is not None:
        copied["_choice"] = replace(choice, others=[*choice.others])
    kept = "_specified", "_has_compared", "_n_checks", "_outcome"
    return copied | {name: account[name] for name in kept if name in account}
