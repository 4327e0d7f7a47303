"""From a suite to files: what they hold, that they run, and that nothing in a dump can become code."""

import ast
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testgen.behavior import Suite
from testgen.bindings import Binding, find_binding
from testgen.errors import BindingError, GraphError, RenderError
from testgen.graph import StateGraph, load
from testgen.render import RenderedFile, render_suite
from testgen.selection import select_behaviors
from testgen.suite_file import read_suite
from testgen.values import Model, python_literal, to_plain
from testgen.values.agreement import agree
from tests.conftest import STORE_BINDING, TESTS, dot
from tests.strategies import Term, build, hostile_strings, terms

GOLDEN = Path(__file__).parent / "golden" / "test_all.py"
ECHO = f"{TESTS / 'systems' / 'echo.py'}:Echo"


def read(text: str) -> StateGraph:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "g.dot")
        path.write_text(text, encoding="utf-8")
        return load(str(path))


def render(suite: Suite, binding: str = STORE_BINDING, **options: Any) -> list[RenderedFile]:
    """The files of tests; the suite file beside them is checked below."""
    return [file for file in render_suite(suite, binding, version="0", **options) if file.name.endswith(".py")]


# What a suite looks like, and that it runs


def test_suite_is_as_the_golden_file_shows(store: Path, golden: Callable[[Path, str], None]) -> None:
    (file,) = render(select_behaviors(load(str(store))), folder=GOLDEN.parent)
    golden(GOLDEN, file.text)
    assert file.name == GOLDEN.name


def test_golden_suite_passes_from_any_folder(tmp_path: Path) -> None:
    shutil.copytree(TESTS / "systems", tmp_path / "systems")
    shutil.copytree(GOLDEN.parent, tmp_path / "render" / "golden")
    for folder in (tmp_path, tmp_path / "render" / "golden", tmp_path / "systems"):
        path = os.path.relpath(tmp_path / "render" / "golden", folder)
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "3 passed" in result.stdout, result.stdout


