"""Layers that move, repeat, pad or cut axes."""

from collections.abc import Sequence
from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.rules import (
    LayerCall,
    Rule,
    join_channels,
    pairs_per_axis,
    per_axis,
    product,
    split_channels,
)


def reshaped(shape: Shape, target: Sequence[Any]) -> Shape | None:
    """Shape after a reshape to `target`, both with the batch axis; an entry that is no int is an unknown length."""
    lengths = [length if isinstance(length, int) else None for length in target]
    if -1 not in lengths:
        return tuple(lengths)
    given = product([length for length in lengths if length != -1])
    whole = product(shape)
    rest = None if given in (None, 0) or whole is None else whole // given
    return tuple(rest if length == -1 else length for length in lengths)


def _reshape(call: LayerCall) -> Shape | None:
    inner = reshaped(call.shape[1:], call.config["target_shape"])
    return None if inner is None else (call.shape[0], *inner)


def _flatten(call: LayerCall) -> Shape | None:
    return (call.shape[0], product(call.shape[1:]))


def _permute(call: LayerCall) -> Shape | None:
    return (call.shape[0], *(call.shape[axis] for axis in call.config["dims"]))


def _repeat_vector(call: LayerCall) -> Shape | None:
    batch, features = call.shape
    return (batch, call.config["n"], features)


def _zero_padding(call: LayerCall) -> Shape | None:
    return _grown(call, call.config["padding"], 1)


def _cropping(call: LayerCall) -> Shape | None:
    return _grown(call, call.config["cropping"], -1)


def _grown(call: LayerCall, amounts: Any, sign: int) -> Shape | None:
    spatial, channels = split_channels(call)
    lengths = [
        None if length is None else length + sign * (before + after)
        for length, (before, after) in zip(spatial, pairs_per_axis(amounts, len(spatial)), strict=True)
    ]
    return join_channels(call, lengths, channels)


def _up_sampling(call: LayerCall) -> Shape | None:
    spatial, channels = split_channels(call)
    factors = per_axis(call.config["size"], len(spatial))
    lengths = [None if length is None else length * n for length, n in zip(spatial, factors, strict=True)]
    return join_channels(call, lengths, channels)


RULES: dict[str, Rule] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
}
for _rank in ("1D", "2D", "3D"):
    RULES |= {f"ZeroPadding{_rank}": _zero_padding, f"Cropping{_rank}": _cropping, f"UpSampling{_rank}": _up_sampling}
