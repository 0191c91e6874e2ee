"""Activation functions: those of Keras 2 where they are the same, else those of Keras 3 themselves."""

from collections.abc import Callable
from functools import cache
from typing import Any

SAME = {
    "elu", "exponential", "gelu", "leaky_relu", "linear", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid",
    "silu", "softmax", "softplus", "softsign", "tanh",
}  # fmt: skip
"""Without `hard_sigmoid`: clip(0.2 x + 0.5) in Keras 2, relu6(x + 3) / 6 in Keras 3."""


def keras2_activation(function: Callable[..., Any]) -> Any:
    """What a layer of Keras 2 is given for an activation function of Keras 3, be it Keras's or the user's own."""
    import keras

    name = getattr(function, "__name__", "")
    if function is getattr(keras.activations, name, None):
        return name if name in SAME else _registered(name)
    return function


@cache
def _registered(name: str) -> Callable[..., Any]:
    """A function of Keras 3 that Keras 2 writes into configs under a name other than its own."""
    import keras
    import tf_keras

    function = getattr(keras.activations, name)

    def activation(values: Any) -> Any:
        return function(values)

    activation.__name__ = name
    return tf_keras.saving.register_keras_serializable("edgeprune", f"keras3_{name}")(activation)  # type: ignore[no-any-return]
