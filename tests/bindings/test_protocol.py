"""What the decorators make of a class, and what its methods check when a test runs."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from testgen.bindings import Binding, Divergence, action, method_name, observes, resets, starts, step
from testgen.bindings.decorators import ends
from testgen.errors import BindingError


class Counter(Binding):
    def __init__(self) -> None:
        self.count = 0

    @starts(lambda initial: {"count": initial["count"]})
    def begin(self, count: int) -> None:
        self.count = count

    @action("Add", "AddMany")
    def add(self, amount: int) -> int:
        """Add to the counter."""
        self.count += amount
        return self.count

    @step
    def add_twice(self, amount: int) -> None:
        self.add(amount)
        self.add(amount=amount)

    @step
    def break_down(self) -> None:
        raise OSError("broken")

    @observes("count")
    def read(self) -> int:
        return self.count


def test_methods_are_known_by_action_and_variable() -> None:
    assert {name: method.__name__ for name, method in Counter.action_methods().items()} == {
        "Add": "add",
        "AddMany": "add",
    }
    assert {name: method.__name__ for name, method in Counter.observers().items()} == {"count": "read"}
    starter = Counter.starter()
    assert starter is not None
    assert starter.__name__ == "begin"


def test_binding_without_a_starter_has_none() -> None:
    assert Binding.starter() is None


def test_decorated_method_keeps_its_result_name_and_docstring() -> None:
    assert Counter().add(3) == 3
    assert Counter.add.__name__ == "add"
    assert Counter.add.__doc__ == "Add to the counter."


def test_subclass_has_its_own_methods_and_those_it_inherits() -> None:
    class Faulty(Counter):
        @action("Reset")
        def reset(self) -> None:
            self.count = 0

        @action("Add")
        def add(self, amount: int) -> int:
            return super().add(amount + 1)

    assert Faulty.action_methods().keys() == {"Add", "Reset"}
    assert Counter.action_methods().keys() == {"Add", "AddMany"}
    faulty = Faulty()
    faulty.add(1)
    assert faulty.count == 2
    assert faulty.journal.entries == ["add(1)"]


def test_two_methods_for_one_action_are_refused() -> None:
    class Double(Counter):
        @action("Add")
        def plus(self, amount: int) -> None: ...

    with pytest.raises(BindingError, match="Double performs the action 'Add' twice: add and plus"):
        Double.action_methods()


def test_alias_of_a_method_is_no_second_method() -> None:
    class Aliased(Counter):
        plus = Counter.add

    assert Aliased.action_methods()["Add"] is Counter.add


def test_journal_holds_statements_as_they_stand_in_the_test() -> None:
    counter = Counter()
    counter.begin(count=1)
    counter.add(2)
    counter.read()
    assert counter.journal.entries == ["begin(count=1)", "add(2)"]


def test_journal_leaves_out_what_a_statement_calls() -> None:
    counter = Counter()
    counter.add_twice(2)
    counter.add(1)
    assert counter.count == 5
    assert counter.journal.entries == ["add_twice(2)", "add(1)"]


def test_journal_goes_on_after_a_statement_that_raised() -> None:
    counter = Counter()
    with pytest.raises(OSError, match="broken"):
        counter.break_down()
    counter.add(1)
    assert counter.journal.entries == ["break_down()", "add(1)"]


def test_instances_have_journals_of_their_own_without_calling_super() -> None:
    one, other = Counter(), Counter()
    one.add(1)
    assert other.journal.entries == []


def test_state_is_checked_also_where_the_step_changes_nothing() -> None:
    counter = Counter()
    counter.check_state(count=0)
    counter.count = 7
    with pytest.raises(Divergence, match="variable count: expected 0, observed 7") as caught:
        counter.check_state()
    assert (caught.value.subject, caught.value.expected, caught.value.observed) == ("variable count", 0, 7)


def test_true_is_not_one() -> None:
    counter = Counter()
    counter.count = True
    with pytest.raises(Divergence):
        counter.check_state(count=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StartTransaction", "start_transaction"), ("TTLExpire", "ttl_expire"), ("S!Inc", "s_inc"), ("put", "put"),
        ("Put2Keys", "put2_keys"), ("A", "a"), ("HTTP", "http"), ("add_Many", "add_many"), ("_Hidden_", "hidden"),
        ("Reset-All", "reset_all"), ("", ""),
    ],
)  # fmt: skip
def test_names_of_specifications_become_names_of_python(name: str, expected: str) -> None:
    assert method_name(name) == expected


def test_fixture_is_named_for_the_class_unless_it_says_otherwise() -> None:
    class MyStore(Binding): ...

    class Named(Binding):
        fixture = "db"

    assert (MyStore.fixture_name(), Named.fixture_name()) == ("my_store", "db")


def test_the_end_of_a_derived_binding_stands_for_that_of_its_base() -> None:
    class Base(Binding):
        @ends(lambda final: {})
        def a_check(self) -> None: ...

    class Derived(Base):
        @ends(lambda final: {})
        def z_check(self) -> None: ...

    finisher = Derived.finisher()
    assert finisher is not None
    assert finisher.__name__ == "z_check"


# What cannot work is told when the class is made, with its place


def generator(self: object) -> Iterator[int]:
    yield 1


async def async_generator(self: object) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("decorator", [action("A"), observes("x"), step, starts(dict), ends(dict), resets])
@pytest.mark.parametrize(
    ("method", "words"),
    [
        (generator, "marks generator, which is a generator, of which a call does nothing"),
        (async_generator, "marks async_generator, which is a generator, of which a call does nothing"),
        (staticmethod(len), "marks len, which is a staticmethod"),
        (classmethod(lambda cls: None), "marks <lambda>, which is a classmethod"),
        (property(lambda self: None), "which is a property"),
        (Counter, "marks Counter, which is a class"),
        (5, "marks 5, which is a value of type int"),
    ],
)
def test_what_is_no_method_cannot_be_marked(decorator: Any, method: Any, words: str) -> None:
    with pytest.raises(BindingError) as caught:
        decorator(method)
    assert words in caught.value.message
    if method in (generator, async_generator):
        assert caught.value.location is not None
        assert caught.value.location.line == method.__code__.co_firstlineno


@pytest.mark.parametrize("name", ["close", "expect", "check_state", "story", "journal", "last_outcome", "template"])
@pytest.mark.parametrize("decorator", [action("Close"), observes("close"), starts(dict), ends(dict), resets])
def test_method_of_a_specification_cannot_stand_for_one_that_testgen_calls(decorator: Any, name: str) -> None:
    def method(self: object) -> None: ...

    with pytest.raises(BindingError) as caught:
        type("Bank", (Binding,), {name: decorator(method)})
    assert caught.value.message.startswith(f"Bank.{name} is marked by a decorator, but {name} is what")
    assert caught.value.location is not None
    assert caught.value.hint == f"name the method otherwise, such as {name}_; the name in the decorator stays"
    assert type("Bank", (Binding,), {f"{name}_": decorator(method)}) is not None


def test_what_one_test_did_is_forgotten_before_the_next() -> None:
    counter = Counter()
    counter.begin(count=1)
    counter.check_state(count=1)
    counter.forget_test()
    assert counter.journal.entries == []
    assert counter.last_outcome is None
    counter.count = 5
    counter.check_state()  # nothing is specified yet
    counter.check_state(count=5)


@pytest.mark.parametrize("name", ["set_up_session", "tear_down_session"])
def test_session_begins_and_ends_in_class_methods_that_no_loop_runs(name: str) -> None:
    def plain(self: object) -> None: ...

    async def coroutine(cls: object) -> None: ...

    for method, words in ((plain, "is no class method"), (classmethod(coroutine), "cannot be `async def`")):
        with pytest.raises(BindingError, match=f"Bank.{name} {words}") as caught:
            type("Bank", (Binding,), {name: method})
        assert caught.value.location is not None
        assert caught.value.hint is not None
    assert type("Bank", (Binding,), {name: classmethod(plain)}) is not None


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), True, "5"])
def test_time_limit_is_a_number_above_nothing(seconds: Any) -> None:
    with pytest.raises(BindingError, match=r"@action\('A'\) cannot have .* seconds"):
        action("A", seconds=seconds)
    with pytest.raises(BindingError, match=r"Bank cannot have .* seconds"):
        type("Bank", (Binding,), {"step_seconds": seconds})
    assert action("A", seconds=0.5) is not None
