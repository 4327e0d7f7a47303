"""Steps whose result the system chooses: what a test says of the others that the specification allows.

    bag.also_allowed({"item": 3}, left={1, 2})
    bag.take(item=1)
    bag.check_state(left={2, 3})

Which element `take` gives is up to the bag. The test goes on as if it were 1. If the bag gives 3, that is right too,
but another behavior: `OtherOutcome` ends this one, which has then neither passed nor failed. What becomes of such a
test is told by `testgen.runtime.following`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from testgen.bindings.time_limit import Overdue
from testgen.errors import BindingError
from testgen.values.agreement import agree
from testgen.values.plain import Plain, python_literal

__all__ = ["Choice", "OtherOutcome", "Outcome", "compare_results"]

_OUTCOMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result that a step may have.

    Attributes:
        results: What the system chose of the action's arguments, by name; see `action(outcome=...)`.
        changed: The observed variables that the step changes, with their new values.
    """

    results: Mapping[str, Plain] = field(default_factory=dict)
    changed: Mapping[str, Plain] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [f"{name}={python_literal(value)}" for name, value in (*self.results.items(), *self.changed.items())]
        return ", ".join(told) or "nothing changes"


class OtherOutcome(Exception):  # noqa: N818 - a result about the system, not an error of testgen
    """The system took an outcome that the specification allows, and that is not this behavior's.

    Attributes:
        expected: The behavior's.
        taken: The system's.
    """

    def __init__(self, expected: Outcome, taken: Outcome) -> None:
        super().__init__(f"the system took another allowed outcome: {taken}, where this behavior has {expected}")
        self.expected = expected
        self.taken = taken

    @property
    def difference(self) -> str:
        """In words: the results if they tell it, else those variables in which the two outcomes differ."""
        taken, expected = self.taken, self.expected
        if not _agree(expected.results, taken.results):
            taken, expected = Outcome(taken.results), Outcome(expected.results)
        else:
            one, other = _without_common(taken.changed, expected.changed)
            taken, expected = Outcome({}, one), Outcome({}, other)
        return f"{taken}, where the test has {expected}"


@dataclass(slots=True)
class Choice:
    """What the system may choose from in the step under way.

    Attributes:
        others: Outcomes besides the behavior's, of those that what is known so far leaves open.
        results: What the behavior's outcome has as results.
        is_left: Whether the results have ruled the behavior's outcome out.
    """

    others: list[Outcome] = field(default_factory=list)
    results: Mapping[str, Plain] = field(default_factory=dict)
    is_left: bool = False

    def narrow(self, expected: Mapping[str, Plain], observed: Mapping[str, Plain]) -> bool:
        """Leave only outcomes with these results; False if there is none left."""
        self.others = [other for other in self.others if _agree(other.results, observed)]
        self.results = expected
        self.is_left = not _agree(expected, observed)
        return bool(self.others) or not self.is_left

    def settle(self, changed: Mapping[str, Plain], compare: Callable[[Mapping[str, Plain]], None]) -> None:
        """Find out which outcome the system took.

        Args:
            changed: What the behavior's outcome changes.
            compare: Holds the system against what an outcome changes; raises AssertionError if they differ.

        Raises:
            OtherOutcome: One of the others.
            AssertionError: None that is allowed: what `compare` raised for the nearest.
            Overdue: An observer did not end in its time, so that nobody knows.
        """
        expected = Outcome(self.results, changed)
        first, *further = self.others if self.is_left else [expected, *self.others]
        try:
            compare(first.changed)
        except Overdue:  # nothing was compared
            raise
        except AssertionError as divergence:
            if any(_holds(compare, (taken := outcome).changed) for outcome in further):
                raise OtherOutcome(expected, taken) from None
            if further:
                divergence.add_note(self.refusal(further))
            raise
        if first is not expected:
            raise OtherOutcome(expected, first)

    @staticmethod
    def refusal(others: Sequence[Outcome]) -> str:
        """That what was observed is none of the other outcomes either."""
        shown = [str(other) for other in others[:_OUTCOMES_SHOWN]]
        shown += ["..."] if len(others) > _OUTCOMES_SHOWN else []
        return f"also allowed, and not observed either: {'; or '.join(shown) or 'nothing'}"


def compare_results(method: Callable[..., Any], names: Sequence[str], own: frozenset[str]) -> Callable[..., Any]:
    """Let a step compare what it returns with those arguments whose values the system chooses.

    Args:
        method: Performs the step.
        names: Of these arguments.
        own: The method's parameters; it is given no others.
    """

    @functools.wraps(method)
    def compared(self: Any, *args: Any, **kwargs: Any) -> Any:  # Any: of whatever signature the method has
        __tracebackhide__ = True
        expected = {name: kwargs[name] for name in names if name in kwargs}
        given = {name: value for name, value in kwargs.items() if name in own or name not in expected}
        result = method(self, *args, **given)
        if expected:
            self.check_results(expected, dict(_results(method, names, result)))
        return result

    return compared


def _results(method: Callable[..., Any], names: Sequence[str], returned: Any) -> Iterator[tuple[str, Plain]]:
    """What the system chose, by name: the value returned, or, of several, a dictionary of them."""
    if len(names) == 1:
        yield names[0], returned
        return
    if not isinstance(returned, Mapping) or set(returned) != set(names):
        raise BindingError(
            f"{method.__qualname__} returned {returned!r}, which are not the results {', '.join(names)}",
            hint="a method with several outcome arguments returns a dict of them",
        )
    yield from returned.items()


def _holds(compare: Callable[[Mapping[str, Plain]], None], changed: Mapping[str, Plain]) -> bool:
    try:
        compare(changed)
    except Overdue:  # as above
        raise
    except AssertionError:
        return False
    return True


def _without_common(one: Mapping[str, Plain], other: Mapping[str, Plain]) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """What is not in both; all of both if nothing of one would be left, as "nothing changes" would not be so."""
    common = {name for name, value in one.items() if name in other and agree(value, other[name])}
    if len(common) in (len(one), len(other)):
        return dict(one), dict(other)
    return (
        {name: value for name, value in one.items() if name not in common},
        {name: value for name, value in other.items() if name not in common},
    )


def _agree(expected: Mapping[str, Plain], observed: Mapping[str, Plain]) -> bool:
    return all(name in expected and agree(expected[name], value) for name, value in observed.items())
