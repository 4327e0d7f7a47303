"""An import that the binding's own class hides: `from pool import Pool` above `class Pool(Binding)`.

A scaffold's class is named for the dump, and the system's class often for the same thing.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from testgen.bindings.places import path_seen
from testgen.errors import Location

__all__ = ["hidden_import"]


def hidden_import(binding: type) -> Location | None:
    """Where the binding's file imports something by the name of the class, which the class then takes for itself."""
    file = getattr(sys.modules.get(binding.__module__), "__file__", None)
    try:
        body = ast.parse(Path(file).read_bytes()).body if file else []
    except (OSError, SyntaxError):  # it has been imported; what has become of it since is not the question
        return None
    classes = [node.lineno for node in body if isinstance(node, ast.ClassDef) and node.name == binding.__name__]
    for node in body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or not classes or node.lineno > classes[-1]:
            continue
        if binding.__name__ in {alias.asname or alias.name.partition(".")[0] for alias in node.names}:
            return Location(path_seen(str(file)), node.lineno)
    return None
