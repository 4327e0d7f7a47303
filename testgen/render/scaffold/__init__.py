"""Scaffolds: the binding that `testgen init` writes once, for a person to fill in.

scaffold_binding    the text of a binding for a graph
specified           a graph as `testgen.bindings.verify` wants to see it
"""

from testgen.render.scaffold.binding import Scaffold, class_name, scaffold_binding
from testgen.render.scaffold.specified import specified

__all__ = ["Scaffold", "class_name", "scaffold_binding", "specified"]
