"""Tests of a system that chooses: another allowed outcome is no failure, and never a silent pass.

The specification is tests/data/specs/Raffle.tla, its graph is TLC's, and the system is tests/systems/raffle.py.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testgen.bindings.choice import OtherOutcome, Outcome
from testgen.coverage import find_evidence, measure_graph, read_runs
from testgen.graph import load
from testgen.render import origin_of, render_suite, write_origin, write_suite
from testgen.selection import select_behaviors
from testgen.tlc import Verdict, explore
from tests.conftest import TESTS, Answer
from tests.projects import run_pytest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raffle")
    specs = TESTS / "data" / "specs"
    result = explore(specs / "Raffle.tla", specs / "Raffle.cfg", folder / "raffle.dot", workers=1)
    assert result.verdict is Verdict.OK
    shutil.copytree(TESTS / "systems", folder / "bindings", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    suite = select_behaviors(load(str(folder / "raffle.dot")))
    binding = f"{folder}/bindings/raffle.py:Raffle"
    write_suite(render_suite(suite, binding, version="0", folder=folder / "generated"), folder / "generated")
    write_origin(origin_of(folder / "generated", str(folder / "raffle.dot"), binding), folder / "generated")
    return folder


@pytest.fixture
def raffle(built: Path, tmp_path: Path) -> Path:
    """A project of 20 tests: in 10 of them the first ticket drawn is the first one."""
    return Path(shutil.copytree(built, tmp_path / "raffle"))


def test_generated_test_says_what_else_is_allowed_and_only_where_something_is(raffle: Path) -> None:
    text = (raffle / "generated" / "test_all.py").read_text()
    assert (
        '    raffle.also_allowed({"ticket": 1}, drum={2}, held={"ann": {1}, "bob": set()})\n'
        '    raffle.draw(player="ann", ticket=2)\n'
        '    raffle.check_state(drum={1}, held={"ann": {2}, "bob": set()})\n'
    ) in text
    assert "    raffle.also_allowed(prize=2)\n    raffle.open()\n    raffle.check_state(prize=1)\n" in text
    assert text.count("also_allowed") == 20 + 16  # each first draw, and each opening but where one ticket was drawn


def test_system_that_always_takes_the_first_ticket_passes_what_it_takes_and_fails_nothing(raffle: Path) -> None:
    output = run_pytest(raffle, "generated", RAFFLE="first")
    assert "6 passed, 14 other outcome in" in output
    assert "= 14 generated tests not exercised to the end: the system took another allowed outcome =" in output
    assert "\nwhere the system chooses by chance, `attempts = 5` in the binding's class tries each" in output
    lines = output.splitlines()
    place = lines.index('    5  draw(player="ann"): ticket=1, where the test has ticket=2')
    assert lines[place + 1] == "       not exercised beyond step 1; another test was followed to its end"
    assert "    4  open(): prize=1, where the test has prize=2" in lines
    assert "failures by kind" not in output


@pytest.mark.parametrize("seed", range(3))
def test_no_choice_of_a_conforming_system_is_a_failure(seed: int, raffle: Path) -> None:
    source = raffle / "bindings" / "raffle.py"
    source.write_text(source.read_text().replace("random.Random(1)", f"random.Random({seed})"))
    output = run_pytest(raffle, "generated")
    (passed, others) = map(int, re.findall(r"(\d+) passed, (\d+) other outcome in", output)[0])
    assert passed + others == 20


def test_test_is_tried_again_until_the_system_takes_its_outcome(raffle: Path) -> None:
    output = run_pytest(raffle, "generated", RAFFLE="alternate", ATTEMPTS="2")
    assert "= generated tests that passed once the system took their outcomes =" in output
    (tried,) = re.findall(r"^ +(\d+)  at attempt 2$", output, re.M)
    once = run_pytest(raffle, "generated", RAFFLE="alternate", ATTEMPTS="1")
    assert "at attempt" not in once
    assert int(tried) > 0


def test_attempts_are_bounded(raffle: Path) -> None:
    assert "6 passed, 14 other outcome in" in run_pytest(raffle, "generated", RAFFLE="first", ATTEMPTS="5")


def test_every_instance_is_closed_once(raffle: Path) -> None:
    source = raffle / "bindings" / "raffle.py"
    closing = "    def close(self):\n        print('closed', self.number)\n\n    @observes(\"drum\")"
    text = source.read_text().replace(
        "        Raffle.made += 1\n", "        Raffle.made += 1\n        self.number = Raffle.made\n"
    )
    source.write_text(text.replace('    @observes("drum")', closing))
    output = run_pytest(raffle, "-s", "generated", RAFFLE="first", ATTEMPTS="3")
    closed = [int(number) for number in re.findall(r"closed (\d+)", output)]
    assert closed == [*range(1, 6 + 14 * 3 + 1)]


def test_what_is_not_allowed_is_a_failure_that_names_what_is(raffle: Path) -> None:
    output = run_pytest(raffle, "-vv", "generated", RAFFLE="wrong ticket")
    assert "20 failed" in output
    assert "\n    also allowed, and not observed either: ticket=2, drum={1}, held=" in output


def test_allowed_result_with_a_state_that_does_not_go_with_it_is_a_failure(raffle: Path) -> None:
    output = run_pytest(raffle, "generated", RAFFLE="forgets")
    assert "20 failed" in output
    assert "other outcome" not in output


def test_choice_that_was_not_among_the_open_ones_is_a_failure(raffle: Path) -> None:
    """One ticket was drawn, so it has won; the other prize is allowed in tests where both were drawn."""
    output = run_pytest(raffle, "generated", RAFFLE="wrong prize", ATTEMPTS="9")
    assert re.findall(r"^ +(\d+)  variable prize, after open\b", output, re.M) == ["4"]
    assert not re.search(r"^behavior .* at step [45]", output, re.M)


def test_divergence_on_the_way_that_the_system_took_fails_the_test(raffle: Path) -> None:
    source = raffle / "bindings" / "raffle.py"
    source.write_text(source.read_text().replace("return self.opened", "return 7 if self.opened else 0"))
    output = run_pytest(raffle, "generated", RAFFLE="first")
    assert "20 failed" in output
    story = next(s for s in re.findall(r"^behavior .*?^run it alone", output, re.M | re.S) if "followed" in s)
    assert '\n    the system took another allowed outcome at step 1, draw(player="ann"): ticket=1,' in story
    assert re.search(r"^    from there on test_draw_draw_seal_open_[0-9a-f]{8} was followed$", story, re.M)
    assert re.search(r'^   1 draw\(player="ann"\)\n.*\n.*\n>  4 open\(\)$', story, re.M)


OPENS = '        self.opened = 3 - self.winner if RIGGED == "wrong prize" else self.winner\n'


def change(raffle: Path, old: str, new: str) -> None:
    source = raffle / "bindings" / "raffle.py"
    assert source.read_text().count(old) == 1
    source.write_text(source.read_text().replace(old, new))


def stories(output: str) -> dict[str, str]:
    """What failures tell, by the ids of their behaviors."""
    told = re.findall(r"^behavior (\S+) .*?^run it alone", output, re.M | re.S)
    return dict(zip(told, re.findall(r"^behavior .*?^run it alone", output, re.M | re.S), strict=True))


def test_state_before_is_that_of_the_way_that_the_system_took(raffle: Path) -> None:
    change(raffle, OPENS, "        self.opened = 7\n")
    output = run_pytest(raffle, "-vv", "generated", RAFFLE="first")
    told = stories(output)
    followed = {story for story in told.values() if "was followed" in story}
    assert len(followed) == 10  # the first draw is another
    for story in told.values():
        players = re.findall(r'draw\(player="(\w+)"\)$', story, re.M)
        held = {player: {ticket for ticket, one in enumerate(players, 1) if one == player} for player in ("ann", "bob")}
        shown = json.dumps({player: sorted(tickets) for player, tickets in held.items()})
        shown = shown.replace("[]", "set()").replace("[", "{").replace("]", "}")
        assert f"    held   {shown}\n" in story


@pytest.mark.parametrize(
    ("fault", "words"),
    [("raise ValueError('stuck')", "raised    ValueError: stuck"), ("__import__('time').sleep(600)", "it hangs at")],
)
def test_hang_and_exception_on_the_way_say_which_way_it_was(fault: str, words: str, raffle: Path) -> None:
    change(raffle, OPENS, f"        {fault}\n")
    change(raffle, '@action("Open")', '@action("Open", seconds=0.5)')
    told = stories(run_pytest(raffle, "-vv", "generated", "-k", "draw_draw_seal_open", RAFFLE="first")).values()
    assert all(words in story for story in told)
    way = r"the system took another allowed outcome at step 1, .*\n +from there on test_draw_\w+ was followed\n"
    assert len([story for story in told if re.search(way, story)]) == 8


def test_failure_on_the_way_into_another_file_shows_its_statement(raffle: Path) -> None:
    source = raffle / "generated" / "test_all.py"
    header, *tests = re.split(r"(?=^def )", source.read_text(), flags=re.M)
    taken = [test for test in tests if "ticket=2)\n    raffle.check_state(drum={1}" not in test]
    source.write_text(header + "".join(taken))
    (raffle / "generated" / "test_more.py").write_text(header + "".join(test for test in tests if test not in taken))
    change(raffle, OPENS, "        self.opened = 7\n")
    followed = [
        s for s in stories(run_pytest(raffle, "-vv", "generated", RAFFLE="first")).values() if "was followed" in s
    ]
    assert len(followed) == 10
    assert all(
        re.search(r"^generated/test_all\.py:\d+: raffle\.check_state\(prize=", story, re.M) for story in followed
    )


def test_shortest_behavior_in_which_the_system_goes_another_way_has_not_passed(raffle: Path) -> None:
    change(raffle, OPENS, "        self.opened = 7 if len(self.players['bob']) == 1 else self.winner\n")
    output = run_pytest(raffle, "generated", "-k", "959b2555", "--testgen-shrink", RAFFLE="first")
    assert "1 failed" in output
    assert (
        "  of the shortest behavior that reaches it nothing can be told, as the system takes another outcome" in output
    )


def test_test_that_nothing_follows_ends_and_says_so(raffle: Path) -> None:
    source = raffle / "generated" / "test_all.py"
    text = source.read_text()
    first, *tests = re.split(r"(?=^def )", text, flags=re.M)
    source.write_text(first + next(test for test in tests if 'draw(player="ann", ticket=2)' in test))
    output = run_pytest(raffle, "generated", RAFFLE="first")
    assert "not exercised beyond step 1; no test goes on from there" in output
    assert "1 other outcome in" in output


def test_edited_file_without_header_is_not_called_to_find_a_way(raffle: Path) -> None:
    source = raffle / "generated" / "test_all.py"
    source.write_text(
        source.read_text()
        .replace("Generated by testgen", "Written by me")
        .replace("\n    raffle.check_state(drum={1, 2}", "\n    print('called')\n    raffle.check_state(drum={1, 2}")
    )
    output = run_pytest(raffle, "-s", "generated", RAFFLE="first")
    assert output.count("called") == 20
    assert "no test goes on from there" in output


def test_workers_and_reports_tell_it_as_well(raffle: Path) -> None:
    output = run_pytest(raffle, "-n", "2", "--junitxml", "report.xml", "generated", RAFFLE="first")
    assert "6 passed, 14 other outcome in" in output
    assert '    5  draw(player="ann"): ticket=1, where the test has ticket=2' in output
    suite = ElementTree.parse(raffle / "report.xml").getroot()[0]
    assert suite.attrib["skipped"] == "14"


AGAIN = """
from _pytest.runner import runtestprotocol


