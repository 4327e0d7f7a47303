"""The report: one HTML file about coverage, made of what the other commands of `testgen coverage` have written.

It measures nothing. The file needs no network and no other file, and is a function of its inputs.
"""

from testgen.report.documents import Comparison, Lies, Mutation, read_comparison, read_lies, read_mutation
from testgen.report.page import render_report

__all__ = ["Comparison", "Lies", "Mutation", "read_comparison", "read_lies", "read_mutation", "render_report"]
