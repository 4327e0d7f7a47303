"""Running generated suites: fixtures, comparison step by step, failures that tell their story. Knows no graphs.

Imports neither numpy nor networkx nor Jinja2: a suite starts fast and outlives the tool that wrote it.
"""

from testgen.runtime.fixtures import binding_fixture

__all__ = ["binding_fixture"]