def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_test_that_is_repeated_begins_anew(raffle: Path) -> None:
    """As by plugins that repeat failures; the second time, six of the tests have the outcomes of their own."""
    (raffle / "conftest.py").write_text(AGAIN)
    output = run_pytest(raffle, "generated", "--testgen-log", "runs", RAFFLE="alternate")
    assert "6 passed, 14 other outcome in" in output
    lines = [json.loads(line) for path in (raffle / "runs").glob("*.jsonl") for line in path.read_text().splitlines()]
    went = {line["outcome"] for line in lines if line.get("kind") == "recorded"}
    assert went == {"skipped"}


def test_coverage_counts_what_was_really_executed(raffle: Path, run_testgen: Callable[..., Answer]) -> None:
    run_pytest(raffle, "generated", "--testgen-log", "runs", RAFFLE="first")
    graph = load(str(raffle / "raffle.dot"))
    coverage = measure_graph(find_evidence(graph, runs=read_runs(raffle / "runs")))
    lines = [json.loads(line) for path in (raffle / "runs").glob("*.jsonl") for line in path.read_text().splitlines()]
    went = [line for line in lines if line.get("kind") == "recorded"]
    assert len(went) == 14
    assert all(len(line["steps"]) in (3, 4) for line in went)
    transitions = coverage.criteria["transitions"]
    assert transitions.n_planned == transitions.count
    # Two draws of ticket 1, and after each two of ticket 2; after each draw prize 1 is sealed, and then opened.
    answer = run_testgen("coverage", "graph", raffle / "raffle.dot", "--log", raffle / "runs")
    assert "took another outcome than their behaviors: 14 tests, 14 skipped\n" in answer.out
    assert "recorded by hand" not in answer.out
    assert transitions.n_executed == (2 + 4) + (2 + 4) + (2 + 4)


