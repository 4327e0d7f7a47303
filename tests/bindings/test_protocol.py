"""What the decorators make of a class, and what its methods check when a test runs."""

import pytest

from testgen.bindings import Binding, Divergence, action, method_name, observes, starts, step
from testgen.bindings.protocol import ends
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
