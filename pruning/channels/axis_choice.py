"""Where channels could be cut in several ways, the way that leaves the most of them removable.

A reshape that makes (heads, size) of one axis can lose heads, or entries of all heads. Which is better shows only
further on: attention sums over `size` and cannot lose any of it, while convolutions follow the last axis.
"""

from collections.abc import Callable, Mapping

import numpy as np

from edgeprune.pruning.channels.grouping import free_units, removable, units
from edgeprune.pruning.channels.ledger import Ledger


def best_choices(first: Ledger, walk: Callable[[Mapping[int, int]], Ledger]) -> dict[int, int]:
    """The choice for each node that has one, found with one more walk for each way but the last.

    Nodes whose channels go together in a walk are judged together: by how many ids are removable there, compared
    with the best so far. `first` is the walk in which all were read in their last way; to that, ties go.
    """
    options = {node: count for node, (count, _) in first.options.items()}
    chosen = {node: count - 1 for node, count in options.items()}
    best = _removable_ids(first)
    for way in range(max(options.values()) - 1):
        ledger = walk({node: min(way, count - 1) for node, count in options.items()})
        found = _removable_ids(ledger)
        for nodes in _connected(ledger, [node for node in options if node in ledger.options]):
            if sum(found[node] for node in nodes) > sum(best[node] for node in nodes):
                for node in nodes:
                    chosen[node], best[node] = min(way, options[node] - 1), found[node]
    return chosen


def _removable_ids(ledger: Ledger) -> dict[int, int]:
    """For each node with a choice, how many of the ids it is about can be removed."""
    unit_of = units(ledger)
    free = free_units(ledger, unit_of)
    return {node: int(free[unit_of[removable(ids)]].sum()) for node, (_, ids) in ledger.options.items()}


def _connected(ledger: Ledger, nodes: list[int]) -> list[list[int]]:
    """Nodes whose ids are coupled with one another."""
    unit_of = units(ledger)
    owner: dict[int, int] = {}
    parent = {node: node for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for node in nodes:
        for unit in np.unique(unit_of[removable(ledger.options[node][1])]).tolist():
            parent[root(node)] = root(owner.setdefault(unit, node))
    members: dict[int, list[int]] = {}
    for node in nodes:
        members.setdefault(root(node), []).append(node)
    return list(members.values())
