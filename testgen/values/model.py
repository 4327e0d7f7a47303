"""TLA+ values, each with one canonical spelling that decides equality, hash and order.

Python's own types will not do: `True == 1` but `TRUE # 1`; a model value `m1` is not the string "m1"; sequences and
records *are* functions (`<<7>> = (1 :> 7)`, `[a |-> 1] = ("a" :> 1)`); and TLC spells equal values differently from run
to run (`1..3` and `{1, 2, 3}`, sets of strings in interning order). So every value carries `key`, the TLA+ text that
all spellings of it have in common, and two values are equal when their keys are.

Knows nothing of graphs and files. Facts about spellings: TLC 2.15 (2020-01) to 2.20 (2024-12).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations, product
from typing import ClassVar

__all__ = [
    "Boolean",
    "Function",
    "Integer",
    "ModelValue",
    "SetValue",
    "String",
    "SymbolicSet",
    "Value",
    "cartesian_product",
    "function",
    "function_set",
    "interval",
    "power_set",
    "record",
    "record_set",
    "sequence",
    "set_of",
]

_NAME = re.compile(r"[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_RESERVED = frozenset(
    "ACTION ASSUME ASSUMPTION AXIOM BOOLEAN CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT EXTENDS FALSE IF "
    "IN INSTANCE LAMBDA LET LOCAL MODULE OTHER RECURSIVE STRING SUBSET THEN THEOREM TRUE UNCHANGED UNION VARIABLE "
    "VARIABLES WITH".split()
)
_EXPANDED_UP_TO = 4096
"""TLC prints small lazily built sets element by element and large ones as an expression (seen: from 128 elements for
SUBSET, not yet at 1,600 for sets of records). Up to this size testgen expands, so that both spellings are one value."""


class Value:
    """A TLA+ value. Immutable; equal, hashed and ordered by `key` (integers numerically)."""

    __slots__ = ("key",)
    key: str
    rank: ClassVar[int]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"<TLA+ {self.key}>"

    def __lt__(self, other: Value) -> bool:
        return self.order < other.order

    @property
    def order(self) -> tuple[int, int, str]:
        """A sort key that is total over all values: by kind, then by number, then by spelling."""
        return (self.rank, 0, self.key)


class Boolean(Value):
    __slots__ = ("value",)
    rank = 0

    def __init__(self, value: bool) -> None:
        self.value = value
        self.key = "TRUE" if value else "FALSE"


class Integer(Value):
    __slots__ = ("value",)
    rank = 1

    def __init__(self, value: int) -> None:
        self.value = value
        self.key = str(value)

    @property
    def order(self) -> tuple[int, int, str]:
        return (self.rank, self.value, "")


class String(Value):
    """A string; `value` is its text with escapes undone."""

    __slots__ = ("value",)
    rank = 2
    _ESCAPES: ClassVar = str.maketrans(
        {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\f": "\\f", "\r": "\\r"},
    )

    def __init__(self, value: str) -> None:
        self.value = value
        self.key = f'"{value.translate(self._ESCAPES)}"'


class ModelValue(Value):
    """A bare name that TLC takes from the configuration, such as `m1`."""

    __slots__ = ("name",)
    rank = 3

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = name


class SetValue(Value):
    """A finite set: `elements` are distinct and in canonical order. Built by `set_of` and `interval`."""

    __slots__ = ("elements",)
    rank = 4
    elements: Sequence[Value]

    def __init__(self, elements: Sequence[Value], key: str) -> None:
        self.elements = elements
        self.key = key

    def __len__(self) -> int:
        return len(self.elements)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.elements)


class _Run(Sequence[Value]):
    """The integers from `low` to `high`, made when asked for: `1..1000000` costs nothing to hold."""

    __slots__ = ("numbers",)

    def __init__(self, low: int, high: int) -> None:
        self.numbers = range(low, high + 1)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int | slice) -> Value:  # type: ignore[override]  # slices are not needed
        assert isinstance(index, int)
        return Integer(self.numbers[index])


class Function(Value):
    """A function with a finite domain, which sequences and records are too.

    `domain` is in canonical order and `range` beside it. `shape` is "sequence" for the domain 1..n (also the empty
    function), "record" for a domain of names, else "function". Built by `function`, `sequence` and `record`.
    """

    __slots__ = ("domain", "range", "shape")
    rank = 5

    def __init__(self, domain: tuple[Value, ...], range_: tuple[Value, ...], shape: str, key: str) -> None:
        self.domain = domain
        self.range = range_
        self.shape = shape
        self.key = key

    def __len__(self) -> int:
        return len(self.domain)

    def items(self) -> Iterator[tuple[Value, Value]]:
        return zip(self.domain, self.range, strict=True)


class SymbolicSet(Value):
    """A set too large to list, which TLC too writes as an expression: `SUBSET (1..20)`, `[S -> T]`, `(S \\X T)`."""

    __slots__ = ()
    rank = 6

    def __init__(self, key: str) -> None:
        self.key = key


def set_of(elements: Iterable[Value]) -> Value:
    """The set of `elements`, repeated ones counted once. Three or more successive integers become an interval."""
    distinct = sorted({element.key: element for element in elements}.values(), key=lambda value: value.order)
    if len(distinct) >= 3 and isinstance(distinct[0], Integer) and isinstance(distinct[-1], Integer):
        low, high = distinct[0].value, distinct[-1].value
        if high - low + 1 == len(distinct):
            return interval(low, high)
    return SetValue(tuple(distinct), "{" + ", ".join(element.key for element in distinct) + "}")


def interval(low: int, high: int) -> Value:
    """The set `low..high`; empty when `high < low`."""
    if high - low < 2:
        return set_of(Integer(number) for number in range(low, high + 1))
    return SetValue(_Run(low, high), f"{low}..{high}")


@cache
def _positions(length: int) -> tuple[Value, ...]:
    return tuple(Integer(position) for position in range(1, length + 1))


def sequence(elements: Sequence[Value]) -> Function:
    """The sequence (tuple) of `elements`; empty, it is also the empty record and the empty function."""
    key = "<<" + ", ".join(element.key for element in elements) + ">>"
    return Function(_positions(len(elements)), tuple(elements), "sequence", key)


def record(fields: dict[str, Value]) -> Function:
    """The record with these fields: the function from their names."""
    return function([(String(name), value) for name, value in fields.items()])


def function(pairs: Iterable[tuple[Value, Value]]) -> Function:
    """The function with these (argument, value) pairs; the first pair of an argument counts, as with TLA+'s `@@`."""
    by_key: dict[str, tuple[Value, Value]] = {}
    for argument, value in pairs:
        by_key.setdefault(argument.key, (argument, value))
    ordered = sorted(by_key.values(), key=lambda pair: pair[0].order)
    domain = tuple(argument for argument, _ in ordered)
    range_ = tuple(value for _, value in ordered)
    if domain == _positions(len(domain)):
        return sequence(range_)
    if all(isinstance(argument, String) and is_field_name(argument.value) for argument in domain):
        fields = ", ".join(f"{argument.key[1:-1]} |-> {value.key}" for argument, value in ordered)
        return Function(domain, range_, "record", f"[{fields}]")
    text = " @@ ".join(f"{argument.key} :> {value.key}" for argument, value in ordered)
    return Function(domain, range_, "function", f"({text})")


