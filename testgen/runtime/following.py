"""Tests in which the system took another outcome than theirs, which the specification allows.

Such a test cannot go on along its behavior. It is tried again, as often as its binding says (`attempts`). Then, if a
test of the same suite has the same beginning and goes on with the outcome that the system took, that one is followed
from there on, so that the system is held against the specification to the end: a divergence fails the test that is
running. If it does not diverge, the test has neither passed nor failed: it counts as "other outcome", with the last
step up to which its behavior was exercised.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from testgen.bindings.protocol import Binding, OtherOutcome
from testgen.runtime.fixtures import BINDING, close_binding, make_binding
from testgen.runtime.generated import FOLLOWED
from testgen.runtime.neighbors import Path, Told, binding_of, find_follower, tell_test, went
from testgen.runtime.stand_in import StandIn

__all__ = ["ATTEMPTS", "CATEGORY", "OTHERWISE", "WENT", "begin_anew", "go_on_otherwise", "summarize_outcomes"]

CATEGORY = "other outcome"
"""What pytest counts such tests as."""
OTHERWISE = pytest.StashKey[list[str]]()
"""Of a test that ended so: in words, at which outcome, and what became of it."""
ATTEMPTS = pytest.StashKey[int]()
"""How often a test was tried that then took its own outcomes."""
WENT = pytest.StashKey[dict[str, Any]]()
"""What a test did in place of its behavior, as a run log tells what handwritten tests did; Any: JSON."""

_KINDS_SHOWN = 10
_ENDINGS_SHOWN = 2


def begin_anew(item: pytest.Item) -> None:
    """Forget what became of a test when it was run before, as by a plugin that repeats failures."""
    told: tuple[pytest.StashKey[Any], ...] = (ATTEMPTS, FOLLOWED, OTHERWISE, WENT)  # Any: of several types
    for key in told:
        if key in item.stash:
            del item.stash[key]


def go_on_otherwise(item: pytest.Item, other: OtherOutcome) -> None:
    """Try a test again; follow what the system does; end it.

    Returns:
        If the test has passed after all.

    Raises:
        Exception: What the test raises when it is tried again, or the one that is followed.
        pytest.skip.Exception: The system took another outcome.
    """
    __tracebackhide__ = True
    found = binding_of(item)
    name = None if found is None else found[0]
    if name is not None:
        attempts, again = _try_again(item, name, other)
        if again is None:
            item.stash[ATTEMPTS] = attempts
            return
        other = again
    _follow(item, name, other)


def summarize_outcomes(terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
    """Tell where systems took other outcomes, and which tests were tried more than once."""
    reports = terminalreporter.stats.get(CATEGORY, ())
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for report in reports:
        where, ending = report.testgen_otherwise
        kinds[where][ending] += 1
    if kinds:
        tests = "test" if len(reports) == 1 else "tests"
        line = f"{len(reports)} generated {tests} not exercised to the end: the system took another allowed outcome"
        terminalreporter.write_sep("=", line)
        for where, endings in sorted(kinds.items(), key=lambda pair: (-pair[1].total(), pair[0]))[:_KINDS_SHOWN]:
            terminalreporter.write_line(f"{endings.total():5}  {where}")
            for ending, count in endings.most_common(_ENDINGS_SHOWN):
                many = f" ({count})" if len(endings) > 1 else ""
                terminalreporter.write_line(f"       {ending}{many}")
            if len(endings) > _ENDINGS_SHOWN:
                terminalreporter.write_line(f"       ... and {len(endings) - _ENDINGS_SHOWN} other ways")
        if len(kinds) > _KINDS_SHOWN:
            terminalreporter.write_line(f"       ... and {len(kinds) - _KINDS_SHOWN} more")
    passed = terminalreporter.stats.get("passed", ())
    tried = Counter(report.testgen_attempts for report in passed if hasattr(report, "testgen_attempts"))
    if kinds and not tried:
        terminalreporter.write_line(
            "where the system chooses by chance, `attempts = 5` in the binding's class tries each test that often; one "
            "that always chooses alike is right as well: testgen help bindings"
        )
    if tried:
        terminalreporter.write_sep("=", "generated tests that passed once the system took their outcomes")
        for attempts, count in sorted(tried.items()):
            terminalreporter.write_line(f"{count:5}  at attempt {attempts}")


def _try_again(item: pytest.Item, name: str, other: OtherOutcome) -> tuple[int, OtherOutcome | None]:
    """Try the test with fresh instances; how often it has been tried then, and the outcome that is not its own."""
    __tracebackhide__ = True
    assert isinstance(item, pytest.Function)
    kind = type(item.stash[BINDING])
    attempts = 1
    taken: OtherOutcome | None = other
    while taken is not None and attempts < kind.attempts:
        attempts += 1
        last = item.stash[BINDING]
        del item.stash[BINDING]  # closed once, whatever comes of closing and making
        close_binding(last, item)
        item.stash[BINDING] = binding = make_binding(kind, item)
        taken = _other_outcome(item.obj, name, binding)
    return attempts, taken


def _follow(item: pytest.Item, name: str | None, other: OtherOutcome) -> NoReturn:
    """Go on along tests of the suite that begin as the system did, until one ends or none is left."""
    __tracebackhide__ = True
    binding = item.stash[BINDING]
    binding.__dict__.pop("shared_step", None)  # of a run in lock-step, which is over
    step, where = _place(binding, other)
    told = tell_test(item, name) if name is not None else None
    follower: Told | None = None
    taken: OtherOutcome | None = other
    while told is not None and name is not None and taken is not None:
        path = Path.of(told, binding.n_checks).ending_in(taken.taken)
        item.stash[WENT] = went(binding, path)
        told = find_follower(item, name, path)
        if told is None:
            break
        follower = told
        item.stash[FOLLOWED] = follower.function
        stand_in = StandIn(binding, follower.n_calls(binding.n_checks))
        try:
            taken = _other_outcome(follower.function, name, stand_in)
        except Exception as failure:
            failure.add_note(f"the system took another allowed outcome at step {step}, {where};")
            failure.add_note(f"from there on {follower.name} was followed")
            raise
        finally:
            item.stash[WENT] = went(binding, Path.of(follower, binding.n_checks))
    beyond = f"not exercised beyond step {step}"
    if follower is None:
        ending, which = f"{beyond}; no test goes on from there", ""
    elif taken is None:
        ending, which = f"{beyond}; another test was followed to its end", f": {follower.name}"
    else:
        ending, which = f"{beyond}; another test was followed, until none goes on", f": {follower.name}"
    item.stash[OTHERWISE] = [where, ending]
    pytest.skip(f"the system took another allowed outcome at {where}; {ending}{which}")


def _place(binding: Binding, other: OtherOutcome) -> tuple[int, str]:
    """The step that came out otherwise, and how."""
    entries = binding.journal.entries
    at = entries[-1] if entries else "the start"
    return len(entries), f"{at}: {other.difference}"


def _other_outcome(test: Callable[..., object], name: str, binding: Binding | StandIn) -> OtherOutcome | None:
    __tracebackhide__ = True
    try:
        test(**{name: binding})
    except OtherOutcome as other:
        return other
    return None
