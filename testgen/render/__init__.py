"""Turning a suite into test files: stories, templates, names, and writing that leaves no half-written suite."""

from testgen.render.origin import Origin, origin_of, read_origin, write_origin
from testgen.render.suite import RenderedFile, action_names, file_ending, render_suite
from testgen.render.write import Written, check_suite, write_suite

__all__ = [
    "Origin",
    "RenderedFile",
    "Written",
    "action_names",
    "check_suite",
    "file_ending",
    "origin_of",
    "read_origin",
    "render_suite",
    "write_origin",
    "write_suite",
]
