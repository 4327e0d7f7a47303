"""Choosing behaviors: which paths of a graph become tests. Knows no bindings and no templates.

A criterion says what must be covered, a strategy how, a budget how much.
"""

from testgen.selection.request import DEFAULT_LIMIT, STRATEGIES, Rate, Request, select_behaviors

__all__ = ["DEFAULT_LIMIT", "STRATEGIES", "Rate", "Request", "select_behaviors"]
