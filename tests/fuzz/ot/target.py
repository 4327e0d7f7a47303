"""The process in which libFuzzer drives `testgen.ot`, guided by the branches that it reaches.

    python -m tests.fuzz.ot.target CORPUS -runs=100000 -seed=1

takes libFuzzer's own options; `tests.fuzz.ot.guided` is the way in for people. Of the system under test only
`testgen.ot` is instrumented. libFuzzer ends the process: with 0, or with 77 and a file when a trial failed.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["testgen.ot"]):
    import testgen.ot  # noqa: F401  # before anything else imports it

from tests.fuzz.ot.trial import run_trial


def test_one_input(data: bytes) -> None:
    run_trial(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
