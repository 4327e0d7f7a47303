"""Exceptions that an action must raise, or may: outcomes that are compared, and nothing else is swallowed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from testgen.bindings import Binding, Divergence, NotImplementedYet, action, observes
from testgen.errors import BindingError, Unavailable
from testgen.runtime.instances import close_instance


class Refused(Exception): ...


class Closed(Refused): ...


class Account(Binding):
    def __init__(self) -> None:
        self.balance = 5

    def take(self, amount: int) -> str:
        if amount < 0:
            raise ValueError(amount)
        if amount > 100:
            raise Closed
        if amount > self.balance:
            raise Refused
        self.balance -= amount
        return "done"

    @action("Withdraw", raises={Refused: "refused", Closed: "closed"})
    def withdraw(self, amount: int) -> str:
        return self.take(amount)

    @action("WithdrawRefused", raises=Refused)
    def withdraw_refused(self, amount: int) -> str:
        return self.take(amount)

    @action("WithdrawAsync", raises=(Refused, TimeoutError))
    async def withdraw_async(self, amount: int) -> str:
        await asyncio.sleep(0)
        return self.take(amount)

    @observes("result")
    def result(self) -> Any:
        return self.last_outcome


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account()
    yield made
    close_instance(made)


@pytest.mark.parametrize(("amount", "outcome"), [(5, "done"), (6, "refused"), (101, "closed")])
def test_exception_that_may_come_is_the_outcome(account: Account, amount: int, outcome: str) -> None:
    account.withdraw(amount=amount)
    account.check_state(result=outcome)
    with pytest.raises(Divergence, match="variable result: expected 'other'"):
        account.check_state(result="other")


def test_outcome_is_that_of_the_last_action(account: Account) -> None:
    assert account.last_outcome is None
    account.withdraw(6)
    account.withdraw(5)
    assert account.last_outcome == "done"


@pytest.mark.parametrize("method", ["withdraw_refused", "withdraw_async"])
def test_exception_that_must_come_and_does_not_is_a_divergence(account: Account, method: str) -> None:
    getattr(account, method)(6)
    assert isinstance(account.last_outcome, Refused)
    with pytest.raises(Divergence, match=f"the outcome of {method}") as caught:
        getattr(account, method)(5)
    wanted = "Refused raised" if method == "withdraw_refused" else "Refused or TimeoutError raised"
    assert (repr(caught.value.expected), repr(caught.value.observed)) == (wanted, '"done" returned')


@pytest.mark.parametrize("method", ["withdraw", "withdraw_refused", "withdraw_async"])
def test_any_other_exception_goes_through(account: Account, method: str) -> None:
    with pytest.raises(ValueError, match="-1"):
        getattr(account, method)(-1)


@pytest.mark.parametrize("error", [Divergence("x", 1, 2), NotImplementedYet("A"), Unavailable("no server")])
@pytest.mark.parametrize("raises", [Exception, {Exception: "failed"}], ids=["must", "may"])
def test_what_testgen_itself_raises_is_no_outcome(error: Exception, raises: Any) -> None:
    class Hides(Binding):
        @action("A", raises=raises)
        def a(self) -> None:
            raise error

    with pytest.raises(type(error)):
        Hides().a()


@pytest.mark.parametrize(
    ("raises", "words"),
    [
        ("Refused", "a cannot raise 'Refused'"), ((), "a raises nothing"), ({}, "a raises nothing"),
        ((Refused, 1), "a cannot raise 1"), (KeyboardInterrupt, "cannot raise <class 'KeyboardInterrupt'>"),
        (Refused(), "a cannot raise Refused()"),
    ],
)  # fmt: skip
def test_what_is_no_exception_is_refused_when_the_class_is_made(raises: Any, words: str) -> None:
    with pytest.raises(BindingError) as caught:

        class Odd(Binding):
            @action("A", raises=raises)
            def a(self) -> None: ...

    assert words in caught.value.message
    assert caught.value.location is not None
    assert caught.value.location.path.endswith("test_outcome.py")


def test_action_that_must_raise_has_no_outcome_to_return() -> None:
    with pytest.raises(BindingError, match=r"@action\('Draw'\) must raise, and so cannot return its outcome ticket"):
        action("Draw", raises=ValueError, outcome=["ticket"])
    action("Draw", raises={ValueError: 0}, outcome=["ticket"])
