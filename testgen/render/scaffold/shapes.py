"""What kind of values a variable or a parameter takes, in words and as a Python annotation.

TLA+ has no types, so a shape is what the values seen have in common: nothing says that no other ones come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from testgen.values import Value
from testgen.values.model import Boolean, Function, Integer, ModelValue, SetValue, String

__all__ = ["Shape", "shape_of"]

_SEEN_AT_MOST = 500
_DEPTH = 4
"""Deeper, words and annotations help nobody."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What values have in common.

    Attributes:
        words: "a sequence of integers", in the singular.
        plural: "sequences of integers".
        annotation: `list[int]`.
    """

    words: str
    plural: str
    annotation: str


_ANYTHING = Shape("a value of any kind", "values of any kind", "object")
_ATOMS = {
    Boolean: Shape("a boolean", "booleans", "bool"),
    Integer: Shape("an integer", "integers", "int"),
    String: Shape("a string", "strings", "str"),
    ModelValue: Shape("a model value", "model values", "Model"),
}


def shape_of(values: Sequence[Value]) -> Shape:
    """The shape of values, of which there is at least one; of many, some hundred from all over are looked at."""
    step = max(1, len(values) // _SEEN_AT_MOST)
    return _shape(list(values[::step]), _DEPTH)


def _shape(values: list[Value], depth: int) -> Shape:
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or depth == 0:
        return _ANYTHING
    (kind,) = kinds
    if kind in _ATOMS:
        return _ATOMS[kind]
    if kind is SetValue:
        return _collection("set", "set", (element for value in values for element in _elements(value)), depth)
    if kind is Function:
        return _function([value for value in values if isinstance(value, Function)], depth)
    return _ANYTHING


def _function(values: list[Function], depth: int) -> Shape:
    shapes = {value.shape for value in values if len(value)}  # the empty function is also the empty sequence
    if shapes <= {"sequence"}:
        return _collection("sequence", "list", (item for value in values for item in value.range), depth)
    if shapes == {"record"}:
        return _record([value for value in values if len(value)], depth)
    domain = _part((item for value in values for item in value.domain), depth)
    range_ = _part((item for value in values for item in value.range), depth)
    key = "object" if any(word in domain.annotation for word in ("list", "dict", "set")) else domain.annotation
    ending = f"from {domain.plural} to {range_.plural}"
    return Shape(f"a function {ending}", f"functions {ending}", f"dict[{key}, {range_.annotation}]")


def _record(values: list[Function], depth: int) -> Shape:
    """Of fields that not every one has, as in messages of several kinds, only the names are told."""
    fields: dict[str, list[Value]] = {}
    for value in values:
        for name, item in value.items():
            fields.setdefault(name.key[1:-1], []).append(item)
    shapes = {name: _part(items, depth) for name, items in fields.items()}
    annotations = {shape.annotation for shape in shapes.values()}
    annotation = f"dict[str, {annotations.pop() if len(annotations) == 1 else 'object'}]"
    if any(len(items) < len(values) for items in fields.values()):
        names = ", ".join(fields)
        return Shape(f"a record with some of {names}", f"records with some of {names}", annotation)
    words = ", ".join(f"{name} ({shape.words})" for name, shape in shapes.items())
    return Shape(f"a record of {words}", f"records of {words}", annotation)


def _collection(word: str, annotation: str, elements: Iterable[Value], depth: int) -> Shape:
    seen = list(islice(elements, _SEEN_AT_MOST))
    if not seen:
        return Shape(f"a {word}, always empty", f"empty {word}s", f"{annotation}[object]")
    part = _shape(seen, depth - 1)
    element = "object" if annotation == "set" and "[" in part.annotation else part.annotation
    return Shape(f"a {word} of {part.plural}", f"{word}s of {part.plural}", f"{annotation}[{element}]")


def _part(values: Iterable[Value], depth: int) -> Shape:
    seen = list(islice(values, _SEEN_AT_MOST))
    return _shape(seen, depth - 1) if seen else _ANYTHING


def _elements(value: Value) -> Iterable[Value]:
    return islice(value, _SEEN_AT_MOST) if isinstance(value, SetValue) else ()
