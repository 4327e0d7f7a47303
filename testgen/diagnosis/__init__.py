"""What the graph knows about a failed test: the state before, what else was allowed, the shortest way there.

Runs apart from the tests, as `python -m testgen.diagnosis`, as these need none of what reading a graph needs. Knows
how far a test came, from the suite file; not how it was run.
"""

from testgen.diagnosis.course import Course, OpenedSuite, open_suite
from testgen.diagnosis.shortest import Shrunk, shrink
from testgen.diagnosis.surroundings import Surroundings, surroundings

__all__ = ["Course", "OpenedSuite", "Shrunk", "Surroundings", "open_suite", "shrink", "surroundings"]
