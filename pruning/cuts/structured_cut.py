"""A structured cut from beginning to end: channels, weights and statistics in, a plan out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from edgeprune.contracts import plugins
from edgeprune.contracts.channel_statistics import ChannelStatistics, Vector
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelPlan, Ids, MacTerm
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError, UsageError
from edgeprune.contracts.model import ModelGraph, WeightKey
from edgeprune.contracts.recipes.recipe import MethodRecipe
from edgeprune.pruning.criteria import l1
from edgeprune.pruning.cuts import unit_choice
from edgeprune.pruning.cuts.mac_budget import CLOSE, by_macs
from edgeprune.pruning.cuts.macs import MacCount
from edgeprune.pruning.cuts.report import layer_reports
from edgeprune.pruning.importance import Evidence
from edgeprune.pruning.selection import require_matches

CRITERIA = "edgeprune.pruning.criteria"


@dataclass(frozen=True, kw_only=True)
class CutRequest:
    """What goes: exactly one of `threshold` (scores below it), `ratio` (share of the units, 0 to 1) and `macs` (share
    of the MACs that stays, 0 to 1). `include` and `exclude` are globs of layer paths.
    """

    criterion: str = "l1"
    threshold: float | None = None
    ratio: float | None = None
    macs: float | None = None
    scope: str = "layer"
    align: int = 1
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    seed: int = 0


INT8_CHANNELS = 8
"""XNNPACK's int8 kernels read channels in eights (and write sixteen at once): 9 take the time of 16."""


def cut_request(recipe: MethodRecipe, seed: int, *, criterion: str, threshold: float | None) -> CutRequest:
    """What a recipe asks for, ranked by a criterion."""
    return CutRequest(
        criterion=criterion,
        threshold=threshold,
        ratio=recipe.ratio,
        macs=recipe.macs,
        scope=recipe.scope or "layer",
        align=recipe.align or 1,
        include=recipe.include,
        exclude=recipe.exclude,
        seed=seed,
    )


def needs(criterion: str) -> str:
    """What a criterion looks at: `weights`, `activations` or `gradients`. UsageError for an unknown name."""
    return str(plugins.load(CRITERIA, criterion).NEEDS)


def plan_cut(
    model: ModelGraph,
    graph: ChannelGraph,
    terms: Sequence[MacTerm],
    weights: Mapping[WeightKey, Array],
    request: CutRequest,
    statistics: ChannelStatistics | None = None,
) -> ChannelPlan:
    """Which units stay, with a report for each layer. Changes nothing; the same input gives the same plan.

    Raises UsageError for a criterion without its data or an empty selection, ModelError where nothing can be cut.
    """
    require_matches(model.layers, (*request.include, *request.exclude), weights=False)
    frozen = _frozen(graph, request)
    scores, notes = _scores(graph, weights, request, statistics, frozen)
    of = unit_choice.candidates(graph.group_of, scores, frozen, _steps(graph, request.align))
    if request.threshold is not None:
        kept = unit_choice.below_threshold(of, request.threshold)
    elif request.ratio is not None:
        kept = unit_choice.by_ratio(of, request.ratio, request.scope)
    elif request.macs is not None:
        count = MacCount(model, graph, terms)
        kept = by_macs(of, request.macs, request.scope, count)
        notes += _distance_notes(request, kept, count)
    else:
        raise UsageError("nothing says how much to remove", "give --threshold, --ratio or --macs")
    plan = ChannelPlan(graph=graph, kept=kept)
    return ChannelPlan(
        graph=graph,
        kept=kept,
        scores=scores,
        layers=layer_reports(model, plan, weights, frozen),
        notes=(*notes, *_floor_notes(graph, of, kept), *_nothing_notes(request, kept)),
    )


