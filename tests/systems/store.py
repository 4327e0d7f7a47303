"""A key-value store in memory with its binding: a system small enough to see that it conforms to `store_dot`."""

from collections.abc import Mapping

from testgen.bindings import Binding, action, observes, starts
from testgen.values import Plain


def _taken(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    history = after["history"]
    assert isinstance(history, list)
    return {"key": history[-1]["key"]}


class Store(Binding):
    unobserved = ("owners",)

    def __init__(self) -> None:
        self.data: dict[object, object] = {}
        self.taken: list[dict[str, object]] = []

    @starts(lambda initial: {"owners": initial["owners"]})
    def open_store(self, owners: object) -> None:
        self.data = {}

    @action("Put")
    def put(self, key: object, value: object) -> None:
        self.data[key] = value

    @action("Take", parameters=_taken)
    def take(self, key: object) -> None:
        self.taken.append({"key": key, "value": self.data.pop(key)})

    @action("Idle")
    def idle(self) -> None:
        pass

    @observes("entries")
    def entries(self) -> dict[object, object]:
        return self.data

    @observes("history")
    def history(self) -> list[dict[str, object]]:
        return self.taken

    @observes("busy")
    def busy(self) -> bool:
        return bool(self.data)
