"""Embedding: embeddings (vocabulary, output_dim)."""

from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes
from edgeprune.pruning.channels.registry import rule


@rule("Embedding")
def embedding(call: Call) -> list[Axes]:
    """Each position becomes one row of the table."""
    call.expect_weights("embeddings")
    for ids in call.inputs[0].values():
        call.freeze(ids, f"indices of {call.title}")
    out = call.fresh("output_dim", call.config["output_dim"])
    call.weight("embeddings", 1, out)
    call.edit("output_dim", out)
    return [{call.rank: out}]
