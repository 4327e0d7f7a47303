"""The one door to networkx: small graphs, for users who want to look at them with its tools."""

from __future__ import annotations

import networkx as nx

from testgen.graph.model import StateGraph
from testgen.values import to_plain

__all__ = ["to_networkx"]


def to_networkx(graph: StateGraph) -> nx.MultiDiGraph[int]:
    """The graph as a networkx multigraph: nodes carry their variables as plain values, edges `action`.

    Builds an object per state and transition: for looking, not for large graphs.
    """
    result: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    initial = set(graph.initial.tolist())
    for state in range(graph.n_states):
        values = {name: to_plain(value) for name, value in graph.state(state).items()}
        result.add_node(state, initial=state in initial, **{"values": values})
    for transition, (source, target) in enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)):
        result.add_edge(source, target, key=transition, action=str(graph.action(transition)))
    return result
