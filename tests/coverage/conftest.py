"""A small shop with known branches and known mutants, and suites that reach some of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PRICES = '''"""Prices."""


def price(amount: int, *, member: bool = False) -> int:
    """What a customer pays."""
    if amount > 10:
        amount -= 1
    if member:
        return amount - 2
    return amount


def gift(amount: int) -> int:
    return 5 if amount > 50 else 0
'''

FEW = """
from shop.prices import price


def test_small() -> None:
    assert price(4) == 4


def test_small_again() -> None:
    assert price(5) == 5
"""

MANY = """
from shop.prices import gift, price


def test_large() -> None:
    assert price(20) == 19


def test_limit() -> None:
    assert [price(9), price(10), price(11)] == [9, 10, 10]


def test_member() -> None:
    assert price(20, member=True) == 17


def test_gift() -> None:
    assert [gift(49), gift(50), gift(51)] == [0, 0, 5]
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file below the test's folder, which is where we are."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def shop(write: Write) -> Path:
    """The folder with the package `shop` and the suites test_few.py and test_many.py."""
    write("shop/__init__.py", "")
    write("shop/prices.py", PRICES)
    write("test_few.py", FEW)
    return write("test_many.py", MANY).parent
