"""Immediate dominators of a graph without circles, whose vertices are numbered so that edges lead upwards.

Cooper, Harvey & Kennedy, "A Simple, Fast Dominance Algorithm", 2001, figure 3; without circles one pass is enough.
"""

from collections.abc import Sequence


def immediate_dominators(predecessors: Sequence[Sequence[int]]) -> list[int]:
    """For each vertex, the last other one through which every path from vertex 0 to it leads; 0 for vertex 0 itself.

    `predecessors[v]` are all smaller than v, and not empty for v > 0. All vertices can be reached from 0.
    """
    dominator = [0] * len(predecessors)
    for vertex, before in enumerate(predecessors):
        if vertex:
            common = before[0]
            for other in before[1:]:
                common = _common(dominator, common, other)
            dominator[vertex] = common
    return dominator


def dominates(dominator: Sequence[int], first: int, second: int, known: int) -> bool:
    """Whether every path from 0 to `second` leads through `first`; `known` is a vertex of which that is known."""
    while second > first and second != known:
        second = dominator[second]
    return second in (first, known)


def _common(dominator: Sequence[int], one: int, other: int) -> int:
    while one != other:
        if one > other:
            one = dominator[one]
        else:
            other = dominator[other]
    return one
