"""Read the JSON state graphs of MongoDB's forks of TLC (`-dump json FILE`), in one file or two.

    {"states": [{"fp": -34, "val": {"x": 0}, "initial": true}, ...],                     in X.json, 2025-01,
     "edges": [{"from": -34, "to": 7, "action": "Set", "actionParams": {"v": "0"}}, ...]}  pretty-printed
    {"states": [the same]}                                                               in X-states.json, and
    {"edges": [{"from": -34, "to": 7, "act": "Set", "params": {"v": "0"}}, ...]}           X-edges.json, 2025-06

The later one marks every state initial. Parameters are TLA+ text; their order is lost, so they are kept by name. What
the values do not tell is said in `json_values`. A file is read once, a few megabytes at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from testgen.errors import GraphError, Location
from testgen.graph._kernels import Ascending
from testgen.graph.builder import GraphBuilder
from testgen.graph.json_stream import JsonStream
from testgen.graph.json_values import AMBIGUOUS
from testgen.graph.model import GraphWarning, StateGraph
from testgen.graph.source import Stream
from testgen.graph.tlc_json_initial import derive_initial
from testgen.graph.tlc_json_states import State, StateTable
from testgen.graph.tlc_json_transitions import TransitionTable

__all__ = ["read_tlc_json"]

_HINT = "the JSON fork of TLC writes `states` and `edges`, in one file or in X-states.json and X-edges.json"


def read_tlc_json(name: str, streams: Sequence[Stream]) -> StateGraph:
    """Read a state graph from one file of states and edges, or from one of states and then one of edges.

    Raises:
        ParseError: A file is malformed or not of this shape, at a place that is told.
        GraphError: It is well formed but not a graph.
    """
    states, transitions = StateTable(name), TransitionTable()
    read: set[str] = set()
    for stream in streams:
        reader = JsonStream(stream)
        for key in reader.members():
            if key == "states":
                for states_batch in reader.elements(lambda _: State, states.at_once):
                    states.add(states_batch)
            elif key == "edges":
                known = Ascending(states.by_fingerprint()[0]) if "states" in read else None
                at_once = partial(transitions.at_once, states=known)
                for batch in reader.elements(transitions.element_type, at_once):
                    transitions.add(batch, known)
            else:
                reader.value().parse()
            read.add(key)
    for key in ("states", "edges"):
        if key not in read:
            raise GraphError(f"there are no {key} in the file", location=Location(name), hint=_HINT)
    return _assemble(name, states, transitions)


def _assemble(name: str, states: StateTable, transitions: TransitionTable) -> StateGraph:
    """Number the states by fingerprint, once each, and join the transitions to them."""
    warnings = [GraphWarning("ambiguous-values", AMBIGUOUS)]
    declared, ranks = states.fingerprints(), states.ranks()
    fingerprints, firsts = states.by_fingerprint()
    if len(fingerprints) < len(declared):
        states.check_repeats(firsts[np.searchsorted(fingerprints, declared)])
        message = f"declared more than once: {len(declared) - len(fingerprints)} of the states"
        warnings.append(GraphWarning("repeated-states", message))
    positions = transitions.ends(name, Ascending(fingerprints))
    initial = np.unique(np.searchsorted(fingerprints, declared[states.initial()]))
    if transitions.are_short and len(initial) == len(fingerprints):
        by_place = np.argsort(firsts)
        initial = by_place[derive_initial(np.argsort(by_place)[positions], len(fingerprints))]
        message = (
            f"every state is marked initial; which {len(initial)} of them are was found from the order in which TLC "
            "met them"
        )
        warnings.append(GraphWarning("initial-derived", message))
    if len(positions) and not any(action.name for action in transitions.actions):
        warnings.append(GraphWarning("no-action-labels", "transitions carry no action names"))
    builder = GraphBuilder(name, len(fingerprints))
    builder.set_columns(states.take_columns(), ranks[firsts])
    return builder.build(
        initial=initial,
        sources=positions[:, 0],
        targets=positions[:, 1],
        labels=transitions.labels(),
        label_texts=transitions.actions,
        fingerprints=fingerprints,
        warnings=warnings,
    )
