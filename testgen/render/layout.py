"""Laying out calls and literals as the formatter would leave them, so that generated files need no formatter.

The rules are those of ruff format (0.17) for lines of 120: all on one line; else the arguments of a call on a line of
their own; else one item a line with a comma after the last. A dictionary's key is never broken, as the formatter would
do with one longer than a line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword

from testgen.values import Plain, python_literal

__all__ = ["LINE_LENGTH", "layout_call", "layout_import"]

LINE_LENGTH = 120
_INDENT = 4


def layout_call(name: str, /, *arguments: Plain, **named: Plain) -> str:
    """A statement in a test that calls `name`, broken over lines if it does not fit; all but the first are indented.

    >>> layout_call("bank.deposit", "ann", amount=5)
    'bank.deposit("ann", amount=5)'
    """
    items = [python_literal(argument) for argument in arguments]
    items += [f"{key}={python_literal(value)}" for key, value in named.items() if _is_keyword_argument(key)]
    odd = {key: value for key, value in named.items() if not _is_keyword_argument(key)}
    if odd:
        items.append(f"**{python_literal(odd)}")
    statement = f"{name}({', '.join(items)})"
    return statement if _INDENT + len(statement) <= LINE_LENGTH else _broken(statement)


@lru_cache(maxsize=1 << 14)
def _broken(statement: str) -> str:
    """A call that is too long for one line, over several; tests of one suite share most of theirs."""
    try:
        tree = _Reader(statement).item(ast.parse(statement, mode="eval").body)
    except SyntaxError:  # a binding's value whose repr is not Python; the whole file is checked later, with a message
        return statement
    return "\n".join(_lines(tree, _INDENT, after=0))


def layout_import(module: str, names: Iterable[str]) -> str:
    """`from module import names`, the names in the order that ruff's isort rules ask for."""
    ordered = sorted(names, key=_import_order)
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= LINE_LENGTH:
        return line
    return f"from {module} import (\n" + "".join(f"{' ' * _INDENT}{name},\n" for name in ordered) + ")"


def _import_order(name: str) -> tuple[int, list[str | int], str]:
    """Constants, then classes, then the rest; `V2` before `V10`."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    parts = re.split(r"(\d+)", name.lower())  # words and numbers by turns, so that only like meets like
    return kind, [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _is_keyword_argument(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not iskeyword(name) and name != "__debug__"


@dataclass(frozen=True, slots=True)
class _Group:
    """A bracketed list of items behind a prefix: `name=[`, items, `]`."""

    opening: str
    items: tuple[str | _Group, ...]
    closing: str
    is_call: bool

    def body(self) -> str:
        return ", ".join(item if isinstance(item, str) else item.flat() for item in self.items)

    def flat(self) -> str:
        comma = "," if self.closing == ")" and not self.is_call and len(self.items) == 1 else ""
        return f"{self.opening}{self.body()}{comma}{self.closing}"


class _Reader:
    """Finds the groups of an expression on one line."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()  # positions in a syntax tree count bytes

    def item(self, node: ast.expr, prefix: str = "") -> str | _Group:
        """The expression as groups that can be broken; a string where nothing can."""
        match node:
            case ast.List(elts=elements) if elements:
                return self._group(f"{prefix}[", elements, "]")
            case ast.Tuple(elts=elements) if elements:
                return self._group(f"{prefix}(", elements, ")")
            case ast.Set(elts=elements):
                return self._group(f"{prefix}{{", elements, "}")
            case ast.Dict(keys=keys, values=values) if values:
                pairs = zip(keys, values, strict=True)
                items = [self.item(value, f"{self._source(key)}: " if key else "**") for key, value in pairs]
                return _Group(f"{prefix}{{", tuple(items), "}", False)
            case ast.Call(func=function, args=arguments, keywords=keywords) if arguments or keywords:
                items = [self.item(argument) for argument in arguments]
                items += [self.item(k.value, f"{k.arg}=" if k.arg else "**") for k in keywords]
                return _Group(f"{prefix}{self._source(function)}(", tuple(items), ")", True)
        return prefix + self._source(node)

    def _group(self, opening: str, elements: list[ast.expr], closing: str) -> _Group:
        return _Group(opening, tuple(self.item(element) for element in elements), closing, False)

    def _source(self, node: ast.expr) -> str:
        return self._text[node.col_offset : node.end_col_offset].decode()


def _lines(item: str | _Group, indent: int, after: int) -> list[str]:
    """`item` laid out at `indent`, leaving room for `after` characters behind it; the first line is not indented."""
    if isinstance(item, str):
        return [item]
    flat = item.flat()
    if indent + len(flat) + after <= LINE_LENGTH:
        return [flat]
    inner = indent + _INDENT
    if item.is_call and inner + len(item.body()) <= LINE_LENGTH:
        return [item.opening, " " * inner + item.body(), " " * indent + item.closing]
    lines = [item.opening]
    for element in item.items:
        first, *others = _lines(element, inner, after=1)
        lines += [" " * inner + first, *others]
        lines[-1] += ","
    return [*lines, " " * indent + item.closing]
