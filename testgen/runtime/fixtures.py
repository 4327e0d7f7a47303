"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from testgen.bindings.protocol import Binding
from testgen.errors import Unavailable

__all__ = ["BINDING", "REQUIRE_LIVE", "binding_fixture"]

REQUIRE_LIVE = "TESTGEN_REQUIRE_LIVE"
"""Set to 1, tests that would be skipped for want of a server fail: a green run then means that they ran."""

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, and closes it afterwards."""

    @pytest.fixture(name=binding.fixture_name())
    def instance(request: pytest.FixtureRequest) -> Iterator[Binding]:
        made = _made(binding)
        request.node.stash[BINDING] = made
        yield made
        made.close()

    return instance


def _made(binding: type[Binding]) -> Binding:
    try:
        return binding()
    except Unavailable as missing:
        if os.environ.get(REQUIRE_LIVE) == "1":
            pytest.fail(f"{REQUIRE_LIVE}=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
