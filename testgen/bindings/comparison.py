"""How an observed variable is compared with the specification's, where "equal" is too much to ask.

    @observes("balance", project=lambda cents: cents / 100, within=0.01)
    @observes("log", ignore=("time", "id"))
    @observes("latest", any_of=lambda written: written[-2:])

In this order: the specification's value is projected to what the system can show, or to the values of which it may show
any; fields are ignored on both sides; numbers may be a little apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf

from testgen.bindings.places import place_of
from testgen.errors import BindingError
from testgen.values.agreement import agree, agree_within
from testgen.values.plain import Model, Plain, frozen, python_literal

__all__ = ["AnyOf", "Comparison", "Disagreement", "odd_part", "without_fields"]

_LOOKED_AT = 10_000
"""Parts of a value that is searched for what is odd in it: it may be of any size, and hold itself."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The values of which a system may show any."""

    values: tuple[Plain, ...]

    def __repr__(self) -> str:
        return f"any of {', '.join(map(python_literal, self.values))}" if self.values else "any of no values"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The two sides as they were compared: projected, and without ignored fields."""

    expected: Plain
    observed: Plain


@dataclass(frozen=True, slots=True)
class Comparison:
    """The options of an observer.

    Attributes:
        project: Makes of the specification's value what the system shows of it.
        any_of: Makes of the (projected) value the values that the system may show.
        ignore: Fields of records that are not compared, wherever in the value they stand.
        within: How far numbers may be apart, wherever in the value they stand.
    """

    project: Callable[[Plain], Plain] | None = None
    any_of: Callable[[Plain], Iterable[Plain]] | None = None
    ignore: frozenset[str] = frozenset()
    within: float = 0

    def __str__(self) -> str:
        """In words, for a message: empty if values are just compared."""
        words = ["projected"] if self.project else []
        if self.ignore:
            words.append(f"ignoring {'field' if len(self.ignore) == 1 else 'fields'} {', '.join(sorted(self.ignore))}")
        if self.within:
            words.append(f"within {self.within:g}")
        return ", ".join(words)

    @property
    def makes_values(self) -> bool:
        """Whether what is expected need be no value of TLA+, but what a function of the binding's gives."""
        return self.project is not None or self.any_of is not None

    def check(self, variable: str) -> None:
        """See that each option is of its kind.

        Raises:
            BindingError: One is not.
        """
        odd = ""
        if self.project is not None and not callable(self.project):
            odd = f"project={self.project!r} is no function of the specification's value"
        elif self.any_of is not None and not callable(self.any_of):
            odd = f"any_of={self.any_of!r} is no function that gives the allowed values"
        elif wrong := next((name for name in self.ignore if not isinstance(name, str)), None):
            odd = f"ignore has {wrong!r}, which is no name of a field"
        elif isinstance(self.within, bool) or not isinstance(self.within, int | float) or not 0 <= self.within < inf:
            odd = f"within={self.within!r} is no distance"
        if odd:
            raise BindingError(f"@observes({variable!r}): {odd}", hint="`testgen help bindings` has examples")

    def expected(self, value: Plain) -> Plain:
        """What the system should show where the specification has `value`; an `AnyOf` if that is not one value.

        Raises:
            BindingError: A function of the binding's fails.
        """
        if self.project is not None:
            value = _called("project", self.project, value)
        if self.any_of is None:
            return without_fields(value, self.ignore)
        candidates = _called("any_of", self.any_of, value)
        if isinstance(candidates, str | Mapping) or not isinstance(candidates, Iterable):
            raise BindingError(
                f"any_of gives {python_literal(candidates)} for {python_literal(value)}",
                location=place_of(self.any_of),
                hint="let it give a list or a set of the values that the system may show",
            )
        return AnyOf(tuple(without_fields(candidate, self.ignore) for candidate in candidates))

    def disagreement(self, value: Plain, observed: Plain) -> Disagreement | None:
        """Where the specification has `value` and the system shows `observed`: None if that conforms.

        Raises:
            BindingError: As for `expected`.
        """
        expected, shown = self.expected(value), without_fields(observed, self.ignore)
        if isinstance(expected, AnyOf):
            conforms = any(self._agree(one, shown) or one == frozen(shown) for one in expected.values)
        else:
            conforms = self._agree(expected, shown)
        return None if conforms else Disagreement(expected, shown)

    def _agree(self, expected: Plain, observed: Plain) -> bool:
        return agree_within(expected, observed, self.within) if self.within else agree(expected, observed)


def without_fields(value: Plain, names: frozenset[str]) -> Plain:
    """`value` without the record fields `names`, at any depth. In a set, a record is a tuple of pairs.

    >>> without_fields([{"id": 7, "amount": 5}, {"id": 8, "to": {"id": 1}}], frozenset({"id"}))
    [{'amount': 5}, {'to': {}}]
    """
    if not names:
        return value
    match value:
        case Mapping():
            return {key: without_fields(item, names) for key, item in value.items() if not _is_in(key, names)}
        case list():
            return [without_fields(item, names) for item in value]
        case tuple() if value and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):
            return tuple((key, without_fields(item, names)) for key, item in value if not _is_in(key, names))
        case tuple():
            return tuple(without_fields(item, names) for item in value)
        case set():
            return {without_fields(item, names) for item in value}
        case frozenset():
            return frozenset(without_fields(item, names) for item in value)
        case _:
            return value


def odd_part(value: object, *, floats: bool = False) -> str:
    """What in `value` is of no kind that values of a specification have, so that it can never agree with one.

    >>> odd_part([1, {"a": Model("m")}]), odd_part({"a": [None]}), odd_part(1.5), odd_part(1.5, floats=True)
    ('', 'None', 'a value of type float', '')
    """
    pending, seen = [value], 0
    while pending and seen < _LOOKED_AT:
        one = pending.pop()
        seen += 1
        if isinstance(one, Mapping):
            pending += list(one)[:_LOOKED_AT]
            pending += list(one.values())[:_LOOKED_AT]
        elif isinstance(one, list | tuple | set | frozenset):
            pending += list(one)[:_LOOKED_AT]
        elif one is None:
            return "None"
        elif not isinstance(one, bool | int | str | Model) and not (floats and isinstance(one, float)):
            return f"a value of type {type(one).__name__}"
    return ""


def _is_in(key: object, names: frozenset[str]) -> bool:
    return isinstance(key, str) and key in names


def _called(option: str, function: Callable[[Plain], object], value: Plain) -> object:
    try:
        return function(value)
    except Exception as error:  # a binding's author wrote what runs here, and it may raise anything
        raise BindingError(
            f"{option} fails for {python_literal(value)} ({type(error).__name__}: {error})",
            location=place_of(function),
            hint="it is given the specification's value as plain Python: sequences are lists, records and functions "
            "dicts; `testgen help bindings`",
        ) from error
