"""The kernels of a layer that its outputs are linear in, each as one matrix for each group of channels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.model import LayerSpec, WeightKey
from edgeprune.keras_models.linear.positions import Window

_PLAIN = {"Dense": 0, "Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
_TRANSPOSED = {"Conv1DTranspose": 1, "Conv2DTranspose": 2, "Conv3DTranspose": 3}
_DEPTHWISE = {"DepthwiseConv1D": 1, "DepthwiseConv2D": 2}
_SEPARABLE = {"SeparableConv1D": 1, "SeparableConv2D": 2}
POINT = Window(kernel=(), strides=(), dilation=(), padding="valid")
"""Of a kernel that reads each position by itself."""


@dataclass(frozen=True, kw_only=True)
class LinearKernel:
    """One kernel of a layer, and how it reads its inputs.

    bias: what is added to what it gives; None: nothing. groups: of channels, each read by a part of the kernel.
    per_channel: each channel is a group, in a kernel of shape (places, channels, outputs of each).
    depthwise: the layer's own kernel that is applied first; None: it reads what the layer reads.
    """

    key: WeightKey
    bias: WeightKey | None
    window: Window
    groups: int = 1
    per_channel: bool = False
    channels_first: bool = False
    depthwise: "LinearKernel | None" = None

    def matrices(self, kernel: Array) -> Array:
        """A kernel of Keras's shape as (groups, regressors, outputs); regressors: the places, at each the channels."""
        if self.window.transposed:
            kernel = np.moveaxis(kernel, -1, -2)
        channels = 1 if self.per_channel else kernel.shape[-2]
        split = kernel.reshape(self.window.places, channels, self.groups, -1)
        return np.moveaxis(split, 2, 0).reshape(self.groups, self.window.places * channels, -1)

    def kernel(self, matrices: Array, shape: tuple[int, ...]) -> Array:
        """The way back, to a kernel of Keras's shape."""
        split = np.moveaxis(matrices.reshape(self.groups, self.window.places, -1, matrices.shape[-1]), 0, 2)
        if self.window.transposed:
            return np.moveaxis(split.reshape(*shape[:-2], shape[-1], shape[-2]), -1, -2)
        return split.reshape(shape)


def linear_kernels(layer: LayerSpec) -> Iterator[LinearKernel]:
    """The kernels of a layer, first to last; none for a layer of another kind."""
    config, names = layer.config, {weight.name for weight in layer.weights}
    bias = (layer.path, "bias") if "bias" in names else None
    first = config.get("data_format") == "channels_first"
    kind = layer.kind
    if kind in _SEPARABLE or kind in _DEPTHWISE:
        rank = {**_SEPARABLE, **_DEPTHWISE}[kind]
        name = "depthwise_kernel" if "depthwise_kernel" in names else "kernel"
        channels = next(weight.shape[-2] for weight in layer.weights if weight.name == name)
        depthwise = LinearKernel(
            key=(layer.path, name),
            bias=bias if kind in _DEPTHWISE else None,
            window=_window(config, rank),
            groups=channels,
            per_channel=True,
            channels_first=first,
        )
        yield depthwise
        if kind in _SEPARABLE:
            yield LinearKernel(key=(layer.path, "pointwise_kernel"), bias=bias, window=POINT, depthwise=depthwise)
    elif kind in _PLAIN or kind in _TRANSPOSED:
        rank = {**_PLAIN, **_TRANSPOSED}[kind]
        yield LinearKernel(
            key=(layer.path, "kernel"),
            bias=bias,
            window=_window(config, rank, transposed=kind in _TRANSPOSED) if rank else POINT,
            groups=config.get("groups") or 1,
            channels_first=first,
        )


def _window(config: Mapping[str, Any], rank: int, *, transposed: bool = False) -> Window:
    def axes(name: str) -> tuple[int, ...]:
        value = config.get(name) or 1
        return tuple(value) if isinstance(value, list | tuple) else (value,) * rank

    return Window(
        kernel=axes("kernel_size"),
        strides=axes("strides"),
        dilation=axes("dilation_rate"),
        padding=config.get("padding", "valid"),
        transposed=transposed,
    )
