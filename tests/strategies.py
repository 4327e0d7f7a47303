"""Hypothesis strategies that several rooms share: TLA+ values in every spelling, and graphs as TLC would dump them.

Values are drawn as *terms*, nested tuples that say what a value is in the plainest way, so that `meaning` can tell
equality from Python's own frozensets, independently of `testgen.values`:

    ("bool", True)  ("int", 7)  ("str", "a")  ("model", "m1")  ("set", [terms])  ("seq", [terms])
    ("rec", {name: term})  ("fun", [(term, term)])
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from testgen.values import Value
from testgen.values import model as tla

Term = tuple[str, Any]

HOSTILE = [
    "", '"', "\\", "\n", "\t\f\r", "\\n", '\\"', 'a"b', "/\\ x = 1", "\n/\\ y = 2", "]", "}}", ">>", "|->", ":> @@",
    '"""', "'''", "{{ value }}", "{% raw %}", "#}", "${x}", "%s", "TRUE", "m1", "1", "héllo", "日本 ∀x", "🎉", "\u2028",
    "\x85", "\x1b[31m", "\u202e", '"]; 1 -> 2;', '",style = filled]', "1 -> 2 [label=\"x\"];", "}", "<Operator F>",
    '")\nimport os  # ', "\\u0041", "\\N{DIGIT ONE}", "\\x41", "line 1, col 1 to line 1, col 2 of module M",
]  # fmt: skip
"""Strings that mean something to TLA+, DOT, Python, Jinja or a terminal."""
NAMES = ["a", "b", "clock", "v_1", "x1y", "Zed", "_under"]
ODD_NAMES = ["k 1", "", "SUBSET", "TRUE", "é", "a-b", "1"]
"""Not the name of a field: TLC prints a function from these as `("k 1" :> ...)`."""

hostile_strings = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)


def terms(*, strings: st.SearchStrategy[str] = hostile_strings, max_leaves: int = 12) -> st.SearchStrategy[Term]:
    """Any value; small numbers and few names, so that equal and nearly equal ones are common."""
    atoms = st.one_of(
        st.tuples(st.just("bool"), st.booleans()),
        st.tuples(st.just("int"), st.integers(-2, 4) | st.integers(-(2**31), 2**31 - 1)),
        st.tuples(st.just("str"), st.sampled_from([*NAMES, *ODD_NAMES]) | strings),
        st.tuples(st.just("model"), st.sampled_from(["m1", "m2", "a", "1a"])),
    )
    return st.recursive(atoms, _compound, max_leaves=max_leaves)


