"""Channels of a whole model: which index of which weight belongs to which, so that they can be removed together.

Every removable channel of every tensor has an id. A layer that makes channels (Dense, Conv2D, …) hands out fresh
ids; everything after it carries them along: a Flatten repeats them, a Concatenate strings them together, an Add
says that two of them must go together. Ids that must go together are one *unit* (a neuron, a channel, a head),
and units with the same members are one *group*: what Torch-Pruning calls a dependency group
(Fang et al., "DepGraph", CVPR 2023), found index by index.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edgeprune.contracts.model import TensorRef, WeightKey
from edgeprune.contracts.results import LayerReport

Ids = npt.NDArray[np.int64]

NO_CHANNEL = -1
"""Stands in an id array where an index is not a removable channel."""


@dataclass(frozen=True, kw_only=True)
class WeightAxis:
    """One axis of one weight array: `channels[i]` is the channel that index i belongs to, or NO_CHANNEL.

    `consumes` says that the axis reads channels (the input axis of a kernel); otherwise it makes or scales them.
    """

    weight: WeightKey
    axis: int
    channels: Ids
    consumes: bool = False


@dataclass(frozen=True, kw_only=True)
class TensorAxis:
    """One axis (counted with the batch axis) of one tensor, and the channels along it."""

    tensor: TensorRef
    axis: int
    channels: Ids


@dataclass(frozen=True, kw_only=True)
class CountEdit:
    """A number in a config that counts channels: its new value is `kept(channels) // divisor`.

    It stands in the layer's config (`node` is None: `units`, `filters`, `target_shape`) or in the arguments of one
    call (`node` is its index: the bounds of a slice, the sizes of a split), under `key`, and inside a list there at
    `position`.
    """

    layer: str
    key: str
    channels: Ids
    node: int | None = None
    position: tuple[int | str, ...] = ()
    divisor: int = 1


@dataclass(frozen=True, kw_only=True)
class ChannelGroup:
    """Units with the same members. `frozen` says why none of them may be removed, None where they may.

    `exact` is False where a member normalises over these channels (LayerNormalization, GroupNormalization,
    softmax), so that removing some changes what is computed for the others.
    """

    name: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    units: int
    frozen: str | None = None
    exact: bool = True


@dataclass(frozen=True, kw_only=True)
class ChannelGraph:
    """All channels of a model. `unit_of[id]` is a channel's unit, `group_of[unit]` the unit's group.

    `unread` names layers whose channels were frozen because the layer is not understood, with the reason.
    """

    unit_of: Ids
    group_of: Ids
    groups: tuple[ChannelGroup, ...]
    weight_axes: tuple[WeightAxis, ...]
    tensor_axes: tuple[TensorAxis, ...]
    edits: tuple[CountEdit, ...]
    unread: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MacTerm:
    """Multiply-accumulates of one node: `coefficient` times the lengths of `axes` of `weight` (all of them for a
    kernel: output positions times kernel size); a constant where `weight` is None.
    """

    node: int
    coefficient: int
    weight: WeightKey | None = None
    axes: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChannelPlan:
    """Which units stay: `kept[unit]`, of what `scores[unit]` (NaN: not seen). Planning changes nothing."""

    graph: ChannelGraph
    kept: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    layers: tuple[LayerReport, ...] = ()
    notes: tuple[str, ...] = ()

    def kept_channels(self, channels: Ids) -> npt.NDArray[np.bool_]:
        """For an id array: which of its indices stay (what is no channel always stays)."""
        kept: npt.NDArray[np.bool_] = np.ones(len(channels), dtype=bool)
        removable = channels != NO_CHANNEL
        kept[removable] = self.kept[self.graph.unit_of[channels[removable]]]
        return kept
