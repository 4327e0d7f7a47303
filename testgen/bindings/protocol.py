"""What a binding is: a class whose methods perform a specification's actions on a system, and read variables back.

    class Counter(Binding):
        def __init__(self) -> None:
            self.system = RealCounter()

        @action("Add")
        def add(self, amount: int) -> None:
            self.system.add(amount)

        @observes("count")
        def count(self) -> int:
            return self.system.read()

The decorated methods are the statements of generated tests. Each call is written into the binding's journal, so that a
failure can tell the steps that led to it. A test fails with a `Divergence`: a result about the system, not an error.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from testgen.bindings.choice import Choice, OtherOutcome, Outcome
from testgen.bindings.comparison import Comparison, odd_part
from testgen.bindings.divergence import Divergence
from testgen.bindings.names import python_name
from testgen.bindings.pending import NotImplementedYet
from testgen.bindings.places import place_of
from testgen.bindings.time_limit import check_seconds, limited
from testgen.errors import BindingError
from testgen.values.agreement import agree
from testgen.values.plain import Plain

if TYPE_CHECKING:
    from testgen.bindings.story import Story

__all__ = [
    "Binding",
    "Divergence",
    "Journal",
    "OtherOutcome",
    "Outcome",
    "Parameters",
    "Step",
]

T = TypeVar("T")

_MARKS = "action_names", "variable", "makes_new", "from_initial_state", "from_final_state"
_OF_ONE_TEST = (
    *("_journal", "_specified", "_left_out", "_has_compared", "_outcome", "_recording", "_is_overdue"),
    *("_choice", "_n_checks"),
)

Parameters = Callable[..., Mapping[str, Plain]]
"""Finds a step's parameters from the states before and after it, where the dump's labels do not tell them (TLC before
2025-02 prints none), or not as the system wants them. Gets and gives plain values by name; a function of three gets the
whole `Step` as well."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a behavior, as plain values.

    Attributes:
        action: Name of the specification's action.
        arguments: Its arguments as the dump labels them; empty if it does not.
        before: The specification's variables before the step, by name.
        after: The variables after it.
        parameters: Names of the arguments, if the dump tells them (JSON does, DOT does not).
    """

    action: str
    arguments: tuple[Plain, ...]
    before: Mapping[str, Plain]
    after: Mapping[str, Plain]
    parameters: tuple[str, ...] = ()


@dataclass(slots=True)
class Journal:
    """The statements of a test that were carried out, as source text; the last one may have failed.

    Attributes:
        entries: In order. What a statement calls in turn is not among them.
        is_open: Whether the last one is still being carried out.
    """

    entries: list[str] = field(default_factory=list)
    is_open: bool = False


class Binding:
    """Base of all bindings. A test gets a fresh instance; `close` is called after it.

    An instance with a method that `@resets` it serves one test after the other, until one fails.
    """

    template: ClassVar[str] = "story/test.py.j2"
    """The template that renders this binding's tests, below `templates/`."""
    fixture: ClassVar[str] = ""
    """What generated tests call the instance; by default the class name in snake case."""
    lockstep: ClassVar[bool] = False
    """Whether tests run together up to each `shared_step`; see `testgen.runtime.lockstep`."""
    unobserved: ClassVar[tuple[str, ...]] = ()
    """Variables that the system has no way to show, or that nobody cares to compare: no build warns of them."""
    deterministic: ClassVar[bool] = False
    """Whether a test demands its behavior's own outcome of each step, even where the specification allows others."""
    attempts: ClassVar[int] = 1
    """How often a test is tried, each time with a fresh instance, until the system takes the behavior's outcomes."""

    step_seconds: ClassVar[float | None] = None
    """How long a statement of a test may take, and making, resetting, observing and closing the system; None lets them
    take their time. `@action(..., seconds=...)` says otherwise for one. Not in lock-step, where steps wait for others.
    """

    @classmethod
    def set_up_session(cls) -> None:
        """Make what the tests of a run share. Called before the first one, in each worker of pytest-xdist."""

    @classmethod
    def tear_down_session(cls) -> None:
        """Release what they shared. Called after the last one, if `set_up_session` came to its end."""

    def __init_subclass__(cls, **options: Any) -> None:  # Any: of whatever other base there is
        """See that what testgen calls is as it should be, and none of it a method of the specification's.

        Raises:
            BindingError: It is not.
        """
        super().__init_subclass__(**options)
        check_seconds(cls.__name__, cls.step_seconds)
        for name, method in vars(cls).items():
            if hasattr(Binding, name) and any(hasattr(method, mark) for mark in _MARKS):
                raise BindingError(
                    f"{cls.__name__}.{name} is marked by a decorator, but {name} is what testgen itself calls",
                    location=place_of(method),
                    hint=f"name the method otherwise, such as {name}_; the name in the decorator stays",
                )
            if name in ("set_up_session", "tear_down_session"):
                _check_session_method(cls.__name__, name, method)

    @property
    def journal(self) -> Journal:
        """The statements carried out on this instance."""
        journal: Journal = self.__dict__.setdefault("_journal", Journal())
        return journal

    @property
    def is_overdue(self) -> bool:
        """Whether a statement did not end in its time."""
        return bool(self.__dict__.get("_is_overdue"))

    def forget_test(self) -> None:
        """Be as a fresh instance to the next test, as far as testgen remembers what was done to it."""
        for name in _OF_ONE_TEST:
            self.__dict__.pop(name, None)

    def close(self) -> None:
        """Release what the instance holds. Called after each test, also a failed one. May be `async def`."""

    def expect(self, subject: str, expected: object, observed: object) -> None:
        """Compare what the system shows with what the specification says.

        Raises:
            Divergence: They differ.
        """
        if not agree(expected, observed):
            raise Divergence(subject, expected, observed)

    def check_state(self, /, **changed: Plain) -> None:
        """Compare every observed variable with the specification's state, but those whose observer is not written yet.

        Args:
            changed: The variables that the last step changed, with their values; the others must still be as before.

        Raises:
            Divergence: Variables differ: the first one; `others` are those that differ beside it.
            OtherOutcome: The system shows another outcome of the step, which was said to be `also_allowed`.
        """
        before: Mapping[str, Plain] = self.__dict__.get("_specified", {})
        choice: Choice | None = self.__dict__.pop("_choice", None)
        if choice is None:
            self._hold_against({**before, **changed})
        else:
            choice.settle(changed, lambda outcome: self._hold_against({**before, **outcome}))

    def also_allowed(self, results: Mapping[str, Plain] | None = None, /, **changed: Plain) -> None:
        """Tell another outcome that the next step may have, up to the system: it ends the test, but is no failure.

        Args:
            results: Those of the action's arguments that the system chooses; see `action`.
            changed: The variables that the step changes then.
        """
        choice: Choice = self.__dict__.setdefault("_choice", Choice())
        choice.others.append(Outcome(results or {}, changed))

    def check_results(self, expected: Mapping[str, Plain], observed: Mapping[str, Plain]) -> None:
        """Compare what the system chose in a step with what it chooses in the behavior.

        Raises:
            Divergence: They differ, and no other outcome with these results is allowed.
        """
        choice: Choice = self.__dict__.setdefault("_choice", Choice())
        others = choice.refusal(choice.others)
        if choice.narrow(expected, observed):
            return
        for name, value in expected.items():
            try:
                self.expect(f"the result {name}", value, observed.get(name))
            except Divergence as divergence:
                divergence.add_note(others)
                raise

    def _hold_against(self, state: Mapping[str, Plain]) -> None:
        """Compare every observed variable with `state`, which is the specification's from then on if they agree."""
        observers = self.observers()
        differing: list[Divergence] = []
        for variable, expected in state.items():
            try:
                self._observe(variable, observers[variable], expected)
            except Divergence as divergence:
                differing.append(divergence)
            except BaseException as error:
                if not differing or isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                break  # what a system that has diverged does next must not hide it
        if differing:
            differing[0].others = tuple(differing[1:])
            raise differing[0]
        self.__dict__["_specified"] = state
        self.__dict__["_n_checks"] = self.n_checks + 1

    def _observe(self, variable: str, observer: Callable[..., Any], expected: Plain) -> None:
        """Compare one variable, unless its observer is not written yet."""
        try:
            if self.step_seconds is None or self.lockstep:
                observed = observer(self)
            else:
                observing = functools.partial(observer, self)
                observed = limited(observing, self.step_seconds, f"observing the variable {variable}")
        except NotImplementedYet:
            self.left_out.add(variable)
            return
        self.__dict__["_has_compared"] = True
        self._compare(variable, observer, expected, observed)

    @property
    def n_checks(self) -> int:
        """How often the system's state agreed with the specification's."""
        number: int = self.__dict__.get("_n_checks", 0)
        return number

    def _compare(self, variable: str, observer: Callable[..., Any], expected: Plain, observed: Plain) -> None:
        """Compare as the observer's decorator says; what differs is told with how it was compared."""
        comparison: Comparison | None = getattr(observer, "comparison", None)
        if comparison is None:
            try:
                self.expect(f"variable {variable}", expected, observed)
            except Divergence as divergence:
                divergence.note = divergence.note or _odd_observation(observer, odd_part(observed))
                raise
            return
        try:
            found = comparison.disagreement(expected, observed)
        except BindingError as error:
            error.location = error.location or place_of(observer)
            raise
        if found is None:
            return
        subject = f"variable {variable} ({comparison})" if str(comparison) else f"variable {variable}"
        note = "" if comparison.makes_values else _odd_observation(observer, odd_part(observed, floats=True))
        raise Divergence(subject, found.expected, found.observed, tolerance=comparison.within, note=note)

    @property
    def last_outcome(self) -> Any:  # Any: what the system returned
        """What the last action returned; of one that raised what `raises` foresees, the value that stands for it."""
        return self.__dict__.get("_outcome")

    @property
    def left_out(self) -> set[str]:
        """Variables that `check_state` could not compare, as their observers are not written yet."""
        names: set[str] = self.__dict__.setdefault("_left_out", set())
        return names

    @property
    def compared_nothing(self) -> bool:
        """Whether variables were to be compared and each was left out, so that nothing has been tested."""
        return bool(self.left_out) and not self.__dict__.get("_has_compared", False)

    def shared_step(self, perform: Callable[[], T], *, costly: bool = False) -> T:
        """Perform what other tests can take part in; if they are run in lock-step, they do.

        Args:
            perform: Does it for all of them, whoever is asked; the same one if it is equal, as a method of one object.
            costly: Worth waiting for: it is performed when no test can go on without such a step.

        Returns:
            What `perform` returned, to each of them.
        """
        return perform()

    @classmethod
    def story(cls, initial: Mapping[str, Plain], steps: list[Step]) -> Story | None:
        """Tell a behavior for this binding's own template. Called when tests are rendered, not when they run.

        By default one statement a step with the variables it changes, as for every other template. None leaves the
        behavior out, as one that shows nothing of what this binding is about.

        Raises:
            BindingError: The behavior does not fit this binding.
        """
        from testgen.bindings.story import tell_steps  # a cycle otherwise: stories are about bindings

        return tell_steps(cls, initial, steps)

    @classmethod
    @functools.cache
    def action_methods(cls) -> Mapping[str, Callable[..., Any]]:
        """The method that performs each action, by the action's name.

        Raises:
            BindingError: Two methods perform the same action.
        """
        methods: dict[str, Callable[..., Any]] = {}
        for method in cls._decorated():
            for name in getattr(method, "action_names", ()):
                if methods.setdefault(name, method) is not method:
                    one, other = methods[name].__name__, method.__name__
                    raise BindingError(f"{cls.__name__} performs the action {name!r} twice: {one} and {other}")
        return methods

    @classmethod
    @functools.cache
    def observers(cls) -> Mapping[str, Callable[..., Any]]:
        """The method that observes each variable, by the variable's name."""
        return {method.variable: method for method in cls._decorated() if hasattr(method, "variable")}

    @classmethod
    def starter(cls) -> Callable[..., Any] | None:
        """The method that brings the system to the initial state, if there is one."""
        return cls._marked("from_initial_state")

    @classmethod
    def resetter(cls) -> Callable[..., Any] | None:
        """The method that makes the system new for the next test, if there is one."""
        return cls._marked("makes_new")

    @classmethod
    def finisher(cls) -> Callable[..., Any] | None:
        """The method that checks what can only be checked at a behavior's end, if there is one."""
        return cls._marked("from_final_state")

    @classmethod
    @functools.cache
    def _marked(cls, mark: str) -> Callable[..., Any] | None:
        """The method with this mark: a derived class's own stands for that of its base, whatever it is called."""
        for kind in cls.__mro__:
            for name in vars(kind):
                if hasattr(method := getattr(cls, name), mark):
                    return method  # type: ignore[no-any-return]  # functions with attributes, as in _decorated
        return None

    @classmethod
    def fixture_name(cls) -> str:
        name = cls.fixture or python_name(cls.__name__)
        return f"{name}_" if name == "request" else name  # which is pytest's

    @classmethod
    def _decorated(cls) -> Iterator[Any]:  # Any: functions with attributes, which typing cannot express
        for name in dir(cls):
            method = getattr(cls, name, None)
            if callable(method):
                yield method


def _check_session_method(class_name: str, name: str, method: object) -> None:
    """It is called without an instance, and by no event loop."""
    function = method.__func__ if isinstance(method, classmethod) else method
    wrong = ""
    if not isinstance(method, classmethod):
        wrong, hint = "is no class method", f"write @classmethod above `def {name}(cls)`"
    elif inspect.iscoroutinefunction(function):
        wrong = "cannot be `async def`: each instance has an event loop of its own"
        hint = "keep one instance for all tests, with a method that @resets it"
    if wrong:
        raise BindingError(f"{class_name}.{name} {wrong}", location=place_of(function), hint=hint)


def _odd_observation(observer: Callable[..., Any], odd: str) -> str:
    """What to do about an observation that can agree with no value of a specification."""
    if not odd:
        return ""
    hint = "@observes(..., within=0.01) compares floats" if odd.endswith(" float") else "see `testgen help bindings`"
    name = getattr(observer, "__name__", "the observer")
    return f"{place_of(observer)}: {name} shows {odd}, which is no value of TLA+; {hint}"
