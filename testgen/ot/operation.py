"""The operations that clients perform on a shared array.

An operation is a value. A user writes it bare, `Set(ndx=0, value=4)`; the client that performs it stamps it with
`prior_size`, the length of the array just before the operation, and with `client`, the id that orders conflicting
operations. The merge rules change `prior_size` as they change indices, so a wrong merge is noticed where it is applied.

Indices count from 0. The operations and their parameters are those of the array instructions in realm-core's
transform.cpp (2020), and of "eXtreme Modelling in Practice" (VLDB 2020), section 5.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field, fields, replace
from typing import Self

__all__ = ["Clear", "Erase", "Insert", "Move", "Operation", "OperationError", "Set", "Swap"]


class OperationError(ValueError):
    """Invalid input: an operation that does not exist or does not fit its array, or a client that does not exist."""


@dataclass(frozen=True, slots=True, repr=False)
class _Performed:
    """What every operation carries.

    Attributes:
        client: Id of the client that performed the operation, None before that. The higher id counts as newer. It says
            where an operation comes from, not what it does, so it takes no part in equality and is not shown.
    """

    client: int | None = field(default=None, kw_only=True, compare=False)

    def __repr__(self) -> str:
        parameters = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if not f.kw_only]
        return f"{type(self).__name__}({', '.join(parameters)})"

    def performed(self, client: int, prior_size: int) -> Self:
        """Return the operation as `client` performed it on an array of `prior_size` elements."""
        return replace(self, client=client)


@dataclass(frozen=True, slots=True, repr=False)
class _Sized(_Performed):
    """What every operation with indices carries.

    Attributes:
        prior_size: Length of the array just before the operation, None before a client performs it.
    """

    prior_size: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        name = type(self).__name__
        for ndx in self.indices:
            # bool is a subclass of int, but True is no index.
            if type(ndx) is not int or ndx < 0:
                raise OperationError(f"{name}: an index is an integer from 0, not {reprlib.repr(ndx)}")
        if self.prior_size is not None and (type(self.prior_size) is not int or self.prior_size < 0):
            raise OperationError(f"{name}: prior_size is an integer from 0, not {reprlib.repr(self.prior_size)}")

    def __repr__(self) -> str:
        bare = _Performed.__repr__(self)
        return bare if self.prior_size is None else f"{bare[:-1]}, prior_size={self.prior_size!r})"

    @property
    def indices(self) -> tuple[int, ...]:
        """The positions that the operation names."""
        raise NotImplementedError

    def performed(self, client: int, prior_size: int) -> Self:
        """Return the operation as `client` performed it on an array of `prior_size` elements."""
        return replace(self, client=client, prior_size=prior_size)

    def resized(self, change: int) -> Self:
        """Return the performed operation with `change` added to its `prior_size`."""
        assert self.prior_size is not None
        return replace(self, prior_size=self.prior_size + change)


@dataclass(frozen=True, slots=True, repr=False)
class Set(_Sized):
    """Replace the element at `ndx`."""

    ndx: int
    value: object

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.ndx,)


@dataclass(frozen=True, slots=True, repr=False)
class Insert(_Sized):
    """Insert `value` before the element at `ndx`, or at the end."""

    ndx: int
    value: object

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.ndx,)


@dataclass(frozen=True, slots=True, repr=False)
class Move(_Sized):
    """Take the element at `from_ndx` out and put it back so that it ends at `to_ndx`, counted after the removal."""

    from_ndx: int
    to_ndx: int

    def __post_init__(self) -> None:
        _Sized.__post_init__(self)
        if self.from_ndx == self.to_ndx:
            raise OperationError(f"Move: from and to are both {reprlib.repr(self.to_ndx)}, which moves nothing")

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.from_ndx, self.to_ndx)


@dataclass(frozen=True, slots=True, repr=False)
class Erase(_Sized):
    """Remove the element at `ndx`."""

    ndx: int

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.ndx,)


@dataclass(frozen=True, slots=True, repr=False)
class Clear(_Performed):
    """Remove all elements. Fits an array of any length, so it carries no `prior_size`."""


@dataclass(frozen=True, slots=True, repr=False)
class Swap(_Sized):
    """Exchange two elements. Both orders of the indices mean the same and are stored as `ndx_1` < `ndx_2`."""

    ndx_1: int
    ndx_2: int

    def __post_init__(self) -> None:
        _Sized.__post_init__(self)
        if self.ndx_1 == self.ndx_2:
            raise OperationError(f"Swap: both indices are {reprlib.repr(self.ndx_2)}, which exchanges nothing")
        low, high = sorted(self.indices)
        object.__setattr__(self, "ndx_1", low)
        object.__setattr__(self, "ndx_2", high)

    @property
    def indices(self) -> tuple[int, ...]:
        return (self.ndx_1, self.ndx_2)


Operation = Set | Insert | Move | Erase | Clear | Swap
