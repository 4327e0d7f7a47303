"""The fixture through which a generated test gets its binding."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding
from testgen.errors import Unavailable
from testgen.runtime.instances import INSTANCES, Instances, close_instance, make_instance
from testgen.runtime.pending import skip_pending
from testgen.runtime.trouble import in_few_words

__all__ = [
    "BINDING",
    "FAILED",
    "MISSING",
    "PREPARED",
    "REQUIRE_LIVE",
    "SHARE",
    "binding_fixture",
    "close_binding",
    "make_binding",
]

REQUIRE_LIVE = "TESTGEN_REQUIRE_LIVE"
"""Set to 1, tests that would be skipped for want of a server fail: a green run then means that they ran."""

BINDING = pytest.StashKey[Binding]()
"""Where the plugin finds the binding of a test that has failed."""

FAILED = pytest.StashKey[bool]()
"""There if the test did not come to its end, so that its instance is in no state to be reset."""

MISSING = pytest.StashKey[str]()
"""What a test that was skipped for it would need, in words."""

SHARE = pytest.StashKey[Callable[[Binding], object]]()
"""Of a test that may begin where others part: gives what the test gets in place of its fresh binding."""

PREPARED = pytest.StashKey[Binding]()
"""The binding of a test that was run in lock-step with others before pytest came to it."""

_INSTANCES = pytest.StashKey[Instances | None]()
"""What keeps the instances of a test's binding, if it keeps any."""


def binding_fixture(binding: type[Binding]) -> Any:  # Any: pytest keeps the type of fixtures to itself
    """Make a fixture that gives each test a fresh instance of `binding`, or one made new, and closes it afterwards."""

    def instance(request: pytest.FixtureRequest) -> Iterator[object]:
        node = request.node
        node.stash[_INSTANCES] = request.getfixturevalue(INSTANCES) if Instances.needs(binding) else None
        with in_few_words(node, "the start"):
            made = node.stash.get(PREPARED, None) or make_binding(binding, node)
        node.stash[BINDING] = made
        if PREPARED in node.stash:
            del node.stash[PREPARED]
        given: object = made
        if (share := node.stash.get(SHARE, None)) is not None:
            with in_few_words(node, "the start"):
                given = share(made)
        yield given
        if BINDING in node.stash:  # another one if the test was tried again
            with in_few_words(node, "the end"):
                close_binding(node.stash[BINDING], node)

    instance.testgen_binding = binding  # type: ignore[attr-defined]  # the decorator copies it; lockstep reads it
    return pytest.fixture(name=binding.fixture_name())(instance)


def make_binding(binding: type[Binding], node: Any) -> Binding:  # Any: as in FixtureRequest
    """A fresh instance for a test, or one made new; the test is skipped if that cannot be had."""
    instances: Instances | None = node.stash.get(_INSTANCES, None)
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


def close_binding(instance: Binding, node: Any) -> None:  # Any: as in FixtureRequest
    """Close the instance of a test, or keep it for the next one."""
    instances = node.stash.get(_INSTANCES, None)
    if instances is None:
        close_instance(instance)
    else:
        instances.give_back(instance, has_failed=FAILED in node.stash)
