"""A cut that keeps a share of the MACs: along the ranking, and as near to it as steps allow.

What a cut loses is a sum over units, and what it saves a product of what stays in neighbouring groups, so it is no
knapsack. From where the ranking meets the budget, a best-first search over single steps of all groups undoes and
swaps. Where it can see all cuts, it finds the best one.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.errors import ModelError
from edgeprune.pruning.cuts.unit_choice import Candidates, Kept, first_fit, going_of, keep, removal_order

Macs = Callable[[Kept], int]
Stay = tuple[int, ...]

CLOSE = 0.03
"""A cut may end this share of the budget below it: what lies in between is judged by what it loses."""
CUTS_TRIED = 3000
"""A second for a model of a hundred layers; a model of five layers has no more in steps of eight."""
FAITHFUL = 8
"""A unit's MACs are worth this power of its place in the ranking, so that no cut strays far from it."""
OVERRUN = 2.0
"""A MAC above the budget costs the search this much, where one of the last unit that goes by the ranking is worth 1."""


def by_macs(of: Candidates, ratio: float, scope: str, macs: Macs) -> Kept:
    """At most `ratio` of the MACs, and no less than CLOSE below that where such a cut is found; `macs` never grows
    when more goes.

    Units go in the order of `removal_order`. Raises ModelError where even the largest cut has more.
    """
    whole = macs(np.ones(len(of.group_of), dtype=bool))
    least = macs(keep(of, of.sizes))
    if least > ratio * whole:
        raise ModelError(
            f"--macs {ratio:g}: the smallest possible model still has {least / max(whole, 1):.4f} of the MACs",
            "ask for more, lower --align, or see the skipped layers",
        )
    if whole <= ratio * whole:
        return np.ones(len(of.group_of), dtype=bool)
    budget = ratio * whole
    order = removal_order(of, scope)
    length = first_fit(of, order, lambda going: macs(keep(of, going)) <= budget)
    kept = keep(of, going_of(of, order[:length]))
    start = tuple(np.bincount(of.group_of[kept], minlength=len(of.sizes)).tolist())
    place = np.ones(len(of.rank))
    place[order] = np.arange(1, len(order) + 1) / length
    lost = sums_of_lost(of, place**FAITHFUL * _prices(of, start, macs)[of.group_of])
    return _kept(of, CutSearch(of=of, lost=lost, macs=macs, budget=budget).best(start))


def _prices(of: Candidates, stay: Stay, macs: Macs) -> Vector:
    """MACs of one unit of each group where `stay` of the groups stay; 1 at least."""
    here = macs(_kept(of, stay))
    prices = np.ones(len(stay))
    for group in np.flatnonzero(of.lowest < of.sizes).tolist():
        change = -1 if stay[group] > of.lowest[group] else 1
        there = macs(_kept(of, _with(stay, group, stay[group] + change)))
        prices[group] = max(abs(there - here), 1)
    return prices


def sums_of_lost(of: Candidates, worth: Vector) -> list[list[float]]:
    """What is lost with the first n units of each group, n from 0 to all of them."""
    in_order = worth[np.lexsort((of.rank, of.group_of))]
    groups = np.split(in_order, np.cumsum(of.sizes)[:-1])
    return [np.concatenate([[0.0], np.cumsum(group)]).tolist() for group in groups]


def _kept(of: Candidates, stay: Stay) -> Kept:
    kept: Kept = of.rank >= (of.sizes - stay)[of.group_of]
    return kept


def _with(stay: Stay, group: int, count: int) -> Stay:
    return (*stay[:group], count, *stay[group + 1 :])


@dataclass(frozen=True, kw_only=True)
class CutSearch:
    """Best-first over cuts, one step of one group apart: first those that lose least, counting what is over budget.

    `lost[group][n]` is lost with the first n units of a group.
    """

    of: Candidates
    lost: list[list[float]]
    macs: Macs
    budget: float

    def best(self, start: Stay) -> Stay:
        """The best of CUTS_TRIED cuts around `start`, which is within the budget."""
        place, rank = self._judge(start)
        seen, open_cuts, best = {start}, [place], rank
        while open_cuts and len(seen) < CUTS_TRIED:
            *_, stay = heapq.heappop(open_cuts)
            for other in self._neighbours(stay):
                if other not in seen:
                    seen.add(other)
                    place, rank = self._judge(other)
                    heapq.heappush(open_cuts, place)
                    best = min(best, rank)
        return best[-1]

    def _judge(self, stay: Stay) -> tuple[tuple[float, float, Stay], tuple[float, float, Stay]]:
        """Its place in the queue, and its rank: by how far it misses the budget, then by what it loses."""
        macs = self.macs(_kept(self.of, stay))
        gone: list[int] = (self.of.sizes - stay).tolist()
        lost = sum(each[count] for each, count in zip(self.lost, gone, strict=True))
        over = max(0.0, macs - self.budget)
        missed = np.inf if over else max(0.0, (1 - CLOSE) * self.budget - macs)
        return (lost + OVERRUN * over, over, stay), (missed, lost, stay)

    def _neighbours(self, stay: Stay) -> Iterator[Stay]:
        bounds = zip(self.of.lowest.tolist(), self.of.sizes.tolist(), self.of.step.tolist(), strict=True)
        for group, (lowest, size, step) in enumerate(bounds):
            down = (stay[group] - 1) // step * step
            if lowest <= down:
                yield _with(stay, group, down)
            if stay[group] < size:
                yield _with(stay, group, min((stay[group] // step + 1) * step, size))
