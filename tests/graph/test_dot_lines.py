"""Every shape of line, in the smallest dumps that have it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testgen.errors import GraphError, ParseError
from testgen.graph import StateGraph, load

LoadLines = Callable[..., StateGraph]
INITIAL = '1 [label="x = 0",style = filled]'
SECOND = '2 [label="x = 1"];'
HEADER = "strict digraph DiskGraph {\nsubgraph cluster_graph {\n"


def labels(graph: StateGraph) -> list[str]:
    return [str(graph.action(transition)) for transition in range(graph.n_transitions)]


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ('1 -> 2 [label="",color="black",fontcolor="black"];', ""),
        ('1 -> 2 [label="Set",color="black",fontcolor="black"];', "Set"),
        ('1 -> 2 [label="Set(5)",color="black",fontcolor="black"];', "Set(5)"),
        ('1 -> 2 [label="Set",color="2",fontcolor="2"];', "Set"),
        ('1 -> 2 [label="S!Inc",color="12",fontcolor="12"];', "S!Inc"),
        ('1 -> 2 [label="Str(\\"a\\\\\\"q\\")",color="black",fontcolor="black"];', 'Str("a\\"q")'),
        ('1 -> 2 [label="Str(\\"b\\\\\\\\\\")",color="black",fontcolor="black"];', 'Str("b\\\\")'),
        ('1 -> 2 [label="Set"];', "Set"),
        ('1 -> 2 [label="Set"]', "Set"),
        ('1 -> 2 [label="[ft]"];', "[ft]"),
        ("1 -> 2;", ""),
        ("1 -> 2", ""),
        ('1 -> 2 [label="\\"\\"\\"",color="black",fontcolor="black"];', '"""'),
        ('1 -> 2 [label="{{ x }}",color="black",fontcolor="black"];', "{{ x }}"),
        ('1 -> 2 [label="two\\nlines é 日本",color="black",fontcolor="black"];', "two\nlines é 日本"),
        ('1 -> 2 [label="raw\nbreak",color="black",fontcolor="black"];', "raw\nbreak"),
        ('1 -> 2 [label="a];",color="black",fontcolor="black"];', "a];"),
        ('1 -> 2 [label="3 -> 4",color="black",fontcolor="black"];', "3 -> 4"),
    ],
)
def test_transition_line(load_lines: LoadLines, line: str, label: str) -> None:
    graph = load_lines(INITIAL, line, SECOND)
    assert labels(graph) == [label]
    assert (graph.sources.tolist(), graph.targets.tolist()) == ([0], [1])


@pytest.mark.parametrize(
    "line",
    [
        '2 [label="x = 1"];',
        '2 [label="x = 1"]',
        '2 [label="x = 1",tooltip="x = 1"];',
        '2 [label="/\\\\ x = 1"];',
        '2[label="x = 1"];',
    ],
)
def test_state_line(load_lines: LoadLines, line: str) -> None:
    graph = load_lines(INITIAL, "1 -> 2;", line)
    assert [graph.state(state)["x"].key for state in range(graph.n_states)] == ["0", "1"]
    assert graph.initial.tolist() == [0]


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63), 10**18])
def test_numbers_of_64_bits_name_states(load_lines: LoadLines, number: int) -> None:
    graph = load_lines(f'{number} [label="x = 0",style = filled]', f"{number} -> 2;", SECOND, f"2 -> {number};")
    assert graph.fingerprints.tolist() == [number, 2]
    assert graph.n_transitions == 2


@pytest.mark.parametrize(
    "line",
    [
        "1 -> ;",
        "1 -> -;",
        "1 ->2;",
        "1->2;",
        "1 -> 2x;",
        "1 -> x;",
        "1 - 2;",
        "1 -> 2 -> 3;",
        '1 -> 2 [label="a"] [label="b"];',
        '1 -> 2 [label="a"',
        "1 -> 2 [label=a];",
        '2 [label="x = 1",style = dotted];',
        "2 [label=x];",
        "2;",
        "x -> y;",
        "hello",
        "--1 -> 2;",
    ],
)
def test_a_line_of_another_shape_is_told(load_lines: LoadLines, line: str) -> None:
    with pytest.raises(ParseError, match="not a line that TLC writes") as caught:
        load_lines(INITIAL, line, SECOND)
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.excerpt) == (6, line)
    assert "expected a state" in str(caught.value.hint)


@pytest.mark.parametrize(
    "line",
    [
        "1 -> 9223372036854775808;",
        "-9223372036854775809 -> 1;",
        '9223372036854775808 [label="x = 1"];',
        "1 -> 2" + "0" * 10_000 + ";",
    ],
)
def test_a_number_beyond_64_bits_is_told(load_lines: LoadLines, line: str) -> None:
    with pytest.raises(ParseError, match="the number of a state has more than 64 bits") as caught:
        load_lines(INITIAL, line, SECOND)
    assert caught.value.location is not None
    assert caught.value.location.line == 6


