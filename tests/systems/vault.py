"""Accounts whose passwords are kept as scrypt hashes, with their binding: steps that cost, by what they are for."""

import hashlib
import os
from collections.abc import Mapping

from testgen.bindings import Binding, action, observes
from testgen.values import Plain

COST = int(os.environ.get("VAULT_COST", str(2**10)))
"""Of a hash: 2**14, as is usual, takes tens of milliseconds."""


class Vault:
    """A user store."""

    def __init__(self) -> None:
        self.hashes: dict[str, bytes] = {}

    def register(self, user: str, password: str) -> str:
        self.hashes[user] = _hash(user, password)
        return "registered"

    def login(self, user: str, password: str) -> str:
        return "welcome" if self.hashes[user] == _hash(user, password) else "refused"

    def change(self, user: str, password: str, to: str) -> str:
        if self.login(user, password) == "refused":
            return "refused"
        self.hashes[user] = _hash(user, to)
        return "changed"


def _hash(user: str, password: str) -> bytes:
    return hashlib.scrypt(password.encode(), salt=user.encode(), n=COST, r=8, p=1, maxmem=2**30)


def _asked(*names: str):  # type: ignore[no-untyped-def]  # a function of (before, after), see Parameters
    def parameters(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
        log = after["log"]
        assert isinstance(log, list)
        return dict(zip(names, log[-1]["arguments"], strict=True))

    return parameters


class Accounts(Binding):
    unobserved = ("secrets",)

    def __init__(self) -> None:
        self.vault = Vault()
        self.answers: list[dict[str, object]] = []

    def snapshot(self) -> object:
        return dict(self.vault.hashes), [*self.answers]

    def restore(self, snapshot: tuple[dict[str, bytes], list[dict[str, object]]]) -> None:
        hashes, answers = snapshot
        self.vault.hashes, self.answers = dict(hashes), [*answers]

    @action("Register", parameters=_asked("user", "password"))
    def register(self, user: str, password: str) -> None:
        self.note([user, password], self.vault.register(user, password))

    @action("Login", parameters=_asked("user", "password"))
    def login(self, user: str, password: str) -> None:
        self.note([user, password], self.vault.login(user, password))

    @action("Change", parameters=_asked("user", "password", "to"))
    def change(self, user: str, password: str, to: str) -> None:
        self.note([user, password, to], self.vault.change(user, password, to))

    def note(self, arguments: list[str], answer: str) -> None:
        self.answers.append({"answer": answer, "arguments": arguments})

    @observes("log")
    def log(self) -> list[dict[str, object]]:
        return self.answers
