"""Turning a suite into test files: stories, templates, names, and writing that leaves no half-written suite."""

from testgen.render.suite import RenderedFile, render_suite
from testgen.render.write import Written, check_suite, write_suite

__all__ = ["RenderedFile", "Written", "check_suite", "render_suite", "write_suite"]
