"""Recurrent layers and attention."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes import convolution
from edgeprune.keras_models.shapes.rules import LayerCall, Outputs, Rule

_STATES = {"LSTM": 2, "CuDNNLSTM": 2, "LSTMCell": 2, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
"""How many states a cell has; the others have one."""


def _recurrent(call: LayerCall) -> Shape | Outputs | None:
    """SimpleRNN, GRU and LSTM: (batch, time, features) to (batch, units), or (batch, time, units)."""
    batch = call.shape[1 if call.config.get("time_major") else 0]
    states = [(batch, call.config["units"])] * _STATES.get(call.kind, 1)
    return _with_states(call, (call.config["units"],), states)


def _cells(call: LayerCall) -> Shape | Outputs | None:
    """The layer RNN with Keras's own cells, stacked ones too; a user's cell is unknown."""
    cells = known_cells(call.config["cell"])
    if cells is None:
        return None
    batch = call.shape[1 if call.config.get("time_major") else 0]
    states = [(batch, one["config"]["units"]) for one in cells for _ in range(_STATES.get(one["class_name"], 1))]
    return _with_states(call, (cells[-1]["config"]["units"],), states)


def known_cells(cell: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The cells of an RNN layer from the first to the last, None where one is not Keras's own."""
    cells = cell["config"]["cells"] if cell["class_name"] == "StackedRNNCells" else [cell]
    known = all(one["class_name"] in ("SimpleRNNCell", "GRUCell", "LSTMCell") for one in cells)
    return list(cells) if known else None


def _convolutional(call: LayerCall) -> Shape | Outputs | None:
    """ConvLSTM: a convolution of every time step, (batch, time, spatial axes and channels)."""
    step = replace(call, inputs=((call.shape[0], *call.shape[2:]),))
    made = convolution.convolved(step)
    return _with_states(call, made[1:], [made, made])


def _with_states(call: LayerCall, features: Shape, states: Sequence[Shape]) -> Shape | Outputs:
    batch, steps = call.shape[:2]
    output: Shape = (batch, *features)
    if call.config.get("return_sequences"):
        output = (batch, steps, *features)
    elif call.config.get("time_major"):
        output = (call.shape[1], *features)
    return [output, *states] if call.config.get("return_state") else output


def bidirectional(call: LayerCall, inner: Outputs) -> Shape | Outputs | None:
    """From the outputs of the forward layer: its outputs merged, then the states of both directions."""
    output, states = inner[0], inner[1:]
    if output is None:
        return None
    mode = call.config.get("merge_mode")
    if mode is None:
        return [output, output, *states, *states]
    if mode == "concat":
        last = output[-1]
        output = (*output[:-1], None if last is None else 2 * last)
    return [output, *states, *states] if states else output


def _attention(call: LayerCall) -> Shape | Outputs | None:
    """Attention and AdditiveAttention on [query, value(, key)]."""
    query, value = call.shape, call.inputs[1]
    if value is None:
        return None
    output = (*query[:-1], value[-1])
    return [output, (*query[:-1], value[1])] if call.arguments.get("return_attention_scores") else output


def _multi_head_attention(call: LayerCall) -> Shape | Outputs | None:
    query, made = call.shape, call.config.get("output_shape")
    features: Any = query[-1:] if made is None else made if isinstance(made, list | tuple) else (made,)
    output = (*query[:-1], *features)
    return [output, _scores(call)] if call.arguments.get("return_attention_scores") else output


def _scores(call: LayerCall) -> Shape | None:
    query, value = call.inputs[0], call.inputs[1]
    heads = call.config.get("num_heads", call.config.get("num_query_heads"))
    if query is None or value is None or len(query) != 3 or len(value) != 3:
        return None
    return (query[0], heads, query[1], value[1])


def nested_layer(config: Mapping[str, Any], name: str = "layer") -> tuple[str, Mapping[str, Any]]:
    """(kind, config) of the layer that a wrapper holds."""
    return config[name]["class_name"], config[name]["config"]


RULES: dict[str, Rule] = {
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM"), _recurrent),
    "RNN": _cells,
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _convolutional),
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "MultiHeadAttention": _multi_head_attention,
    "GroupQueryAttention": _multi_head_attention,
    "GroupedQueryAttention": _multi_head_attention,
}
