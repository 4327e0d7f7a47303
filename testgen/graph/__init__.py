"""State graphs: the packed model and the readers that make it. Knows no strategies, bindings or templates."""

from testgen.graph.collector import collector_paused
from testgen.graph.export import export_graph
from testgen.graph.load import load
from testgen.graph.model import Action, GraphWarning, StateGraph, StateId, TransitionId

__all__ = [
    "Action",
    "GraphWarning",
    "StateGraph",
    "StateId",
    "TransitionId",
    "collector_paused",
    "export_graph",
    "load",
]
