"""Reading back what `python_literal` wrote: plain values as text, in logs that one process writes for another.

Nothing is executed: a text that is not the literal of a plain value is refused.
"""

from __future__ import annotations

import ast

from testgen.values.plain import Model, Plain

__all__ = ["read_literal"]


def read_literal(text: str) -> Plain:
    """The plain value whose `python_literal` is `text`.

    Raises:
        ValueError: It is not the literal of one.

    >>> read_literal('{"b": [1, -1, True], "a": {Model("m")}}')
    {'b': [1, -1, True], 'a': {Model("m")}}
    """
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # ValueError: a null, before Python 3.11.4
        raise ValueError(f"not the literal of a value: {error}") from None
    try:
        return _value(tree.body)
    except (RecursionError, TypeError) as error:  # TypeError: a list in a set
        raise ValueError(f"not the literal of a value: {error}") from None


def _value(node: ast.expr) -> Plain:
    match node:
        case ast.Constant(value=bool() | int() | str() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)) if type(number) is int:
            return -number
        case ast.List(elts=elements):
            return [_value(element) for element in elements]
        case ast.Tuple(elts=elements):
            return tuple(_value(element) for element in elements)
        case ast.Set(elts=elements):
            return {_value(element) for element in elements}
        case ast.Dict(keys=keys, values=values):
            return {_value(_key(key)): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _called(name, [_value(argument) for argument in arguments])
        case _:
            raise ValueError(f"not the literal of a value: {type(node).__name__} in it")


def _key(node: ast.expr | None) -> ast.expr:
    if node is None:
        raise ValueError("not the literal of a value: ** in it")
    return node


def _called(name: str, arguments: list[Plain]) -> Plain:
    match name, arguments:
        case "Model", [str(spelled)]:
            return Model(spelled)
        case "set", []:
            return set()
        case "frozenset", []:
            return frozenset()
        case "frozenset", [set(elements)]:
            return frozenset(elements)
        case _:
            raise ValueError(f"not the literal of a value: {name} in it")
