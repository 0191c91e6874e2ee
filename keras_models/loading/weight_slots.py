"""Which weights a layer has, in what order, and where it keeps them: told from its config alone.

The archives of Keras store weights by number or in bare order. The names are Keras's own variable names; the
order is that of `layer.weights`. Counters and random states are left out, as contracts/model.py says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edgeprune.keras_models.loading.layer_tree import (
    Step,
    is_serialized,
    layer_config,
    layers_of,
    members,
    steps_to_layers,
)

_KERNEL_AND_BIAS = {
    *(f"Conv{rank}D" for rank in (1, 2, 3)),
    *(f"Conv{rank}DTranspose" for rank in (1, 2, 3)),
    *(f"Convolution{rank}D" for rank in (1, 2, 3)),
    *("Dense", "EinsumDense", "LocallyConnected1D", "LocallyConnected2D"),
}
_RECURRENT = {"SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
_RECURRENT_CELLS = {f"{kind}Cell" for kind in _RECURRENT}
_ATTENTION = {"MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention"}


@dataclass(frozen=True, kw_only=True)
class WeightSlot:
    """One weight: its name relative to the layer, the steps to the object that owns it, its index and name there."""

    name: str
    steps: tuple[Step, ...] = ()
    index: int
    variable: str
    trainable: bool = True


def weight_slots(layer: Mapping[str, Any], keras_major: int) -> list[WeightSlot]:
    """The weights of a serialized layer in the order of `layer.weights`.

    A class not known here counts as one without weights: readers compare with what the file holds.
    """
    own = _own_weights(layer["class_name"], layer_config(layer), keras_major)
    slots = [
        WeightSlot(name=name, index=index, variable=name, trainable=trainable)
        for index, (name, trainable) in enumerate(own)
    ]
    for inner, step in _held(layer):
        prefix = _prefix(step)
        slots += [
            replace(slot, name=prefix + slot.name, steps=(step, *slot.steps))
            for slot in weight_slots(inner, keras_major)
        ]
    if layer["class_name"] == "SpectralNormalization":
        slots = _spectral_order(slots)
    if keras_major == 2:  # whose `layer.weights` has the trainable ones first
        slots.sort(key=lambda slot: not slot.trainable)
    frozen = layer_config(layer).get("trainable") is False
    return [replace(slot, trainable=False) for slot in slots] if frozen else slots


def _prefix(step: Step) -> str:
    """What a step adds to the weight's name; the cell of a recurrent layer goes without saying."""
    if step.attribute == "cell":
        return ""
    if step.attribute == "layers":
        return f"{step.name}/"
    return f"{step.attribute}/{step.position}/" if step.member else f"{step.attribute}/"


def _held(layer: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Step]]:
    """The layers that a layer holds and whose weights it counts as its own."""
    kind, config = layer["class_name"], layer_config(layer)
    if layers_of(layer) is not None:
        yield from steps_to_layers(layer)
    elif kind in _RECURRENT:
        yield {"class_name": f"{kind}Cell", "config": {**config, "name": ""}}, Step(attribute="cell")
    elif kind == "StackedRNNCells":
        yield from zip(config["cells"], members("cells", config["cells"]), strict=True)
    elif kind == "Bidirectional":
        yield config["layer"], Step(attribute="forward_layer")
        yield config.get("backward_layer") or config["layer"], Step(attribute="backward_layer")
    elif kind in _ATTENTION:
        projection = {"class_name": "Dense", "config": {"use_bias": config.get("use_bias", True)}}
        for role in ("query", "key", "value", "output"):
            yield projection, Step(attribute=f"{role}_dense")
    elif is_serialized(config.get("cell")):  # RNN, ConvRNN2D
        yield config["cell"], Step(attribute="cell")
    elif is_serialized(config.get("layer")):  # every Wrapper
        yield config["layer"], Step(attribute="layer")


def _own_weights(kind: str, config: Mapping[str, Any], keras_major: int) -> list[tuple[str, bool]]:
    """(name, trainable) of the weights that a layer owns without its inner layers, in storage order."""
    if kind in _NAMES:
        return [(name, True) for name in _NAMES[kind]]
    bias = ["bias"] if config.get("use_bias", True) and config.get("bias_axes", "") is not None else []
    if kind in _KERNEL_AND_BIAS:
        return [(name, True) for name in ["kernel", *bias]]
    if kind.startswith("DepthwiseConv"):
        return [(name, True) for name in ["kernel" if keras_major == 3 else "depthwise_kernel", *bias]]
    if kind.startswith("Separable"):
        return [(name, True) for name in ["depthwise_kernel", "pointwise_kernel", *bias]]
    if kind in _RECURRENT_CELLS:
        return [(name, True) for name in ["kernel", "recurrent_kernel", *bias]]
    if kind in ("Attention", "AdditiveAttention"):
        scale = config.get("use_scale", kind == "AdditiveAttention")
        concat = config.get("score_mode") == "concat"
        return [("scale", True)] * bool(scale) + [("concat_score_weight", True)] * concat
    if "Normalization" in kind:
        return _normalization_weights(kind, config)
    return []


_NAMES = {
    "Embedding": ["embeddings"],
    "PReLU": ["alpha"],
    "LayerScale": ["gamma"],
    "RMSNormalization": ["scale"],
    "CuDNNLSTM": ["kernel", "recurrent_kernel", "bias"],
    "CuDNNGRU": ["kernel", "recurrent_kernel", "bias"],
}


def _normalization_weights(kind: str, config: Mapping[str, Any]) -> list[tuple[str, bool]]:
    if kind == "Normalization":
        adapted = config.get("mean") is None
        return [("mean", False), ("variance", False)] if adapted else []
    if kind == "SpectralNormalization":
        return [("kernel", True), ("vector_u", False)]
    rms_only = config.get("rms_scaling", False)
    scale = [("gamma", True)] * bool(config.get("scale", True) or rms_only)
    centre = [("beta", True)] * bool(config.get("center", True) and not rms_only)
    if kind in ("BatchNormalization", "SyncBatchNormalization"):
        return [*scale, *centre, ("moving_mean", False), ("moving_variance", False)]
    return scale + centre if kind in ("LayerNormalization", "GroupNormalization") else []


def _spectral_order(slots: list[WeightSlot]) -> list[WeightSlot]:
    """SpectralNormalization owns its layer's kernel once more: one weight, under the inner layer's name."""
    if len(slots) < 3:  # the inner layer's class is not known here
        return slots
    _, vector, kernel, *rest = slots
    return [kernel, vector, *rest]
