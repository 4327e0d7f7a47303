"""TLA+ values: their model, reading them from TLC's text, and their plain Python form. Knows no graphs and no files."""

from testgen.values.model import Value
from testgen.values.parse import (
    ValueReader,
    ValueSyntaxError,
    VariableText,
    parse_value,
    split_action,
    split_state,
)
from testgen.values.plain import Model, Plain, frozen, python_literal, to_plain

__all__ = [
    "Model",
    "Plain",
    "Value",
    "ValueReader",
    "ValueSyntaxError",
    "VariableText",
    "frozen",
    "parse_value",
    "python_literal",
    "split_action",
    "split_state",
    "to_plain",
]
