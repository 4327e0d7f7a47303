"""A scaffolded binding fits its graph whatever that is called, can be read, and needs no formatter."""

import ast
import keyword
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testgen.bindings import Binding, action, changed_element, changed_key, find_binding
from testgen.bindings.names import distinct_names, parameter_names, python_name
from testgen.bindings.verify import verify_binding
from testgen.graph import StateGraph, load
from testgen.render import render_suite
from testgen.render.scaffold import Scaffold, class_name, scaffold_binding, specified
from testgen.render.scaffold.shapes import shape_of
from testgen.render.scaffold.specified import plain_state
from testgen.selection import select_behaviors
from testgen.values.model import Value
from tests.conftest import dot, store_dot
from tests.graphs import write_graph
from tests.strategies import HOSTILE, Term, build, terms

ODD = [
    "class", "None", "self", "Put", "put", "PUT", "close", "story", "expect", "check_state", "journal", "start", "int",
    "list", "2pc", "S!Inc", "readTs", "read_ts", "__init__", "a-b", "é", "", "_", "observed_put", "action", "Binding",
    "NotImplementedYet", "left_out", "lambda", "before", "__debug__", *HOSTILE,
]  # fmt: skip
names = st.sampled_from(ODD) | st.text(max_size=6)


def scaffold(graph: StateGraph, folder: Path, name: str = "System") -> tuple[Scaffold, type[Binding]]:
    """The scaffold of a graph, and the class that it is."""
    made = scaffold_binding(graph, name=name, source="x.dot")
    path = folder / "binding.py"
    path.write_text(made.text, encoding="utf-8")
    return made, find_binding(f"{path}:{name}")


# Names


@given(st.lists(names, max_size=8), st.sets(names, max_size=3))
def test_names_are_distinct_identifiers_that_are_not_taken(wanted: list[str], taken: set[str]) -> None:
    found = distinct_names(wanted, taken=taken)
    assert len(set(found)) == len(found) == len(wanted)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in found)
    assert not taken.intersection(found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["class", "self", "readTs"], ["class_", "self_", "read_ts"]),
        (["Key", "key", "KEY"], ["key", "key_2", "key_3"]),
        (["class", "Class"], ["class_", "class_2"]),
        (["2pc", "--", "é"], ["_2pc", "unnamed", "unnamed_2"]),
    ],
)
def test_names_that_python_reserves_and_that_collide(wanted: list[str], found: list[str]) -> None:
    assert parameter_names(wanted) == found


@given(names)
def test_name_of_python_is_found_once_and_for_all(name: str) -> None:
    assert python_name(python_name(name)).strip("_") == python_name(name).strip("_")


@given(names)
def test_class_can_be_written_and_makes_a_fixture(name: str) -> None:
    spelled = class_name(name)
    source = f"class {spelled}: ..."
    assert compile(source, "x", "exec")
    fixture = type(spelled, (Binding,), {}).fixture_name()
    assert fixture.isidentifier()
    assert not keyword.iskeyword(fixture)
    assert fixture != "request"
    assert not spelled.startswith("Test")


# The binding as a whole


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(names, st.lists(names, unique=True, max_size=3)), min_size=1, max_size=5, unique_by=lambda x: x[0]
    ),
    st.lists(names, min_size=1, max_size=5, unique=True),
)
def test_binding_of_any_names_fits_its_graph_and_builds(
    actions: list[tuple[str, list[str]]], variables: list[str]
) -> None:
    if {name for name, _ in actions} == {""}:  # told as a graph without labels
        return
    states = [dict.fromkeys(variables, "1"), dict.fromkeys(variables, "2")]
    transitions = [(0, (name, ["1"] * len(parameters), parameters), 1) for name, parameters in actions]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        graph = load(str(write_graph(folder / "g.json", states, transitions)))
        made, binding = scaffold(graph, folder)
        assert made.actions.keys() == binding.action_methods().keys() == {name for name, _ in actions}
        assert made.observers.keys() == binding.observers().keys() == set(variables)
        methods = [*made.actions.values(), *made.observers.values()]
        assert len(set(methods)) == len(methods)
        assert not set(methods).intersection(dir(Binding))
        assert {finding.kind for finding in verify_binding(binding, specified(graph))} == {"not-implemented"}
        files = render_suite(select_behaviors(graph), f"{folder / 'binding.py'}:System", version="0", folder=folder)
        assert sum(file.n_tests for file in files) == len(actions)