@pytest.mark.parametrize("line", ['1 -> 1 [style="dashed"];', '1 -> 1 [style="dashed",color="lightgray"];'])
def test_stuttering_is_no_transition(load_lines: LoadLines, line: str) -> None:
    assert load_lines(INITIAL, line).n_transitions == 0


def test_a_real_self_loop_is_a_transition(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, '1 -> 1 [label="Stay",color="black",fontcolor="black"];', '1 -> 1 [style="dashed"];')
    assert (labels(graph), graph.self_loops.tolist()) == (["Stay"], [True])


def test_repeated_lines_are_one_transition_and_other_labels_another(load_lines: LoadLines) -> None:
    one, other = '1 -> 2 [label="One",color="2",fontcolor="2"];', '1 -> 2 [label="Two",color="3",fontcolor="3"];'
    graph = load_lines(INITIAL, one, SECOND, other, one, one.replace('"2"', '"black"'))
    assert labels(graph) == ["One", "Two"]


def test_equal_arguments_in_two_spellings_are_one_transition(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, '1 -> 2 [label="F({1, 2, 3})"];', '1 -> 2 [label="F(1..3)"];', SECOND)
    assert labels(graph) == ["F(1..3)"]


@pytest.mark.parametrize("color", ["black", "2"])
@pytest.mark.parametrize("label", ["", "Up"])
def test_what_a_constraint_removes_is_left_out(load_lines: LoadLines, color: str, label: str) -> None:
    graph = load_lines(
        INITIAL,
        f'1 -> 2 [label="{label}\nline 24, col 9 to line 24, col 26 of module B",color="{color}",fontcolor="{color}"];',
        '2 [label="x = 1",tooltip="x = 1",style = filled, fillcolor=lightyellow];',
        '2 [label="x = 1",tooltip="x = 1",style = filled, fillcolor=lightyellow];',
        '1 -> 1 [label="Stay"];',
    )
    assert (graph.n_states, labels(graph), graph.constrained_out_states) == (1, ["Stay"], 1)
    assert graph.initial.tolist() == [0]
    assert [warning.code for warning in graph.warnings] == ["constrained-out"]
    assert [action.name for action in graph.actions] == ["Stay"]


def test_no_transition_leads_to_a_state_outside_the_constraints(load_lines: LoadLines) -> None:
    excluded = '2 [label="x = 1",tooltip="x = 1",style = filled, fillcolor=lightyellow];'
    graph = load_lines(INITIAL, '1 -> 2 [label="Up"];', excluded, '1 -> 1 [label="Stay"];')
    assert (graph.n_states, labels(graph), graph.constrained_out_states) == (1, ["Stay"], 1)
    assert [action.name for action in graph.actions] == ["Stay"]


def test_labels_of_two_lines_are_told_apart(load_lines: LoadLines) -> None:
    """Each is read by itself, though their first lines are the same."""
    where = 'line 2, col 9 to line 2, col 26 of module B",color="black",fontcolor="black"];'
    graph = load_lines(INITIAL, SECOND, f'1 -> 2 [label="Up\n{where}', '1 -> 1 [label="Up\nhigh"];')
    assert (labels(graph), graph.targets.tolist()) == (["Up\nhigh"], [0])


def test_a_state_both_inside_and_outside_the_constraints_is_inside(load_lines: LoadLines) -> None:
    graph = load_lines(
        INITIAL,
        '1 -> 2 [label="Up\nline 2, col 9 to line 2, col 26 of module B",color="black",fontcolor="black"];',
        '2 [label="x = 1",tooltip="x = 1",style = filled, fillcolor=lightyellow];',
        '1 -> 2 [label="Walk"];',
        '2 [label="x = 1",tooltip="x = 1"];',
    )
    assert (graph.n_states, labels(graph), graph.constrained_out_states) == (2, ["Walk"], 0)
    assert graph.initial.tolist() == [0]


def test_legend_is_skipped_even_where_actions_begin_with_a_digit(write: Callable[[str], str]) -> None:
    text = (
        f'{HEADER}{INITIAL}\n1 -> 2 [label="1a",color="2",fontcolor="2"];\n{SECOND}\n}}\n'
        'subgraph cluster_legend {graph[style=bold];label = "Next State Actions" style="solid"\n'
        'node [ labeljust="l",colorscheme="paired12",style=filled,shape=record ]\n'
        '1a [label="1a",fillcolor=2]\nS!Inc [label="S!Inc",fillcolor=3]\nS:Inc [label="S!Inc",fillcolor=3]\n}}'
    )
    graph = load(write(text))
    assert (graph.n_states, labels(graph)) == (2, ["1a"])


