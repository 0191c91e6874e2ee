"""The live part of a model as a flow graph: where single-entry, single-exit regions can start and end.

A region is bounded by a pair (start, exit) of which the start dominates the exit and the exit post-dominates the
start (Johnson, Pearson & Pingali, "The Program Structure Tree", PLDI 1994, definition 3). Starts are tensors, and
single edges where a tensor has several readers: so a branch of a residual block can start a region too.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from edgeprune.contracts.model import ModelGraph
from edgeprune.pruning.layers.dominators import dominates, immediate_dominators


@dataclass(frozen=True)
class Flow:
    """`node_of[v]` is the node whose output vertex v stands for, None for an edge, the source (0) and the sink."""

    predecessors: list[list[int]]
    node_of: list[int | None]
    entry_of: dict[int, int]
    """Vertex at which a region can start to the node whose output it reads."""

    def exits(self) -> Iterator[tuple[int, Iterator[int]]]:
        """For each start: the node whose output is read there, and those at which a region can end, nearest first."""
        before = immediate_dominators(self.predecessors)
        sink = len(self.predecessors) - 1
        after = [sink - vertex for vertex in immediate_dominators(self._reversed())][::-1]
        for start, entry in self.entry_of.items():
            yield entry, self._exits(start, before, after)

    def _exits(self, start: int, before: list[int], after: list[int]) -> Iterator[int]:
        known, vertex = start, after[start]
        while dominates(before, start, vertex, known):
            node = self.node_of[vertex]
            if node is not None:
                yield node
            known, vertex = vertex, after[vertex]
            if vertex == known:
                return

    def _reversed(self) -> list[list[int]]:
        """The predecessors in the opposite graph, numbered from the sink."""
        sink = len(self.predecessors) - 1
        turned: list[list[int]] = [[] for _ in self.predecessors]
        for vertex, sources in enumerate(self.predecessors):
            for source in sources:
                turned[sink - source].append(sink - vertex)
        return turned


def live_nodes(graph: ModelGraph) -> list[int]:
    """Indices of the nodes that outputs depend on, in topological order."""
    live = {output.node for output in graph.outputs}
    for node in reversed(graph.nodes):
        if node.index in live:
            live.update(reference.node for reference in node.inputs)
    return sorted(live)


def flow(graph: ModelGraph) -> Flow:
    """The flow graph of what the outputs depend on."""
    live = live_nodes(graph)
    sources = {index: sorted({reference.node for reference in graph.nodes[index].inputs}) for index in live}
    readers: dict[int, int] = defaultdict(int)
    for found in sources.values():
        for source in found:
            readers[source] += 1
    made = Flow([[]], [None], {})
    vertex_of: dict[int, int] = {}

    def add(predecessors: list[int], node: int | None, entry: int) -> int:
        made.predecessors.append(predecessors)
        made.node_of.append(node)
        vertex = len(made.predecessors) - 1
        made.entry_of[vertex] = entry
        return vertex

    for index in live:
        edges = [
            add([vertex_of[source]], None, source) if readers[source] > 1 else vertex_of[source]
            for source in sources[index]
        ]
        vertex_of[index] = add(edges or [0], index, index)
    sink = add(sorted({vertex_of[output.node] for output in graph.outputs}), None, -1)
    del made.entry_of[sink]
    return made


def between(graph: ModelGraph, entry: int, exit_: int) -> tuple[int, ...]:
    """The nodes from one node (left out) to another, where the first dominates the second."""
    found, waiting = {exit_}, [exit_]
    while waiting:
        for reference in graph.nodes[waiting.pop()].inputs:
            if reference.node != entry and reference.node not in found:
                found.add(reference.node)
                waiting.append(reference.node)
    return tuple(sorted(found))
