"""Choosing behaviors: which paths of a graph become tests. Knows no bindings and no templates."""

from testgen.selection.all_behaviors import DEFAULT_LIMIT, select_all

__all__ = ["DEFAULT_LIMIT", "select_all"]
