"""The fewest paths through an acyclic graph that together pass everything that must be passed, as a flow of arrays.

A minimum flow with lower bounds (Ntafos & Hakimi 1979): begin with a flow that is large enough, then push as much of it
back from the end to the start as the lower bounds allow, which is a maximum flow (Dinic, by scipy). What is left is the
minimum; where nothing more can be pushed back is a cut that proves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

__all__ = ["Flow", "minimum_flow"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """How many paths take each edge.

    Attributes:
        edges: Shape (m,): paths on each edge.
        starts: Shape (n,): paths that begin at each node.
        inside: Shape (n,): nodes from which no edge leads to one that is not inside, so that each path enters once.
            The lower bounds of the edges that enter sum up to the number of paths: fewer are not enough.
    """

    edges: Ints
    starts: Ints
    inside: Bools

    @property
    def n_paths(self) -> int:
        return int(self.starts.sum())


def minimum_flow(n_nodes: int, tails: Ints, heads: Ints, lower: Ints, starts: Bools) -> Flow:
    """Find the fewest paths that take each edge at least as often as `lower` says. They may end anywhere.

    Args:
        n_nodes: Each must be reachable from a start.
        tails: Shape (m,): where each edge comes from. No two edges join the same nodes; the graph is acyclic.
        heads: Shape (m,): where it leads.
        lower: Shape (m,).
        starts: Shape (n_nodes,): whether a path may begin there.
    """
    edges, start_flow = _feasible(n_nodes, tails, heads, lower, starts)
    ends = start_flow.copy()
    np.add.at(ends, heads, edges)
    np.subtract.at(ends, tails, edges)
    # Arcs along which flow can be pushed from the end back to the start: a path ends earlier, takes another edge,
    # leaves out one that it need not take, or begins later.
    end, start = n_nodes, n_nodes + 1
    nodes = np.arange(n_nodes)
    unlimited = np.full(len(tails), start_flow.sum())
    arc_tails = np.concatenate((tails, heads, np.full(n_nodes, end), nodes))
    arc_heads = np.concatenate((heads, tails, nodes, np.full(n_nodes, start)))
    capacities = np.concatenate((unlimited, edges - lower, ends, start_flow))
    kept = capacities > 0
    size = (n_nodes + 2, n_nodes + 2)
    arcs = csr_array((capacities[kept].astype(np.int32), (arc_tails[kept], arc_heads[kept])), shape=size)
    pushed = csr_array(maximum_flow(arcs, end, start).flow)
    left = csr_array(arcs - pushed)  # the flow is antisymmetric, so what was pushed can be pushed back
    left.eliminate_zeros()
    inside = np.zeros(n_nodes + 2, dtype=bool)
    inside[breadth_first_order(left, end, return_predecessors=False)] = True
    return Flow(
        edges=edges + _entries(pushed, tails, heads),
        starts=start_flow - _entries(pushed, nodes, np.full(n_nodes, start)),
        inside=inside[:n_nodes],
    )


def _feasible(n_nodes: int, tails: Ints, heads: Ints, lower: Ints, starts: Bools) -> tuple[Ints, Ints]:
    """Enough paths, though too many: what a node lacks comes from a start along a breadth-first tree."""
    root = n_nodes
    firsts = np.flatnonzero(starts)
    every_tail = np.concatenate((tails, np.full(len(firsts), root)))
    every_head = np.concatenate((heads, firsts))
    ones = np.ones(len(every_tail), dtype=np.int8)
    graph = csr_array((ones, (every_tail, every_head)), shape=(n_nodes + 1, n_nodes + 1))
    order, predecessors = breadth_first_order(graph, root)
    assert len(order) == n_nodes + 1, "a node cannot be reached"
    lacking = np.zeros(n_nodes + 1, dtype=np.int64)
    np.add.at(lacking, tails, lower)
    np.subtract.at(lacking, heads, lower)
    extra: list[int] = lacking.tolist()
    before: list[int] = predecessors.tolist()
    for node in order[:0:-1].tolist():  # farthest first, the root left out
        if extra[node] > 0:  # what a node has too much stays there, for those behind it
            extra[before[node]] += extra[node]
    brought = np.maximum(np.array(extra[:n_nodes], dtype=np.int64), 0)
    from_root = predecessors[:n_nodes] == root
    by_edge = csr_array((np.arange(1, len(tails) + 1), (tails, heads)), shape=(n_nodes, n_nodes))
    children = np.flatnonzero(~from_root)
    edges = lower.copy()
    edges[_entries(by_edge, predecessors[children], children) - 1] += brought[children]
    return edges, np.where(from_root, brought, 0)


def _entries(matrix: csr_array, rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer]) -> Ints:
    """The entries at these places, 0 where there is none."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    entries: Ints = np.asarray(matrix[rows, columns]).ravel().astype(np.int64)
    return entries
