"""How much goes, and where: from scores to the units that stay. Exact counts, ties by index.

Inside a group units go in the order of their scores, so a cut is one number a group: how many of its units go.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.channel_statistics import Vector
from edgeprune.contracts.channels import Ids
from edgeprune.pruning import lamp

Kept = npt.NDArray[np.bool_]


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
    return keep(of, going_of(of, removal_order(of, scope)[: int(ratio * cuttable + 1e-9)]))


def first_fit(of: Candidates, order: Ids, fits: Callable[[Ids], bool]) -> int:
    """How many units, in this order, have to go until the rest fits (all of them, if it never does)."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if fits(going_of(of, order[:middle])):
            high = middle
        else:
            low = middle + 1
    return low


def removal_order(of: Candidates, scope: str) -> Ids:
    """Units that may go, first to go first; by index where `standing` is the same."""
    order = np.lexsort((of.rank, of.group_of, standing(of, scope)))
    return order[of.may_go[order]]


def standing(of: Candidates, scope: str) -> Vector:
    """What units of different groups are ranked by: shape (units,), rising with the rank in a group.

    Scope `layer`: the share of its group that is gone with a unit, so that all groups shrink alike. Scope `global`:
    `lamp.standing` in its group.
    """
    if scope == "layer":
        share: Vector = (of.rank + 1) / of.sizes[of.group_of]
        return share
    order = np.lexsort((of.rank, of.group_of))
    found = np.empty(len(order))
    for units in np.split(order, np.cumsum(of.sizes)[:-1]):
        found[units] = lamp.standing(of.scores[units])
    return found


def going_of(of: Candidates, units: Ids) -> Ids:
    """How many of each group are among these units."""
    return np.bincount(of.group_of[units], minlength=len(of.sizes))
