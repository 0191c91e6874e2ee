"""What a structured cut does to each layer of the model."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelPlan, WeightAxis
from edgeprune.contracts.data import Array
from edgeprune.contracts.model import LayerSpec, ModelGraph, WeightKey
from edgeprune.contracts.results import LayerReport
from edgeprune.pruning.cuts.unit_choice import Kept


def layer_reports(
    model: ModelGraph, plan: ChannelPlan, weights: Mapping[WeightKey, Array], frozen: Kept
) -> tuple[LayerReport, ...]:
    """One row for each layer of the model, in its order. `weights` and `zeros` are those of the kernels that stay;
    `frozen[group]` says which groups were not up for choice.
    """
    axes_of: dict[str, list[WeightAxis]] = defaultdict(list)
    for axis in plan.graph.weight_axes:
        axes_of[axis.weight[0]].append(axis)
    return tuple(_report(layer, axes_of[layer.path], plan, weights, frozen) for layer in model.layers.values())


def _report(
    layer: LayerSpec, axes: list[WeightAxis], plan: ChannelPlan, weights: Mapping[WeightKey, Array], frozen: Kept
) -> LayerReport:
    """The row of one layer."""
    stays = {(axis.weight, axis.axis): plan.kept_channels(axis.channels) for axis in axes}
    cut = any(not mask.all() for mask in stays.values())
    size = zeros = 0
    for weight in layer.weights:
        if weight.is_kernel:
            key = (layer.path, weight.name)
            lengths = [stays[key, axis].sum() if (key, axis) in stays else n for axis, n in enumerate(weight.shape)]
            size += int(np.prod(lengths, dtype=np.int64))
            zeros += _zeros(weights[key], key, stays)
    before, after = _units(axes, plan)
    return LayerReport(
        name=layer.path,
        kind=layer.kind,
        weights=size,
        zeros=zeros,
        units_before=before,
        units_after=after,
        status="pruned" if cut else "skipped",
        reason=None if cut else _reason(layer, axes, plan.graph, frozen),
    )


def _zeros(weight: Array, key: WeightKey, stays: Mapping[tuple[WeightKey, int], Kept]) -> int:
    """Exact zeros among what stays of a weight."""
    if np.count_nonzero(weight) == weight.size:
        return 0
    for axis in range(weight.ndim):
        if (key, axis) in stays:
            weight = np.compress(stays[key, axis], weight, axis=axis)
    return int(weight.size - np.count_nonzero(weight))


def _units(axes: list[WeightAxis], plan: ChannelPlan) -> tuple[int | None, int | None]:
    """Neurons or channels of a layer, before and after: the different channels along its first axis that makes some."""
    made = next((axis.channels for axis in axes if not axis.consumes), None)
    if made is None:
        return None, None
    stays = plan.kept_channels(made)
    return _different(made), _different(made[stays])


def _different(channels: Array) -> int:
    """How many channels an id array names; what is no channel counts one by one."""
    fixed = channels == NO_CHANNEL
    return int(fixed.sum()) + len(np.unique(channels[~fixed]))


def _reason(layer: LayerSpec, axes: list[WeightAxis], graph: ChannelGraph, frozen: Kept) -> str:
    """Why nothing of a layer goes."""
    if layer.path in graph.unread:
        return graph.unread[layer.path]
    if not layer.weights:
        return "has no weights"
    made = [axis.channels[axis.channels != NO_CHANNEL] for axis in axes if not axis.consumes]
    groups: list[int] = np.unique(graph.group_of[graph.unit_of[np.concatenate(made)]]).tolist() if made else []
    for group in groups:
        if graph.groups[group].frozen:
            return str(graph.groups[group].frozen)
    if not groups:
        return "its channels are never removed"
    if all(frozen[group] for group in groups):
        return "left out by --include or --exclude"
    return "nothing in it ranks low enough"
