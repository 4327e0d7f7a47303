"""Suites side by side, run for real on a shop with known branches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import coverage
import pytest

from testgen.coverage.branches import map_source, read_reach
from testgen.coverage.comparison import Comparison, compare_suites
from testgen.coverage.mutation import score_suites
from testgen.coverage.source import find_source
from testgen.coverage.suites import SuiteRequest, SuiteRun, run_suite
from testgen.errors import InputError, TestgenError
from tests.coverage.conftest import Write


def compare(*requests: SuiteRequest, **options: Path) -> Comparison:
    return compare_suites(requests, find_source(["shop"]), **options)  # type: ignore[arg-type]  # passed on


def test_each_suite_is_measured_alone(shop: Path) -> None:
    comparison = compare(SuiteRequest("few", "test_few.py"), SuiteRequest("many", "test_many.py"))
    few, many = comparison.suites
    code = comparison.code
    assert [(branch.line, branch.to) for branch in code.branches] == [(6, 7), (6, 8), (8, 9), (8, 10)]
    ways = [[(code.branches[n].line, code.branches[n].to) for n in sorted(s.reach.branches)] for s in (few, many)]
    assert ways == [[(6, 8), (8, 10)], [(6, 7), (6, 8), (8, 9), (8, 10)]]
    assert (few.n_tests, few.run.count("passed"), many.n_tests) == (2, 2, 4)
    assert (len(comparison.only(few)), len(comparison.only(many)), comparison.unreached) == (0, 2, frozenset())
    assert (comparison.percent(few), comparison.percent(many)) == (50, 100)
    # Both import the module: in a common data file only the first would have its `def` lines.
    assert len(few.reach.statements) == 5  # two defs, two ifs, one return
    assert [comparison.counts(function) for function in code.functions] == [(2, 4), (0, 0)]


def test_growth_is_told_test_by_test(shop: Path) -> None:
    (many,) = compare(SuiteRequest("many", "test_many.py")).suites
    assert many.in_order is not None and many.greedy is not None
    assert [(step.tests, step.reached) for step in many.in_order.steps] == [(1, 2), (2, 3), (3, 4)]
    assert [(step.tests, step.test, step.reached) for step in many.greedy.steps] == [(1, 1, 3), (2, 2, 4)]


def test_the_figures_are_those_of_coverage_pys_own_report(tmp_path: Path) -> None:
    """On code with what complicates branches: loops with else, try, with, match, comprehensions, early returns."""
    source = find_source(["testgen.values.parse", "testgen.errors", "testgen.ot"])
    code = map_source(source)
    run = run_suite(
        SuiteRequest("own", str(Path(__file__).parent.parent / "values" / "test_parse.py")), source, tmp_path
    )
    reach = read_reach(run, code)
    report = tmp_path / "report.json"
    own = coverage.Coverage(data_file=str(run.data_file))
    own.load()
    own.json_report(outfile=str(report), include=[str(file.path) for file in code.files])
    told = json.loads(report.read_text())
    expected = {(name, *way) for name, file in told["files"].items() for way in file["executed_branches"]}
    missing = {(name, *way) for name, file in told["files"].items() for way in file["missing_branches"]}
    shown = {(file.shown, n): file.shown for n, file in enumerate(code.files)}
    assert len(shown) == len(code.files)
    ours = [(code.files[branch.file].shown, branch.line, branch.to) for branch in code.branches]
    assert len(expected) > 20
    assert {ours[number] for number in reach.branches} == expected
    assert set(ours) == expected | missing
    assert told["totals"]["num_statements"] == len(code.statements)
    assert told["totals"]["covered_lines"] == len(reach.statements)
    assert told["totals"]["num_branches"] == len(code.branches)
    for file in told["files"]:
        regions = told["files"][file]["functions"]
        for function in code.functions:
            if code.files[function.file].shown == file and function.name in regions:
                summary = regions[function.name]["summary"]
                assert len(function.branches & reach.branches) == summary["covered_branches"], function.name
                assert len(function.statements) == summary["num_statements"], function.name
    assert reach.by_test is not None
    assert frozenset().union(reach.before, *reach.by_test) == reach.branches


def test_a_suite_that_fails_is_compared_and_told(shop: Path, write: Write) -> None:
    write("test_wrong.py", "from shop.prices import price\n\ndef test_wrong():\n    assert price(4) == 5\n")
    (wrong,) = compare(SuiteRequest("wrong", "test_wrong.py")).suites
    assert wrong.run.has_failed
    ((test, message),) = wrong.run.failures
    assert test == "test_wrong.py::test_wrong"
    assert "assert 4 == 5" in message
    assert len(wrong.reach.branches) == 2


def test_data_of_another_run_is_taken(shop: Path) -> None:
    command = [sys.executable, "-m", "coverage", "run", "--branch", "--data-file=away.coverage", "-m", "pytest", "-q"]
    subprocess.run([*command, "test_few.py"], check=True, capture_output=True)
    few, here = compare(SuiteRequest("away", data=Path("away.coverage")), SuiteRequest("here", "test_few.py")).suites
    assert few.reach.branches == here.reach.branches
    assert (few.n_tests, few.run.seconds, few.in_order) == (None, None, None)


def test_data_that_we_kept_is_taken_with_its_tests(shop: Path) -> None:
    compare(SuiteRequest("many", "test_many.py"), keep=shop / "kept")
    assert {path.name for path in (shop / "kept").iterdir()} == {"many.coverage", "many.log"}
    (again,) = compare(SuiteRequest("again", data=Path("kept/many.coverage"))).suites
    assert again.n_tests == 4
    assert again.greedy is not None and again.greedy.tests_to_maximum == 2


def measured(shop: Path, text: str, *options: str) -> SuiteRequest:
    """Data of a run on `shop/prices.py` when it held `text`."""
    path = shop / "shop" / "prices.py"
    now = path.read_text()
    path.write_text(text)
    command = [sys.executable, "-m", "coverage", "run", "--data-file=old.coverage", *options, "-m", "pytest", "-q"]
    subprocess.run([*command, "test_few.py"], check=True, capture_output=True)
    path.write_text(now)
    return SuiteRequest("old", data=Path("old.coverage"))


def test_data_of_another_version_is_refused(shop: Path) -> None:
    text = (shop / "shop" / "prices.py").read_text()
    longer = text.replace('"""What a customer pays."""\n', '"""What a customer pays."""\n\n\n\n\n')
    request = measured(shop, longer, "--branch")
    with pytest.raises(InputError, match=r"was measured on another version of shop/prices\.py: it ran line \d+"):
        compare(request)


def test_data_without_branches_is_refused(shop: Path) -> None:
    request = measured(shop, (shop / "shop" / "prices.py").read_text())
    with pytest.raises(InputError, match="measured without branches\nhint: coverage run --branch"):
        compare(request)


def test_data_of_a_tree_that_has_moved_is_refused(shop: Path) -> None:
    measured(shop, (shop / "shop" / "prices.py").read_text(), "--branch")
    (shop / "shop").rename(shop / "store")
    with pytest.raises(InputError) as caught:
        compare_suites([SuiteRequest("old", data=Path("old.coverage"))], find_source(["store"]))
    assert "was measured on source in another place: " in str(caught.value)
    assert "hint: coverage combine with [paths]" in str(caught.value)


SKIPPED = """
import pytest

