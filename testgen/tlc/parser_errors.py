"""What is wrong with a specification, out of the talk of TLA+'s parser (SANY), as seen in TLC 2.15.

SANY prints three kinds of complaint between its file list and its end:

    ***Parse Error***
    Encountered "Beginning of definition" at line 6, column 1 …

    *** Errors: 2                                       (or Warnings)
    line 5, col 16 to line 5, col 21 of module Syn
    Unknown operator: `countt'.

    *** Abort messages: 1
    Unknown location                                    (or: In module Syn)
    Cannot find source file for module Missing …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from testgen.errors import Location
from testgen.tlc.verdict import Problem

__all__ = ["parser_problems"]

_SECTION = re.compile(
    r"^\*\*\* ?(Errors|Warnings|Abort messages):|^\*\*\*Parse Error\*\*\*|^Fatal errors while parsing", re.MULTILINE
)
_PLACE = re.compile(
    r"^(?:line (\d+), col (\d+) to line \d+, col \d+ of module (\w+)|In module (\w+)|(Unknown location))$", re.MULTILINE
)
_SYNTAX_PLACE = re.compile(r"at line (\d+), col(?:umn)? (\d+)")


def parser_problems(lines: Iterable[str], path_of: Callable[[str], str]) -> tuple[Problem, ...]:
    """Collect the errors in SANY's output.

    Args:
        lines: What it printed.
        path_of: Gives the file of a module.

    Returns:
        In the order printed, warnings left out; empty if no error is recognized.
    """
    text = "\n".join(line for line in lines if not line.startswith(("Parsing file", "Semantic processing")))
    starts = [found.start() for found in _SECTION.finditer(text)]
    problems: list[Problem] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        section = text[start:end]
        if section.startswith("***Parse Error***"):
            problems.append(_syntax_problem(section, path_of(_last_module(lines))))
        elif section.startswith(("*** Errors", "*** Abort")):
            problems.extend(_placed_problems(section, path_of))
    # Said of each module that has a syntax error, which has been told already.
    told = tuple(problem for problem in problems if not problem.message.startswith("Could not parse module"))
    return told or tuple(problems)


def _syntax_problem(section: str, path: str) -> Problem:
    """A grammatical error stands in the module being read; the parser's own stack below it helps nobody."""
    message = section.partition("\n")[2].partition("Residual stack trace")[0].strip()
    found = _SYNTAX_PLACE.search(message)
    location = Location(path, int(found[1]), int(found[2])) if found else Location(path)
    return Problem(" ".join(_SYNTAX_PLACE.sub("", message).split()), location)


def _placed_problems(section: str, path_of: Callable[[str], str]) -> Iterable[Problem]:
    places = list(_PLACE.finditer(section))
    for place, following in zip(places, [*places[1:], None], strict=True):
        message = section[place.end() : following.start() if following else None]
        line, column, module, only_module, _ = place.groups()
        location = Location(path_of(only_module)) if only_module else None
        if line:
            location = Location(path_of(module), int(line), int(column))
        yield Problem(" ".join(message.split()), location)


def _last_module(lines: Iterable[str]) -> str:
    files = [line for line in lines if line.startswith("Parsing file ")]
    return files[-1].rpartition("/")[2].removesuffix(".tla") if files else "?"
