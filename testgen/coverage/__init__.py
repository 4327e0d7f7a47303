"""Coverage: what suites reach, in the specification's graph and in the system's code, and what they leave and why.

Learns what happened from files that runs have left, never by running or importing what was run. Knows no templates.
"""

from testgen.coverage.recorded import RecordedStep, RecordedTest, Track, Tracker

__all__ = ["RecordedStep", "RecordedTest", "Track", "Tracker"]
