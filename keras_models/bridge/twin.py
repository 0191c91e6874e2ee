"""A Keras 3 model built again of Keras 2 layers: same names, same weights, same outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.wording import in_one_line
from edgeprune.keras_models.bridge.hosted import holds_weighty_layers, host
from edgeprune.keras_models.bridge.layers import NotInKeras2, native_layer
from edgeprune.keras_models.bridge.operators import native_operator
from edgeprune.keras_models.bridge.weights import copy_weights, variables_by_names_of
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.layers import is_graph_model
from edgeprune.keras_models.surgery.rebuild import match_trainable
from edgeprune.keras_models.training.initial_weights import zeros_for_random


@dataclass(frozen=True)
class Twin:
    """`model` is the Keras 2 twin of the Keras 3 model `original`; their layers have the same names."""

    original: Any
    model: KerasModel

    def variables(self) -> dict[WeightKey, Any]:
        """The live variables of the twin under the names that they have in the Keras 3 model."""
        return variables_by_names_of(self.original, self.model)

    def carry_back(self, trained: Any | None = None) -> None:
        """Write the twin's weights, statistics of normalisations included, into the Keras 3 model.

        `trained` is another Keras 2 model with the twin's layer names to take them from: what is left of the twin
        after a library's wrappers were stripped. Raises ModelError where it lacks a weight or has one of another shape.
        """
        copy_weights(self.model if trained is None else trained, self.original)


def keras2_twin(model: KerasModel) -> Twin:
    """The Keras 2 twin of a live Keras 3 model (Sequential or functional, models inside it too), not compiled.

    What Keras 2 has too becomes a layer of its own there; any other operation or layer is computed by Keras 3 inside
    a layer of the twin. Initializers and seeds are not carried. Raises ModelError, naming the layer and the reason.
    """
    if not is_graph_model(model):
        raise ModelError(
            f"{type(model).__name__} is a subclassed model: its layers are called by Python code, and it has no graph",
            hint="rebuild it as a functional model, keras.Model(inputs, outputs)",
        )
    with zeros_for_random(keras_module(2)):
        twin = _Builder().model(model)
    match_trainable(model, twin)
    copy_weights(model, twin)
    return Twin(model, twin)


class _Builder:
    """Makes the twins of layers, each once, so that shared layers stay shared."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def model(self, model: Any) -> Any:
        """The twin of a model: its graph is run on tensors of Keras 2."""
        import keras
        import tf_keras

        graph = getattr(model, "_functional", None) or model
        inputs = [
            tf_keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor._keras_history[0].name)
            for tensor in graph.inputs
        ]
        # what Keras 3 clones models with; nothing public gives the calls of a live model
        outputs = graph._run_through_graph(inputs, operation_fn=self._called)
        return tf_keras.Model(keras.tree.pack_sequence_as(graph._inputs_struct, inputs), outputs, name=model.name)

    def _called(self, operation: Any) -> Callable[..., Any]:
        """What stands for a layer or operation of the graph while it is run."""

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return self._twin_call(operation, args, kwargs)
            except ModelError:
                raise
            except Exception as error:
                reason = in_one_line(error, 200) or type(error).__name__
                raise _refusal(operation, reason) from error

        return call

    def _twin_call(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # Keras 3 writes the `training` of a call down, but lets that of the whole model override it.
        kwargs = {name: value for name, value in kwargs.items() if name != "training" and value is not None}
        if id(operation) not in self._made:
            try:
                self._made[id(operation)] = native_operator(operation, args) or self._layer(operation)
            except NotInKeras2 as reason:
                if holds_weighty_layers(operation):
                    raise _refusal(operation, f"{reason}, and it holds layers with weights") from reason
                self._made[id(operation)] = host(operation, args, kwargs)
        return self._made[id(operation)](*args, **kwargs)

    def _layer(self, layer: Any) -> Any:
        if id(layer) not in self._made:
            made = self.model(layer) if is_graph_model(layer) else native_layer(layer, self._layer)
            self._made[id(layer)] = made
        return self._made[id(layer)]


def _refusal(operation: Any, reason: str) -> ModelError:
    return ModelError(
        f"layer {operation.name!r} ({type(operation).__name__}) cannot be carried to Keras 2: {reason}",
        hint="replace this layer, or choose a method that trains in Keras 3 itself",
    )
