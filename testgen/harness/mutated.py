"""Runs a suite against mutants, in a process that serves nothing else. The order is a file of JSON.

pytest collects the suite once, so that everything is imported; each mutant is a fork (`server.py`). Some mutants need
more than a fork: code that runs on import has had its effect by then, a module may not be imported yet, and a closure
cannot take the code of one that closes over other names. They are told as "early", and each is run by a process of its
own, `order["fresh"]`, in which the module is imported as mutated.

The answer is written line by line to the file descriptor `order["answers"]`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from testgen.harness.exchange import mutate_imports
from testgen.harness.outcomes import FirstFailure, measuring, pytest_arguments
from testgen.harness.server import Server

__all__ = ["main"]

Json = dict[str, Any]  # Any: JSON


def main(file: str) -> None:
    """Collect the suite and run its mutants, or one of them."""
    order: Json = json.loads(Path(file).read_text(encoding="utf-8"))
    arguments = pytest_arguments(order["arguments"], f"{order['baseline']}.cache", "-s", "--tb=native")
    os.environ["TESTGEN_BRIEF"] = "1"  # which nobody reads: what the graph says of a test that fails
    if order.get("fresh"):
        mutate_imports(order["fresh"]["path"], order["fresh"]["text"])
        fresh = _Fresh(order)
        # With rewritten assertions pytest would read the file itself, where it belongs to one of pytest's plugins.
        status = pytest.main([*arguments, "-x", "--assert=plain"], plugins=[fresh])
        answer = fresh.answer(int(status))
    else:
        early = measuring(order)
        early.start()
        server = Server(order, early)
        status = pytest.main(arguments, plugins=[server])
        answer = {"status": int(status), "broken_files": server.broken_files}
    os.write(order["answers"], (json.dumps(answer) + "\n").encode())


class _Fresh:
    """A pytest plugin for one mutant in a process of its own: runs the tests that pass without it until one fails."""

    def __init__(self, order: Json) -> None:
        self._order = order
        self._failure = FirstFailure()
        self._tests_run = 0
        self._starter = os.getppid()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._failure)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        sound = set(self._order["fresh"]["tests"])
        items[:] = [item for item in items if item.nodeid in sound]

    def pytest_runtest_logstart(self) -> None:
        self._tests_run += 1
        if os.getppid() != self._starter:
            os._exit(1)  # nobody waits for an answer any more

    def answer(self, status: int) -> Json:
        end: Json = {"end": "survived"}
        if self._failure.told is not None:
            end = {"end": "killed", **self._failure.told}
        elif status != 0:
            end = {"end": "killed", "exception": "not importable", "message": "the tests cannot be collected"}
        return {"mutant": self._order["fresh"]["id"], "tests_run": self._tests_run, **end}