@settings(max_examples=40)
@given(st.lists(terms(), min_size=1, max_size=4))
def test_values_of_any_kind_are_told_in_comments_that_stay_comments(values: list[Term]) -> None:
    texts = sorted({build(value).key for value in values})
    states = [{"x": text} for text in texts]
    transitions = [(0, ("Put", [text], []), number) for number, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        graph = load(str(write_graph(Path(folder, "g.json"), states, transitions)))
        made, _ = scaffold(graph, Path(folder))
    assert all(len(line) <= 120 for line in made.text.splitlines())
    tree = ast.parse(made.text)
    (class_,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [node.name for node in class_.body if isinstance(node, ast.FunctionDef)] == ["__init__", "close", "put", "x"]


def test_formatter_linter_and_type_checker_have_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "store.dot").write_text(store_dot())
    odd = [{"set": "{1}", "self": "m1"}, {"set": "{}", "self": "m2"}]
    initial = [{"x": "<<1>>"}, {"x": "<<2>>"}]
    graphs = {
        "store": load(str(tmp_path / "store.dot")),
        "odd": load(str(write_graph(tmp_path / "odd.json", odd, [(0, ("Set", ["{1}"], ["class"]), 1)]))),
        "starts": load(str(write_graph(tmp_path / "s.json", initial, [(0, ("A", [], []), 1)], initial=[0, 1]))),
        "differ": load(str(write_graph(tmp_path / "d.json", odd, [(0, ("A", ["1"] * n, []), 1) for n in range(3)]))),
    }
    for name, graph in graphs.items():
        (tmp_path / f"{name}.py").write_text(scaffold_binding(graph, name="System", source="x.dot").text)
    settings_ = Path(__file__).parents[2] / "pyproject.toml"
    files = [f"{name}.py" for name in graphs]
    for command in (
        ["ruff", "check", "--config", str(settings_)],
        ["ruff", "format", "--diff", "--config", str(settings_)],
        ["mypy", "--strict", "--config-file=", "--cache-dir=mypy"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", *command, *files], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


# What it tells


def store(tmp_path: Path) -> str:
    path = tmp_path / "store.dot"
    path.write_text(store_dot())
    return scaffold(load(str(path)), tmp_path)[0].text


def test_binding_tells_parameters_changes_values_and_the_initial_state(tmp_path: Path) -> None:
    text = store(tmp_path)
    assert '        #     owners: {"o2", Model("o1")}\n' in text
    assert "    # Put: 3 transitions; changes busy, entries. Such as Put(" in text
    assert "    def put(self, argument_1: str, argument_2: object) -> None:\n" in text
    assert '    #     history: [] -> [{"key": "a", "value": 1}]\n    @action("Take")\n' in text
    assert "    # Idle: 1 transition; changes nothing.\n" in text
    assert "    # busy: a boolean; 2 values, such as:\n" in text
    assert "    def busy(self) -> bool:\n" in text
    assert "shows no arguments" not in text


CHANGES = {"changed_element": changed_element, "changed_key": changed_key}
GUESSED = "    parameters=lambda before, after: {"
STEPS = {
    "a key": (["<<1, 1>>", "<<2, 1>>", "<<1, 2>>"], [(0, 1), (0, 2)], 'changed_key(before["x"], after["x"])'),
    "a key of one state each": (['[a |-> 1, b |-> 1]', '[a |-> 2, b |-> 1]', '[a |-> 2, b |-> 2]'], [(0, 1), (1, 2)],
                                'changed_key(before["x"], after["x"])'),
    "an element": (["{1}", "{1, 2}", "{1, 3}"], [(0, 1), (0, 2)], 'changed_element(before["x"], after["x"])'),
    "what is appended": (["<<>>", "<<5>>", "<<5, 6>>"], [(0, 1), (1, 2)], 'changed_element(before["x"], after["x"])'),
    "one of several states": (["0", "1", "2"], [(0, 1), (0, 2)], 'after["x"]'),
    "the state before": (['"none"', '"ann"', '"bob"'], [(1, 0), (2, 0)], 'before["x"]'),
    "a number that counts": (["0", "1", "2"], [(0, 1), (1, 2)], None),
    "always one field": (['[a |-> 1, b |-> 1]', '[a |-> 2, b |-> 1]', '[a |-> 3, b |-> 1]'], [(0, 1), (1, 2)], None),
    "always from one state": (['"off"', '"on"'], [(0, 1)], None),
    "the last call": (['[op |-> "none"]', '[op |-> "put", key |-> "a", n |-> 1]', '[op |-> "full", key |-> "b"]'],
                      [(0, 1), (0, 2)], '"key": after["x"]["key"]'),
    "a call without arguments": (['[op |-> "none"]', '[op |-> "tick"]', '[op |-> "put", key |-> "a"]'], [(0, 1)], None),
    "several keys at once": (["<<1, 1>>", "<<2, 2>>"], [(0, 1)], None),
    "a field of a message": (['{}', '{[to |-> "a", kind |-> "m"]}', '{[to |-> "b", kind |-> "m"]}'], [(0, 1), (0, 2)],
                             'dict(changed_element(before["x"], after["x"]))["to"]'),
    "the field of a record": (['[a |-> 1, b |-> 0]', '[a |-> 2, b |-> 0]', '[a |-> 3, b |-> 0]'], [(0, 1), (0, 2)],
                              'after["x"]["a"]'),
}  # fmt: skip


@pytest.mark.parametrize(("values", "steps", "guess"), STEPS.values(), ids=STEPS)
def test_dump_without_arguments_is_told_where_they_may_be(
    values: list[str], steps: list[tuple[int, int]], guess: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "x.dot"
    path.write_text(dot([{"x": value} for value in values], [(source, "Do", target) for source, target in steps]))
    text = scaffold(load(str(path)), tmp_path)[0].text
    assert "    # The dump shows no arguments of actions; TLC before 2025-02 prints none." in text
    guesses = [line.partition(GUESSED)[2] for line in text.splitlines() if GUESSED in line]
    named = "" if guess is None or guess.startswith('"') else "NAME: "
    assert guesses == ([] if guess is None else [f"{named}{guess}}}"])


def test_guess_prefers_what_each_step_changes(tmp_path: Path) -> None:
    states = [
        {"node": "<<0, 0>>", "outbox": "{1, 2}"},
        {"node": "<<1, 0>>", "outbox": "{2}"},
        {"node": "<<1, 0>>", "outbox": "{}"},
    ]
    path = tmp_path / "x.dot"
    path.write_text(dot(states, [(0, "Learn", 1), (1, "Learn", 2)]))
    text = scaffold(load(str(path)), tmp_path)[0].text
    assert 'NAME: changed_element(before["outbox"], after["outbox"])}' in text
    path.write_text(dot([{"node": state["node"]} for state in states[:2]], [(0, "Learn", 1), (1, "Learn", 1)]))
    text = scaffold(load(str(path)), tmp_path)[0].text
    assert 'after["node"])}\n    # Not all of its steps change that variable, though.\n' in text


def test_steps_of_one_action_that_change_different_variables_are_all_tried(tmp_path: Path) -> None:
    states = [{"node": "<<0>>", "net": "{1, 2}"}, {"node": "<<1>>", "net": "{2}"}, {"node": "<<1>>", "net": "{}"}]
    (tmp_path / "x.dot").write_text(dot(states, [(0, "Learn", 1), (1, "Learn", 2)]))
    graph = load(str(tmp_path / "x.dot"))

    class Node(Binding):
        unobserved = ("net", "node")

        @action("Learn", parameters=lambda before, after: {"key": changed_key(before["node"], after["node"])})
        def learn(self, key: int) -> None: ...

    (finding,) = verify_binding(Node, specified(graph))
    assert (finding.kind, finding.refuses) == ("arguments", True)
    assert "(ValueError: none of its keys changed), which changes net alone" in finding.message


@pytest.mark.parametrize("name", ["arming", "cache", "payments", "transactions-history"])
def test_guess_without_a_reserve_holds_for_each_step_of_its_action(name: str) -> None:
    graph = load(str(Path(__file__).parents[2] / "graphs" / f"{name}.dot"))
    text = scaffold_binding(graph, name="System", source="x.dot").text
    guess = re.compile(r'    # +parameters=(lambda before, after: \{[^}]*\})\n    @action\("(.*)"\)')
    told = [(words.replace("NAME", '"x"').replace("\n    #", ""), action) for words, action in guess.findall(text)]
    found = {action: eval(words, CHANGES) for words, action in told}
    assert found
    for transition in range(graph.n_transitions):
        if (tell := found.get(graph.action(transition).name)) is not None:
            tell(plain_state(graph, graph.sources[transition]), plain_state(graph, graph.targets[transition]))


def test_of_a_long_value_is_told_what_a_step_changes(tmp_path: Path) -> None:
    long = "x" * 120
    states = [{"node": f"[{long} |-> 1, log |-> <<>>]"}, {"node": f'[{long} |-> 1, log |-> <<[kind |-> "vote"]>>]'}]
    path = tmp_path / "x.dot"
    path.write_text(dot(states, [(0, "Vote", 1)]))
    text = scaffold(load(str(path)), tmp_path)[0].text
    assert '    #     node["log"][0]: nothing -> {"kind": "vote"}\n' in text
    assert '        #     node["log"]: []\n' in text


def test_several_initial_states_make_a_start_that_is_told_which(tmp_path: Path) -> None:
    states = [{"x": "1", "same": "0"}, {"x": "2", "same": "0"}]
    graph = load(str(write_graph(tmp_path / "g.json", states, [(0, ("A", [], []), 1)], initial=[0, 1])))
    made, binding = scaffold(graph, tmp_path)
    assert "        #     same: 0\n        #     x: differs, see start\n" in made.text
    assert '    @starts(lambda initial: {"x": initial["x"]})\n    def start(self, x: int) -> None:\n' in made.text
    files = render_suite(select_behaviors(graph), f"{tmp_path / 'binding.py'}:System", version="0", folder=tmp_path)
    assert "system.start(x=2)" in files[0].text
    assert binding.starter() is not None


def test_many_variables_that_differ_at_the_start_come_as_one_state(tmp_path: Path) -> None:
    states = [dict.fromkeys("abcd", "1"), dict.fromkeys("abcd", "2")]
    graph = load(str(write_graph(tmp_path / "g.json", states, [(0, ("A", [], []), 1)], initial=[0, 1])))
    assert "    def start(self, state: dict[str, object]) -> None:\n" in scaffold(graph, tmp_path)[0].text


def test_labels_that_differ_in_their_arguments_are_declared(tmp_path: Path) -> None:
    states = [{"x": "1"}, {"x": "2"}]
    transitions = [(0, ("A", ["1"], []), 1), (0, ("A", ["1", "2"], []), 1)]
    graph = load(str(write_graph(tmp_path / "g.json", states, transitions)))
    made, binding = scaffold(graph, tmp_path)
    assert '    @action("A", parameters=lambda before, after: {})\n    def a(self) -> None:\n' in made.text
    assert not any(finding.refuses for finding in verify_binding(binding, specified(graph)))


def test_graph_without_transitions_has_observers_only(tmp_path: Path) -> None:
    graph = load(str(write_graph(tmp_path / "g.json", [{"x": "1"}], [])))
    made, _ = scaffold(graph, tmp_path)
    assert (made.actions, made.observers) == ({}, {"x": "x"})
    assert "import Binding, NotImplementedYet, observes\n" in made.text


def test_method_named_as_a_decorator_does_not_hide_it(tmp_path: Path) -> None:
    states = [{"observes": "1", "z": "1"}, {"observes": "2", "z": "2"}]
    labels = [(name, (), ()) for name in ("Action", "Starts", "Z")]
    graph = load(str(write_graph(tmp_path / "g.json", states, [(0, label, 1) for label in labels])))
    made, binding = scaffold(graph, tmp_path)
    assert made.actions == {"Action": "action_", "Starts": "starts_", "Z": "z"}
    assert made.observers == {"observes": "observes_", "z": "observed_z"}
    assert binding.action_methods().keys() == {"Action", "Starts", "Z"}


def test_observer_that_would_be_named_as_an_action_says_so(tmp_path: Path) -> None:
    states = [{"count": "1"}, {"count": "2"}]
    graph = load(str(write_graph(tmp_path / "g.json", states, [(0, ("Count", [], []), 1)])))
    assert scaffold(graph, tmp_path)[0].observers == {"count": "observed_count"}


@pytest.mark.parametrize(
    ("texts", "words", "annotation"),
    [
        (["TRUE"], "a boolean", "bool"),
        (["1", "2"], "an integer", "int"),
        (["1", '"a"'], "a value of any kind", "object"),
        (["m1"], "a model value", "Model"),
        (["<<>>", "<<1>>"], "a sequence of integers", "list[int]"),
        (["<<>>"], "a sequence, always empty", "list[object]"),
        (["<<>>", "[a |-> 1]"], "a record of a (an integer)", "dict[str, int]"),
        (['[a |-> 1, b |-> "x"]'], "a record of a (an integer), b (a string)", "dict[str, object]"),
        (["[a |-> 1]", "[b |-> 1]"], "a record with some of a, b", "dict[str, int]"),
        (["(m1 :> 1 @@ m2 :> 2)"], "a function from model values to integers", "dict[Model, int]"),
        (["{1, 2}", "{}"], "a set of integers", "set[int]"),
        (["{<<1>>}"], "a set of sequences of integers", "set[object]"),
        (["<<{1}>>"], "a sequence of sets of integers", "list[set[int]]"),
        (["<<<<<<<<<<1>>>>>>>>>>"], "a sequence of sequences of sequences of sequences of values of any kind",
         "list[list[list[list[object]]]]"),
    ],
)  # fmt: skip
def test_shape_is_what_values_have_in_common(texts: list[str], words: str, annotation: str, tmp_path: Path) -> None:
    states = [{"x": text} for text in texts]
    transitions = [(0, ("A", [], []), number) for number in range(len(texts))]
    graph = load(str(write_graph(tmp_path / "g.json", states, transitions)))
    shape = shape_of(graph.values[0])
    assert (shape.words, shape.annotation) == (words, annotation)


@given(st.lists(terms(), min_size=1, max_size=5))
def test_every_value_has_a_shape_that_can_be_written(values: list[Term]) -> None:
    built: list[Value] = [build(value) for value in values]
    shape = shape_of(built)
    assert compile(shape.annotation, "x", "eval")
    assert shape.words
    assert shape.plural
