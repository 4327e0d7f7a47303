"""Exceptions that a system raises where its specification has a refusal: expected outcomes, not failures.

An action with `raises=InsufficientFunds` must raise it. One with `raises={InsufficientFunds: "refused"}` may: "refused"
is then its outcome, which an observer finds in `last_outcome`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testgen.bindings.divergence import Divergence
from testgen.bindings.pending import NotImplementedYet
from testgen.errors import BindingError, Location, TestgenError
from testgen.values.plain import Plain, python_literal

__all__ = ["Raises", "Said", "raising"]

Raises = type[Exception] | tuple[type[Exception], ...] | Mapping[type[Exception], Plain]


@dataclass(frozen=True, slots=True)
class Said:
    """Words where a message would show a value."""

    words: str

    def __repr__(self) -> str:
        return self.words


def raising(method: Callable[..., Any], raises: Raises, place: Location | None) -> Callable[..., Any]:
    """Let `method` raise what is expected of it, and give back what that stands for.

    Raises:
        BindingError: `raises` is no exception, tuple or dict of exceptions.
    """
    kinds = tuple(raises) if isinstance(raises, Mapping | tuple) else (raises,)
    odd = [kind for kind in kinds if not (isinstance(kind, type) and issubclass(kind, Exception))]
    if odd or not kinds:
        raise BindingError(
            f"{method.__name__} cannot raise {odd[0]!r}" if odd else f"{method.__name__} raises nothing",
            location=place,
            hint="raises=SomeError where it must raise that, raises={SomeError: outcome} where it may",
        )

    @functools.wraps(method)
    def tried(*args: Any, **kwargs: Any) -> Any:  # Any: of whatever signature the method has
        __tracebackhide__ = True
        try:
            result = method(*args, **kwargs)
        except (Divergence, NotImplementedYet, TestgenError):  # no outcome of the system's, whatever `raises` says
            raise
        except kinds as error:
            return raises[_nearest(error, raises)] if isinstance(raises, Mapping) else error
        if isinstance(raises, Mapping):
            return result
        expected = Said(f"{' or '.join(kind.__name__ for kind in kinds)} raised")
        raise Divergence(f"the outcome of {method.__name__}", expected, Said(f"{python_literal(result)} returned"))

    return tried


def _nearest(error: Exception, kinds: Mapping[type[Exception], Plain]) -> type[Exception]:
    """The kind of `error` that says most of it."""
    return next(kind for kind in type(error).__mro__ if kind in kinds)
