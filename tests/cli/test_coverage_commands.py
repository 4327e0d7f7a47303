"""`testgen coverage compare`, `mutants` and `lies`: exit codes, streams, documents and reports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testgen.errors import ExitCode
from tests.conftest import STORE_BINDING, Answer
from tests.coverage.conftest import Write, shop, write

__all__ = ["shop", "write"]

Run = Callable[..., Answer]
FEW, MANY = ("--suite", "few=test_few.py"), ("--suite", "many=test_many.py")


def test_a_comparison_is_a_table(run_testgen: Run, shop: Path) -> None:
    answer = run_testgen("coverage", "compare", "--source", "shop", *FEW, *MANY)
    assert answer.code == ExitCode.DONE, answer.err
    lines = answer.out.splitlines()
    assert lines[0] == "shop: 8 statements and 4 branches in 2 files"
    assert [line.split()[:6] for line in lines[2:5]] == [
        ["suite", "tests", "seconds", "statements", "branches", "%"],
        ["few", "2", lines[3].split()[2], "5", "2", "50.0"],
        ["many", "4", lines[4].split()[2], "8", "4", "100"],
    ]
    assert lines[3].endswith("0  1 in order, 1 chosen well")
    assert lines[4].endswith("2  3 in order, 2 chosen well")
    assert lines[8].split() == ["shop/prices.py:4", "price", "4", "2", "4"]
    assert "no suite" not in answer.out
    assert answer.err == "running few ...\nrunning many ...\n"


def test_branches_that_no_suite_reaches_are_listed(run_testgen: Run, shop: Path) -> None:
    answer = run_testgen("coverage", "compare", "--source", "shop", *FEW)
    assert "no suite" in answer.out
    told = answer.out.split("branches that no suite reaches\n")[1].splitlines()
    assert [line.split() for line in told[1:]] == [
        ["shop/prices.py:6", "jump", "to", "line", "7", "if", "amount", ">", "10:"],
        ["shop/prices.py:8", "jump", "to", "line", "9", "if", "member:"],
    ]


def test_a_comparison_is_a_document(run_testgen: Run, shop: Path) -> None:
    arguments = ("coverage", "compare", "--source", "shop", "--omit", "prices.py::gift", *FEW, *MANY, "--json")
    document = json.loads(run_testgen(*arguments, "--fail-under", "few=50").out)
    assert document["schema"] == "testgen.compare/1"
    assert (document["omitted"], document["omitted_functions"]) == (["prices.py::gift"], ["shop/prices.py::gift"])
    assert (document["statements"], document["branches"], document["unreached_branches"]) == (6, 4, 0)
    few, many = document["suites"]
    assert (few["tests"], few["passed"], few["failed"], few["fail_under"], few["percent"]) == (2, 2, 0, 50, 50)
    assert many["growth"]["in_order"]["steps"][0] == {"tests": 1, "branches": 2, "test": "test_many.py::test_large"}
    (function,) = document["functions"]
    assert (function["name"], function["branches"], function["reached_branches"]) == ("price", 4, [2, 4])
    prices = document["files"][function["file"]]
    assert prices["path"] == "shop/prices.py"
    assert prices["lines"][5] == "    if amount > 10:"
    assert {(way["line"], way["to"], tuple(way["suites"])) for way in prices["branches"]} == {
        (6, 7, (1,)),
        (6, 8, (0, 1)),
        (8, 9, (1,)),
        (8, 10, (0, 1)),
    }
    assert {"line": 7, "suites": [1]} in prices["statements"]


def test_a_suite_under_its_bar_is_a_no(run_testgen: Run, shop: Path) -> None:
    arguments = ("coverage", "compare", "--source", "shop", *FEW, *MANY)
    answer = run_testgen(*arguments, "--fail-under", "few=50.1", "--fail-under", "many=100")
    assert answer.code == ExitCode.NO
    assert "few reaches 50.0 % of branches, under 50.1 %" in answer.err
    assert "many reaches" not in answer.err


def test_a_failing_suite_is_marked_and_a_no(run_testgen: Run, shop: Path, write: Write) -> None:
    write("test_wrong.py", "from shop.prices import price\n\ndef test_wrong():\n    assert price(4) == 5\n")
    report = shop / "report.md"
    arguments = ("--source", "shop", "--suite", "wrong=test_wrong.py", *FEW, "--markdown", report)
    answer = run_testgen("coverage", "compare", *arguments)
    assert answer.code == ExitCode.NO
    assert "wrong (fails)      1" in answer.out
    words = "suite 'wrong' fails: 1 of 1 tests, first test_wrong.py::test_wrong: "
    assert words in answer.err
    assert "| wrong (fails) | 1 |" in report.read_text()
    assert f"> **Warning** {words}" in report.read_text()


def test_markdown_replaces_an_earlier_report_and_nothing_else(run_testgen: Run, shop: Path) -> None:
    arguments = ("coverage", "compare", "--source", "shop", *FEW, "--markdown")
    assert run_testgen(*arguments, "out/report.md").code == ExitCode.DONE
    assert run_testgen(*arguments, "out/report.md").code == ExitCode.DONE
    text = (shop / "out" / "report.md").read_text()
    assert text.startswith("### Branches reached, suite by suite\n")
    assert "| few | 2 |" in text
    assert "<summary>2 branches that no suite reaches</summary>" in text
    assert "| `shop/prices.py:6` | jump to line 7 | `if amount > 10:` |" in text
    (shop / "notes.md").write_text("mine\n")
    answer = run_testgen(*arguments, "notes.md")
    assert answer.code == ExitCode.REQUEST
    assert "notes.md: is not an earlier report, so it is not overwritten" in answer.err
    assert answer.out.startswith("shop: ")  # what was measured is not lost
    assert (shop / "notes.md").read_text() == "mine\n"


@pytest.mark.parametrize("command", ["compare", "mutants"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "shop"], "which suites?"),
        (["--suite", "few=test_few.py"], "Missing option '--source'"),
        (["--source", "shop", "--suite", "test_few.py"], "--suite 'test_few.py' is not NAME=VALUE"),
        (["--source", "shop", "--suite", "../x=test_few.py"], "a name is made of letters, digits"),
        (["--source", "shop", *FEW, "--fail-under", "fwe=3"], "there is no suite 'fwe', only few"),
        (["--source", "shop", *FEW, "--fail-under", "few=most"], "'most' is not a number"),
        (["--source", "shop", *FEW, "--fail-under", "few=101"], "a percentage is from 0 to 100"),
        (["--source", "nowhere", *FEW], "'nowhere' is neither a file nor a package"),
        (["--source", "shop", "--suite", "few=none.py"], "none.py: suite 'few': there is no such file or folder"),
    ],
)
def test_a_request_that_cannot_be_carried_out(
    run_testgen: Run, shop: Path, command: str, arguments: list[str], words: str
) -> None:
    answer = run_testgen("coverage", command, *arguments)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err


WITHOUT_THE_EXTRA = """
import sys

