"""A system that becomes what it is told: performs any action, shows any variable, for specifications of chance."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from testgen.bindings import Binding, action, starts
from testgen.values import Plain


class Echo(Binding):
    actions: ClassVar[tuple[str, ...]] = ()
    variables: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.state: Any = None

    @starts(lambda initial: {"state": initial})
    def start(self, state: object) -> None:
        self.state = state

    @action(parameters=lambda before, after: {"state": after})
    def become(self, state: object) -> None:
        self.state = state

    @classmethod
    def action_methods(cls) -> Mapping[str, Callable[..., Any]]:
        return dict.fromkeys(cls.actions, cls.become)

    @classmethod
    def observers(cls) -> Mapping[str, Callable[..., Any]]:
        return {name: cls._observer(name) for name in cls.variables}

    @staticmethod
    def _observer(name: str) -> Callable[["Echo"], Plain]:
        return lambda echo: echo.state[name]