def _compound(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    keys = st.sampled_from([*NAMES, *ODD_NAMES])
    string_keys = st.tuples(st.just("str"), keys)
    positions = st.tuples(st.just("int"), st.integers(0, 4))
    return st.one_of(
        st.tuples(st.just("set"), st.lists(inner, max_size=4)),
        st.tuples(st.just("set"), st.lists(positions, max_size=5)),
        st.tuples(st.just("seq"), st.lists(inner, max_size=4)),
        st.tuples(st.just("rec"), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
        st.tuples(st.just("fun"), st.lists(st.tuples(inner | string_keys | positions, inner), max_size=4)),
    )


def meaning(term: Term) -> object:
    """What a term is, such that two are equal exactly if TLA+ says so."""
    kind, content = term
    match kind:
        case "set":
            return ("set", frozenset(meaning(element) for element in content))
        case "seq":
            pairs = [(("int", str(position)), meaning(item)) for position, item in enumerate(content, 1)]
        case "rec":
            pairs = [(("str", name), meaning(item)) for name, item in content.items()]
        case "fun":  # the first pair of an argument counts
            pairs = list({meaning(k): (meaning(k), meaning(v)) for k, v in reversed(content)}.values())
        case _:
            return (kind, str(content))
    return ("function", frozenset(pairs))


def build(term: Term) -> Value:
    """The term as a `Value`, by the constructors of `testgen.values.model`."""
    kind, content = term
    match kind:
        case "bool":
            return tla.Boolean(content)
        case "int":
            return tla.Integer(content)
        case "str":
            return tla.String(content)
        case "model":
            return tla.ModelValue(content)
        case "set":
            return tla.set_of(map(build, content))
        case "seq":
            return tla.sequence(list(map(build, content)))
        case "rec":
            return tla.record({name: build(item) for name, item in content.items()})
        case _:
            return tla.function((build(k), build(v)) for k, v in content)


_TLA_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\f": "\\f", "\r": "\\r"}


def spell(term: Term, rng: random.Random, *, plain: bool = False) -> str:
    """TLA+ text of the term: one of many spellings, or with `plain` the narrow one that TLC would begin with."""

    def gap() -> str:
        return "" if plain else rng.choice(["", "", " ", "\n  ", "\n      ", "  "])

    def joined(parts: list[str], separator: str) -> str:
        return (gap() + separator + (" " if plain else rng.choice([" ", "\n   "]))).join(parts)

    def function(pairs: list[tuple[str, str]]) -> str:
        return f"({gap()}" + joined([f"{k} :>{gap()} {v}" for k, v in pairs], " @@") + f"{gap()})"

    def text(item: Term) -> str:
        return spell(item, rng, plain=plain)

    def string(content: str) -> str:
        return '"' + "".join(_TLA_ESCAPES.get(character, character) for character in content) + '"'

    kind, content = term
    turned = not plain and rng.random() < 0.3
    match kind:
        case "bool":
            return "TRUE" if content else "FALSE"
        case "int" | "model":
            return str(content)
        case "str":
            return string(content)
        case "set":
            numbers = sorted({value for kind, value in content if kind == "int"})
            is_run = numbers and len(numbers) == len({meaning(item) for item in content})
            if turned and is_run and numbers[-1] - numbers[0] + 1 == len(numbers):
                return f"{numbers[0]}..{numbers[-1]}"
            shuffled = content if plain else rng.sample(content, len(content))
            return "{" + gap() + joined([text(item) for item in shuffled], ",") + gap() + "}"
        case "seq":
            if turned and content:
                return function([(str(position), text(item)) for position, item in enumerate(content, 1)])
            if not content:
                return "<< >>" if turned else "<<>>"
            return "<<" + gap() + joined([text(item) for item in content], ",") + gap() + ">>"
        case "rec":
            if not content:
                return "<<>>"
            if turned:
                return function([(string(name), text(item)) for name, item in content.items()])
            fields = [f"{name}{gap()} |->{gap()} {text(item)}" for name, item in content.items()]
            rng.shuffle(fields)
            return "[" + gap() + joined(fields, ",") + gap() + "]"
        case _:
            return function([(text(k), text(v)) for k, v in content]) if content else "<<>>"


@dataclass(frozen=True)
class PlainGraph:
    """A state graph in the plainest form, and how a dump of it happens to look.

    States are numbered; `values` holds for each the terms of all variables. A transition is (source, label, target).
    """

    variables: tuple[str, ...]
    values: tuple[tuple[Term, ...], ...]
    initial: frozenset[int]
    transitions: tuple[tuple[int, str, int], ...]

    @property
    def n_states(self) -> int:
        return len(self.values)

    @property
    def distinct(self) -> set[tuple[int, str, int]]:
        return set(self.transitions)

    def dot(self, rng: random.Random, *, tooltips: bool = False, shuffled: bool = False, negative: bool = True) -> str:
        """As TLC writes it, under random fingerprints; `shuffled` as with several workers."""
        lowest = -(2**63) if negative else 0
        numbers: list[int] = []
        while len(numbers) < self.n_states:
            number = rng.randint(lowest, 2**63 - 1)
            if number not in numbers:
                numbers.append(number)
        lines = {state: self._state_line(state, numbers[state], rng, tooltips) for state in range(self.n_states)}
        first = [lines[state] for state in sorted(self.initial)]
        others = [lines[state] for state in lines if state not in self.initial]
        attributes = 'color="black",fontcolor="black"'
        edges = [
            f'{numbers[source]} -> {numbers[target]} [label="{_quote(label)}",{attributes}];'
            for source, label, target in self.transitions
        ]
        body = edges + others
        if shuffled:
            rng.shuffle(body)
            rng.shuffle(first)
        ranks = ["{rank = same; " + "".join(f"{number};" for number in numbers) + "}"]
        head = ["strict digraph DiskGraph {", "nodesep=0.35;", "subgraph cluster_graph {", 'color="white";']
        return "\n".join([*head, *first, *body, *ranks, "}", "}"])

    def _state_line(self, state: int, number: int, rng: random.Random, tooltips: bool) -> str:
        pairs = list(zip(self.variables, self.values[state], strict=True))
        if len(pairs) == 1:
            text = f"{pairs[0][0]} = {spell(pairs[0][1], rng)}"
        else:
            text = "\n".join(f"/\\ {name} = {spell(term, rng)}" for name, term in pairs)
        quoted = _quote(text).replace("\n", "\\n")
        if state in self.initial:
            return f'{number} [label="{quoted}",style = filled]'
        return f'{number} [label="{quoted}"' + (f',tooltip="{quoted}"' if tooltips else "") + "];"

    def renumbered(self, rng: random.Random) -> PlainGraph:
        """The same graph with its states in another order."""
        order = list(range(self.n_states))
        rng.shuffle(order)
        values = [self.values[0]] * self.n_states
        for state, place in enumerate(order):
            values[place] = self.values[state]
        transitions = [(order[source], label, order[target]) for source, label, target in self.transitions]
        rng.shuffle(transitions)
        initial = frozenset(order[state] for state in self.initial)
        return replace(self, values=tuple(values), initial=initial, transitions=tuple(transitions))


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


LABELS = ["Set", "Next", "S!Inc", "Up", ""]


@st.composite
def plain_graphs(
    draw: Callable[..., Any],
    *,
    acyclic: bool = False,
    labels: list[str] | None = None,
    hostile: bool = False,
    max_states: int = 7,
) -> PlainGraph:
    """Graphs with self-loops, repeated and parallel transitions, unreachable parts, several initial states, or one.

    State s has the number s among its values, so that states are distinct. Acyclic ones may still have self-loops.
    """
    n_states = draw(st.integers(1, max_states))
    state = st.integers(0, n_states - 1)
    variables = draw(st.sampled_from([("x",), ("x", "y"), ("zeta", "x", "count_1")]))
    other = terms(max_leaves=4) if hostile else st.tuples(st.just("int"), st.integers(0, 2))
    numbers = draw(st.permutations(range(n_states)))
    values = tuple((("int", number), *(draw(other) for _ in variables[1:])) for number in numbers)
    texts = labels if labels is not None else LABELS
    transition = st.tuples(state, st.sampled_from(texts), state)
    if acyclic:
        transition = transition.map(lambda t: (min(t[0], t[2]), t[1], max(t[0], t[2])))
    transitions = draw(st.lists(transition, max_size=3 * n_states))
    initial = draw(st.sets(state, min_size=1, max_size=3))
    return PlainGraph(variables, values, frozenset(initial), tuple(transitions))
