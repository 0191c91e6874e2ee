"""Recurrent layers: kernel (in, gates * units), recurrent_kernel (units, gates * units), and their wrappers."""

from dataclasses import replace

import numpy as np

from edgeprune.pruning.channels.call import Call, Stated
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import RULES, rule

_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}


@rule("SimpleRNN", "GRU", "LSTM")
def recurrent(call: Call) -> list[Axes]:
    """Unit j has column j of each gate's block of columns. Inputs after the first are initial states."""
    call.expect_weights("kernel", "recurrent_kernel", "bias")
    units = call.fresh("units", call.config["units"])
    gates = np.tile(units, _GATES[call.kind])
    call.weight("kernel", 0, call.only(2, "steps in time"), consumes=True)
    call.weight("kernel", 1, gates)
    call.weight("recurrent_kernel", 0, units, consumes=True)
    call.weight("recurrent_kernel", 1, gates)
    call.weight("bias", -1, gates)
    call.edit("units", units)
    call.activation(units)
    call.activation(units, "recurrent_activation")
    for axes in call.inputs[1:]:
        if 1 in axes:
            call.couple(axes[1], units)
    if not all(1 in axes for axes in call.inputs[1:]):
        call.freeze(units, f"an initial state of {call.title} cannot be cut")
    states = _STATES[call.kind] if call.config.get("return_state") else 0
    return [{2 if call.config.get("return_sequences") else 1: units}] + [{1: units}] * states


@rule("RNN")
def cell(call: Call) -> list[Axes]:
    """One of Keras's own cells, which names its weights and settings as the layer does."""
    inner = call.config["cell"]
    kind = inner["class_name"].removesuffix("Cell")
    if kind not in _GATES:
        raise NotUnderstoodError(f"it wraps {inner['class_name']}")
    returned = {key: call.config.get(key) for key in ("return_sequences", "return_state")}
    config = Stated({**inner["config"], **returned})
    return recurrent(replace(call, kind=kind, config=config, inside=(*call.inside, "cell", "config")))


@rule("Bidirectional")
def bidirectional(call: Call) -> list[Axes]:
    """Both directions read the same input; their outputs are concatenated, merged value by value, or both given.

    Keras computes its output shape as if both had equally many units, so they go in pairs.
    """
    if len(call.inputs) > 1:
        raise NotUnderstoodError("initial states of both directions")
    forward = call.wrapped("layer", prefix="forward_layer")
    own = "backward_layer" if call.config.get("backward_layer") else "layer"
    backward = call.wrapped(own, prefix="backward_layer")
    if forward.kind not in _GATES or backward.kind not in _GATES:
        raise NotUnderstoodError(f"it wraps {forward.kind}")
    first, *first_states = recurrent(forward)
    second, *second_states = recurrent(backward)
    return [*_merged(call, first, second), *first_states, *second_states]


def _merged(call: Call, first: Axes, second: Axes) -> list[Axes]:
    (axis, forward), (_, backward) = *first.items(), *second.items()
    call.couple(forward, backward)
    mode = call.config.get("merge_mode", "concat")
    if mode is None:
        return [first, second]
    return [{axis: np.concatenate([forward, backward])} if mode == "concat" else first]


@rule("TimeDistributed")
def time_distributed(call: Call) -> list[Axes]:
    """The wrapped layer at each step of axis 1; to it, that axis does not exist."""
    if len(call.inputs) > 1:
        raise NotUnderstoodError("several inputs")
    outputs = [None if shape is None else (shape[0], *shape[2:]) for shape in call.output_shapes]
    inner = call.wrapped(
        "layer",
        inputs=({axis - 1: ids for axis, ids in call.inputs[0].items() if axis > 1},),
        shapes=((call.shapes[0][0], *call.shapes[0][2:]),),
        output_shapes=tuple(outputs),
    )
    if inner.kind not in RULES:
        raise NotUnderstoodError(f"it wraps {inner.kind}")
    call.freeze(call.inputs[0].get(1), f"steps in time of {call.title}")
    return [{axis + 1 if axis else 0: ids for axis, ids in axes.items()} for axes in RULES[inner.kind](inner)]


@rule("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def convolutional_lstm(call: Call) -> list[Axes]:
    """kernel (positions…, in, 4 * filters), recurrent_kernel (positions…, filters, 4 * filters)."""
    call.expect_weights("kernel", "recurrent_kernel", "bias")
    if len(call.inputs) > 1:
        raise NotUnderstoodError("initial states")
    first = call.config.get("data_format") == "channels_first"
    filters = call.fresh("filters", call.config["filters"])
    gates = np.tile(filters, 4)
    channels = call.only(2 if first else call.rank - 1, "convolved over as positions")
    call.weight("kernel", -2, channels, consumes=True)
    call.weight("kernel", -1, gates)
    call.weight("recurrent_kernel", -2, filters, consumes=True)
    call.weight("recurrent_kernel", -1, gates)
    call.weight("bias", 0, gates)
    call.edit("filters", filters)
    call.activation(filters)
    call.activation(filters, "recurrent_activation")
    state: Axes = {1 if first else call.rank - 2: filters}
    whole: Axes = {2 if first else call.rank - 1: filters} if call.config.get("return_sequences") else state
    return [whole] + [state] * (2 if call.config.get("return_state") else 0)
