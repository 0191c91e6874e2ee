"""How many tensors one call of a layer gives, as far as its config says."""

from collections.abc import Mapping
from typing import Any

from edgeprune.keras_models.graphs.calls import signature
from edgeprune.keras_models.graphs.functional import is_functional, sources
from edgeprune.keras_models.loading.model_config.layers import is_keras_own, is_operator
from edgeprune.keras_models.shapes import LAYER_RULES
from edgeprune.keras_models.vocabulary import VOCABULARY

MOST_OUTPUTS = 10_000
"""More than any layer gives; only so many are made room for where the config does not say."""
_SEVERAL_OUTPUTS = {
    "RNN", "SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
    "MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention",
    "Lambda",
}  # fmt: skip


def output_count(item: Mapping[str, Any]) -> int | None:
    """The number of tensors; None where it is not known from the config alone."""
    if is_functional(item):
        return len(sources(item["config"]["output_layers"]))
    if not is_keras_own(item):
        return None
    if is_operator(item):
        kind = signature(item).kind
        return 1 if kind in VOCABULARY and kind not in ("Split", "Unstack") else None
    kind = item["class_name"]
    return 1 if kind in LAYER_RULES and kind not in _SEVERAL_OUTPUTS else None
