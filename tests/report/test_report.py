"""The HTML report as a file: well-formed, self-contained, escaped, with the numbers that the commands told."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from testgen.coverage import Evidence, RecordedStep, RecordedTest, SuiteEvidence, Tracker, measure_graph
from testgen.coverage import Run as RunOfOne
from testgen.errors import ExitCode
from testgen.graph import Action, load
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.report import read_lies, read_mutation, render_report
from testgen.report.picture import draw
from testgen.selection import Request, select_behaviors
from tests.conftest import Answer, dot
from tests.report.conftest import Inputs
from tests.report.hostile import ALL, ATTACKS, hostile_report
from tests.report.page import Page, unpack
from tests.strategies import PlainGraph, plain_graphs

Run = Callable[..., Answer]
LINKED = {"href", "src", "action", "data", "poster", "srcset", "background", "formaction", "xlink:href"}


def shown(number: float) -> str:
    return f"{number:,}"


@pytest.fixture(scope="module")
def page(inputs: Inputs) -> Page:
    return Page(inputs.text)


def check_self_contained(page: Page) -> None:
    for element in page.everything:
        assert element.tag not in {"link", "iframe", "img", "object", "embed", "base"}
        for name in LINKED & element.attributes.keys():
            assert element.attributes[name].startswith("#"), f"<{element.tag} {name}={element.attributes[name]}>"
        assert not any(name.startswith("on") for name in element.attributes)
    for style in page.root.all("style"):
        assert "url(" not in style.text
        assert "@import" not in style.text


def test_a_page_is_whole_and_needs_nothing_else(inputs: Inputs, page: Page) -> None:
    check_self_contained(page)
    assert "http" not in inputs.text.replace('http-equiv="', "")
    (policy,) = (meta for meta in page.root.all("meta") if "http-equiv" in meta.attributes)
    assert policy.attributes["content"].startswith("default-src 'none'; ")


def test_links_and_labels_have_targets(page: Page) -> None:
    for element in page.everything:
        link = element.attributes.get("href", "")
        if link.startswith("#") and "=" not in link:
            assert link[1:] in page.by_id, link
        for name in ("aria-labelledby", "for"):
            assert element.attributes.get(name, "main") in page.by_id
    headings = [element.tag for element in page.everything if element.tag in {"h1", "h2", "h3", "h4"}]
    assert headings.count("h1") == 1
    assert all(int(after[1]) - int(before[1]) <= 1 for before, after in pairwise(headings))
    assert [len(page.root.all(tag)) for tag in ("main", "header", "nav", "footer")] == [1, 1, 1, 1]


def test_suites_have_the_numbers_of_the_comparison(inputs: Inputs, page: Page) -> None:
    rows = page.by_id["suites"].rows()[1:]
    for row, suite in zip(rows, inputs.document("compare.json")["suites"], strict=True):
        growth = suite["growth"]
        assert row == [
            suite["name"],
            shown(suite["tests"]),
            f"{suite['seconds']:,.1f}",
            shown(suite["statements"]),
            shown(suite["branches"]),
            {50.0: "50.0 %", 100.0: "100 %"}[suite["percent"]],
            shown(suite["only_branches"]),
            shown(growth["in_order"]["tests_to_maximum"]),
            shown(growth["greedy"]["tests_to_maximum"]),
        ]
    (function,) = page.by_id["code"].rows()[1:2]
    assert function == ["price", "shop/prices.py:4", "4", "2", "4"]


def test_every_line_of_the_source_tells_who_reaches_it(inputs: Inputs, page: Page) -> None:
    (file,) = (file for file in inputs.document("compare.json")["files"] if file["path"] == "shop/prices.py")
    number = inputs.document("compare.json")["files"].index(file)
    for line, text in enumerate(file["lines"], 1):
        row = page.by_id[f"line-{number}-{line}"]
        code = row.all("td", **{"class": "text"})[0]
        assert code.text == " ".join(text.split())
        marks = [mark.attributes["class"] for mark in row.all("i")]
        reaching = [told["suites"] for told in file["statements"] if told["line"] == line]
        assert len(marks) == (2 if reaching else 0)
        assert [mark != "g none" for mark in marks] == [suite in reaching[0] for suite in range(len(marks))]
    condition = page.by_id[f"line-{number}-6"]
    assert [mark.attributes["class"] for mark in condition.all("i")] == ["g part", "g full"]
    assert condition.all("summary")[0].attributes["title"] == "jump to line 7: many\njump to line 8: few, many"


def test_mutants_have_their_diff_and_their_ends(inputs: Inputs, page: Page) -> None:
    document = inputs.document("mutants.json")
    for row, suite in zip(page.by_id["mutants"].rows()[1:], document["suites"], strict=True):
        numbers = [shown(suite[key]) for key in ("killed", "survived", "unreached")]
        assert [*row[3:6], row[8]] == [*numbers, shown(len(suite["only"]))]
    kills = "killed", "timeout", "crashed"
    living = [m for m in document["each"] if any(verdict["end"] not in kills for verdict in m["suites"])]
    assert living
    assert {name for name in page.by_id if name.startswith("mutant-")} == {
        f"mutant-{mutant['id']}" for mutant in living
    }
    for mutant in living:
        told = page.by_id[f"mutant-{mutant['id']}"]
        assert "".join(map(str, told.all("pre")[0].text)) == " ".join(mutant["diff"].split())


def test_lies_are_told_with_what_became_of_them(inputs: Inputs, page: Page) -> None:
    document = inputs.document("lies.json")
    ends = ("noticed", "refused", "unnoticed", "untold")
    assert [row[1] for row in page.by_id["lies"].rows()[1:]] == [shown(document[end]) for end in ends]
    told = [row.text for row in page.by_id["lies"].all("tr")]
    for lie in document["lies"]:
        parts = (str(lie["state"]), lie["what"], lie["truth"], lie["told"], lie["words"])
        assert any(all(" ".join(part.split()) in row for part in parts) for row in told), lie
    states = {link.attributes["href"] for link in page.by_id["lies"].all("a")}
    assert states == {f"#state={lie['state']}" for lie in document["lies"]}


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (["noticed", "refused", "untold"], "Each of 2 lies put into the graph that tests tell is noticed."),
        (["noticed", "unnoticed"], "Tests pass with 1 of 2 lies put into the graph that they tell."),
        (["untold", "untold"], "No test speaks of any of 2 lies put into the graph."),
    ],
)
def test_the_summary_says_what_lies_mean(ends: list[str], words: str, inputs: Inputs, tmp_path: Path) -> None:
    document = inputs.document("lies.json")
    document["lies"] = [{**document["lies"][0], "end": end} for end in ends]
    path = tmp_path / "lies.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    page = Page(render_report(title="lies", lies=read_lies(path)))
    assert words in page.by_id["summary"].text


def test_judged_mutants_are_told_with_the_argument(inputs: Inputs, tmp_path: Path) -> None:
    document = inputs.document("mutants.json")
    equal, hole, *_ = (m for m in document["each"] if any(verdict["end"] != "killed" for verdict in m["suites"]))
    equal["judgment"] = {"verdict": "equivalent", "because": "it is the same", "change": ""}
    hole["judgment"] = {"verdict": "hole", "because": "nobody looks", "change": ""}
    for verdict in hole["suites"]:
        verdict["end"] = "survived"
    path = tmp_path / "judged.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    page = Page(render_report(title="judged", mutation=read_mutation(path)))
    titles = [title.text for title in page.by_id["mutants"].all("h3")]
    assert (titles[0], titles[-1]) == ("Holes, as judged", "Judged equivalent")
    assert "Equivalent: it is the same" in page.by_id[f"mutant-{equal['id']}"].text
    assert "A hole: nobody looks" in page.by_id[f"mutant-{hole['id']}"].text


@pytest.mark.parametrize("end", ["timeout", "crashed"])
def test_a_mutant_that_does_not_end_well_is_noticed(end: str, inputs: Inputs, tmp_path: Path) -> None:
    document = inputs.document("mutants.json")
    noticed = next(
        m for m in document["each"] if [verdict["end"] for verdict in m["suites"]] == ["unreached", "killed"]
    )
    noticed["suites"][1]["end"] = end
    path = tmp_path / "ends.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    page = Page(render_report(title="ends", mutation=read_mutation(path)))
    assert [title.text for title in page.by_id["mutants"].all("h3")] == ["Some suites notice them"]
    assert "noticed by " + noticed["suites"][1]["test"] in page.by_id[f"mutant-{noticed['id']}"].text


def test_the_summary_doubts_scores_that_prove_nothing(inputs: Inputs, tmp_path: Path) -> None:
    document = inputs.document("mutants.json")
    document["suites"][0]["unsound"] = {"test": "test_few.py::test_small", "message": "assert 1 == 2"}
    document["suites"][1]["failing"] = ["test_many.py::test_gift"]
    document["misjudged"] = [{"id": "9cb62eee", "test": "test_many.py::test_gift"}]
    path = tmp_path / "doubts.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    summary = Page(render_report(title="doubts", mutation=read_mutation(path))).by_id["summary"].text
    assert "Suite few: its tests depend on their order, so its kills prove nothing." in summary
    assert "Suite many: 1 of 4 tests fail without a mutant." in summary
    assert "Judged equivalent, and noticed all the same: 9cb62eee." in summary


def test_the_graph_has_the_numbers_of_the_measurement(inputs: Inputs, page: Page) -> None:
    (graph,) = inputs.document("graph.json")["graphs"]
    tables = page.by_id["graph"].all("table")
    rows = [[cell.text for cell in row.children if not isinstance(cell, str)] for row in tables[1].all("tr")][1:]
    told = {row[0]: row[1:4] for row in rows}
    assert told == {
        name: [shown(found[key]) for key in ("obligations", "planned", "executed")]
        for name, found in graph["criteria"].items()
    }
    grid = page.by_id["levels"].rows()
    assert grid[0] == ["level", "states", "Idle", "Put", "Take"]
    assert grid[1:] == [["1", "1", "", "2", ""], ["2", "2", "", "1", "1▲1"], ["3", "2▲1", "1", "", ""]]
    failures = page.by_id["failures"]
    assert failures.all("h3")[0].text == "variable history, after take"
    assert "Take from state 1 to 3: 1 test" in failures.text


def test_packed_states_are_those_of_the_graph(inputs: Inputs, page: Page) -> None:
    graph = unpack(page)
    assert (graph["variables"], graph["initial"], graph["levels"]) == (
        ["busy", "entries", "history", "owners"],
        [0],
        [1, 2, 2],
    )
    assert sum(graph["degree"]) == len(graph["target"]) == 5
    failed = [name for name, outcome, _ in graph["tests"] if graph["outcomes"][outcome] == "failed"]
    assert len(failed) == 1
    assert sorted(graph["outcomes"][outcome] for _, outcome, _ in graph["tests"]) == ["failed", "passed", "passed"]


@settings(max_examples=40, deadline=None)
@given(plain_graphs())
def test_packed_states_of_any_graph(plain: PlainGraph) -> None:
    graph = read_dot(Source("drawn.dot", plain.dot(random.Random(0)).encode()))
    suite = select_behaviors(graph, Request("states", "shortest"))
    coverage = measure_graph(Evidence(graph, (SuiteEvidence("drawn", suite, is_planned=True),)))
    page = Page(render_report(title="drawn", graph=("drawn.dot", coverage)))
    packed, part = unpack(page), coverage.part
    assert packed["number"] == part.states.tolist()
    assert packed["target"] == part.graph.targets.tolist()
    assert packed["label"] == part.graph.labels.tolist()
    assert packed["degree"] == [int(end - start) for start, end in pairwise(part.graph.offsets)]
    for place, values in enumerate(part.graph.values):
        found = [packed["values"][place][rank] for rank in packed[f"rank {place}"]]
        assert found == [values[rank].key for rank in part.graph.ranks[:, place].tolist()]
    steps = iter(packed["walkStep"])
    walked = [[int(part.transitions[next(steps)]) for _ in range(length)] for length in packed["walkLength"]]
    assert walked == [list(behavior.transitions) for behavior in suite.behaviors]
    planned = coverage.criteria["transitions"].planned.tolist()
    assert [fate == 0 for fate in packed["transitionFate"]] == planned
    counted = [
        int(a.text.replace(",", "")) for a in page.by_id["levels"].all("a") if "states" in a.attributes["aria-label"]
    ]
    assert sum(counted) == part.graph.n_states


def test_recorded_tests_are_followed_as_far_as_it_is_known_what_they_did() -> None:
    steps = [(0, "Go", 1), (0, "Go", 2), (1, "Back", 0), (2, "Back", 0), (0, "On", 3)]
    graph = read_dot(Source("recorded.dot", dot([{"x": str(number)} for number in range(4)], steps).encode()))
    back, on = RecordedStep(("Back",), {"x": "0"}), RecordedStep(("On",), {"x": "3"})
    test = RecordedTest("test_by_hand", {"x": "0"}, (RecordedStep(("Go",), {}), back, on))
    run = RunOfOne(Path("run.jsonl"), (), is_whole=True, is_cut=False, recorded=(test,))
    coverage = measure_graph(Evidence(graph, (), (run,), tracks=(Tracker(graph).track(test),)))
    page = Page(render_report(title="recorded", graph=("recorded.dot", coverage)))
    packed = unpack(page)
    (name, outcome, _), on_number = packed["tests"][0], packed["actions"].index("On")
    assert (name, packed["outcomes"][outcome]) == ("test_by_hand", "passed")
    assert (packed["walkStart"], packed["walkLength"], packed["walkStep"][:2]) == ([0], [3], [-1, -1])
    assert packed["label"][packed["walkStep"][2]] == on_number
    assert "1 recorded test." in page.by_id["graph"].text


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    text = hostile_report(tmp_path)
    page = Page(text)
    check_self_contained(page)
    assert len(page.root.all("script")) == 3
    assert not page.root.all("img")
    words = " ".join(page.root.text.split())
    for place in ("summary", "suites", "code", "mutants", "graph", "failures"):
        for attack in ATTACKS:
            assert " ".join(attack.split()) in page.by_id[place].text, (place, attack)
    assert page.root.all("h1")[0].text == " ".join(ALL.split())
    assert "49" not in words.split("</title>")[0]
    assert ALL in unpack(page)["whys"]


def test_the_checks_see_text_that_is_not_escaped(tmp_path: Path) -> None:
    text = hostile_report(tmp_path)
    broken = text.replace("&lt;img src=x onerror=window.hacked=2&gt;", "<img src=x onerror=window.hacked=2>", 1)
    with pytest.raises(AssertionError):
        check_self_contained(Page(broken))
    with pytest.raises(AssertionError):
        Page(text.replace("</section>", "", 1))


def test_same_inputs_give_the_same_page(inputs: Inputs, run_testgen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(inputs.folder)
    answer = run_testgen("coverage", "report", *inputs.arguments, "--out", "again.html")
    assert (answer.code, answer.err) == (ExitCode.DONE, "")
    assert answer.out.startswith("again.html: 0.")
    assert (inputs.folder / "again.html").read_bytes() == inputs.report.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "there", "missing"),
    [
        (["--compare", "compare.json"], {"suites", "growth", "code"}, {"mutants", "graph"}),
        (["--mutants", "mutants.json"], {"mutants"}, {"suites", "graph"}),
        (["--lies", "lies.json"], {"lies"}, {"suites", "graph", "mutants"}),
        (["--graph", "store.dot", "--log", "runs"], {"graph", "levels", "failures"}, {"suites", "mutants"}),
        (["--graph", "store.dot", "--suite-file", "generated/suite.json"], {"graph", "levels"}, {"failures"}),
    ],
)
def test_any_part_makes_a_report(
    arguments: list[str],
    there: set[str],
    missing: set[str],
    inputs: Inputs,
    run_testgen: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(inputs.folder)
    assert run_testgen("coverage", "report", *arguments, "--out", "part.html").code == ExitCode.DONE
    page = Page((inputs.folder / "part.html").read_text(encoding="utf-8"))
    check_self_contained(page)
    assert there <= page.by_id.keys()
    assert not missing & page.by_id.keys()


def test_a_small_graph_has_a_picture_where_graphviz_is(inputs: Inputs, page: Page) -> None:
    if shutil.which("dot") is None:
        pytest.skip("no graphviz: apt-get install graphviz")
    states = [
        element for element in page.everything if element.tag == "g" and "state" in element.attributes.get("class", "")
    ]
    kinds = [" ".join(element.attributes["class"].split()[2:]) for element in states]
    assert sorted(kinds) == ["covered", "covered", "covered", "covered initial", "failed"]


def test_a_picture_has_names_without_what_could_mean_something(inputs: Inputs) -> None:
    if shutil.which("dot") is None:
        pytest.skip("no graphviz: apt-get install graphviz")
    graph = load(str(inputs.folder / "store.dot"))
    renamed = replace(graph, actions=tuple(Action(f'{ALL}"]; <b>\\N') for _ in graph.actions))
    drawn = draw(renamed, range(renamed.n_states), lambda _: "covered", lambda _: "covered")
    assert drawn is not None
    texts = {element.text for element in Page(drawn).root.all("text")}
    assert any("script" in text for text in texts)
    assert not any(set(text) & set('<>"&;') for text in texts)


def test_without_graphviz_there_is_no_picture(
    inputs: Inputs, run_testgen: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(inputs.folder)
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ("--graph", "store.dot", "--log", "runs", "--out", "plain.html")
    assert run_testgen("coverage", "report", *arguments).code == ExitCode.DONE
    assert "drawing" not in (inputs.folder / "plain.html").read_text(encoding="utf-8").split("</style>")[1]


BAD = {
    "empty.json": ("", "is not JSON: it is empty"),
    "words.json": ("running few ...", "is not JSON"),
    "list.json": ("[1]", "is not what testgen.compare/1 says: Expected `object`, got `array`"),
    "none.json": ("{}", "has no schema"),
    "other.json": ('{"schema": "testgen.lies/1"}', "has the schema 'testgen.lies/1', not 'testgen.compare/1'"),
    "less.json": (
        '{"schema": "testgen.compare/1"}',
        "is not what testgen.compare/1 says: Object missing required field",
    ),
    "latin.json": (b'{"schema": "\xe9"}', "is not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_documents_are_refused(
    name: str, tmp_path: Path, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content, words = BAD[name]
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = run_testgen("coverage", "report", "--compare", name)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert f"{name}: {words}" in answer.err
    assert "hint: `testgen coverage compare ... --json" in answer.err
    assert not Path("coverage.html").exists()


@pytest.mark.parametrize(("kind", "flag"), [("compare", "--compare"), ("mutants", "--mutants"), ("lies", "--lies")])
def test_a_document_that_is_cut_anywhere_is_refused(
    kind: str, flag: str, inputs: Inputs, tmp_path: Path, run_testgen: Run
) -> None:
    whole = (inputs.folder / f"{kind}.json").read_bytes().strip()
    cut = tmp_path / "cut.json"
    for size in range(1, len(whole), len(whole) // 20):
        cut.write_bytes(whole[:size])
        answer = run_testgen("coverage", "report", flag, cut, "--out", tmp_path / "r.html")
        assert answer.code == ExitCode.REQUEST
        assert "it ends early" in answer.err


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        ("compare", ["suites"], [], "it has no suites"),
        ("compare", ["functions", 0, "file"], 9, "is none that it has"),
        ("compare", ["functions", 0, "reached_branches"], [1], "does not have a number for each suite"),
        ("compare", ["files", 1, "branches", 0, "suites"], [2], "a suite at shop/prices.py:6 is none that it has"),
        ("compare", ["files", 1, "statements", 0, "line"], 999, "a line of shop/prices.py is none that it has"),
        ("compare", ["suites", 0, "tests"], "many", "Expected `int | null`, got `str` - at `$.suites[0].tests`"),
        ("lies", ["lies"], [], "it has no lies"),
        ("lies", ["lies", 0, "end"], "perhaps", "Invalid enum value 'perhaps'"),
        ("mutants", ["suites"], [], "it has no suites"),
        ("mutants", ["each", 0, "file"], 7, "is none that it has"),
        ("mutants", ["each", 0, "suites"], [], "does not have an end in each suite"),
    ],
)
def test_documents_that_contradict_themselves_are_refused(
    kind: str, path: list[str | int], value: object, words: str, inputs: Inputs, tmp_path: Path, run_testgen: Run
) -> None:
    document = inputs.document(f"{kind}.json")
    place = document
    for key in path[:-1]:
        place = place[key]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document), encoding="utf-8")
    answer = run_testgen("coverage", "report", f"--{kind}", changed, "--out", tmp_path / "r.html")
    assert answer.code == ExitCode.REQUEST
    assert words in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "what is to be in it?"),
        (["--log", "runs"], "--suite-file and --log are of a graph"),
        (["--compare", "nowhere.json"], "nowhere.json: cannot be read: No such file or directory"),
        (["--graph", "nowhere.dot", "--log", "runs"], "nowhere.dot"),
        (["--graph", "store.dot", "--log", "nowhere"], "nowhere: no such folder"),
        (["--graph", "store.dot"], "suite.json: no such file"),
        (["--compare", "compare.json", "--out", "notes.html"], "notes.html: is not an earlier report"),
    ],
)
def test_requests_that_cannot_be_carried_out(
    arguments: list[str], words: str, inputs: Inputs, run_testgen: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inputs.folder)
    (inputs.folder / "notes.html").write_text("<!doctype html>\nmine\n")
    answer = run_testgen("coverage", "report", *arguments)
    assert (answer.code, answer.out) == (ExitCode.REQUEST, "")
    assert words in answer.err
