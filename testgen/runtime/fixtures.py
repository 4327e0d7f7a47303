"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding
from testgen.errors import ServerError, Unavailable
from testgen.runtime.pending import skip_pending

__all__ = ["BINDING", "MISSING", "PREPARED", "REQUIRE_LIVE", "SHARE", "binding_fixture", "make_binding"]

REQUIRE_LIVE = "TESTGEN_REQUIRE_LIVE"
"""Set to 1, tests that would be skipped for want of a server fail: a green run then means that they ran."""

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""

MISSING = pytest.StashKey[str]()
"""What a test that was skipped for it would need, in words."""

SHARE = pytest.StashKey[Callable[[Binding], object]]()
"""Of a test that may begin where others part: gives what the test gets in place of its fresh binding."""

PREPARED = pytest.StashKey[Binding]()
"""The binding of a test that was run in lock-step with others before pytest came to it."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, and closes it afterwards."""

    def instance(request: pytest.FixtureRequest) -> Iterator[object]:
        with _trouble_in_few_words():
            made = request.node.stash.get(PREPARED, None) or make_binding(binding, request.node)
        request.node.stash[BINDING] = made
        if PREPARED in request.node.stash:
            del request.node.stash[PREPARED]
        given: object = made
        if (share := request.node.stash.get(SHARE, None)) is not None:
            with _trouble_in_few_words():
                given = share(made)
        yield given
        last: Binding | None = request.node.stash.get(BINDING, None)  # another one if the test was tried again
        if last is not None:
            with _trouble_in_few_words():
                last.close()

    instance.testgen_binding = binding  # type: ignore[attr-defined]  # the decorator copies it; lockstep reads it
    return pytest.fixture(name=binding.fixture_name())(instance)


def make_binding(binding: type[Binding], node: Any) -> Binding:  # Any: as in FixtureRequest
    """A fresh instance for a test; the test is skipped if that cannot be had."""
    try:
        return binding()
    except NotImplementedYet as pending:
        skip_pending(node, binding, pending)
    except Unavailable as missing:
        if os.environ.get(REQUIRE_LIVE) == "1":
            raise pytest.fail.Exception(f"{REQUIRE_LIVE}=1, but {missing}", pytrace=False) from None
        node.stash[MISSING] = str(missing)
        pytest.skip(str(missing))


@contextmanager
def _trouble_in_few_words() -> Iterator[None]:
    """Fail without a traceback if there is trouble with the server.

    Once a server has gone, each of a thousand tests says so: how this one came to find out is of no interest, and
    pytest takes 20 ms to show it.
    """
    try:
        yield
    except ServerError as error:
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None
