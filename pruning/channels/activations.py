"""What activation functions do to channels: each one alone, or all of them normalised together."""

from typing import Any, Literal

ELEMENTWISE = frozenset({
    "linear", "relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "swish", "mish", "sigmoid",
    "hard_sigmoid", "log_sigmoid", "hard_silu", "hard_swish", "tanh", "hard_tanh", "softplus", "softsign",
    "exponential", "leaky_relu", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus",
    "sparse_sigmoid", "threshold", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU",
})  # fmt: skip
"""Functions, and layers without weights that are used as functions, that treat every value alone."""

NORMALISING = frozenset({"softmax", "log_softmax", "sparsemax", "Softmax"})


def effect_of(activation: Any) -> Literal["none", "normalises", "unknown"]:
    """What an activation, as Keras wrote it into a config (None, a name, or a serialized object), does to channels."""
    name = activation
    if isinstance(activation, dict):
        name = activation.get("class_name")
        if name == "function":
            name = activation.get("config")
    if name is None or name in ELEMENTWISE:
        return "none"
    return "normalises" if name in NORMALISING else "unknown"