def is_field_name(text: str) -> bool:
    """Whether TLA+ can write `text` as a record's field."""
    return _NAME.fullmatch(text) is not None and text not in _RESERVED


def power_set(base: Value) -> Value:
    """`SUBSET base`."""
    if isinstance(base, SetValue) and len(base) <= _EXPANDED_UP_TO.bit_length() - 1:
        return set_of(set_of(chosen) for size in range(len(base) + 1) for chosen in combinations(base, size))
    return SymbolicSet(f"SUBSET ({base.key})")


def function_set(domain: Value, range_: Value) -> Value:
    """`[domain -> range_]`."""
    if isinstance(domain, SetValue) and isinstance(range_, SetValue):
        # Sizes by logarithm: the number itself can have millions of digits.
        size_known_small = len(range_) <= 1 or len(domain) * math.log2(len(range_)) <= math.log2(_EXPANDED_UP_TO)
        if size_known_small and len(domain) <= _EXPANDED_UP_TO:
            choices = product(range_, repeat=len(domain))
            return set_of(function(zip(domain, chosen, strict=True)) for chosen in choices)
    return SymbolicSet(f"[{domain.key} -> {range_.key}]")


def record_set(fields: dict[str, Value]) -> Value:
    """`[a : S, b : T]`."""
    rows = _rows(fields.values())
    if rows is not None:
        return set_of(record(dict(zip(fields, row, strict=True))) for row in rows)
    return SymbolicSet("[" + ", ".join(f"{name} : {fields[name].key}" for name in sorted(fields)) + "]")


def cartesian_product(factors: Sequence[Value]) -> Value:
    """`(S \\X T \\X ...)`."""
    rows = _rows(factors)
    if rows is not None:
        return set_of(sequence(row) for row in rows)
    return SymbolicSet("(" + " \\X ".join(factor.key for factor in factors) + ")")


def _rows(factors: Iterable[Value]) -> Iterable[tuple[Value, ...]] | None:
    """Every choice of one element from each of `factors`; None if these are too many to list."""
    sets = [factor if isinstance(factor, SetValue) else None for factor in factors]
    listed = [factor for factor in sets if factor is not None]
    if not all(map(len, listed)):
        return ()  # whatever the other factors are
    if len(listed) < len(sets) or math.prod(map(len, listed)) > _EXPANDED_UP_TO:
        return None
    return product(*listed)
