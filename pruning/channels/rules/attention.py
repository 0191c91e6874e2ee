"""Attention: whole heads can go; what queries and keys are multiplied along cannot."""

from edgeprune.contracts.channels import Ids
from edgeprune.pruning.channels.broadcast import Operand, contract, meet
from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes, NotUnderstoodError
from edgeprune.pruning.channels.registry import rule

_WEIGHTS = [f"{part}_dense/{name}" for part in ("query", "key", "value", "output") for name in ("kernel", "bias")]


@rule("MultiHeadAttention")
def multi_head_attention(call: Call) -> list[Axes]:
    """query_dense, key_dense, value_dense: kernels (in, heads, size); output_dense: kernel (heads, size, out).

    Inputs are query, value and, if not the same as value, key.
    """
    call.expect_weights(*_WEIGHTS)
    if len(call.weights["query_dense/kernel"]) != 3 or any(len(shape) < 3 for shape in call.shapes):
        raise NotUnderstoodError("its inputs have other than the usual axes")
    if call.arguments.get("return_attention_scores") or len(call.inputs) not in (2, 3):
        raise NotUnderstoodError("it returns its scores")
    heads = call.fresh("heads", call.config["num_heads"])
    sources = {"query": 0, "value": 1, "key": len(call.inputs) - 1}
    for part, source in sources.items():
        ids = call.inputs[source].get(len(call.shapes[source]) - 1)
        call.weight(f"{part}_dense/kernel", 0, ids, consumes=True)
        call.weight(f"{part}_dense/kernel", 1, heads)
        call.weight(f"{part}_dense/bias", 0, heads)
        if ids is not None and call.config.get(f"{part}_shape") is not None:
            call.edit(f"{part}_shape", ids, (len(call.shapes[source]) - 1,))
    call.weight("output_dense/kernel", 0, heads, consumes=True)
    call.edit("num_heads", heads)
    for source, axes in enumerate(call.inputs):
        for axis, ids in axes.items():
            if axis != len(call.shapes[source]) - 1:
                call.freeze(ids, f"positions of {call.title}")
    return [{call.rank - 1: _output(call)}]


def _output(call: Call) -> Ids:
    """The output is as wide as `output_shape` says, else as wide as the query, and then loses what the query loses."""
    width = call.weights["output_dense/kernel"][-1]
    out = call.fresh("output", width)
    call.weight("output_dense/kernel", -1, out)
    call.weight("output_dense/bias", -1, out)
    size = call.config.get("output_shape")
    if isinstance(size, int):
        call.edit("output_shape", out)
    elif size is not None:
        call.edit("output_shape", out, (0,))
    elif call.rank - 1 in call.inputs[0]:
        call.couple(out, call.inputs[0][call.rank - 1])
    else:
        call.freeze(out, f"{call.title} gives as many channels as its query, which cannot be cut")
    return out


@rule("Attention")
def dot_product_attention(call: Call) -> list[Axes]:
    """Inputs query, value and, if not the same as value, key; queries and keys are multiplied along their channels."""
    (query, query_shape), (value, value_shape), (key, key_shape) = _query_value_key(call)
    call.expect_weights("scale")
    for axes, shape in ((query, query_shape), (key, key_shape)):
        call.freeze(axes.get(len(shape) - 1), f"summed over by {call.title}")
    parts = [(query, query_shape), (key, key_shape), (value, value_shape)]
    return [contract(call, parts, ["bqc", "bkc", "bkv"], "bqv")]


@rule("AdditiveAttention")
def additive_attention(call: Call) -> list[Axes]:
    """Queries and keys are added channel by channel, and the weight `scale` (channels,) sums over them."""
    call.expect_weights("scale")
    (query, query_shape), (value, value_shape), (key, _) = _query_value_key(call)
    # Keras 2 makes `scale` as wide as the values, and then multiplies it with queries plus keys.
    alike = [query, key, value] if value_shape[2] == query_shape[2] else [query, key]
    ids = meet(call, [(axes.get(2), query_shape[2]) for axes in alike], query_shape[2])
    call.weight("scale", 0, ids, consumes=True)
    for axes in (query, key, value):
        call.freeze(axes.get(1), f"positions of {call.title}")
    return [{2: value[2]} if 2 in value else {}]


def _query_value_key(call: Call) -> list[Operand]:
    found = list(zip(call.inputs, call.shapes, strict=True))
    if len(found) not in (2, 3) or any(len(shape) != 3 for _, shape in found):
        raise NotUnderstoodError("it takes other than query, value and key")
    if len(call.output_shapes) != 1 or call.arguments.get("return_attention_scores"):
        raise NotUnderstoodError("it returns its scores")
    return [found[0], found[1], found[-1]]
