"""Convolutions and pooling: a window slides over the spatial axes."""

from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.rules import LayerCall, Rule, join_channels, per_axis, split_channels, window_length


def convolved(call: LayerCall) -> Shape:
    """Shape after a convolution to `filters` channels."""
    spatial, _ = split_channels(call)
    return join_channels(call, _window_positions(call, spatial), call.config["filters"])


def _depthwise(call: LayerCall) -> Shape | None:
    spatial, channels = split_channels(call)
    produced = None if channels is None else channels * call.config["depth_multiplier"]
    return join_channels(call, _window_positions(call, spatial), produced)


def _window_positions(call: LayerCall, spatial: Shape) -> list[int | None]:
    config = call.config
    windows = per_axis(config["kernel_size"], len(spatial))
    strides = per_axis(config["strides"], len(spatial))
    dilations = per_axis(config.get("dilation_rate") or 1, len(spatial))
    return [
        window_length(length, window, stride, config["padding"], dilation)
        for length, window, stride, dilation in zip(spatial, windows, strides, dilations, strict=True)
    ]


def _transposed(call: LayerCall) -> Shape | None:
    spatial, _ = split_channels(call)
    config, axes = call.config, len(spatial)
    lengths = zip(
        spatial,
        per_axis(config["kernel_size"], axes),
        per_axis(config["strides"], axes),
        per_axis(config.get("dilation_rate") or 1, axes),
        per_axis(config.get("output_padding"), axes),
        strict=True,
    )
    return join_channels(call, [_transposed_length(config["padding"], *axis) for axis in lengths], config["filters"])


def _transposed_length(
    padding: str, length: int | None, window: int, stride: int, dilation: int, output_padding: int | None
) -> int | None:
    if length is None:
        return None
    reach = dilation * (window - 1) + 1
    if output_padding is None:
        return length * stride + (max(reach - stride, 0) if padding == "valid" else 0)
    cut = 2 * (reach // 2) if padding == "same" else 0
    return (length - 1) * stride + reach - cut + output_padding


def _pooling(call: LayerCall) -> Shape | None:
    spatial, channels = split_channels(call)
    config, axes = call.config, len(spatial)
    windows = per_axis(config["pool_size"], axes)
    strides = windows if config.get("strides") is None else per_axis(config["strides"], axes)
    positions = [
        window_length(length, window, stride, config["padding"])
        for length, window, stride in zip(spatial, windows, strides, strict=True)
    ]
    return join_channels(call, positions, channels)


def _global_pooling(call: LayerCall) -> Shape | None:
    spatial, channels = split_channels(call)
    kept: list[Any] = [1] * len(spatial) if call.config.get("keepdims") else []
    return join_channels(call, kept, channels)


def _adaptive_pooling(call: LayerCall) -> Shape | None:
    spatial, channels = split_channels(call)
    return join_channels(call, per_axis(call.config["output_size"], len(spatial)), channels)


RULES: dict[str, Rule] = {}
for _rank in ("1D", "2D", "3D"):
    RULES |= {
        f"Conv{_rank}": convolved,
        f"Convolution{_rank}": convolved,
        f"SeparableConv{_rank}": convolved,
        f"LocallyConnected{_rank}": convolved,
        f"DepthwiseConv{_rank}": _depthwise,
        f"Conv{_rank}Transpose": _transposed,
        f"MaxPooling{_rank}": _pooling,
        f"AveragePooling{_rank}": _pooling,
        f"GlobalMaxPooling{_rank}": _global_pooling,
        f"GlobalAveragePooling{_rank}": _global_pooling,
        f"AdaptiveMaxPooling{_rank}": _adaptive_pooling,
        f"AdaptiveAveragePooling{_rank}": _adaptive_pooling,
    }