@pytest.mark.parametrize(
    "header", ["digraph DiskGraph {", "digraph G{", "strict digraph DiskGraph {", "\nstrict digraph D {"]
)
def test_header(write: Callable[[str], str], header: str) -> None:
    assert load(write(f"{header}\n{INITIAL}\n}}")).n_states == 1


def test_windows_line_ends_change_nothing(write: Callable[[str | bytes], str]) -> None:
    lines = f'{HEADER}{INITIAL}\n1 -> 2 [label="Up"];\n{SECOND}\n{{rank = same; 1;}}\n}}\n}}'
    graph, other = load(write(lines)), load(write(lines.replace("\n", "\r\n") + "\r\n"))
    assert graph.digest == other.digest


def test_a_string_may_hold_what_looks_like_a_dump(load_lines: LoadLines) -> None:
    graph = load_lines(
        r'1 [label="/\\ s = \"\\n/\\\\ t = 1\"\n/\\ t = \"\\\",style = filled]\"",style = filled]',
        r'1 -> 2 [label="Up"];',
        r'2 [label="/\\ s = \"1 -> 2 [label=\\\"x\\\"];\"\n/\\ t = \"\\\\\""];',
    )
    assert [value.key for value in graph.state(0).values()] == [r'"\n/\\ t = 1"', r'"\",style = filled]"']
    assert [value.key for value in graph.state(1).values()] == [r'"1 -> 2 [label=\"x\"];"', r'"\\"']


def test_variables_may_stand_in_any_order(load_lines: LoadLines) -> None:
    graph = load_lines(
        r'1 [label="/\\ b = 1\n/\\ a = 2",style = filled]', "1 -> 2;", r'2 [label="/\\ a = 3\n/\\ b = 4"];'
    )
    assert graph.variables == ("a", "b")
    assert [value.key for value in graph.state(1).values()] == ["3", "4"]


def test_a_state_with_other_variables_is_told(load_lines: LoadLines) -> None:
    with pytest.raises(GraphError, match="this state has the variables a, c, earlier ones have a, b") as caught:
        load_lines(r'1 [label="/\\ a = 1\n/\\ b = 2",style = filled]', "1 -> 2;", r'2 [label="/\\ a = 3\n/\\ c = 4"];')
    assert caught.value.location is not None
    assert caught.value.location.line == 7


def test_an_alias_that_keeps_the_names_but_not_the_values_is_noticed(load_lines: LoadLines) -> None:
    graph = load_lines('1 [label="x = 0",style = filled]', "1 -> 2;", '2 [label="x = 20",tooltip="x = 2"];')
    assert [graph.state(state)["x"].key for state in range(2)] == ["0", "20"]
    assert [warning.code for warning in graph.warnings] == ["alias", "no-action-labels"]


def test_the_same_state_twice_is_one_with_a_warning(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, "1 -> 2;", SECOND, SECOND)
    assert graph.n_states == 2
    assert graph.warnings[0].code == "repeated-states"


def test_a_state_declared_twice_with_other_values_is_told(load_lines: LoadLines) -> None:
    with pytest.raises(GraphError, match="state 2 is declared again with other values; first in line 7") as caught:
        load_lines(INITIAL, "1 -> 2;", SECOND, '2 [label="x = 3"];')
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.column) == (8, len('2 [label="x = ') + 1)


@pytest.mark.parametrize(("line", "words", "column"), [("1 -> 3;", "to state 3", 6), ("-3 -> 1;", "from state -3", 1)])
def test_an_undeclared_state_is_told(load_lines: LoadLines, line: str, words: str, column: int) -> None:
    with pytest.raises(GraphError, match=f"transition {words}, which the file does not declare") as caught:
        load_lines(INITIAL, line)
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.column) == (6, column)
    assert caught.value.excerpt == line


def test_no_initial_state_is_told(load_lines: LoadLines) -> None:
    with pytest.raises(GraphError, match="no state is marked initial"):
        load_lines(SECOND, "2 -> 2;")


def test_no_state_is_told(load_lines: LoadLines) -> None:
    with pytest.raises(GraphError, match="the graph has no state"):
        load_lines()


def test_no_terminal_state_and_no_labels_are_no_errors(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, "1 -> 2;", SECOND, "2 -> 1;")
    assert [warning.code for warning in graph.warnings] == ["no-action-labels"]


def test_states_that_show_the_same_values_are_kept_with_a_warning(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, '1 -> 2 [label="A"];', SECOND, '1 -> 3 [label="A"];', '3 [label="x = 1"];')
    assert (graph.n_states, graph.n_transitions) == (3, 2)
    assert [warning.code for warning in graph.warnings] == ["equal-states"]


def test_unreachable_states_are_kept_with_a_warning(load_lines: LoadLines) -> None:
    graph = load_lines(INITIAL, SECOND, '2 -> 1 [label="A"];')
    assert graph.levels.tolist() == [1, 0]
    assert [warning.code for warning in graph.warnings] == ["unreachable-states"]