@pytest.mark.skip("no server")
def test_one(): ...
"""
STOPPED = """
import pytest
import shop.prices

def test_a(): ...

def test_b():
    pytest.exit("enough")
"""
ENDED = """
import os

def test_one():
    os._exit(3)
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no tests"),
        (SKIPPED, "all 1 tests were skipped"),
        (
            "import nowhere\n",
            "cannot be collected:\n    test_odd.py: E   ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("def test_one(): ...\n", "runs no line of shop/__init__.py and 1 other file"),
        (ENDED, "ended with exit code 3 before pytest was done"),
        (STOPPED, "pytest stopped before it was done"),
    ],
)
def test_a_suite_that_shows_nothing_is_refused(shop: Path, write: Write, text: str, words: str) -> None:
    write("test_odd.py", text)
    with pytest.raises(TestgenError) as caught:
        compare(SuiteRequest("odd", "test_odd.py"))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (SuiteRequest("x", "nowhere.py"), "nowhere.py: suite 'x': there is no such file or folder"),
        (SuiteRequest("x", "generated/ot"), "hint: generated suites are made by `testgen build`"),
        (SuiteRequest("x", "  "), "suite 'x' names no tests"),
        (SuiteRequest("x", data=Path("no.coverage")), "no.coverage: suite 'x': there is no such data file"),
        (SuiteRequest("x", data=Path("test_few.py")), "test_few.py: is not coverage.py's data"),
    ],
)
def test_a_suite_that_is_not_there_is_told(shop: Path, request_: SuiteRequest, words: str) -> None:
    with pytest.raises(InputError) as caught:
        compare(request_)
    assert words in str(caught.value)


def test_two_suites_of_one_name_are_refused(shop: Path) -> None:
    twice = SuiteRequest("x", "test_few.py"), SuiteRequest("x", "test_many.py")
    for work in (compare_suites, score_suites):
        with pytest.raises(InputError, match="two suites are named 'x'"):
            work(twice, find_source(["shop"]))


