"""What does not fit between a binding and a specification is told, each thing once, and what prevents a build first."""

from pathlib import Path
from typing import Any

import pytest

from testgen.bindings import Binding, NotImplementedYet, Step, Story, action, changed_key, find_binding, observes
from testgen.bindings.verify import Finding, Specified, verify_binding

STATE = {"balance": 0, "clock": 1}
DEPOSIT = Step("Deposit", ("ann", 1), STATE, STATE)


class Bank(Binding):
    unobserved = ("clock",)

    @action("Deposit")
    def deposit(self, account: str, amount: int) -> None: ...

    @observes("balance")
    def balance(self) -> int:
        return 0


def found(binding: type[Binding], *examples: Step, variables: tuple[str, ...] = ("balance", "clock")) -> list[Finding]:
    return verify_binding(binding, Specified(variables, examples))


def kinds(binding: type[Binding], *examples: Step, **options: Any) -> list[tuple[str, str, bool]]:
    return [(finding.kind, finding.subject, finding.refuses) for finding in found(binding, *examples, **options)]


def test_binding_that_fits_has_nothing_to_be_told() -> None:
    assert found(Bank, DEPOSIT) == []


def test_action_without_a_method_and_method_without_an_action() -> None:
    assert kinds(Bank, Step("Withdraw", (), STATE, STATE)) == [
        ("action-without-method", "Withdraw", True),
        ("method-without-action", "deposit", False),
    ]


def test_method_that_a_base_has_for_other_specifications_is_not_told() -> None:
    class Derived(Bank):
        @action("Withdraw")
        def withdraw(self) -> None: ...

    assert kinds(Derived, Step("Withdraw", (), STATE, STATE)) == []


def test_method_of_several_actions_serves_if_one_of_them_does() -> None:
    class Several(Bank):
        @action("Withdraw", "Steal")
        def withdraw(self) -> None: ...

    assert kinds(Several, DEPOSIT, Step("Steal", (), STATE, STATE)) == []
    assert kinds(Several, DEPOSIT) == [("method-without-action", "withdraw", False)]


def test_variables_that_nobody_observes_and_that_are_not_there() -> None:
    class Other(Bank):
        unobserved = ()

        @observes("gone")
        def gone(self) -> int:
            return 0

    (unknown, clock) = found(Other, DEPOSIT)
    assert (unknown.kind, unknown.refuses) == ("unknown-variable", True)
    assert "Other.gone observes 'gone', which the specification does not have" in unknown.message
    assert (clock.kind, clock.subject, clock.refuses) == ("unobserved-variable", "clock", False)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            Step("Deposit", ("ann",), STATE, STATE),
            "takes 2 parameters (account, amount), but the dump's label 'Deposit'",
        ),
        (Step("Deposit", (), STATE, STATE), "TLC before 2025-02 prints no arguments"),
        (Step("Deposit", ("ann", 1), STATE, STATE, ("who", "much")), "but 'Deposit' has who, much"),
    ],
)
def test_arguments_that_do_not_fit(step: Step, words: str) -> None:
    (finding,) = found(Bank, step)
    assert (finding.kind, finding.subject, finding.refuses) == ("arguments", "Deposit", True)
    assert words in finding.message


def test_arguments_named_as_no_python_parameter_can_be_are_fitted() -> None:
    class Odd(Binding):
        unobserved = ("balance", "clock")

        @action("Put")
        def put(self, class_: int, self_: int, key: int, key_2: int) -> None: ...

    assert found(Odd, Step("Put", (1, 2, 3, 4), STATE, STATE, ("class", "self", "Key", "key"))) == []


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (lambda before, after: {"account": after["gone"]}, "(KeyError: 'gone')"),
        (lambda before, after: [1, 2], "its declared parameters are of type list"),
        (lambda before, after: None, "its declared parameters are of type NoneType"),
        (lambda before: {}, "(TypeError: "),
        (lambda before, after: {"who": 1}, "but its declared parameters give (who)"),
    ],
)
def test_declared_parameters_are_tried(parameters: Any, words: str) -> None:
    class Declared(Bank):
        @action("Deposit", parameters=parameters)
        def deposit(self, account: str) -> None: ...  # type: ignore[override]  # of no account here

    (finding,) = found(Declared, DEPOSIT)
    assert (finding.kind, finding.refuses) == ("arguments", True)
    assert words in finding.message


def test_function_that_fails_says_of_which_step_and_where_it_stands() -> None:
    class Declared(Bank):
        @action("Deposit", parameters=lambda before, after: {"account": changed_key(before["clock"], after["clock"])})
        def deposit(self, account: str) -> None: ...  # type: ignore[override]  # of no account here

    (finding,) = found(Declared, Step("Deposit", (), STATE, {**STATE, "balance": {"ann": 7}}))
    assert finding.message.startswith("tests/bindings/test_verify.py:")
    assert "step 'Deposit' (ValueError: int is neither a function nor a sequence), which changes balance alone" in (
        finding.message
    )


def test_story_of_its_own_makes_of_arguments_what_it_likes() -> None:
    class Teller(Bank):
        @classmethod
        def story(cls, initial: Any, steps: Any) -> Story | None:
            return None

    assert found(Teller, Step("Deposit", (), STATE, STATE)) == []


