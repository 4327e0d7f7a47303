"""Of failures that are alike the shortest are told in full: one fault is met by hundreds of tests.

Only while pytest tells stories. In its list of what failed, in counts, and in reports for others they all are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from testgen.runtime.told import leave_a_line

__all__ = ["AlikeKeptBack", "bring_back"]

_SHOWN = 20
"""Of each kind; so many can be read in the log of a CI, where nobody asks for more."""
_CATEGORIES = "error", "failed"
_BRIEF_STYLES = "no", "line"
_ALL = pytest.StashKey[dict[str, list[Any]]]()
"""The reports, kept back ones included, while some are; Any: pytest keeps their types to itself."""


class AlikeKeptBack:
    """A pytest plugin: keeps stories of failures back when some of their kind have been told, unless all are wanted."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:  # Any: as above
        stats = terminalreporter.stats
        if terminalreporter.config.option.tbstyle == "line":
            for report in [report for category in _CATEGORIES for report in stats.get(category, ())]:
                leave_a_line(report)
        if not _tells_all(terminalreporter.config):
            found = {category: stats[category] for category in _CATEGORIES if category in stats}
            terminalreporter.config.stash[_ALL] = found
            kinds: Counter[str] = Counter()
            stats |= {category: [r for r in reports if _is_told(r, kinds)] for category, reports in found.items()}
        try:
            return (yield)
        finally:
            _restore(terminalreporter)


def bring_back(terminalreporter: Any) -> None:  # Any: as above
    """When pytest has told the stories and goes on to the rest, say how many it was not given."""
    n_told = sum(len(terminalreporter.stats.get(category, ())) for category in _CATEGORIES)
    _restore(terminalreporter)
    n_alike = sum(len(terminalreporter.stats.get(category, ())) for category in _CATEGORIES) - n_told
    if n_alike:
        what = "1 more failure is" if n_alike == 1 else f"{n_alike:,} more failures are"
        terminalreporter.write_sep("-", f"{what} like these; -vv tells all")


def _tells_all(config: pytest.Config) -> bool:
    option = config.option
    return option.verbose > 0 or option.tbstyle in _BRIEF_STYLES or getattr(option, "no_summary", False)


def _is_told(report: Any, kinds: Counter[str]) -> bool:  # Any: as above
    told = getattr(report, "testgen", None)
    if told is None:
        return True
    kinds[told["kind"]] += 1
    return kinds[told["kind"]] <= _SHOWN


def _restore(terminalreporter: Any) -> None:  # Any: as above
    terminalreporter.stats |= terminalreporter.config.stash.get(_ALL, {})
    terminalreporter.config.stash[_ALL] = {}