def test_a_suite_that_is_not_there_is_told_before_another_has_run(shop: Path) -> None:
    begun: list[object] = []
    requests = SuiteRequest("few", "test_few.py"), SuiteRequest("x", "nowhere.py")
    with pytest.raises(InputError, match=r"nowhere\.py"):
        compare_suites(requests, find_source(["shop"]), on_suite=begun.append)
    with pytest.raises(InputError, match=r"nowhere\.py"):
        score_suites(requests, find_source(["shop"]), on_suite=lambda *told: begun.append(told))
    assert begun == []


def test_tests_that_import_another_copy_are_told_which(shop: Path, write: Write) -> None:
    write("elsewhere/shop/__init__.py", "")
    write("elsewhere/shop/prices.py", "def price(amount): return amount\n")
    write(
        "test_copy.py",
        "import sys\nsys.path.insert(0, 'elsewhere')\nfrom shop.prices import price\n\ndef test_one(): price(1)\n",
    )
    with pytest.raises(
        InputError, match=r"runs no line of .*\nhint: its tests import shop from .*elsewhere/shop/__init__\.py"
    ):
        compare(SuiteRequest("copy", "test_copy.py"))  # fmt: skip


def test_a_projects_configuration_of_coverage_and_pytest_holds_as_far_as_it_can(shop: Path, write: Write) -> None:
    """What excludes code is respected; what would send data elsewhere, or tests into other processes, is not."""
    write(
        ".coveragerc",
        "[run]\nparallel = true\ndynamic_context = test_function\n[report]\nexclude_also =\n    def gift\n",
    )
    write("pytest.ini", "[pytest]\naddopts = -n 2 --ff --strict-markers\n")
    comparison = compare(SuiteRequest("many", "test_many.py"))
    (many,) = comparison.suites
    assert [function.name for function in comparison.code.functions if function.statements] == ["price"]
    assert many.in_order is not None and many.in_order.tests_to_maximum == 3


def test_what_pytest_refuses_is_told_in_its_words(shop: Path) -> None:
    request = SuiteRequest("odd", "test_many.py --no-such-option")
    for work in (compare, lambda request: score_suites([request], find_source(["shop"]))):
        with pytest.raises(InputError, match=r"pytest refuses what it is to run:(.|\n)*--no-such-option"):
            work(request)


def test_options_of_pytest_may_follow_the_path(shop: Path) -> None:
    (some,) = compare(SuiteRequest("some", "test_many.py -k 'large or gift'")).suites
    assert some.n_tests == 2


def test_what_runs_on_import_is_no_tests_merit(write: Write) -> None:
    write("shop/__init__.py", "def sign(n):\n    if n < 0:\n        return -1\n    return 1\n\n\nUP = sign(1)\n")
    up = "import shop\n\ndef test_up():\n    assert shop.UP == 1\n\n"
    write("test_sign.py", f"{up}def test_down():\n    assert shop.sign(-2) == -1\n")
    (suite,) = compare(SuiteRequest("sign", "test_sign.py")).suites
    assert suite.reach.by_test is not None and suite.in_order is not None
    assert [len(branches) for branches in suite.reach.by_test] == [0, 1]
    assert (suite.in_order.before, suite.in_order.tests_to_maximum) == (1, 2)


def test_lcov_and_cobertura_are_coverage_pys_own(shop: Path) -> None:
    compare(SuiteRequest("few", "test_few.py"), lcov=shop / "lcov", xml=shop / "xml")
    lcov, xml = (shop / "lcov" / "few.info").read_text(), (shop / "xml" / "few.xml").read_text()
    assert "SF:shop/prices.py" in lcov
    assert "BRDA:6,0,jump to line 7,0" in lcov
    assert "BRDA:6,0,jump to line 8,1" in lcov
    assert '<line number="6" hits="1" branch="true" condition-coverage="50% (1/2)"' in xml


def test_a_suite_run_has_no_failures_of_its_own() -> None:
    assert not SuiteRun("x", "x", Path(), ()).has_failed


def test_what_runs_after_a_test_is_not_its_merit(shop: Path, write: Write) -> None:
    write("conftest.py", "def pytest_sessionfinish():\n    from shop.prices import price\n    price(20)\n")
    (suite,) = compare(SuiteRequest("few", "test_few.py")).suites
    assert suite.reach.by_test is not None
    assert [len(branches) for branches in suite.reach.by_test] == [2, 2]
    assert len(suite.reach.before) == 2
    assert len(suite.reach.branches) == 3


def test_a_suite_sees_none_of_our_modules(shop: Path, write: Write) -> None:
    look = "import importlib.util\nimport shop.prices\n\ndef test_look():\n    assert shop.prices.price(1) == 1\n"
    write("test_look.py", look + "    assert importlib.util.find_spec('growth') is None\n")
    request = SuiteRequest("look", "test_look.py")
    (suite,) = compare(request).suites
    assert not suite.run.has_failed
    assert score_suites([request], find_source(["shop"])).suites[0].failing == ()
