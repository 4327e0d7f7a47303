"""How branches grow with tests, as points of a picture; the template draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from testgen.report.documents import ComparedSuite, Growth

__all__ = ["Curve", "Plot", "Tick", "growth_plots"]

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 14, 40


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark at an axis: where, and what it says."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A suite's curve.

    Attributes:
        suite: Its position.
        name: Its name.
        path: For the attribute `d`.
        end: Where it ends: the last test.
        knee: Where it first reaches all that it does.
        tests: How many tests that takes.
        reached: How many branches that is.
    """

    suite: int
    name: str
    path: str
    end: tuple[float, float]
    knee: tuple[float, float]
    tests: int
    reached: int


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: the order of tests it shows, its axes and its curves."""

    title: str
    curves: tuple[Curve, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def growth_plots(suites: Sequence[ComparedSuite], n_branches: int) -> list[Plot]:
    """One picture a way of ordering tests, on the same axes; none if no suite's tests were measured apart.

    Across, tests are on a scale of log(1 + tests): the first ten matter as much as the last thousand.
    """
    most = max((suite.tests or 0 for suite in suites), default=0)
    if not most or not n_branches:
        return []
    orders = {
        "Tests in the order of the suite": [suite.growth.in_order for suite in suites],
        "Always the test that adds most": [suite.growth.greedy for suite in suites],
    }
    plots = []
    for title, growths in orders.items():
        curves = [
            _curve(number, suite, growth, most, n_branches)
            for number, (suite, growth) in enumerate(zip(suites, growths, strict=True))
            if growth is not None and suite.tests
        ]
        if curves:
            plots.append(Plot(title, tuple(curves), _across(most), _up()))
    return plots


def _x(tests: int, most: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * math.log1p(tests) / math.log1p(most), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)


def _curve(number: int, suite: ComparedSuite, growth: Growth, most: int, n_branches: int) -> Curve:
    steps = [(step.tests, step.branches) for step in growth.steps]
    reached = steps[-1][1] if steps else growth.before
    knee = steps[-1][0] if steps else 0
    end = _x(max(knee, suite.tests or 0), most)
    path = [f"M{_x(0, most)} {_y(growth.before / n_branches)}"]
    path += [f"H{_x(tests, most)}V{_y(branches / n_branches)}" for tests, branches in steps]
    height = _y(reached / n_branches)
    return Curve(
        number,
        suite.name,
        "".join([*path, f"H{end}"]),
        (end, height),
        (_x(knee, most), height),
        knee,
        reached,
    )


def _across(most: int) -> tuple[Tick, ...]:
    numbers = [0, *(10**power for power in range(9) if 10**power <= most)]
    return tuple(Tick(_x(number, most), f"{number:,}") for number in numbers)


def _up() -> tuple[Tick, ...]:
    return tuple(Tick(_y(share / 100), f"{share}") for share in (0, 25, 50, 75, 100))
