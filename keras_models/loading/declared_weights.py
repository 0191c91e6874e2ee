"""The shapes of the weights that a layer makes for itself when it is built, told from its config and its inputs.

None stands for a length that is not known. A layer without a rule here, or a call that a rule does not fit, declares
nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.graphs.functional import is_model
from edgeprune.keras_models.shapes import MISFITS
from edgeprune.keras_models.shapes.core import einsum_kernel
from edgeprune.keras_models.shapes.rules import LayerCall, per_axis, positive_axes, split_channels

Declared = dict[str, Shape]
"""Shape of each weight by its name in the layer (contracts/model.py, `WeightSpec`)."""


def declared_weights(call: LayerCall) -> Declared:
    """The weights that one call of a layer would make."""
    if call.is_operation or not call.inputs or call.inputs[0] is None:
        return {}
    try:
        return _declared(call)
    except MISFITS:
        return {}


def _declared(call: LayerCall) -> Declared:
    rule = _RULES.get(call.kind)
    return {} if rule is None else rule(call)


def _dense(call: LayerCall) -> Declared:
    units = call.config["units"]
    return {"kernel": (call.shape[-1], units), "bias": (units,)}


def _einsum_dense(call: LayerCall) -> Declared:
    equation = call.config["equation"].replace(" ", "")
    return {"kernel": einsum_kernel(equation, call.shape, call.config["output_shape"])}


def _convolution(call: LayerCall) -> Declared:
    spatial, channels = split_channels(call)
    filters = call.config["filters"]
    read = None if channels is None else channels // (call.config.get("groups") or 1)
    return {"kernel": (*_window(call, spatial), read, filters), "bias": (filters,)}


def _transposed(call: LayerCall) -> Declared:
    spatial, channels = split_channels(call)
    filters = call.config["filters"]
    return {"kernel": (*_window(call, spatial), filters, channels), "bias": (filters,)}


def _depthwise(call: LayerCall) -> Declared:
    spatial, channels = split_channels(call)
    multiplier = call.config["depth_multiplier"]
    name = "kernel" if call.keras_major == 3 else "depthwise_kernel"
    return {name: (*_window(call, spatial), channels, multiplier), "bias": (_times(channels, multiplier),)}


def _separable(call: LayerCall) -> Declared:
    spatial, channels = split_channels(call)
    multiplier, filters = call.config["depth_multiplier"], call.config["filters"]
    return {
        "depthwise_kernel": (*_window(call, spatial), channels, multiplier),
        "pointwise_kernel": (*(1 for _ in spatial), _times(channels, multiplier), filters),
        "bias": (filters,),
    }


def _embedding(call: LayerCall) -> Declared:
    return {"embeddings": (call.config["input_dim"], call.config["output_dim"])}


def _recurrent(call: LayerCall) -> Declared:
    return _cell(call, f"{call.kind}Cell")


def _cell(call: LayerCall, kind: str) -> Declared:
    units = call.config["units"]
    gates = _GATES[kind] * units
    bias: Declared = {"bias": (gates,)}
    if kind == "GRUCell":  # without the key, the version of Keras decides
        after = call.config.get("reset_after")
        bias = {} if after is None else {"bias": (2, gates) if after else (gates,)}
    return {"kernel": (call.shape[-1], gates), "recurrent_kernel": (units, gates), **bias}


def _rnn(call: LayerCall) -> Declared:
    cell = call.config["cell"]
    stacked = cell["class_name"] == "StackedRNNCells"
    found: Declared = {}
    features = call.shape[-1]
    for position, one in enumerate(cell["config"]["cells"] if stacked else [cell]):
        step = replace(call, config=one["config"], inputs=((None, features),))
        prefix = f"cells/{position}/" if stacked else ""
        found |= {prefix + name: shape for name, shape in _cell(step, one["class_name"]).items()}
        features = one["config"]["units"]
    return found


def _convolutional_recurrent(call: LayerCall) -> Declared:
    step = replace(call, inputs=((call.shape[0], *call.shape[2:]),))
    spatial, channels = split_channels(step)
    filters, window = call.config["filters"], _window(call, spatial)
    return {
        "kernel": (*window, channels, 4 * filters),
        "recurrent_kernel": (*window, filters, 4 * filters),
        "bias": (4 * filters,),
    }


def _batch_normalization(call: LayerCall) -> Declared:
    axes = positive_axes(call.config["axis"], len(call.shape))
    if len(axes) > 1:
        return {}
    return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (call.shape[axes[0]],))


def _layer_normalization(call: LayerCall) -> Declared:
    axes = positive_axes(call.config["axis"], len(call.shape))
    return dict.fromkeys(("gamma", "beta"), tuple(call.shape[axis] for axis in axes))


def _multi_head_attention(call: LayerCall) -> Declared:
    heads, key_size = call.config["num_heads"], call.config["key_dim"]
    value_size = call.config.get("value_dim") or key_size
    query, value = call.shape, call.inputs[1]
    found: Declared = {"query_dense/kernel": (query[-1], heads, key_size)}
    if value is not None:
        found["value_dense/kernel"] = (value[-1], heads, value_size)
    return found


def _prelu(call: LayerCall) -> Declared:
    shared = positive_axes(call.config.get("shared_axes") or [], len(call.shape))
    lengths = enumerate(call.shape[1:], start=1)
    return {"alpha": tuple(1 if axis in shared else length for axis, length in lengths)}


def _held(call: LayerCall, key: str, shape: Shape) -> Declared:
    """What the layer under a key of a wrapper's config makes, fed with `shape`."""
    item: Mapping[str, Any] = call.config[key]
    if is_model(item):
        return {}
    return _declared(replace(call, kind=item["class_name"], config=item["config"], inputs=(shape,)))


def _time_distributed(call: LayerCall) -> Declared:
    batch, _, *rest = call.shape
    return _prefixed("layer/", _held(call, "layer", (batch, *rest)))


def _bidirectional(call: LayerCall) -> Declared:
    backward = "backward_layer" if call.config.get("backward_layer") else "layer"
    return _prefixed("forward_layer/", _held(call, "layer", call.shape)) | _prefixed(
        "backward_layer/", _held(call, backward, call.shape)
    )


def _spectral_normalization(call: LayerCall) -> Declared:
    return _prefixed("layer/", _held(call, "layer", call.shape))


def _prefixed(prefix: str, declared: Declared) -> Declared:
    return {prefix + name: shape for name, shape in declared.items()}


def _window(call: LayerCall, spatial: Sequence[Any]) -> tuple[int, ...]:
    return per_axis(call.config["kernel_size"], len(spatial))


def _times(length: int | None, factor: int) -> int | None:
    return None if length is None else length * factor


_GATES = {"SimpleRNNCell": 1, "GRUCell": 3, "LSTMCell": 4}
_RULES: dict[str, Callable[[LayerCall], Declared]] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM"), _recurrent),
    "RNN": _rnn,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "MultiHeadAttention": _multi_head_attention,
    "PReLU": _prelu,
    "TimeDistributed": _time_distributed,
    "Bidirectional": _bidirectional,
    "SpectralNormalization": _spectral_normalization,
}
for _rank in ("1D", "2D", "3D"):
    _RULES |= {
        f"Conv{_rank}": _convolution,
        f"Convolution{_rank}": _convolution,
        f"Conv{_rank}Transpose": _transposed,
        f"DepthwiseConv{_rank}": _depthwise,
        f"SeparableConv{_rank}": _separable,
        f"ConvLSTM{_rank}": _convolutional_recurrent,
    }
