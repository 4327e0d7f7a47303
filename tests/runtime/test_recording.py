"""What a recording binding remembers of a test, and that it is otherwise the binding it was made of."""

from __future__ import annotations

import pytest

from testgen.bindings import Binding, action, observes
from testgen.errors import BindingError
from testgen.runtime.recording import Recording, recorded, recording_of
from tests.systems.store import Store


class Counter(Binding):
    """One action may be two in the specification; another performs it in turn."""

    def __init__(self) -> None:
        self.value = 0

    @action("Add", "Overflow")
    def add(self, amount: int) -> None:
        if amount < 0:
            self.value = -1
            raise ValueError("negative")
        self.value += amount

    @action("Twice")
    def twice(self, amount: int) -> None:
        self.add(amount)
        self.add(amount)

    @observes("count")
    def count(self) -> int:
        return self.value


def recording(binding: Binding) -> Recording:
    found = recording_of(binding)
    assert found is not None
    return found


def test_each_action_is_noted_with_all_its_names_and_what_was_observed_after_it() -> None:
    store = recorded(Store)()
    store.open_store(owners=set())
    store.put("a", {"tags": {"x"}})
    store.take("a")

    found = recording(store)
    assert found.initial == {"entries": "{}", "history": "[]", "busy": "False"}
    assert found.steps == [
        (("Put",), {"entries": '{"a": {"tags": {"x"}}}', "history": "[]", "busy": "True"}),
        (("Take",), {"entries": "{}", "history": '[{"key": "a", "value": {"tags": {"x"}}}]', "busy": "False"}),
    ]
    assert found.broken_by == ""
    assert found.document()["steps"][1]["actions"] == ["Take"]


def test_an_action_within_an_action_is_part_of_it() -> None:
    counter = recorded(Counter)()
    counter.twice(2)
    counter.add(amount=1)
    assert recording(counter).steps == [(("Twice",), {"count": "4"}), (("Add", "Overflow"), {"count": "5"})]


def test_nothing_is_recorded_after_an_action_that_raised() -> None:
    counter = recorded(Counter)()
    counter.add(1)
    with pytest.raises(ValueError, match="negative"):
        counter.add(-1)
    counter.add(1)
    assert counter.value == 0
    assert [observed for _, observed in recording(counter).steps] == [{"count": "1"}]
    assert recording(counter).broken_by == "add raised ValueError"


def test_it_is_the_binding_that_it_was_made_of() -> None:
    derived = recorded(Store)
    assert issubclass(derived, Store)
    assert derived.fixture_name() == Store.fixture_name()
    assert derived.action_methods().keys() == Store.action_methods().keys()
    assert derived.observers() == Store.observers()
    assert derived().journal.entries == []


def test_a_binding_that_does_not_record_or_has_done_nothing_has_no_recording() -> None:
    store = Store()
    store.put("a", 1)
    assert recording_of(store) is None
    assert recording_of(recorded(Store)()) is None


def test_a_binding_that_observes_nothing_is_refused() -> None:
    class Blind(Binding):
        @action("Go")
        def go(self) -> None: ...

    with pytest.raises(BindingError, match="Blind observes nothing"):
        recorded(Blind)