def _frozen(graph: ChannelGraph, request: CutRequest) -> unit_choice.Kept:
    """Groups that stay whole: frozen ones, and those with a producer that the user did not select."""
    frozen = np.array([group.frozen is not None for group in graph.groups], dtype=bool)
    if frozen.all():
        reasons = sorted({group.frozen for group in graph.groups if group.frozen} | set(graph.unread.values()))
        raise ModelError(
            f"nothing in this model can be cut: {'; '.join(reasons[:3]) or 'no layer makes channels'}",
            "see `edgeprune inspect`, or use a method that zeroes weights",
        )
    chosen = np.array([all(_selected(path, request) for path in group.producers) for group in graph.groups], dtype=bool)
    if not (chosen & ~frozen).any():
        raise UsageError(
            "--include and --exclude leave nothing that can be cut",
            "all layers whose channels go together must be selected; see `edgeprune inspect` for their names",
        )
    stay: unit_choice.Kept = frozen | ~chosen
    return stay


def _selected(path: str, request: CutRequest) -> bool:
    included = not request.include or any(fnmatchcase(path, glob) for glob in request.include)
    return included and not any(fnmatchcase(path, glob) for glob in request.exclude)


def _steps(graph: ChannelGraph, align: int) -> Ids:
    """Units of each group that make up `align` channels: fewer where a unit is several channels of all its layers."""
    width = np.zeros(len(graph.groups), dtype=np.int64)
    for axis in graph.weight_axes if align > 1 else ():
        units, counts = np.unique(graph.unit_of[axis.channels[axis.channels != NO_CHANNEL]], return_counts=True)
        np.gcd.at(width, graph.group_of[units], counts)
    return align // np.gcd(align, np.maximum(width, 1))


def _scores(
    graph: ChannelGraph,
    weights: Mapping[WeightKey, Array],
    request: CutRequest,
    statistics: ChannelStatistics | None,
    frozen: unit_choice.Kept,
) -> tuple[Vector, list[str]]:
    """Scores of all units, none unknown where they are ranked, and notes on what was not seen."""
    criterion = plugins.load(CRITERIA, request.criterion)
    if criterion.NEEDS != "weights" and statistics is None:
        raise UsageError(f"--criterion {request.criterion} needs data: it ranks by {criterion.NEEDS}", "give --data D")
    evidence = Evidence(graph=graph, weights=weights, statistics=statistics or ChannelStatistics(), seed=request.seed)
    scores: Vector = criterion.score(evidence)
    unseen = np.isnan(scores)
    blind = np.unique(graph.group_of[unseen & ~frozen[graph.group_of]])
    names = ", ".join(graph.groups[group].name for group in blind)
    if request.threshold is not None:
        return scores, [f"{request.criterion} has no values for {names}: all of it stays"] if len(blind) else []
    if not len(blind):
        return scores, []
    instead = np.nan_to_num(l1.score(evidence), nan=1.0)
    scale = float(scores[~unseen].mean()) if not unseen.all() else 1.0
    note = f"{request.criterion} has no values for {names}: ranked by l1 there"
    return np.where(unseen, scale * instead, scores), [note]


def _floor_notes(graph: ChannelGraph, of: unit_choice.Candidates, kept: unit_choice.Kept) -> list[str]:
    """Groups of which no more could go."""
    stay = np.bincount(of.group_of[kept], minlength=len(of.sizes))
    at_floor = np.flatnonzero((stay == of.lowest) & (of.lowest < of.sizes))
    return [
        f"{graph.groups[group].name}: {stay[group]} of {of.sizes[group]} channels, the fewest that may stay"
        for group in at_floor
    ]


def _distance_notes(request: CutRequest, kept: unit_choice.Kept, macs: MacCount) -> list[str]:
    """That the cut keeps much less of the MACs than it might, and how much."""
    whole, asked = macs(np.ones_like(kept)), request.macs or 0.0
    share = macs(kept) / max(whole, 1)
    if kept.all() or share >= (1 - CLOSE) * asked:
        return []
    steps = f"channels go in steps of {request.align} (--align)" if request.align > 1 else "whole channels go"
    return [f"{share:.4f} of the MACs stay, the nearest found below the {asked:g} asked for: {steps}"]


def _nothing_notes(request: CutRequest, kept: unit_choice.Kept) -> list[str]:
    """That no unit goes at all, and why."""
    if not kept.all():
        return []
    if request.threshold is not None:
        return [f"nothing is removed: no unit scores below {request.threshold:g}"]
    step = f", whose channels go in steps of {request.align} (--align)" if request.align > 1 else ""
    return [f"nothing is removed: what is asked for is less than one step of any group{step}"]
