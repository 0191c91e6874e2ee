"""Outputs before a last softmax or the like: where that is saturated, it hides differences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.live.layers import is_graph_model
from edgeprune.keras_models.live.prediction import model_outputs

SATURATING = ("softmax", "log_softmax", "sigmoid", "hard_sigmoid", "tanh", "softsign")


def raw_outputs(model: KerasModel, examples: tuple[Array, ...]) -> list[Array]:
    """`model_outputs` with the last layers' saturating activations left out; the model is left as it was."""
    with _without_last_activations(model):
        return model_outputs(model, examples)


@contextmanager
def _without_last_activations(model: KerasModel) -> Iterator[None]:
    layers = {id(layer): layer for layer in map(_last_layer, model.outputs)}.values()
    own = [(layer, layer.activation) for layer in layers if _saturates(layer)]
    try:
        for layer, _ in own:
            layer.activation = _identity
        yield
    finally:
        for layer, activation in own:
            layer.activation = activation


def _last_layer(tensor: Any) -> Any:
    """The layer that makes an output, within nested models too."""
    layer, _, index = tensor._keras_history
    return _last_layer(layer.outputs[index]) if is_graph_model(layer) else layer


def _saturates(layer: Any) -> bool:
    """Recurrent layers have their cell's activation, which is not the last that they do, as a property."""
    return getattr(vars(layer).get("activation"), "__name__", None) in SATURATING


def _identity(values: Any) -> Any:
    return values
