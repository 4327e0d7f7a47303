"""Examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import testgen

MODULES = [
    module.name
    for module in pkgutil.walk_packages(testgen.__path__, "testgen.")
    if not module.name.endswith("__main__") and ".templates" not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(test.examples) for module in modules for test in finder.find(module)) >= 8
