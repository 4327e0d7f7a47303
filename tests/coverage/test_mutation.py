"""Suites run against mutants: what is noticed and how, and that nothing is noticed without reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from testgen.coverage.mutant_runs import MutatedSuite, Verdict
from testgen.coverage.mutation import MutationScore, score_suites
from testgen.coverage.source import find_source
from testgen.coverage.suites import SuiteRequest
from testgen.errors import InputError, SurroundingsError, TestgenError
from tests.coverage.conftest import Write
from tests.coverage.test_mutants import changed


def score(*suites: str, source: str = "shop", omit: Sequence[str] = (), only: Sequence[str] = ()) -> MutationScore:
    requests = [SuiteRequest(Path(suite).stem, suite) for suite in suites]
    return score_suites(requests, find_source([source], omit=omit), only=only)


def verdicts(result: MutationScore, suite: MutatedSuite) -> dict[tuple[str, ...], Verdict]:
    """By the lines that a mutant changes; where several change a line alike, by the last."""
    files = ["\n".join(file.lines) for file in result.code.files]
    return {changed(mutant, files[mutant.file]): suite.verdicts[mutant.id] for mutant in result.mutants}


def test_a_suite_notices_what_it_checks_and_no_more(shop: Path) -> None:
    result = score("test_few.py", "test_many.py")
    few, many = result.suites
    assert (few.tests, many.failing, many.skipped) == (
        ("test_few.py::test_small", "test_few.py::test_small_again"),
        (),
        0,
    )
    found = verdicts(result, few)
    assert found["if amount > 11:",] == Verdict("survived", tests_run=2, reaching=2)
    assert found["if amount < 10:",].end == "killed"
    assert found["amount -= 2",] == Verdict("unreached", reaching=0)
    assert found["return 6 if amount > 50 else 0",].end == "unreached"
    found = verdicts(result, many)
    assert found["if amount > 11:",].test == "test_many.py::test_limit"
    assert (found["if amount > 11:",].exception, found["if amount > 11:",].reaching) == ("AssertionError", 3)
    assert "assert [9, 10, 11] == [9, 10, 10]" in (found["if amount > 11:",].message or "")
    assert {mutant for mutant in result.mutants if not many.verdicts[mutant.id].is_kill} == set()
    assert result.score(many) == 100
    assert 0 < result.score(few) < 50
    assert len(result.only(many)) == len(result.mutants) - len(result.killed(few))
    assert (result.only(few), result.unnoticed, result.is_sound) == ((), (), True)
    assert set(result.noticed_by_some) == set(result.only(many))


def test_the_same_mutants_are_run_again_by_their_ids(shop: Path) -> None:
    chosen = [mutant.id for mutant in score("test_few.py").mutants[3:5]]
    assert [mutant.id for mutant in score("test_few.py", only=chosen).mutants] == chosen
    with pytest.raises(InputError, match="there is no mutant 'none'"):
        score("test_few.py", only=["none"])


def test_what_a_plugin_has_frozen_is_mutated_in_forks_too(shop: Path, write: Write) -> None:
    """As testgen's own plugin does where thousands of tests are collected."""
    write("conftest.py", "import gc\n\ndef pytest_collection_finish():\n    gc.freeze()\n")
    (suite,) = score("test_many.py").suites
    assert None not in {verdict.reaching for verdict in suite.verdicts.values()}  # as it is of those run by themselves


@pytest.mark.parametrize(
    ("before", "encoding", "newline"),
    [
        ("# coding: latin-1\n", "latin-1", "\n"),
        ("", "utf-8-sig", "\n"),
        ("", "utf-8", "\r\n"),
        ("# \u2028\n", "utf-8", "\n"),
    ],
    ids=["latin-1", "bom", "crlf", "line separator"],
)
def test_source_is_read_as_python_reads_it(before: str, encoding: str, newline: str, write: Write) -> None:
    text = f'{before}def greet(n):\n    if n > 1:\n        return "grüße"\n    return "gruß"\n'
    path = write("shop.py", "")
    path.write_bytes(text.replace("\n", newline).encode(encoding))
    write(
        "test_shop.py",
        'import shop\n\ndef test():\n    assert [*map(shop.greet, range(3))] == ["gruß", "gruß", "grüße"]\n',
    )
    result = score("test_shop.py", source="shop.py")
    assert (result.unnoticed, len(result.mutants) > 10) == ((), True)
    head = text.split("\n").index("    if n > 1:") + 1
    assert {mutant.line for mutant in result.mutants} == {head, head + 1, head + 2}
    assert result.code.files[0].lines[head] == '        return "grüße"'


