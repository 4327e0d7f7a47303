"""What suites reach: branches of the system's code beside one another, and faults of it that they notice.

Knows pytest, coverage.py and Python source. Knows nothing of templates, of servers, or of how a suite was made: a
suite is what pytest can run, so handwritten tests and a fuzzer are measured as generated ones are.
"""