def test_failure_on_the_way_is_not_blamed_on_the_behavior(raffle: Path) -> None:
    source = raffle / "bindings" / "raffle.py"
    source.write_text(source.read_text().replace("return self.opened", "return 7 if self.opened else 0"))
    run_pytest(raffle, "generated", "--testgen-log", "runs", RAFFLE="first")
    lines = [json.loads(line) for path in (raffle / "runs").glob("*.jsonl") for line in path.read_text().splitlines()]
    followed = {line["test"] for line in lines if line.get("kind") == "recorded"}
    assert followed
    for line in lines:
        if line.get("kind") == "test" and line["test"] in followed:
            assert (line["outcome"], line["begun"], line["done"]) == ("failed", 0, 0)


def test_of_two_outcomes_only_what_differs_is_told() -> None:
    taken, expected = {"left": 2, "holder": "ann", "waiting": {"bob"}}, {"left": 2, "holder": "bob", "waiting": {"ann"}}
    told = OtherOutcome(Outcome({}, expected), Outcome({}, taken)).difference
    assert told == 'holder="ann", waiting={"bob"}, where the test has holder="bob", waiting={"ann"}'
    told = OtherOutcome(Outcome({}, {"left": 2, "holder": "bob"}), Outcome({}, {"left": 2})).difference
    assert told == 'left=2, where the test has left=2, holder="bob"'
