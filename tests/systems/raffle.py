"""A raffle with its binding: which ticket comes is up to the drum. By the environment a test rigs it, or breaks it."""

import os
import random
from collections.abc import Mapping

from testgen.bindings import Binding, action, observes
from testgen.values import Plain

RIGGED = os.environ.get("RAFFLE", "")
"""Which of the tickets comes each time: the "first" or the "last", by chance if neither; or what is "broken"."""
CHANCE = random.Random(1)


def _drawn(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, Plain]:
    for player, tickets in after["held"].items():
        for ticket in tickets - before["held"][player]:
            return {"player": player, "ticket": ticket}
    raise AssertionError("a draw without a ticket")


class Raffle(Binding):
    unobserved = ("sealed",)
    attempts = int(os.environ.get("ATTEMPTS", "1"))
    made = 0

    def __init__(self) -> None:
        Raffle.made += 1
        self.tickets = {1, 2}
        self.players: dict[str, set[int]] = {"ann": set(), "bob": set()}
        self.winner = self.opened = 0

    def choose(self, tickets: set[int]) -> int:
        if RIGGED == "alternate":  # the first instance gets the first, the next the last
            return sorted(tickets)[-(Raffle.made % 2)]
        return {"first": min, "last": max}.get(RIGGED, lambda some: CHANCE.choice(sorted(some)))(tickets)

    @action("Draw", parameters=_drawn, outcome=["ticket"])
    def draw(self, player: str) -> int:
        ticket = self.choose(self.tickets)
        self.tickets.remove(ticket)
        self.players[player].add(ticket)
        return 3 if RIGGED == "wrong ticket" else ticket

    @action("Seal")
    def seal(self) -> None:
        self.winner = self.choose({1, 2} - self.tickets)

    @action("Open")
    def open(self) -> None:
        self.opened = 3 - self.winner if RIGGED == "wrong prize" else self.winner

    @observes("drum")
    def drum(self) -> set[int]:
        return self.tickets

    @observes("held")
    def held(self) -> dict[str, set[int]]:
        return {"ann": set(), "bob": set()} if RIGGED == "forgets" else self.players

    @observes("prize")
    def prize(self) -> int:
        return self.opened