sys.modules.update(libcst=None, mutmut=None)
from testgen.cli.main import main

main()
"""


def run_without_the_extra(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_THE_EXTRA, "coverage", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_mutants_without_the_extra_say_how_to_get_it(shop: Path) -> None:
    result = run_without_the_extra(shop, "mutants", "--source", "shop", *FEW)
    assert result.returncode == ExitCode.SURROUNDINGS
    assert "pip install 'tla-testgen[mutants]'" in result.stderr


def test_nothing_else_needs_the_extra(shop: Path, write: Write) -> None:
    compared = run_without_the_extra(shop, "compare", "--source", "shop", *FEW, "--json")
    assert compared.returncode == ExitCode.DONE, compared.stderr
    write("compared.json", compared.stdout)
    reported = run_without_the_extra(shop, "report", "--compare", "compared.json")
    assert reported.returncode == ExitCode.DONE, reported.stderr
    assert (shop / "coverage.html").is_file()


PATCH = """--- a/shop/prices.py
+++ b/shop/prices.py
@@ -6,2 +6,2 @@
     if amount > 10:
-        amount -= 1
+        amount -= 10
"""


def test_mutation_scores_are_a_table(run_testgen: Run, shop: Path, write: Write) -> None:
    write("ten-off.diff", PATCH)
    arguments = ("--source", "shop/prices.py", "--patch", "ten-off.diff", "--markdown", "score.md")
    answer = run_testgen("coverage", "mutants", *arguments, *FEW, *MANY, "-v")
    assert answer.code == ExitCode.DONE, answer.err
    lines = answer.out.splitlines()
    n_mutants = int(lines[0].split()[1])
    assert lines[0] == f"shop/prices.py: {n_mutants} mutants"
    assert lines[4].split()[0] == "many"
    assert lines[4].split()[3:7] == [str(n_mutants), "0", "0", "100"]
    assert ["ten-off", "few", "survived"] in [line.split() for line in lines]
    assert any(line.split()[:2] == ["ten-off", "many"] and "test_many.py::test_" in line for line in lines)
    assert "that no suite notices" not in answer.out
    assert "    few survived, many killed\n    - if amount > 10:\n    + if amount > 11:\n" in answer.out
    text = (shop / "score.md").read_text()
    assert text.startswith("### Mutants noticed, suite by suite\n")
    assert f"| many | 4 | {lines[4].split()[2]} | {n_mutants} | 0 | 0 | 100 |" in text


def test_mutation_scores_are_a_document(run_testgen: Run, shop: Path, write: Write) -> None:
    every = json.loads(run_testgen("coverage", "mutants", "--source", "shop", *FEW, "--json").out)
    assert every["schema"] == "testgen.mutants/1"
    assert every["mutants"] == len(every["each"]) > 20
    living = [told["id"] for told in every["each"] if told["suites"][0]["end"] in ("survived", "unreached")]
    assert every["unnoticed"] == living
    assert sum(every["suites"][0]["ends"].values()) == every["mutants"]
    write("j.toml", "".join(f'["{name}"]\nverdict = "equivalent"\nbecause = "as if"\n' for name in living))
    arguments = ("coverage", "mutants", "--source", "shop", "--judgments", "j.toml", "--fail-under", "few=100")
    judged = run_testgen(*arguments, *FEW, "--json")
    assert judged.code == ExitCode.DONE, judged.err
    document = json.loads(judged.out)
    assert (document["equivalent"], document["suites"][0]["score"]) == (len(living), 100)
    answer = run_testgen(*arguments, *FEW, *MANY)
    assert answer.code == ExitCode.NO
    assert f"mutant {living[0]} is judged equivalent, but test_many.py::" in answer.err


def test_a_score_under_its_bar_is_a_no(run_testgen: Run, shop: Path) -> None:
    answer = run_testgen("coverage", "mutants", "--source", "shop", *FEW, "--fail-under", "few=90")
    assert answer.code == ExitCode.NO
    assert "% of mutants, under 90 %" in answer.err
    assert "mutants that no suite notices" in answer.out


def test_lies_are_counted_by_how_they_end(run_testgen: Run, store: Path) -> None:
    arguments = ("coverage", "lies", store, "--binding", STORE_BINDING, "--count", "25", "--seed", "1")
    answer = run_testgen(*arguments)
    assert answer.code == ExitCode.DONE, answer.err
    document = json.loads(run_testgen(*arguments, "--json").out)
    assert document["schema"] == "testgen.lies/1"
    assert sum(document[end] for end in ("noticed", "refused", "untold", "unnoticed")) == len(document["lies"])
    told = len(document["lies"]) - document["untold"]
    assert document["percent"] == 100 * (document["noticed"] + document["refused"]) / told
    assert f"({document['percent']:.0f} % of {told} that tests tell)" in answer.out
    low = run_testgen(*arguments, "--fail-under", "100")
    assert low.code == (ExitCode.DONE if document["percent"] == 100 else ExitCode.NO)


@pytest.mark.parametrize("command", ["compare", "mutants", "lies"])
def test_help_teaches_by_examples(run_testgen: Run, command: str) -> None:
    answer = run_testgen("coverage", command, "--help")
    assert answer.code == ExitCode.DONE
    assert f"testgen coverage {command} " in answer.out
    assert "testgen help coverage" in " ".join(answer.out.split())


def test_the_topic_tells_every_option_and_schema(run_testgen: Run) -> None:
    answer = run_testgen("help", "coverage")
    for words in ("testgen.compare/1", "testgen.mutants/1", "testgen.lies/1", "--omit", "--judgments", "--patch"):
        assert words in answer.out
