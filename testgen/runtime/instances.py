"""How an instance of a binding begins and ends: sessions, instances kept from test to test, and their time limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from testgen.bindings.awaiting import close_loop, finish
from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.protocol import Binding
from testgen.bindings.time_limit import limited
from testgen.errors import Unavailable

__all__ = ["INSTANCES", "Instances", "close_instance", "instances", "make_instance"]

INSTANCES = "_testgen_instances"
"""Name of the fixture; pytest lists none that begins with an underscore."""

_CLOSING_SECONDS = 30.0
"""For what is overdue already, where no limit is set: it may be past closing."""


class Instances:
    """What bindings keep as long as pytest runs in this process: what they set up, and instances to be reset."""

    def __init__(self) -> None:
        self._at_end = ExitStack()
        self._begun: dict[type[Binding], BaseException | None] = {}
        self._kept: dict[type[Binding], Binding] = {}

    @staticmethod
    def needs(binding: type[Binding]) -> bool:
        """Whether a binding keeps anything, so that its tests need one of these."""
        has_own = any(_is_own(binding, name) for name in ("set_up_session", "tear_down_session"))
        return has_own or (binding.resetter() is not None and not binding.lockstep)

    def begin(self, binding: type[Binding]) -> None:
        """Set up what the binding's tests share, once; where that failed, no test of the binding begins."""
        if binding not in self._begun:
            self._begun[binding] = None
            try:
                _session(binding, "set_up_session")
            except BaseException as error:  # also what skips
                self._begun[binding] = error
                raise
            self._at_end.callback(_session, binding, "tear_down_session")
        failure = self._begun[binding]
        if isinstance(failure, Unavailable | NotImplementedYet | pytest.skip.Exception):
            raise failure
        if failure is not None:  # told in full by the first test
            words = f"{binding.__name__}.set_up_session has failed: {type(failure).__name__}: {failure}"
            raise pytest.fail.Exception(words, pytrace=False)

    def take(self, binding: type[Binding]) -> Binding:
        """The kept instance, reset, or a new one."""
        kept = self._kept.pop(binding, None)
        if kept is None:
            return make_instance(binding)
        resetter = binding.resetter()
        assert resetter is not None
        try:
            limited(partial(resetter, kept), binding.step_seconds, f"resetting by {resetter.__name__}")
        except BaseException:
            close_instance(kept)
            raise
        kept.forget_test()
        return kept

    def give_back(self, instance: Binding, *, has_failed: bool) -> None:
        """Keep an instance for the next test, or close it."""
        binding = type(instance)
        if has_failed or binding.resetter() is None or binding.lockstep or binding in self._kept:
            close_instance(instance)
        else:
            self._kept[binding] = instance

    def end(self) -> None:
        """Close the kept instances, then let each binding release what its tests shared."""
        for instance in self._kept.values():
            self._at_end.callback(close_instance, instance)
        self._at_end.close()


@pytest.fixture(scope="session", name=INSTANCES)
def instances() -> Iterator[Instances]:
    """What bindings keep in this process; asked for by those that keep something."""
    kept = Instances()
    yield kept
    kept.end()


def _is_own(binding: type[Binding], name: str) -> bool:
    own, usual = getattr(binding, name), getattr(Binding, name)
    return getattr(own, "__func__", own) is not usual.__func__


def make_instance(binding: type[Binding]) -> Binding:
    """A fresh instance."""
    return limited(binding, binding.step_seconds, f"making the {binding.__name__}")


def close_instance(instance: Binding) -> None:
    """Close an instance and the event loop that it may have."""
    seconds = instance.step_seconds
    if seconds is None and instance.is_overdue:
        seconds = _CLOSING_SECONDS
    limited(partial(_close, instance), seconds, f"closing the {type(instance).__name__}")


def _close(instance: Binding) -> None:
    try:
        finish(instance, instance.close())  # type: ignore[func-returns-value]  # `async def` in some
    finally:
        close_loop(instance)


def _session(binding: type[Binding], name: str) -> None:
    """Call one of the two methods for sessions."""
    limited(getattr(binding, name), binding.step_seconds, f"{name} of {binding.__name__}")
