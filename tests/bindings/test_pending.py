"""What is not implemented yet: seen without running it, and left out of comparisons."""

from pathlib import Path

import pytest

from testgen.bindings import Binding, Divergence, NotImplementedYet, action, observes
from testgen.bindings.pending import is_pending, pending_line
from testgen.errors import BindingError


class Half(Binding):
    def __init__(self) -> None:
        self.ready = False

    @action("Deposit")
    def deposit(self, amount: int) -> None:
        """Not yet."""
        raise NotImplementedYet("Deposit")

    @action("Withdraw")
    def withdraw(self, amount: int) -> None:
        if amount > 10:
            raise NotImplementedYet("Withdraw")
        self.ready = True

    @action("Await")
    async def wait(self) -> None:
        raise NotImplementedYet("Await")

    @observes("balance")
    def balance(self) -> int:
        raise NotImplementedYet("balance")

    @observes("ready")
    def is_ready(self) -> bool:
        return self.ready


def test_method_that_only_raises_is_pending() -> None:
    assert is_pending(Half.deposit)
    assert is_pending(Half.balance)
    assert is_pending(Half.wait)
    assert not is_pending(Half.withdraw)
    assert not is_pending(Half.is_ready)
    assert not is_pending(len)


def test_line_to_be_replaced_is_that_of_the_raise() -> None:
    path, line = pending_line(Half.deposit)
    assert path == __file__
    assert Path(__file__).read_text().splitlines()[line - 1].strip() == 'raise NotImplementedYet("Deposit")'


def test_variable_without_an_observer_is_left_out_and_the_others_are_compared() -> None:
    binding = Half()
    binding.check_state(balance=5, ready=False)
    assert binding.left_out == {"balance"}
    assert not binding.compared_nothing
    with pytest.raises(Divergence, match="variable ready"):
        binding.check_state(ready=True)


def test_binding_that_could_compare_nothing_knows_it() -> None:
    binding = Half()
    assert not binding.compared_nothing
    binding.check_state(balance=5)
    assert binding.compared_nothing


def test_exception_tells_what() -> None:
    with pytest.raises(NotImplementedError, match="Deposit is not implemented yet") as caught:
        Half().deposit(1)
    assert caught.value.name == "Deposit"  # type: ignore[attr-defined]  # of NotImplementedYet


@pytest.mark.parametrize("decorator", [action, observes])
def test_decorator_without_a_name_is_told(decorator: object) -> None:
    with pytest.raises(BindingError, match=r"takes a name of the specification, such as @\w+\(\"Name\"\)"):

        @decorator  # type: ignore[operator]  # which is the point
        def deposit(self: object) -> None: ...


@pytest.mark.parametrize(("name", "fixture"), [("Class", "class_"), ("Request", "request_"), ("Bank", "bank")])
def test_fixture_has_a_name_that_python_and_pytest_let_stand(name: str, fixture: str) -> None:
    assert type(name, (Binding,), {}).fixture_name() == fixture
