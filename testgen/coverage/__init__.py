"""Coverage: what suites reach, in the specification's graph and in the system's code, and what they leave and why.

Of the graph it learns from the run logs that tests have left. Of the code it learns by running suites, measured or with
a fault in the code: a suite is what pytest can run, so handwritten tests and a fuzzer count as generated ones do. Knows
nothing of templates or servers, or of how a suite was made.
"""

from testgen.coverage.evidence import Evidence, SuiteEvidence, find_evidence, has_tests_of
from testgen.coverage.fates import Fate, TestCount
from testgen.coverage.graph_coverage import CriterionCoverage, GraphCoverage, measure_graph
from testgen.coverage.rate import measured_rate
from testgen.coverage.recorded import RecordedStep, RecordedTest, Track, Tracker
from testgen.coverage.run_log import Run, read_runs
from testgen.coverage.unreached import Unreached, nearest_unreached

__all__ = [
    "CriterionCoverage",
    "Evidence",
    "Fate",
    "GraphCoverage",
    "RecordedStep",
    "RecordedTest",
    "Run",
    "SuiteEvidence",
    "TestCount",
    "Track",
    "Tracker",
    "Unreached",
    "find_evidence",
    "has_tests_of",
    "measure_graph",
    "measured_rate",
    "nearest_unreached",
    "read_runs",
]
