"""A cut that keeps a share of the MACs, and loses as little as it can.

What a cut loses is a sum over units; what it saves is a product of what stays in neighbouring groups, so a knapsack of
fixed prices is not exact. Units go by their worth per MAC, at prices that are taken anew where that ends; then a
best-first search over single steps of all groups undoes and swaps. Where it can see all cuts, it finds the best one.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import Ids
from edgeprune.contracts.errors import ModelError
from edgeprune.pruning.cuts.unit_choice import (
    Candidates,
    Kept,
    first_fit,
    going_of,
    keep,
    last_share,
    removal_order,
    share_of_group,
)

Macs = Callable[[Kept], int]
Stay = tuple[int, ...]

CLOSE = 0.03
"""A cut may end this share of the budget below it: what lies in between is judged by what it loses."""
CUTS_TRIED = 3000
"""A second for a model of a hundred layers; a model of five layers has no more in steps of eight."""
PRICINGS = 4
"""Prices hardly change after three."""
EVENNESS = 8
"""Of scope `layer`: the worth of a unit's MACs rises as this power of the share of its group that goes with it."""
OVERRUN = 2.0
"""A MAC above the budget costs the search this many times what the dearest unit that went was worth."""


def by_macs(of: Candidates, ratio: float, scope: str, macs: Macs) -> Kept:
    """At most `ratio` of the MACs, and no less than CLOSE below that where such a cut is found; `macs` never grows
    when more goes.

    Scope `layer`: all groups shrink alike, as far as steps allow. Scope `global`: the least sum of scores goes.
    Raises ModelError where even the largest cut has more.
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
    start, prices = _uniform(of, macs, budget) if scope == "layer" else _cheapest(of, macs, budget)
    worth = share_of_group(of) ** EVENNESS * prices[of.group_of] if scope == "layer" else _guarded(of)
    gone = ~_kept(of, start)
    dearest = float((worth / prices[of.group_of])[gone].max())
    search = _Search(of=of, lost=_lost(of, worth), macs=macs, budget=budget, overrun=OVERRUN * dearest)
    return _kept(of, search.best(start))


def _uniform(of: Candidates, macs: Macs, budget: float) -> tuple[Stay, Vector]:
    """The first cut within the budget where all groups shrink alike, and the prices there."""
    start = _along(of, removal_order(of, "layer"), macs, budget)
    return start, _prices(of, start, macs)


def _cheapest(of: Candidates, macs: Macs, budget: float) -> tuple[Stay, Vector]:
    """The first cut within the budget along the scores per MAC, and the prices that it was made at."""
    lost = _lost(of, _guarded(of))
    stay, found = tuple(of.sizes.tolist()), []
    for _ in range(PRICINGS):
        prices = _prices(of, stay, macs)
        priced = replace(of, scores=of.scores / prices[of.group_of])
        stay = _along(of, removal_order(priced, "global"), macs, budget)
        found.append((_sum_lost(lost, of, stay), stay, prices))
    _, start, prices = min(found, key=lambda each: each[:2])
    return start, prices


def _along(of: Candidates, order: Ids, macs: Macs, budget: float) -> Stay:
    """What stays of each group after as many steps in this order as the budget asks for."""
    length = first_fit(of, order, lambda going: macs(keep(of, going)) <= budget)
    kept = keep(of, going_of(of, order[:length]))
    return tuple(np.bincount(of.group_of[kept], minlength=len(of.sizes)).tolist())


def _prices(of: Candidates, stay: Stay, macs: Macs) -> Vector:
    """MACs of one unit of each group where `stay` of the groups stay; 1 at least."""
    here = macs(_kept(of, stay))
    prices = np.ones(len(stay))
    for group in np.flatnonzero(of.lowest < of.sizes).tolist():
        change = -1 if stay[group] > of.lowest[group] else 1
        there = macs(_kept(of, _with(stay, group, stay[group] + change)))
        prices[group] = max(abs(there - here), 1)
    return prices


def _guarded(of: Candidates) -> Vector:
    """Scores that let no group lose the last of its units before all others have given as much."""
    return np.where(last_share(of), of.scores + of.scores.sum(), of.scores)


def _lost(of: Candidates, worth: Vector) -> list[list[float]]:
    """`lost[group][n]`: what is lost with the first n units of a group."""
    in_order = worth[np.lexsort((of.rank, of.group_of))]
    groups = np.split(in_order, np.cumsum(of.sizes)[:-1])
    return [np.concatenate([[0.0], np.cumsum(group)]).tolist() for group in groups]


def _sum_lost(lost: list[list[float]], of: Candidates, stay: Stay) -> float:
    gone: list[int] = (of.sizes - np.array(stay)).tolist()
    return sum(each[count] for each, count in zip(lost, gone, strict=True))


def _kept(of: Candidates, stay: Stay) -> Kept:
    kept: Kept = of.rank >= (of.sizes - stay)[of.group_of]
    return kept


def _with(stay: Stay, group: int, count: int) -> Stay:
    return (*stay[:group], count, *stay[group + 1 :])


@dataclass(frozen=True, kw_only=True)
class _Search:
    """Best-first over cuts, one step of one group apart: first those that lose least, counting what is over budget."""

    of: Candidates
    lost: list[list[float]]
    macs: Macs
    budget: float
    overrun: float

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
        lost = _sum_lost(self.lost, self.of, stay)
        over = max(0.0, macs - self.budget)
        missed = np.inf if over else max(0.0, (1 - CLOSE) * self.budget - macs)
        return (lost + self.overrun * over, over, stay), (missed, lost, stay)

    def _neighbours(self, stay: Stay) -> Iterator[Stay]:
        bounds = zip(self.of.lowest.tolist(), self.of.sizes.tolist(), self.of.step.tolist(), strict=True)
        for group, (lowest, size, step) in enumerate(bounds):
            down = (stay[group] - 1) // step * step
            if lowest <= down:
                yield _with(stay, group, down)
            if stay[group] < size:
                yield _with(stay, group, min((stay[group] // step + 1) * step, size))
