"""How much goes, and where: from scores to the units that stay. Exact counts, ties by index.

Inside a group units go in the order of their scores, so a cut is one number a group: how many of its units go.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import Ids
from edgeprune.contracts.errors import ModelError

Kept = npt.NDArray[np.bool_]

GLOBAL_SHARE = 0.9
"""A ranking over the whole model takes no more than this share of a group before all others have given as much."""


CLOSE = 0.005
"""A cut this close below the MACs that were asked for (as a share of all) is not refined further."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """What may go. `rank[unit]` is its place in its group, 0 for the first to go; `may_go[unit]`, `lowest[group]`
    (units that stay in any case) and `step[group]` (kept counts are its multiples) bound the choice.
    """

    group_of: Ids
    scores: Vector
    rank: Ids
    sizes: Ids
    may_go: Kept
    lowest: Ids
    step: Ids


def candidates(group_of: Ids, scores: Vector, frozen: Kept, step: Ids) -> Candidates:
    """Rank the units of each group, least important first, ties by index, NaN last.

    `frozen` and `step` are of shape (groups,). At least one step of units (one, without alignment) stays in a group.
    """
    sizes = np.bincount(group_of, minlength=len(frozen)).astype(np.int64)
    order = np.lexsort((scores, group_of))
    rank = np.empty(len(group_of), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank[order] = np.arange(len(group_of)) - first[group_of[order]]
    lowest = np.where(frozen, sizes, np.minimum(step, sizes))
    return Candidates(
        group_of=group_of,
        scores=scores,
        rank=rank,
        sizes=sizes,
        may_go=rank < (sizes - lowest)[group_of],
        lowest=lowest,
        step=step,
    )


def keep(of: Candidates, going: Ids) -> Kept:
    """The units that stay when `going[group]` of each group should go: kept counts rounded up to the step."""
    stay = np.maximum(of.sizes - going, of.lowest)
    stay = np.minimum(-(-stay // of.step) * of.step, of.sizes)
    kept: Kept = of.rank >= (of.sizes - stay)[of.group_of]
    return kept


def below_threshold(of: Candidates, threshold: float) -> Kept:
    """Units whose score is below the threshold go; those without a score stay."""
    return keep(of, np.bincount(of.group_of[of.scores < threshold], minlength=len(of.sizes)))


def by_ratio(of: Candidates, ratio: float, scope: str) -> Kept:
    """The share `ratio` of the units goes: of each group (scope `layer`), or of all that may be cut (`global`)."""
    if scope == "layer":
        return keep(of, np.floor(ratio * of.sizes + 1e-9).astype(np.int64))
    cuttable = int(of.sizes[of.lowest < of.sizes].sum())
    return keep(of, _going(of, removal_order(of, scope)[: int(ratio * cuttable + 1e-9)]))


def by_macs(of: Candidates, ratio: float, scope: str, macs: Callable[[Kept], int]) -> Kept:
    """The first cut along the removal order with at most `ratio` of the MACs; `macs` never grows when more goes.

    Where one unit is a large step (small models), the cut that spares the last group instead, and units given back,
    bring it closer. With a step, counts are rounded down from there: what lies between two multiples costs the time of
    the next higher one. Raises ModelError where even the largest cut has more.
    """
    if (of.step > 1).any():
        return _rounded_down(of, by_macs(replace(of, step=np.ones_like(of.step)), ratio, scope, macs))
    order = removal_order(of, scope)
    whole = macs(np.ones(len(of.group_of), dtype=bool))
    least = macs(keep(of, _going(of, order)))
    if least > ratio * whole:
        raise ModelError(
            f"--macs {ratio:g}: the smallest possible model still has {least / max(whole, 1):.4f} of the MACs",
            "ask for more, lower --align, or see the skipped layers",
        )

    def count(going: Ids) -> int:
        return macs(keep(of, going))

    def fits(going: Ids) -> bool:
        return count(going) <= ratio * whole

    length = _first_fit(of, order, fits)
    going = _going(of, order[:length])
    if length and count(going) < (ratio - CLOSE) * whole:
        last = of.group_of[order[length - 1]]
        spared = order[length:][of.group_of[order[length:]] != last]
        other = np.concatenate([order[: length - 1], spared])
        choices = [going, _going(of, other[: _first_fit(of, other, fits)])]
        going = max((_give_back(choice, order, of, fits) for choice in choices if fits(choice)), key=count)
    return keep(of, going)


def _rounded_down(of: Candidates, kept: Kept) -> Kept:
    """The same cut with the counts of the groups that lose units rounded down to the step."""
    stay = np.bincount(of.group_of[kept], minlength=len(of.sizes))
    stay = np.where(stay < of.sizes, np.maximum(stay // of.step * of.step, of.lowest), stay)
    rounded: Kept = of.rank >= (of.sizes - stay)[of.group_of]
    return rounded


def _first_fit(of: Candidates, order: Ids, fits: Callable[[Ids], bool]) -> int:
    """How many units, in this order, have to go until the rest fits (all of them, if it never does)."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if fits(_going(of, order[:middle])):
            high = middle
        else:
            low = middle + 1
    return low


def _give_back(going: Ids, order: Ids, of: Candidates, fits: Callable[[Ids], bool]) -> Ids:
    """Let units stay after all as long as the rest still fits, groups whose units go last first."""
    for group in dict.fromkeys(of.group_of[order[::-1]].tolist()):
        while going[group] > 0:
            less = going.copy()
            less[group] -= 1
            if not fits(less):
                break
            going = less
    return going


def removal_order(of: Candidates, scope: str) -> Ids:
    """Units that may go, first to go first.

    Scope `layer`: by their rank as a share of their group, so that all groups shrink alike. Scope `global`: by their
    scores, the last tenth of each group (see GLOBAL_SHARE) after all others.
    """
    share = (of.rank + 1) / of.sizes[of.group_of]
    if scope == "layer":
        order = np.lexsort((of.group_of, share))
    else:
        order = np.lexsort((of.rank, of.group_of, of.scores, share > GLOBAL_SHARE))
    return order[of.may_go[order]]


def _going(of: Candidates, units: Ids) -> Ids:
    """How many of each group are among these units."""
    return np.bincount(of.group_of[units], minlength=len(of.sizes))
