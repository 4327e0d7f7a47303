"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from testgen.bindings.protocol import Binding
from testgen.errors import Unavailable

__all__ = ["BINDING", "PREPARED", "REQUIRE_LIVE", "binding_fixture"]

REQUIRE_LIVE = "TESTGEN_REQUIRE_LIVE"
"""Set to 1, tests that would be skipped for want of a server fail: a green run then means that they ran."""

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""

PREPARED = pytest.StashKey[Binding]()
"""The binding of a test that was run in lock-step with others before pytest came to it."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, and closes it afterwards."""

    def instance(request: pytest.FixtureRequest) -> Iterator[Binding]:
        made = request.node.stash.get(PREPARED, None) or _made(binding)
        request.node.stash[BINDING] = made
        if PREPARED in request.node.stash:
            del request.node.stash[PREPARED]
        yield made
        made.close()

    instance.testgen_binding = binding  # type: ignore[attr-defined]  # the decorator copies it; lockstep reads it
    return pytest.fixture(name=binding.fixture_name())(instance)


def _made(binding: type[Binding]) -> Binding:
    try:
        return binding()
    except Unavailable as missing:
        if os.environ.get(REQUIRE_LIVE) == "1":
            pytest.fail(f"{REQUIRE_LIVE}=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