def test_variable_observed_twice_is_told_and_an_override_or_alias_is_not() -> None:
    class Twice(Bank):
        @observes("balance")
        def copied(self) -> int:
            return 1

    class Overridden(Bank):
        @observes("balance")
        def balance(self) -> int:
            return 1

        alias = balance

    (finding,) = found(Twice, DEPOSIT)
    assert (finding.kind, finding.subject, finding.refuses) == ("observed-twice", "balance", False)
    assert "in balance and copied; only copied is asked" in finding.message
    assert found(Overridden, DEPOSIT) == []


def test_what_is_not_implemented_yet_is_told_of_actions_and_variables() -> None:
    class Pending(Bank):
        @action("Deposit")
        def deposit(self, account: str, amount: int) -> None:
            raise NotImplementedYet("Deposit")

        @observes("balance")
        def balance(self) -> int:
            raise NotImplementedYet("balance")

    assert kinds(Pending, DEPOSIT) == [("not-implemented", "Deposit", False), ("not-implemented", "balance", False)]


# Comparisons and construction


def compared(*values: Any, **options: Any) -> list[Finding]:
    """What is told of an observer with these options, of a variable that takes these values."""

    class Compared(Bank):
        @observes("balance", **options)
        def balance(self) -> int:
            return 0

    return verify_binding(Compared, Specified(("balance", "clock"), (DEPOSIT,), lambda variable: values))


@pytest.mark.parametrize(
    "options",
    [
        {"within": 0.1}, {"project": str}, {"any_of": list}, {"ignore": "id"}, {"ignore": ("id", "at")},
        {"ignore": "at", "project": lambda value: value}, {"ignore": "id", "any_of": list},
    ],
)  # fmt: skip
def test_comparison_that_works_with_the_values_of_the_dump_is_not_told(options: Any) -> None:
    assert compared([], [{"id": 1}, {"at": {"n": 1}}], [{"at": {(("id", 1), ("at", 2))}}], **options) == []


@pytest.mark.parametrize("option", ["project", "any_of"])
def test_function_that_fails_for_a_value_of_the_dump_refuses_the_build(option: str) -> None:
    function = lambda value: value[0]  # noqa: E731 - whose line is told
    (finding,) = compared([[1]], [], **{option: function})
    assert (finding.kind, finding.subject, finding.refuses) == ("comparison", "balance", True)
    line = function.__code__.co_firstlineno
    assert f"test_verify.py:{line}: {option} fails for [] (IndexError: list index out of range)" in finding.message


def test_field_that_no_value_has_is_told() -> None:
    (finding,) = compared([{"id": 1, "at": 2}], ignore=("id", "idd"))
    assert (finding.kind, finding.subject, finding.refuses) == ("unknown-field", "balance", False)
    assert "ignores the field 'idd', which no value of it has" in finding.message
    assert "test_verify.py:" in finding.message


def test_binding_that_wants_arguments_refuses_the_build() -> None:
    class Wants(Bank):
        def __init__(self, url: str) -> None: ...

    (finding,) = found(Wants, DEPOSIT)
    assert (finding.kind, finding.subject, finding.refuses) == ("construction", "Wants", True)
    assert "Wants cannot be made without arguments (missing a required argument: 'url')" in finding.message
    assert "test_verify.py:" in finding.message

    class Defaults(Bank):
        def __init__(self, url: str = "here", *rest: str, **options: str) -> None: ...

    assert found(Defaults, DEPOSIT) == []


def test_each_finding_about_a_method_says_where_it_stands() -> None:
    class Other(Bank):
        @action("Gone")
        def gone(self) -> None: ...

        @observes("gone")
        def gone_too(self) -> None: ...

        @action("Withdraw")
        def withdraw(self, *amounts: int) -> None: ...

        @observes("clock")
        def clock(self) -> int:
            raise NotImplementedYet("clock")

    findings = found(Other, DEPOSIT, Step("Withdraw", (1,), STATE, STATE))
    assert [finding.kind for finding in findings] == [
        "unknown-variable", "arguments", "method-without-action", "not-implemented",
    ]  # fmt: skip
    assert all("test_verify.py:" in finding.message for finding in findings)


# Names


@pytest.mark.parametrize(
    ("head", "is_hidden"),
    [
        ("from decimal import Decimal as Pool", True),
        ("import decimal as Pool", True),
        ("import Pool.inner", True),
        ("from decimal import Decimal", False),
        ("import decimal", False),
        ("", False),
    ],
)
def test_import_that_the_class_hides_is_told(
    head: str, is_hidden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pool").mkdir()
    (tmp_path / "Pool" / "inner.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    source = f"{head}\nfrom testgen.bindings import Binding\n\nclass Pool(Binding):\n    ...\n"
    (tmp_path / "pool.py").write_text(source)
    words = "the class Pool hides the Pool that pool.py:1 imports: import that under another name"
    told = [finding.message for finding in found(find_binding("pool.py:Pool"), variables=())]
    assert told == ([words] if is_hidden else [])
