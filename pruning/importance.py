"""From weights and statistics to one number a unit: what the criteria have in common."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from edgeprune.contracts.channel_statistics import ChannelStatistics, Vector
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, Ids, WeightAxis
from edgeprune.contracts.data import Array
from edgeprune.contracts.model import WeightKey


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a criterion may look at. `statistics` is there for criteria that need data."""

    graph: ChannelGraph
    weights: Mapping[WeightKey, Array]
    statistics: ChannelStatistics
    seed: int = 0


@dataclass(frozen=True)
class Member:
    """What one member (a weight axis, a tensor axis) says: `units` without repetition, a value for each."""

    units: Ids
    values: Vector


def unit_sums(graph: ChannelGraph, channels: Ids, values: Array, mean: bool = False) -> Member:
    """Sum (or mean) of the values, shape (len(channels),), of each unit's indices along one axis."""
    removable = channels != NO_CHANNEL
    units, position = np.unique(graph.unit_of[channels[removable]], return_inverse=True)
    sums = np.bincount(position, weights=values[removable], minlength=len(units)).astype(np.float64)
    if mean:
        sums = sums / np.bincount(position, minlength=len(units))
    return Member(units, sums)


def mean_over_members(graph: ChannelGraph, members: Iterable[Member]) -> Vector:
    """Score of each unit: the mean of what its members say; NaN for a unit without members. Shape (units,)."""
    total = np.zeros(len(graph.group_of))
    count = np.zeros(len(graph.group_of))
    for member in members:
        total[member.units] += member.values
        count[member.units] += 1
    scores: Vector = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return scores


def relative_to_group(graph: ChannelGraph, member: Member) -> Member:
    """Values divided by their mean over each group, so that every member has the same say (values >= 0)."""
    _, position = np.unique(graph.group_of[member.units], return_inverse=True)
    means = np.bincount(position, weights=member.values) / np.bincount(position)
    means[means == 0] = 1.0
    return Member(member.units, member.values / means[position])


def group_norm(evidence: Evidence, power: Callable[[Array], Array], root: Callable[[Vector], Vector]) -> Vector:
    """Importance of each unit by the norms of all weights that go with it, shape (units,).

    For member m (an axis of a kernel or embedding: biases and scales have too few numbers to speak) and unit u:
    s_m(u) = root(sum of power(w) over the slices of u). I(u) = mean over m of s_m(u) / (mean of s_m over u's group):
    the group criterion of DepGraph (Fang et al. 2023, eq. 4), with each member scaled to mean 1, as its
    implementation does, so that a large layer does not drown a small one.
    """
    members = []
    for axis, values in _axis_sums(evidence, power):
        member = unit_sums(evidence.graph, axis.channels, values)
        members.append(relative_to_group(evidence.graph, Member(member.units, root(member.values))))
    return mean_over_members(evidence.graph, members)


def _axis_sums(evidence: Evidence, power: Callable[[Array], Array]) -> Iterable[tuple[WeightAxis, Vector]]:
    """Sums of power(w) over all axes but one, for each axis with channels of each weight of two axes or more."""
    axes_of: dict[WeightKey, list[WeightAxis]] = defaultdict(list)
    for axis in evidence.graph.weight_axes:
        axes_of[axis.weight].append(axis)
    for key, axes in axes_of.items():
        weight = evidence.weights[key]
        if weight.ndim < 2:
            continue
        wanted = sorted({axis.axis for axis in axes})
        others = tuple(set(range(weight.ndim)) - set(wanted))
        powers = power(weight if weight.dtype.itemsize >= 4 else weight.astype(np.float32)).sum(axis=others)
        for axis in axes:
            rest = tuple(place for place, which in enumerate(wanted) if which != axis.axis)
            yield axis, powers.sum(axis=rest, dtype=np.float64)