def test_no_file_is_changed(shop: Path) -> None:
    before = {path: path.read_bytes() for path in shop.rglob("*.py")}
    score("test_few.py")
    assert {path: path.read_bytes() for path in shop.rglob("*.py")} == before


ENDS = '''
import os


def count(n):
    """Goes on for ever if the loop does not."""
    total = 0
    while n > 0:
        n -= 1
        total += 1
    return total


def deep(n):
    return 0 if n <= 0 else 1 + deep(n - 1)


def fatal(n):
    if n == 1:
        os.kill(os.getpid(), 11)
    return n


def quits(n):
    if n == 1:
        os._exit(0)
    return n


def wait(n):
    if n == 1:
        raise SystemExit(n)
    return n
'''
ENDS_TEST = """
from shop import count, deep, fatal, quits, wait

def test_count():
    assert count(3) == 3

def test_deep():
    assert deep(3) == 3

def test_others():
    assert [fatal(2), quits(2), wait(2)] == [2, 2, 2]
"""


def test_how_a_mutant_ends_is_told_apart(write: Write) -> None:
    write("shop/__init__.py", ENDS)
    write("test_ends.py", ENDS_TEST)
    result = score("test_ends.py")
    (suite,) = result.suites
    found = verdicts(result, suite)
    assert found["n += 1",].end == "timeout"  # n grows for ever
    assert found["n += 1",].test == "test_ends.py::test_count"
    assert (found["if n == 2:",].exception, found["if n == 2:",].end) == ("SystemExit", "killed")  # of `wait`, the last
    functions = {mutant.id: mutant.function for mutant in result.mutants}
    ends = {(functions[name], verdict.exception or verdict.end) for name, verdict in suite.verdicts.items()}
    assert {("deep", "RecursionError"), ("fatal", "crashed"), ("quits", "crashed"), ("count", "timeout")} <= ends
    assert all(verdict.is_kill for verdict in suite.verdicts.values() if verdict.end in ("timeout", "crashed"))
    assert result.ends(suite)["timeout"] >= 1
    assert result.ends(suite)["RecursionError"] >= 1


ODD = '''
import functools


def table():
    """Runs on import, and never again."""
    return {n: n * 2 for n in (1, 2)}


TABLE = table()


def outer(step):
    def inner(n):
        return n + step
    return inner


PLUS = outer(3)


@functools.cache
def cached(n):
    return n + 1


class Till:
    def __init__(self):
        self.sum = 0

    @property
    def total(self):
        return self.sum * 2

    @staticmethod
    def add(a, b):
        return a + b

    def later(self):
        for n in (1, 2):
            yield n + self.sum
'''
ODD_TEST = """
import shop
from shop import PLUS, TABLE, Till, cached

def test_all():
    from shop.late import twice
    assert TABLE == {1: 2, 2: 4}
    assert PLUS(4) == 7
    assert cached(1) == 2
    till = Till()
    till.sum = 3
    assert (Till().sum, till.total, Till.add(1, 2), list(till.later())) == (0, 6, 3, [4, 5])
    assert twice(4) == 8
"""


def test_code_is_mutated_wherever_it_is_held(write: Write) -> None:
    """On import, in closures made on import, behind decorators and properties, in modules imported by a test."""
    write("shop/__init__.py", ODD)
    write("shop/late.py", "def twice(n):\n    return n * 2\n")
    write("test_odd.py", ODD_TEST)
    result = score("test_odd.py")
    (suite,) = result.suites
    found = {mutant.id: mutant for mutant in result.mutants}
    alive = {
        (found[name].function, changed(found[name], ODD))
        for name, verdict in suite.verdicts.items()
        if not verdict.is_kill
    }
    assert alive == set()
    assert set(result.ends(suite)) <= {"AssertionError", "TypeError", "AttributeError", "KeyError", "not importable"}
    methods = {f"Till.{name}" for name in ("__init__", "total", "add", "later")}
    functions = {mutant.function for mutant in result.mutants}
    assert functions == {"table", "outer", "outer.inner", "cached", "twice", *methods}


