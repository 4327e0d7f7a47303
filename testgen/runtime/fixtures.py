"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding
from testgen.bindings.time_limit import Overdue
from testgen.errors import ServerError, Unavailable
from testgen.runtime.instances import INSTANCES, Instances, close_instance, make_instance
from testgen.runtime.pending import skip_pending

__all__ = ["BINDING", "FAILED", "MISSING", "PREPARED", "REQUIRE_LIVE", "binding_fixture"]

REQUIRE_LIVE = "TESTGEN_REQUIRE_LIVE"
"""Set to 1, tests that would be skipped for want of a server fail: a green run then means that they ran."""

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""

FAILED = pytest.StashKey[bool]()
"""There if the test did not come to its end, so that its instance is in no state to be reset."""

MISSING = pytest.StashKey[str]()
"""What a test that was skipped for it would need, in words."""

PREPARED = pytest.StashKey[Binding]()
"""The binding of a test that was run in lock-step with others before pytest came to it."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, or one made new, and closes it afterwards."""

    def instance(request: pytest.FixtureRequest) -> Iterator[Binding]:
        instances: Instances | None = request.getfixturevalue(INSTANCES) if Instances.needs(binding) else None
        with _trouble_in_few_words():
            made = request.node.stash.get(PREPARED, None) or _made(binding, request.node, instances)
        request.node.stash[BINDING] = made
        if PREPARED in request.node.stash:
            del request.node.stash[PREPARED]
        yield made
        with _trouble_in_few_words():
            if instances is None:
                close_instance(made)
            else:
                instances.give_back(made, has_failed=FAILED in request.node.stash)

    instance.testgen_binding = binding  # type: ignore[attr-defined]  # the decorator copies it; lockstep reads it
    return pytest.fixture(name=binding.fixture_name())(instance)


def _made(binding: type[Binding], node: Any, instances: Instances | None) -> Binding:  # Any: as in FixtureRequest
    try:
        if instances is None:
            return make_instance(binding)
        instances.begin(binding)
        return instances.take(binding)
    except NotImplementedYet as pending:
        skip_pending(node, binding, pending)
    except Unavailable as missing:
        if os.environ.get(REQUIRE_LIVE) == "1":
            raise pytest.fail.Exception(f"{REQUIRE_LIVE}=1, but {missing}", pytrace=False) from None
        node.stash[MISSING] = str(missing)
        pytest.skip(str(missing))


@contextmanager
def _trouble_in_few_words() -> Iterator[None]:
    """Fail without a traceback if there is trouble with the server, or a system that does not begin or end in its time.

    Once a server has gone, each of a thousand tests says so: how this one came to find out is of no interest, and
    pytest takes 20 ms to show it.
    """
    try:
        yield
    except (ServerError, Overdue) as error:
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None