def test_formatter_and_linter_have_nothing_to_say_of_the_golden_file() -> None:
    for command in (["format", "--check"], ["check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(GOLDEN)], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout


def test_same_suite_gives_the_same_bytes_and_no_path_of_this_machine(store: Path) -> None:
    suite = select_behaviors(load(str(store)))
    once = render(suite, folder=GOLDEN.parent)
    assert once == render(suite, folder=GOLDEN.parent)
    assert not any(part in once[0].text for part in (str(Path.home()), str(store.parent), str(TESTS.parent)))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_hash_seed_of_python_does_not_show(seed: str, store: Path) -> None:
    code = (
        "from pathlib import Path; from testgen.graph import load\n"
        "from testgen.selection import select_behaviors; from testgen.render import render_suite\n"
        f"suite, folder = select_behaviors(load({str(store)!r})), Path({str(GOLDEN.parent)!r})\n"
        f"print(render_suite(suite, {STORE_BINDING!r}, version='0', folder=folder)[0].text, end='')"
    )
    environment = os.environ | {"PYTHONHASHSEED": seed}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == GOLDEN.read_text(encoding="utf-8")


def test_graph_whose_only_behavior_is_its_initial_state_gives_a_test_that_runs() -> None:
    files = render(
        select_behaviors(read(dot([{"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}], [])))
    )
    assert "the initial state" in files[0].text
    assert len(run_in_memory(files)) == 1


def test_progress_counts_the_tests(store: Path) -> None:
    seen: list[int] = []
    render(select_behaviors(load(str(store))), on_progress=seen.append)
    assert seen == [3]


def test_behaviors_that_look_the_same_are_all_there() -> None:
    """A VIEW makes a dump with states of equal values, so behaviors have equal ids."""
    state = {"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}
    suite = select_behaviors(read(dot([state] * 3, [(0, "Idle", 1), (0, "Idle", 2)])))
    assert len({behavior.id for behavior in suite.behaviors}) < len(suite.behaviors) == 2
    assert len(run_in_memory(render(suite))) == 2


def test_function_over_numbers_agrees_whether_it_is_a_sequence_or_not() -> None:
    """TLA+ has one kind of function; its spelling, and so the plain value, depends on the domain at the moment."""
    rest = {"history": "<<>>", "owners": "{}"}
    states = [
        {"entries": "<<>>", "busy": "FALSE", **rest},
        {"entries": "(2 :> 5)", "busy": "TRUE", **rest},
        {"entries": "<<4, 5>>", "busy": "TRUE", **rest},
    ]
    suite = select_behaviors(read(dot(states, [(0, "Put(2, 5)", 1), (1, "Put(1, 4)", 2)])))
    assert len(run_in_memory(render(suite))) == 1


def test_true_in_place_of_one_is_a_change() -> None:
    states = [{"entries": f"[a |-> {one}]", "history": "<<>>", "owners": "{}", "busy": "TRUE"} for one in ("1", "TRUE")]
    (file,) = render(select_behaviors(read(dot(states, [(0, "Idle", 1)]))))
    assert 'check_state(entries={"a": True})' in file.text


# Text from a dump cannot become code

identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
unicode_names = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=6).filter(
    lambda name: not name[0].isdigit() and name not in ("TRUE", "FALSE", "BOOLEAN", "SUBSET", "STRING")
)
variable_names = identifiers | unicode_names | st.sampled_from(["class", "name", "indent", "self", "__debug__", "None"])
action_names = st.one_of(identifiers, unicode_names, hostile_strings, st.sampled_from(['"""\nimport os', "f)(", "X!Y"]))
model_values = st.tuples(st.just("model"), unicode_names | identifiers)


@st.composite
def hostile_dumps(draw: st.DrawFn) -> str:
    names = draw(st.lists(variable_names, min_size=1, max_size=3, unique=True))
    n_states = draw(st.integers(1, 4))
    values = terms(max_leaves=6) | model_values | st.tuples(st.just("str"), hostile_strings)
    states = [{name: build(draw(values)).key for name in names} for _ in range(n_states)]
    transitions = [(draw(st.integers(0, n - 1)), draw(action_names), n) for n in range(1, n_states)]
    return dot(states, transitions)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile_dumps())
def test_generated_module_is_the_expected_literals_and_runs_whatever_stands_in_the_dump(text: str) -> None:
    try:
        graph = read(text)
    except (GraphError, RenderError) as error:  # not a name that TLA+ has
        pytest.fail(f"the reader refuses this dump: {error}")
    if not all(graph.actions[label].name for label in graph.labels):
        return  # without names nothing can be rendered, as another test says
    suite = select_behaviors(graph)
    with echoing(graph):
        files = render(suite, ECHO)
        functions = [function for file in files for function in checked_functions(file.text, set(graph.variables))]
        assert sorted(told_states(function) for function in functions) == sorted(expected_states(suite))
        assert len(run_in_memory(files)) == len(suite.behaviors)


@contextlib.contextmanager
def echoing(graph: StateGraph) -> Iterator[None]:
    """Let `Echo` perform this graph's actions and show its variables."""
    echo: Any = find_binding(ECHO)
    echo.actions = tuple({action.name for action in graph.actions})
    echo.variables = graph.variables
    yield


def checked_functions(source: str, variables: set[str]) -> list[ast.FunctionDef]:
    """The tests of a module, in which nothing stands but imports, fixtures, docstrings, calls and literals."""
    module = ast.parse(source)
    for line in source.splitlines():
        assert line.isascii()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    assert all(token.type != tokenize.COMMENT for token in tokens), "a comment, which no template writes"
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in module.body if not isinstance(node, ast.FunctionDef)]
    assert isinstance(others[0], ast.Expr) and isinstance(others[0].value, ast.Constant)
    imported = {alias.name for node in others if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported <= {"annotations", "load_name", "binding_fixture", "Model"}
    assert all(isinstance(node, ast.ImportFrom) or ast.unparse(node) in ALLOWED for node in others[1:])
    for function in functions:
        docstring, *statements = function.body
        assert isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)
        assert re.fullmatch(r"test_[a-z0-9_]+", function.name)
        assert ast.unparse(function.args) == "echo: Echo"
        for statement in statements:
            assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            assert ast.unparse(statement.value.func) in ("echo.start", "echo.become", "echo.check_state")
            assert statement.value.args == []
            assert {keyword.arg for keyword in statement.value.keywords} <= variables | {"state", None}
    return functions


ALLOWED = [
    "Echo = load_name('" + Path(os.path.relpath(TESTS / "systems" / "echo.py")).as_posix() + ":Echo', beside=__file__)",
    "echo = binding_fixture(Echo)",
]


def told_states(function: ast.FunctionDef) -> str:
    """The states that a test of `Echo` goes through, from its literals alone: as told to it, and as checked."""
    told: list[dict[str, Any]] = []
    checked: dict[str, Any] = {}
    for statement in function.body[1:]:
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        named: dict[str, Any] = {}
        for keyword in statement.value.keywords:
            named |= {keyword.arg: literal(keyword.value)} if keyword.arg else as_dict(literal(keyword.value))
        if ast.unparse(statement.value.func) == "echo.check_state":
            checked |= named
            assert agree(told[-1], checked)
        else:
            told.append(named["state"])
    return python_literal([by_name(state) for state in told])


def as_dict(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def by_name(state: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(state.items()))


def literal(node: ast.expr) -> object:
    """The value of a literal, in which no name stands but the constructors of plain values."""
    for inner in ast.walk(node):
        assert isinstance(inner, LITERAL_NODES), ast.dump(inner)
        if isinstance(inner, ast.Name):
            assert inner.id in ("Model", "frozenset", "set")
    return eval(compile(ast.Expression(node), "literal", "eval"), {"__builtins__": {}, **CONSTRUCTORS})


LITERAL_NODES = (
    ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Call, ast.Name, ast.Load, ast.UnaryOp, ast.USub,
)  # fmt: skip
CONSTRUCTORS = {"Model": Model, "frozenset": frozenset, "set": set}


def expected_states(suite: Suite) -> list[str]:
    graph = suite.graph
    states = [{n: to_plain(v) for n, v in graph.state(state).items()} for state in range(graph.n_states)]
    return [python_literal([by_name(states[state]) for state in behavior.states]) for behavior in suite.behaviors]


def run_in_memory(files: list[RenderedFile]) -> list[str]:
    """Execute each module and each of its tests on a fresh binding, as pytest would; return the tests' names."""
    names = []
    for file in files:
        namespace: dict[str, Any] = {"__name__": "generated", "__file__": str(Path("generated.py").resolve())}
        exec(compile(file.text, file.name, "exec"), namespace)
        (binding,) = (value for value in namespace.values() if isinstance(value, type) and issubclass(value, Binding))
        for name, function in namespace.items():
            if name.startswith("test_"):
                function(binding())
                names.append(name)
    return names


@given(terms(max_leaves=6))
@settings(max_examples=50, deadline=None)
def test_a_checker_that_sees_literals_sees_code(term: Term) -> None:
    """The check above can fail: a call put in the place of a value is found."""
    source = python_literal([to_plain(build(term))])
    node = ast.parse(source.replace("[", "[print(), ", 1), mode="eval").body
    with pytest.raises(AssertionError):
        literal(node)


# What cannot be rendered


def test_transitions_without_names_are_told() -> None:
    with pytest.raises(GraphError, match="carry no action names") as caught:
        render(select_behaviors(read(dot([{"x": "1"}, {"x": "2"}], [(0, "", 1)]))))
    assert caught.value.hint is not None
    assert "actionlabels" in caught.value.hint


def test_action_without_a_method_and_variable_that_is_not_there_are_told(store: Path) -> None:
    text = store.read_text()
    with pytest.raises(BindingError, match="Store has no method for 'Grab', 'Snatch'"):
        render(select_behaviors(read(text.replace('"Take"', '"Grab"').replace('"Idle"', '"Snatch"'))))
    with pytest.raises(BindingError, match="observes 'history', which the specification does not have"):
        render(select_behaviors(read(text.replace("history =", "log ="))))


def test_binding_that_stumbles_over_a_behavior_is_told_with_its_line(store: Path) -> None:
    """`_taken` looks into the last entry of the history, which here is a number."""
    text = store.read_text().replace('<<[key |-> \\"a\\", value |-> 1]>>', "<<7>>")
    words = r"declared for Store.take cannot be found from the states of a step 'Take' \(TypeError: "
    with pytest.raises(BindingError, match=words) as caught:
        render(select_behaviors(read(text)))
    assert caught.value.location is not None
    file, line = Path(caught.value.location.path), caught.value.location.line
    assert file.name == "store.py" and line is not None
    assert "history[-1]" in file.read_text().splitlines()[line - 1]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{% include "_shared/header.py.j2" %}\nx = = 1', "is not Python: invalid syntax"),
        ('{% include "_shared/header.py.j2" %}\nx = "\\\nd', "is not Python: unterminated string"),
        ("x = 1\n", "lacks the header by which testgen knows its own files"),
        ("", "lacks the header"),
        ("[" * 300, "is not Python: "),
        ("\x00", "is not Python: "),
    ],
)
def test_template_that_renders_no_test_file_is_refused(template: str, words: str, store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py.j2").write_text(template)
    with pytest.raises(RenderError, match=re.escape(words)) as caught:
        render(select_behaviors(load(str(store))), template=str(tmp_path / "mine.py.j2"))
    assert caught.value.location is not None
    assert caught.value.location.path == "test_all.py"


def test_names_that_two_modules_have_are_told(store: Path, tmp_path: Path) -> None:
    source = (TESTS / "systems" / "store.py").read_text().replace("class Store", "class Model")
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(BindingError, match=r"a test would import 'Model' from testgen\.values\.plain and from "):
        render(select_behaviors(load(str(store))), f"{tmp_path / 'mine.py'}:Model")


def test_class_of_the_bindings_own_file_is_loaded_with_it(store: Path, tmp_path: Path) -> None:
    """A binding may turn values into its own; their class then comes from the same file as the binding."""
    source = (TESTS / "systems" / "store.py").read_text()
    source = source.replace('{"key": history[-1]["key"]}', '{"key": Key(history[-1]["key"])}')
    source = source.replace("self.data.pop(key)", "self.data.pop(key.name)").replace('"key": key,', '"key": key.name,')
    source += "\n\nfrom dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Key:\n    name: object\n"
    (tmp_path / "mine.py").write_text(source)
    files = render(select_behaviors(load(str(store))), f"{tmp_path / 'mine.py'}:Store", folder=tmp_path / "out")
    assert 'Key = load_name("../mine.py:Key", beside=__file__)' in files[0].text
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "test_all.py").write_text(files[0].text)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "out"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "3 passed" in result.stdout, result.stdout


# The suite file, which says what each test is about

CUTTING = """
from dataclasses import replace

from testgen.bindings.story import Call, tell_steps


class Half(Store):
    @classmethod
    def story(cls, initial, steps):
        if steps[0].arguments[0] == "b":
            return None
        story = tell_steps(cls, initial, steps[:1])
        return replace(story, end=Call("idle", {}, {}), n_told=2 if steps[1].action == "Take" else 1)
"""
"""Leaves the behavior Put b out; tells of the others the first Put, and of Put, Take that the rest is refused."""


def suite_of(files: list[RenderedFile], folder: Path, graph: StateGraph) -> Suite:
    """What the suite file among rendered files says, read as everyone reads it."""
    (file,) = (file for file in files if file.name == "suite.json")
    (folder / file.name).write_text(file.text)
    return read_suite(folder / file.name, graph)


def test_suite_file_beside_the_tests_tells_each_of_them(store: Path, tmp_path: Path) -> None:
    graph = load(str(store))
    files = render_suite(select_behaviors(graph), STORE_BINDING, version="0")
    suite = suite_of(files, tmp_path, graph)
    assert [file.n_tests for file in files] == [3, 0]
    assert suite.behaviors == select_behaviors(graph).behaviors
    for behavior, telling in zip(suite.behaviors, suite.tellings, strict=True):
        assert telling is not None
        n_steps = len(behavior.transitions)
        assert (telling.test, telling.n_told) == (behavior.id[:8], n_steps)
        assert telling.progress == tuple(range(n_steps + 1))
        assert re.search(rf"^def test_\w+_{telling.test}\(", files[0].text, re.MULTILINE)


def test_suite_file_tells_what_a_binding_leaves_out_and_cuts(store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text((TESTS / "systems" / "store.py").read_text() + CUTTING)
    graph = load(str(store))
    files = render_suite(select_behaviors(graph), f"{tmp_path / 'mine.py'}:Half", version="0", folder=tmp_path)
    suite = suite_of(files, tmp_path, graph)
    names = [[graph.action(step).name for step in behavior.transitions] for behavior in suite.behaviors]
    tellings = {", ".join(steps): telling for steps, telling in zip(names, suite.tellings, strict=True)}
    assert tellings["Put"] is None
    take, put = tellings["Put, Take"], tellings["Put, Put"]
    assert take is not None and put is not None
    assert (take.n_told, take.progress, take.n_performed) == (2, (0, 1, 1), 1)
    assert (put.n_told, put.progress, put.n_performed) == (1, (0, 1, 1), 1)
    found = re.findall(r"^def test_\w+_([0-9a-f]{8})\(", files[0].text, re.MULTILINE)
    assert sorted(found) == sorted([take.test, put.test])


def test_behaviors_told_alike_share_the_test_that_tells_them(tmp_path: Path) -> None:
    """Three behaviors begin with the Put of a; told no further, they are one test."""
    rest = {"history": "<<>>", "owners": "{}", "busy": "TRUE"}
    states = [{"entries": f"[a |-> {number}]", **rest} for number in range(5)]
    graph = read(dot(states, [(0, 'Put("a", 1)', 1), *((1, f'Put("a", {n})', n) for n in (2, 3, 4))]))
    source = (TESTS / "systems" / "store.py").read_text() + CUTTING
    (tmp_path / "mine.py").write_text(source.replace('2 if steps[1].action == "Take" else 1', "1"))
    files = render_suite(select_behaviors(graph), f"{tmp_path / 'mine.py'}:Half", version="0", folder=tmp_path)
    suite = suite_of(files, tmp_path, graph)
    assert len(suite.behaviors) == 3
    assert len(set(suite.tellings)) == 1
    assert sum(file.n_tests for file in files) == 1


def test_tests_of_behaviors_that_look_the_same_are_told_apart(tmp_path: Path) -> None:
    state = {"entries": "<<>>", "history": "<<>>", "owners": "{}", "busy": "FALSE"}
    graph = read(dot([state] * 3, [(0, "Idle", 1), (0, "Idle", 2)]))
    suite = select_behaviors(graph)
    files = render_suite(suite, STORE_BINDING, version="0")
    ((text,),) = ((file.text for file in files if file.n_tests),)
    found = [telling.test for telling in suite_of(files, tmp_path, graph).tellings if telling is not None]
    assert found == [suite.behaviors[0].id, f"{suite.behaviors[0].id}_2"]
    assert all(f"_{key}(" in text for key in found)


@pytest.mark.parametrize("progress", [(0, 2, 1), (0, 1, 9), (-1, 1)])
def test_progress_that_cannot_be_is_told(progress: tuple[int, ...], store: Path, tmp_path: Path) -> None:
    own = "\n\nStory = type(Store.story({'owners': 1, 'entries': 1, 'history': 1, 'busy': 1}, []))\n\n\n"
    own += f"class Odd(Story):\n    def progress(self):\n        return {progress}\n\n\n"
    own += (
        "class Mine(Store):\n    @classmethod\n    def story(cls, initial, steps):\n"
        "        told = super().story(initial, steps)\n"
        "        return Odd(told.path, told.summary, told.imports, None, told.start, told.initial, told.calls)\n"
    )
    (tmp_path / "mine.py").write_text((TESTS / "systems" / "store.py").read_text() + own)
    with pytest.raises(BindingError, match=r"cannot have the progress \(") as caught:
        render(select_behaviors(load(str(store))), f"{tmp_path / 'mine.py'}:Mine")
    assert caught.value.hint
