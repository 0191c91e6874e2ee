"""A Keras 2 model to train in place of a user's model of either Keras, and the optimizer for it."""

import inspect
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.bridge.twin import Twin, keras2_twin
from edgeprune.keras_models.bridge.weights import copy_weights
from edgeprune.keras_models.live.layers import is_graph_model
from edgeprune.keras_models.surgery.rebuild import match_trainable
from edgeprune.keras_models.training.initial_weights import zeros_for_random
from edgeprune.keras_models.training.optimizers import first_rate


def training_twin(model: KerasModel, keras_major: int) -> Twin:
    """The twin of a Keras 3 model, or a copy of one of Keras 2, not compiled.

    Raises ModelError for a model that Keras 2 cannot have.
    """
    return keras2_twin(model) if keras_major == 3 else _copy(model)


def keras2_optimizer(optimizer: Any) -> Any:
    """An optimizer of either Keras in Keras 2, afresh, with the first value of its learning rate.

    Raises ModelError where Keras 2 has none of its name.
    """
    import tf_keras

    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # without loss scaling
    name = type(optimizer).__name__
    if not hasattr(tf_keras.optimizers, name):
        raise ModelError(
            f"the model was compiled with the optimizer {name}, which Keras 2 does not have",
            "choose another one with --optimizer, for example adam",
        )
    kind = getattr(tf_keras.optimizers, name)
    accepted = inspect.signature(kind).parameters
    arguments = {key: value for key, value in optimizer.get_config().items() if key in accepted}
    return kind(**{**arguments, "learning_rate": first_rate(optimizer)})


def _copy(model: KerasModel) -> Twin:
    import tf_keras

    made: dict[int, Any] = {}

    def clone(layer: Any) -> Any:
        """Each layer once, so that what models share stays shared."""
        if id(layer) not in made:
            made[id(layer)] = (
                tf_keras.models.clone_model(layer, clone_function=clone)
                if is_graph_model(layer)
                else type(layer).from_config(layer.get_config())
            )
        return made[id(layer)]

    with zeros_for_random(tf_keras):
        copy = tf_keras.models.clone_model(model, clone_function=clone)
    match_trainable(model, copy)
    copy_weights(model, copy)
    return Twin(model, copy)
