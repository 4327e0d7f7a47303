"""Tests of one suite as rows of calls: which of them begin alike, so that one can be followed where another ends.

A generated test has no branches, and its arguments are literals. So calling it with a `Listener` in place of its
binding tells what it would do. Files that testgen did not generate are not called so.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import ModuleType
from typing import Any

import pytest

from testgen.bindings.protocol import Binding, Outcome
from testgen.runtime.generated import is_generated
from testgen.runtime.stand_in import Listener, Statement
from testgen.values.plain import Plain, python_literal

__all__ = ["Path", "Told", "binding_of", "find_follower", "statement_text", "tell_test", "went"]

_CHECK, _ALLOW = "check_state", "also_allowed"


@dataclass(frozen=True, slots=True)
class Told:
    """A test, and the statements that it consists of."""

    function: Callable[..., object]
    statements: tuple[Statement, ...]

    @property
    def name(self) -> str:
        return self.function.__name__

    def n_calls(self, n_checks: int) -> int:
        """How many statements it has up to this number of comparisons."""
        places = [place for place, (name, _, _) in enumerate(self.statements, 1) if name == _CHECK]
        return places[n_checks - 1] if n_checks else 0


@dataclass(frozen=True, slots=True)
class Path:
    """What was performed and observed, as a test would say it; not which other outcomes were allowed."""

    statements: tuple[Statement, ...]

    @classmethod
    def of(cls, told: Told, n_checks: int | None = None) -> Path:
        """What a test performs, up to this number of comparisons."""
        statements = told.statements if n_checks is None else told.statements[: told.n_calls(n_checks)]
        return cls(tuple(statement for statement in statements if statement[0] != _ALLOW))

    def ending_in(self, outcome: Outcome) -> Path:
        """The same, but that its last step had this outcome."""
        *before, (name, arguments, named), _ = self.statements
        last: Statement = name, arguments, {**named, **outcome.results}
        return Path((*before, last, (_CHECK, (), dict(outcome.changed))))

    def texts(self) -> Iterator[str]:
        """Each statement as text, by which they are compared."""
        return map(statement_text, self.statements)


@dataclass(slots=True)
class _Beginning:
    """What some tests begin with: how they go on, and the first of them."""

    test: Told | None = None
    next: dict[str, _Beginning] = field(default_factory=dict)


_BEGINNINGS = pytest.StashKey[dict[str, _Beginning]]()


def statement_text(statement: Statement) -> str:
    """A statement as text, by which it is told from others."""
    name, arguments, named = statement
    return f"{name}{python_literal([*arguments])}{python_literal(named)}"


def binding_of(item: pytest.Item) -> tuple[str, type[Binding]] | None:
    """Fixture and class of the binding of a test that takes nothing else."""
    if not isinstance(item, pytest.Function):
        return None
    names = list(inspect.signature(item.obj).parameters)
    kind: type[Binding] | None = (
        getattr(getattr(item.module, names[0], None), "testgen_binding", None) if names else None
    )
    return None if kind is None or len(names) > 1 else (names[0], kind)


def tell_test(item: pytest.Item, fixture: str) -> Told | None:
    """The test as a row of calls; None if it is not generated."""
    if not isinstance(item, pytest.Function) or not is_generated(item.path):
        return None
    return _told(item.obj, fixture)


def find_follower(item: pytest.Item, fixture: str, path: Path) -> Told | None:
    """The first test that begins with `path`, of those in files of the suite from which pytest has collected any."""
    known = item.session.stash.setdefault(_BEGINNINGS, {})
    key = f"{item.path.parent} {fixture}"
    if key not in known:
        known[key] = _beginnings(_modules(item), fixture)
    beginning = known[key]
    for text in path.texts():
        if text not in beginning.next:
            return None
        beginning = beginning.next[text]
    return beginning.test


def went(binding: Binding, path: Path) -> dict[str, Any]:  # Any: JSON
    """What was done, as `Recording.document` has it, for coverage to find it in the graph."""
    names: Mapping[str, tuple[str, ...]] = {
        method.__name__: method.action_names  # type: ignore[attr-defined]  # functions with attributes
        for method in binding.action_methods().values()
    }
    initial: dict[str, str] | None = None
    state: dict[str, Plain] = {}
    performed: tuple[str, ...] | None = None
    steps = []
    for name, _, named in path.statements:
        if name != _CHECK:
            performed = names.get(name)
            continue
        state |= named
        observed = {key: python_literal(value) for key, value in state.items() if key not in binding.left_out}
        if initial is None:
            initial = observed
        elif performed is not None:
            steps.append({"actions": list(performed), "observed": observed})
    return {"initial": initial or {}, "steps": steps, "broken_by": ""}


def _modules(item: pytest.Item) -> list[ModuleType]:
    """The generated modules in the folder of the test, in the order of collection."""
    modules: dict[ModuleType, None] = {}
    for other in item.session.items:
        if isinstance(other, pytest.Function) and other.path.parent == item.path.parent:
            modules[other.module] = None
    return [module for module in modules if module.__file__ and is_generated(FilePath(module.__file__))]


def _beginnings(modules: Sequence[ModuleType], fixture: str) -> _Beginning:
    root = _Beginning()
    for module in modules:
        for name, function in list(vars(module).items()):
            code = getattr(function, "__code__", None)
            if not name.startswith("test_") or code is None or _ALLOW not in code.co_names:
                continue
            if (told := _told(function, fixture)) is None:
                continue
            beginning = root
            for text in Path.of(told).texts():
                beginning = beginning.next.setdefault(text, _Beginning())
                beginning.test = beginning.test or told
    return root


def _told(function: Callable[..., object], fixture: str) -> Told | None:
    listener = Listener()
    try:
        function(**{fixture: listener})
    except Exception:  # it takes more than its binding, or looks at what that returns: it is no row of calls
        return None
    return Told(function, tuple(listener.statements))
