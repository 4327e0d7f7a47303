"""Tests that wait for a part of their binding: skipped one by one, told once for each action and variable."""

from __future__ import annotations

import functools
import os
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import pytest

from testgen.bindings.pending import NotImplementedYet, is_pending, pending_line
from testgen.bindings.protocol import Binding

__all__ = ["PENDING", "skip_pending", "skip_vacuous", "summarize_pending"]

PENDING = pytest.StashKey[list[str]]()
"""What of its binding a test waits for: actions without which it was skipped, variables it passed without."""


def skip_pending(item: pytest.Item, binding: type[Binding], pending: NotImplementedYet) -> NoReturn:
    """Skip a test that came to an action, or a beginning, that is not implemented.

    The skip keeps the place of the `raise`, by which `pytest -rs` folds the skips of all tests into one line.
    """
    __tracebackhide__ = True
    *_, (frame, line) = traceback.walk_tb(pending.__traceback__)
    reason = _words(item, _what(binding, pending.name), frame.f_code.co_filename, line)
    others = [words for words in _pending_actions(item, binding) if words != reason]
    item.stash[PENDING] = [reason, *others]
    raise pytest.skip.Exception(reason).with_traceback(pending.__traceback__) from None


def skip_vacuous(item: pytest.Item, binding: Binding) -> None:
    """Skip a test that has performed its steps and could compare nothing; note what others passed without."""
    __tracebackhide__ = True
    if not binding.left_out:
        return
    observers = binding.observers()
    told = []
    for variable in sorted(binding.left_out):
        observer = observers[variable]
        place = pending_line(observer) if is_pending(observer) else (observer.__code__.co_filename, None)
        told.append(_words(item, f"variable `{variable}`", *place))
    item.stash[PENDING] = told
    if binding.compared_nothing:
        pytest.skip(f"nothing was compared: {told[0]}")


def summarize_pending(terminalreporter: Any) -> None:  # Any: pytest keeps its type to itself
    """Tell once for each action and variable how many tests wait for it."""
    for outcome, title in (
        ("skipped", "generated {tests} skipped: not implemented yet"),
        ("passed", "generated {tests} passed without comparing every variable"),
    ):
        reports = [report for report in terminalreporter.stats.get(outcome, ()) if hasattr(report, "testgen_pending")]
        if not reports:
            continue
        counts = Counter(words for report in reports for words in report.testgen_pending)
        tests = "test" if len(reports) == 1 else "tests"
        terminalreporter.write_sep("=", f"{len(reports)} {title.format(tests=tests)}")
        for words, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            terminalreporter.write_line(f"{count:5}  {words}")


def _pending_actions(item: pytest.Item, binding: type[Binding]) -> list[str]:
    """The actions that the test performs, or would have, and that are not implemented, in words."""
    code = getattr(getattr(item, "function", None), "__code__", None)
    called = frozenset(code.co_names if code is not None else ())
    return [
        _words(item, f"action `{name}`", *pending_line(method))
        for name, method in binding.action_methods().items()
        if method.__name__ in called and is_pending(method)
    ]


def _what(binding: type[Binding], name: str) -> str:
    if name in binding.action_methods():
        return f"action `{name}`"
    return f"variable `{name}`" if name in binding.observers() else name


def _words(item: pytest.Item, what: str, path: str, line: int | None) -> str:
    shown = _shown(path, item.config.invocation_params.dir)
    return f"{what} is not implemented in {shown}{'' if line is None else f':{line}'}"


@functools.cache
def _shown(path: str, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()
