"""Questions about a state graph: its shape, its cycles, how many behaviors it has. Knows no files and no templates."""

from testgen.analysis.census import Census, naming_warnings, take_census
from testgen.analysis.shape import Shape, behaviors_from, count_behaviors, example_cycle, find_shape, terminal_states

__all__ = [
    "Census",
    "Shape",
    "behaviors_from",
    "count_behaviors",
    "example_cycle",
    "find_shape",
    "naming_warnings",
    "take_census",
    "terminal_states",
]
