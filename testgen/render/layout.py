"""Laying out calls and literals as the formatter would leave them, so that generated files need no formatter.

The rules are those of ruff format (0.17) for lines of 120: all on one line; else the arguments of a call on a line of
their own; else one item a line with a comma after the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from keyword import iskeyword

from testgen.values import Plain, python_literal

__all__ = ["LINE_LENGTH", "layout_call"]

LINE_LENGTH = 120
_INDENT = 4


@dataclass(frozen=True, slots=True)
class _Group:
    """A bracketed list of items behind a prefix: `name=[`, items, `]`."""

    opening: str
    items: tuple[str | _Group, ...]
    closing: str
    is_call: bool

    def flat(self) -> str:
        inner = ", ".join(item if isinstance(item, str) else item.flat() for item in self.items)
        comma = "," if self.closing == ")" and not self.is_call and len(self.items) == 1 else ""
        return f"{self.opening}{inner}{comma}{self.closing}"


def layout_call(name: str, *arguments: Plain, indent: int = _INDENT, **named: Plain) -> str:
    """A statement that calls `name`, broken over lines if it does not fit; every line but the first is indented.

    >>> layout_call("bank.deposit", "ann", amount=5)
    'bank.deposit("ann", amount=5)'
    """
    items = [_tree("", argument) for argument in arguments]
    items += [_tree(f"{key}=", value) for key, value in named.items() if _is_keyword_argument(key)]
    odd = {key: value for key, value in named.items() if not _is_keyword_argument(key)}
    if odd:
        items.append(_tree("**", odd))
    return "\n".join(_lines(_Group(f"{name}(", tuple(items), ")", True), indent, after=0))


def _is_keyword_argument(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not iskeyword(name)


def _tree(prefix: str, value: Plain) -> str | _Group:
    """The literal as groups that can be broken; a string where nothing can."""
    items: Iterable[str | _Group]
    match value:
        case list() if value:
            brackets, items = "[]", [_tree("", item) for item in value]
        case tuple() if value:
            brackets, items = "()", [_tree("", item) for item in value]
        case dict() if value:
            brackets, items = "{}", [_tree(f"{python_literal(key)}: ", item) for key, item in value.items()]
        case _:
            return prefix + python_literal(value)
    return _Group(prefix + brackets[0], tuple(items), brackets[1], False)


def _lines(item: str | _Group, indent: int, after: int) -> list[str]:
    """`item` laid out at `indent`, leaving room for `after` characters behind it; the first line is not indented."""
    flat = item if isinstance(item, str) else item.flat()
    if isinstance(item, str) or not item.items or indent + len(flat) + after <= LINE_LENGTH:
        return [flat]
    inner = indent + _INDENT
    body = _Group("", item.items, "", item.is_call).flat()
    if item.is_call and inner + len(body) <= LINE_LENGTH:
        return [item.opening, " " * inner + body, " " * indent + item.closing]
    lines = [item.opening]
    for element in item.items:
        first, *others = _lines(element, inner, after=1)
        lines += [" " * inner + first, *others]
        lines[-1] += ","
    return [*lines, " " * indent + item.closing]
