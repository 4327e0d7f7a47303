"""Choosing behaviors: which paths of a graph become tests. Knows no bindings and no templates."""

from testgen.selection.all_behaviors import DEFAULT_LIMIT, select_all
from testgen.selection.shortest import select_shortest

__all__ = ["CRITERIA", "DEFAULT_LIMIT", "select_all", "select_shortest"]

CRITERIA = {"behaviors": select_all, "transitions": select_shortest}
"""What can be covered, and how behaviors are then chosen."""
