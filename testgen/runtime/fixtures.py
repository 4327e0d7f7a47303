"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testgen.bindings.protocol import Binding

__all__ = ["BINDING", "binding_fixture"]

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, and closes it afterwards."""

    @pytest.fixture(name=binding.fixture_name())
    def instance(request: pytest.FixtureRequest) -> Iterator[Binding]:
        made = binding()
        request.node.stash[BINDING] = made
        yield made
        made.close()

    return instance
