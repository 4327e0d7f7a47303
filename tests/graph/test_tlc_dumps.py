"""TLC's own dumps, of three versions; see `tests/data/dumps/README.md`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testgen.analysis import take_census
from testgen.errors import GraphError, ParseError
from testgen.graph import StateGraph
from testgen.graph.dot import read_dot
from testgen.graph.source import Source
from testgen.values import parse_value

Dump = Callable[[str], StateGraph]
OLD, NEW = ("2.15", "2.20"), ("head",)


@pytest.mark.parametrize(
    ("name", "versions", "numbers", "warnings"),
    [
        # states, initial, transitions, self-loops, terminal, constrained out, depth
        ("A-actionlabels", OLD + NEW, (5, 2, 7, 2, 2, 0, 3), []),
        ("A-colorize", OLD + NEW, (5, 2, 7, 2, 2, 0, 3), []),
        ("A-strict", OLD[:1], (5, 2, 7, 2, 2, 0, 3), []),
        ("B-deadlock", OLD, (20, 2, 28, 2, 4, 0, 9), []),
        ("B-deadlock", NEW, (20, 2, 30, 2, 4, 0, 9), []),  # Str("a\"q") and Str("b\\s") are two
        ("B-difftrace", OLD[1:], (20, 2, 28, 2, 4, 0, 9), []),
        ("B-difftrace", NEW, (20, 2, 30, 2, 4, 0, 9), []),
        ("B-alias", OLD[1:], (20, 2, 28, 2, 4, 0, 9), ["alias"]),
        ("B-alias", NEW, (20, 2, 30, 2, 4, 0, 9), ["alias"]),
        ("B-liveness-stuttering", OLD, (20, 2, 28, 2, 4, 0, 9), []),
        ("B-liveness-stuttering", NEW, (20, 2, 30, 2, 4, 0, 9), []),
        ("B-constrained", OLD[:1], (12, 2, 18, 0, 2, 0, 6), []),
        ("B-constrained", OLD[1:], (12, 2, 18, 0, 2, 4, 6), ["constrained-out"]),
        ("B-constrained", NEW, (12, 2, 20, 0, 2, 4, 6), ["constrained-out"]),
        ("B-violation", OLD, (11, 2, 15, 0, 2, 0, 6), []),
        ("B-violation", NEW, (11, 2, 17, 0, 2, 0, 6), []),
        ("B-view", OLD, (10, 1, 12, 1, 2, 0, 9), []),
        ("B-view", NEW, (10, 1, 14, 1, 2, 0, 9), []),
        ("B-viewflag", OLD, (10, 1, 12, 1, 2, 0, 9), ["bare-values"]),
        ("B-viewflag", NEW, (10, 1, 14, 1, 2, 0, 9), ["bare-values"]),
        ("B-symmetry", OLD, (10, 1, 12, 1, 2, 0, 9), []),
        ("B-symmetry", NEW, (10, 1, 14, 1, 2, 0, 9), []),
        ("E-runtime-error", OLD + NEW, (5, 1, 4, 0, 2, 0, 4), []),
        ("U-unicode", OLD[1:] + NEW, (4, 3, 1, 0, 3, 0, 2), ["no-action-labels"]),
        ("V-values", OLD + NEW, (3, 1, 2, 0, 1, 0, 3), []),
        ("W-values", OLD + NEW, (2, 1, 1, 0, 1, 0, 2), []),
    ],
)
def test_dump_has_what_tlc_found(
    dump: Dump, name: str, versions: tuple[str, ...], numbers: tuple[int, ...], warnings: list[str]
) -> None:
    for version in versions:
        graph = dump(f"{name}--{version}")
        census = take_census(graph)
        assert numbers == (
            census.states, census.initial_states, census.transitions, census.self_loops, census.terminal_states,
            census.constrained_out_states, census.depth,
        )  # fmt: skip
        assert [warning.code for warning in graph.warnings] == warnings


@pytest.mark.parametrize(
    "names",
    [
        ["A-actionlabels--2.15", "A-actionlabels--2.20", "A-colorize--2.15", "A-colorize--2.20", "A-strict--2.15"],
        ["A-actionlabels--head", "A-colorize--head"],
        ["B-deadlock--2.15", "B-deadlock--2.20", "B-difftrace--2.20", "B-liveness-stuttering--2.15",
         "B-liveness-stuttering--2.20"],
        ["B-deadlock--head", "B-difftrace--head", "B-liveness-stuttering--head"],
        ["B-constrained--2.15", "B-constrained--2.20"],
        ["V-values--2.15", "V-values--2.20", "V-values--head"],
        ["W-values--2.15", "W-values--2.20", "W-values--head"],
    ],
    ids=lambda names: names[0],
)  # fmt: skip
def test_one_specification_gives_one_digest(dump: Dump, names: list[str]) -> None:
    assert len({dump(name).digest for name in names}) == 1


def test_arguments_make_another_graph(dump: Dump) -> None:
    assert dump("A-actionlabels--2.20").digest != dump("A-actionlabels--head").digest
    assert sorted({str(action) for action in dump("A-actionlabels--head").actions}) == [
        "Next",
        "Set(0)",
        "Set(5)",
        "Up",
    ]


def test_parallel_actions_are_two_transitions(dump: Dump) -> None:
    graph = dump("B-deadlock--2.15")
    (before,) = [s for s in range(graph.n_states) if (graph.state(s)["x"].key, graph.state(s)["y"].key) == ("7", "m1")]
    leaving = range(graph.offsets[before], graph.offsets[before + 1])
    assert [graph.action(transition).name for transition in leaving] == ["Same1", "Same2"]
    assert len({int(graph.targets[transition]) for transition in leaving}) == 1


@pytest.mark.parametrize("version", ["2.15", "2.20", "head"])
def test_each_kind_of_value_is_read(dump: Dump, version: str) -> None:
    graph = dump(f"V-values--{version}")
    rows = [f'[name |-> "{i}", val |-> {i}, tag |-> <<{i}, {i + 1}, {i + 2}>>]' for i in range(1, 9)]
    expected = {
        "n": "-7",
        "s": '"plain"',
        "b": "TRUE",
        "st": "{3, 1, 2, -4}",
        "iv": "1..3",
        "tup": '<<1, "two", <<>>, {}>>',
        "rec": '[zeta |-> 1, a |-> "x", b |-> [c |-> {}]]',
        "fun": "(2 :> 4 @@ 5 :> 25 @@ 7 :> 49)",
        "fun0": "(0 :> 0 @@ 1 :> -1 @@ 2 :> -2)",
        "mvs": "{mv2, mv1, MV}",
        "powerset": "SUBSET {1, 2}",
        "fset": "[{1, 2} -> {TRUE, FALSE}]",
        "recset": "[a: {1, 2}, b: {TRUE, FALSE}]",
        "cart": '({1, 2} \\X {"p"})',
        "subst": "{2, 4, 6, 8, 10}",
        "esc": r'"q\"b\\t\tn\nr\rf\fend"',
        "lam": '[a |-> "a!", b |-> "b!"]',
        "strfun": '("k 1" :> 1 @@ "two" :> 2)',
        "e1": "<<>>",
        "e2": "<<>>",
        "e3": "{}",
        "bigset": f"{{{', '.join(rows)}}}",
        "nest": "(mv1 :> [x |-> <<{<<1, 2>>, <<0, 1>>}, <<1>>>>] @@ mv2 :> [x |-> <<{<<1, 2>>, <<0, 1>>}, <<1>>>>])",
    }  # fmt: skip
    state = graph.state(int(graph.initial[0]))
    assert {name: state[name] for name in expected} == {name: parse_value(text) for name, text in expected.items()}


@pytest.mark.parametrize("version", ["2.15", "2.20", "head"])
def test_strings_survive_both_layers_of_escapes(dump: Dump, version: str) -> None:
    state = dump(f"W-values--{version}").state(0)
    wanted = ["back\\slash", "new\nline", "/\\ x = 1", "\\n"]
    assert state["wq"] == parse_value(
        "<<" + ", ".join('"' + text.replace("\\", "\\\\").replace("\n", "\\n") + '"' for text in wanted) + ">>"
    )
    assert 'quote \\" in string, number two, ]] >> )) closers' in state["wcomma"].key


def test_unicode_is_kept(dump: Dump) -> None:
    graph = dump("U-unicode--head")
    assert {graph.state(state)["v"].key for state in range(4)} == {'"hélloß"', '"héllo"', '"日本 ∀x"', '"🎉 party"'}


@pytest.mark.parametrize("version", ["2.20", "head"])
def test_with_difftrace_the_tooltip_is_the_state(dump: Dump, version: str) -> None:
    assert dump(f"B-difftrace--{version}").variables == ("x", "y")


@pytest.mark.parametrize("version", ["2.20", "head"])
def test_with_alias_all_states_are_the_alias(dump: Dump, version: str) -> None:
    graph = dump(f"B-alias--{version}")
    assert graph.variables == ("both", "xx")
    assert graph.state(0)["both"] == parse_value("<<0, m1>>")


@pytest.mark.parametrize("version", ["2.20", "head"])
def test_a_strict_dump_is_refused(dump: Dump, version: str) -> None:
    with pytest.raises(GraphError, match="which the file does not declare") as caught:
        dump(f"A-strict--{version}")
    assert caught.value.location is not None
    assert caught.value.location.line == 14
    assert "strict" in str(caught.value.hint)


@pytest.mark.parametrize("version", ["2.15", "2.20", "head"])
def test_a_liveness_graph_is_refused(dump: Dump, version: str) -> None:
    with pytest.raises(ParseError, match="liveness graph") as caught:
        dump(f"B-liveness-stuttering--{version}_liveness")
    assert "without `_liveness`" in str(caught.value.hint)


def test_a_liveness_graph_without_an_automaton_is_refused() -> None:
    lines = [  # of TLC 2.15 for `<>[](x \in Nat)`, with its header, loops, and no labels
        "digraph DiskGraph {",
        "nodesep=0.35;",
        "subgraph cluster_graph {",
        'color="white";',
        '-78 [label="x = 0",style = filled]',
        "-78 -> -13;",
        '-13 [label="x = 1"];',
        "-78 -> -78;",
        "-13 -> -13;",
        "}",
        "}",
    ]
    with pytest.raises(ParseError, match="liveness graph"):
        read_dot(Source("x_liveness.dot", "\n".join(lines).encode()))
    labeled = "\n".join(lines).replace("-78 -> -13;", '-78 -> -13 [label="Up"];')
    assert read_dot(Source("drawn.dot", labeled.encode())).n_states == 2
    strict = "\n".join(lines).replace("digraph", "strict digraph")  # of -dfid
    assert read_dot(Source("dfid.dot", strict.encode())).n_states == 2
