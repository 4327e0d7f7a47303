"""How code is changed to make mutants: mutmut's operators, and a few that it lacks.

mutmut (3.8) is a maintained mutation tool whose operators are plain functions on libcst's nodes; we take these and
leave its way of running tests. It changes numbers, texts, names, assignments, calls, unary and boolean operators,
lambdas, `match` cases and conditional expressions. What it lacks, and what matters for rules about indices, is ours:
every other relation in place of a relation (mutmut turns `<` into `<=` only; Cosmic Ray has them all, but changes
neither `+=` nor calls), one less in place of a number, a condition that is always or never true, a statement left out,
and `None` returned.

An operator gets a node and yields (the node to replace, its text in place).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

__all__ = ["changes_of"]

Change = tuple[cst.CSTNode, str]

_RELATIONS: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.GreaterThanEqual: ">=",
    cst.GreaterThan: ">",
}


def changes_of(
    node: cst.CSTNode, text_of: Callable[[cst.CSTNode, cst.CSTNode], str]
) -> Iterator[tuple[str, cst.CSTNode, str]]:
    """Every change that an operator makes to `node`: the operator's name, what to replace, and by which text.

    Args:
        node: Any node of a module.
        text_of: The text of a node (the second) in the place of another.
    """
    from mutmut.mutation.mutators import mutation_operators

    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            for changed in operator(node):
                yield operator.__name__.removeprefix("operator_"), node, text_of(node, changed)
    for ours in (_relations, _less, _conditions, _left_out, _nothing_returned):
        for replaced, text in ours(node):
            yield ours.__name__.lstrip("_"), replaced, text


def _relations(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.BaseCompOp) and type(node) in _RELATIONS:
        yield from ((node, text) for kind, text in _RELATIONS.items() if kind is not type(node))


def _less(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Integer):
        less = node.evaluated_value - 1
        yield node, str(less) if less >= 0 else f"({less})"


def _conditions(node: cst.CSTNode) -> Iterator[Change]:
    """Of a loop only the one that never begins: the other never ends."""
    if isinstance(node, (cst.If, cst.CompIf)):
        yield from ((node.test, text) for text in ("True", "False"))
    elif isinstance(node, cst.While):
        yield node.test, "False"


def _left_out(node: cst.CSTNode) -> Iterator[Change]:
    calls = isinstance(node, cst.Expr) and isinstance(node.value, cst.Call)
    if calls or isinstance(node, (cst.AugAssign, cst.Raise, cst.Del)):
        yield node, "pass"


def _nothing_returned(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Return) and node.value is not None:
        yield node.value, "None"
