"""TLC, the model checker: finding it, running it, and telling what it found.

Knows Java, TLC's options and its messages. Refuses to know graphs and values: a dump is bytes on the way to a file, and
a counterexample is text.

    find_java, find_tlc, tlc_version       what is installed
    find_specification, find_configuration which files are meant
    explore                                run TLC, watch it, keep its dump
    Exploration, Verdict, Progress         what comes of it
    describe, show_trace, as_plain         the same for people, and for programs
"""

from testgen.tlc.configuration import find_configuration, find_specification
from testgen.tlc.exploration import explore
from testgen.tlc.locate import Java, Tlc, find_java, find_tlc, tlc_version
from testgen.tlc.report import SCHEMA, as_plain, describe
from testgen.tlc.trace import Trace, TraceState, show_trace
from testgen.tlc.verdict import Exploration, Problem, Progress, Statistics, Verdict

__all__ = [
    "SCHEMA",
    "Exploration",
    "Java",
    "Problem",
    "Progress",
    "Statistics",
    "Tlc",
    "Trace",
    "TraceState",
    "Verdict",
    "as_plain",
    "describe",
    "explore",
    "find_configuration",
    "find_java",
    "find_specification",
    "find_tlc",
    "show_trace",
    "tlc_version",
]
