"""A layer or operation of Keras 3 inside a Keras 2 model: what Keras 2 lacks is computed by Keras 3 itself."""

from functools import cache
from typing import Any

from edgeprune.keras_models.bridge.calls import Keras3Call, tensors_of
from edgeprune.keras_models.live.variables import layer_weights


def host(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What computes a layer or operation of Keras 3 on the Keras 2 tensors of its call, and of calls like this one.

    Libraries see one layer, which they do not know and so leave alone.
    """
    layer = _hosting_class()(Keras3Call.of(operation, (args, kwargs)), name=operation.name)
    return lambda *args, **kwargs: layer(tensors_of((args, kwargs)))


def holds_weighty_layers(operation: Any) -> bool:
    """Whether a layer has weights that are not its own: one layer cannot stand for these."""
    return any("/" in name for name, _ in layer_weights(operation)) if hasattr(operation, "weights") else False


@cache
def _hosting_class() -> Any:
    import tensorflow as tf
    import tf_keras

    @tf_keras.saving.register_keras_serializable("edgeprune")
    class Keras3Layer(tf_keras.layers.Layer):  # type: ignore[misc]
        """A call of Keras 3; the weights of what is called are this layer's own."""

        def __init__(self, hosted: Keras3Call, **options: Any) -> None:
            super().__init__(autocast=False, **options)
            self.hosted = hosted
            self.supports_masking = True
            for name, variable in layer_weights(hosted.operation) if hasattr(hosted.operation, "weights") else ():
                setattr(self, f"_{name}", variable._value)  # the tf.Variable within
                if variable.regularizer is not None:
                    self.add_loss(lambda variable=variable: variable.regularizer(variable))

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            # Not a decorator, which would hide the arguments that Keras 2 looks for.
            compute = tf.autograph.experimental.do_not_convert(self.hosted)
            made, losses = compute(tf.nest.flatten(inputs), training)
            self.add_loss(losses)
            return made

        def compute_mask(self, inputs: Any, mask: Any = None) -> None:
            """Keras 3 states masks among the arguments of the calls that take them."""

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "hosted": self.hosted.get_config()}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**(config | {"hosted": Keras3Call.from_config(config["hosted"])}))

    return Keras3Layer
