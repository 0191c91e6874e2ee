"""Dense and EinsumDense: every output unit reads every input channel."""

from edgeprune.contracts.channels import Ids
from edgeprune.pruning.channels.broadcast import subscripts_of
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule


@rule("Dense")
def dense(call: Call) -> list[Axes]:
    """kernel (in, units); acts on the last axis of an input of any rank."""
    call.expect_weights("kernel", "bias")
    last = call.rank - 1
    axes = dict(call.inputs[0])
    call.weight("kernel", 0, axes.pop(last, None), consumes=True)
    units = call.fresh("units", call.config["units"])
    call.weight("kernel", 1, units)
    call.weight("bias", 0, units)
    call.edit("units", units)
    call.activation(units)
    axes[last] = units
    return [axes]


@rule("EinsumDense")
def einsum_dense(call: Call) -> list[Axes]:
    """Letters that input and kernel share are read, or (where the result has them too) passed; others are made."""
    call.expect_weights("kernel", "bias")
    kernel = call.weights["kernel"]
    (read, made), result = subscripts_of(call.config["equation"], [call.rank, len(kernel)])
    outputs = call.output_shapes[0]
    if outputs is None or len(outputs) != len(result) or len(set(made)) != len(made):
        raise NotUnderstoodError(f"equation {call.config['equation']!r}")
    axes: Axes = {}
    along = {letter: call.inputs[0].get(axis) for axis, letter in enumerate(read)}
    for axis, letter in enumerate(made):
        if letter in read:
            call.weight("kernel", axis, along[letter], consumes=letter not in result)
        elif letter in result:
            along[letter] = call.fresh(letter, kernel[axis])
            call.weight("kernel", axis, along[letter])
    for letter, ids in along.items():
        if letter in result:
            _put(call, axes, result.index(letter), ids)
        elif letter not in made:
            call.freeze(ids, f"summed over by {call.title}")
    for axis, letter in enumerate(call.config.get("bias_axes") or ""):
        call.weight("bias", axis, along[letter])
    return [axes]


def _put(call: Call, axes: Axes, axis: int, ids: Ids | None) -> None:
    """Set an axis of the output, whose length stands in the config (without the batch axis)."""
    if ids is None:
        return
    axes[axis] = ids
    shape = call.config["output_shape"]
    if isinstance(shape, int):
        call.edit("output_shape", ids)
    elif axis > 0 and shape[axis - len(shape)] is not None:
        call.edit("output_shape", ids, (axis - 1,))
    if axis == len(call.output_shapes[0] or ()) - 1:
        call.activation(ids)