def test_tests_that_depend_on_their_order_are_found_out(shop: Path, write: Write) -> None:
    """Without this check every mutant would be noticed by the first test that runs out of order."""
    body = "    assert seen == list(range(len(seen)))\n    assert price(4) == 4\n\n"
    ordered = "".join(f"def test_{n}():\n    seen.append({n})\n{body}" for n in range(6))
    write("test_ordered.py", f"from shop.prices import price\n\nseen = []\n\n{ordered}")
    result = score("test_ordered.py")
    (suite,) = result.suites
    assert suite.unsound is not None
    assert not result.is_sound


def test_tests_that_fail_without_a_mutant_notice_nothing(shop: Path, write: Write) -> None:
    fails, passes = "def test_a():\n    assert price(4) == 5\n\n", "def test_b():\n    assert gift(4) == 0\n"
    write("test_half.py", f"from shop.prices import gift, price\n\n{fails}{passes}")
    result = score("test_half.py")
    (suite,) = result.suites
    assert suite.failing == ("test_half.py::test_a",)
    assert not result.is_sound
    found = {mutant.id: mutant for mutant in result.mutants}
    assert {found[name].function for name, verdict in suite.verdicts.items() if verdict.is_kill} == {"gift"}
    assert {verdict.end for name, verdict in suite.verdicts.items() if found[name].function == "price"} == {"unreached"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "suite 'test_odd' has no tests"),
        ("import nowhere\n", "suite 'test_odd' cannot be collected:\n    test_odd.py: "),
        ("def test_one():\n    assert False\n", "none of its 1 tests passes without a mutant"),
        ("def test_one(): ...\n", "runs no line of shop/__init__.py and 1 other file"),
        ("import os\n\nos._exit(2)\n", "suite 'test_odd' cannot be run: its process ended"),
        ("import os\n\ndef test_one():\n    os._exit(2)\n", "the run without a mutant ended with status"),
    ],
)
def test_a_suite_that_cannot_notice_anything_is_refused(shop: Path, write: Write, text: str, words: str) -> None:
    write("test_odd.py", text)
    with pytest.raises(TestgenError) as caught:
        score("test_odd.py")
    assert words in str(caught.value)


def test_judgments_shape_the_score_and_are_held_to_account(shop: Path, write: Write) -> None:
    plain = score("test_many.py")
    first, second = plain.mutants[:2]
    told = {first.id: "equivalent", second.id: "hole", "00000000": "hole"}
    tables = [f'["{name}"]\nverdict = "{verdict}"\nbecause = "so"\n' for name, verdict in told.items()]
    judgments = write("j.toml", "".join(tables))
    requests = [SuiteRequest("many", "test_many.py")]
    result = score_suites(requests, find_source(["shop"]), judgments=judgments, only=[first.id, second.id])
    assert result.counted == (second,)
    assert result.score(result.suites[0]) == 100
    assert result.stale == ("00000000",)
    ((mutant, test),) = result.misjudged
    assert (mutant.id, test.startswith("test_many.py::")) == (first.id, True)
    assert not result.is_sound
    with pytest.raises(InputError, match="all 1 mutants are judged equivalent"):
        score_suites(requests, find_source(["shop"]), judgments=judgments, only=[first.id])


def test_a_missing_mutmut_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testgen.coverage.extra.find_spec", lambda name: None)
    with pytest.raises(
        SurroundingsError, match=r"mutmut.* is not installed\nhint: pip install 'tla-testgen\[mutants\]'"
    ):
        score("test_few.py")


def test_what_a_test_has_started_ends_with_its_mutant(write: Write) -> None:
    write("shop/__init__.py", "def count(n):\n    while n > 0:\n        n -= 1\n    return n\n")
    test = (
        "import os, subprocess, sys, pathlib\nfrom shop import count\n\n"
        "def test_count():\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    with pathlib.Path('pids').open('a') as file:\n"
        "        file.write(f'{child.pid}\\n')\n"
        "    assert count(3) == 0\n"
        "    child.kill()\n"
        "    child.wait()\n"
    )
    write("test_count.py", test)
    result = score("test_count.py")
    assert result.ends(result.suites[0])["timeout"] >= 1
    pids = [int(line) for line in Path("pids").read_text().split()]
    assert len(pids) > len(result.mutants) / 2
    assert [pid for pid in pids if _is_running(pid)] == []


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
