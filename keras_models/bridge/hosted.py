"""A layer or operation of Keras 3 inside a Keras 2 model: what Keras 2 lacks is computed by Keras 3 itself."""

import inspect
from functools import cache
from typing import Any

from keras_models.variables import layer_weights

_TENSOR = "tensor of the call"
"""Key of the dict that stands for a tensor among the arguments of a call."""

_HOSTED_KINDS: dict[str, type] = {}
"""Classes by name: users' own, and those inside applications, which Keras cannot find when it reads a config."""


def host(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What computes a layer or operation of Keras 3 on the Keras 2 tensors of its call, and of calls like this one.

    Libraries see one layer, which they do not know and so leave alone.
    """
    layer = _hosting_class()(_copy(operation), _without_tensors((args, kwargs), []), name=operation.name)

    def call(*args: Any, **kwargs: Any) -> Any:
        tensors: list[Any] = []
        _without_tensors((args, kwargs), tensors)
        return layer(tensors)

    return call


def holds_weighty_layers(operation: Any) -> bool:
    """Whether a layer has weights that are not its own: one layer cannot stand for these."""
    return any("/" in name for name, _ in layer_weights(operation)) if hasattr(operation, "weights") else False


def _copy(operation: Any) -> Any:
    """With weights of its own; what has none can be in both models."""
    import keras

    kind = type(operation)
    _HOSTED_KINDS[kind.__name__] = kind
    if not getattr(operation, "weights", ()):
        return operation
    return keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(operation), custom_objects=_HOSTED_KINDS
    )


@cache
def _hosting_class() -> Any:
    import keras
    import tensorflow as tf
    import tf_keras

    @tf_keras.saving.register_keras_serializable("edgeprune")
    class Keras3Layer(tf_keras.layers.Layer):  # type: ignore[misc]
        """`hosted` is called with `arguments`, in which each call's tensors take their places again."""

        def __init__(self, hosted: Any, arguments: Any, **options: Any) -> None:
            super().__init__(autocast=False, **options)
            # Not by attribute: Keras 2 would take the variables of Keras 3 for its own, which it cannot train.
            self.__dict__["hosted"] = hosted
            self.__dict__["arguments"] = arguments
            self._is_layer = isinstance(hosted, keras.Layer)
            self._takes_training = "training" in inspect.signature(hosted.call).parameters
            self.supports_masking = True
            for name, variable in layer_weights(hosted) if self._is_layer else ():
                setattr(self, f"_{name}", variable._value)  # the tf.Variable within
                if variable.regularizer is not None:
                    self.add_loss(lambda variable=variable: variable.regularizer(variable))

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            # Keras 2 reads the arguments of `call` itself, which the decorator would hide.
            return tf.autograph.experimental.do_not_convert(self._call)(inputs, training)

        def _call(self, inputs: Any, training: bool | None) -> Any:
            args, kwargs = _with_tensors(self.arguments, tf.nest.flatten(inputs))
            if not self._is_layer:
                return self.hosted(*args, **kwargs)
            made = self.hosted(*args, **kwargs, **({"training": training} if self._takes_training else {}))
            self.add_loss(self.hosted._get_own_losses())  # those of its weights' regularizers would come with each call
            return made

        def compute_mask(self, inputs: Any, mask: Any = None) -> None:
            """Keras 3 states masks among the arguments of the calls that take them."""

        def get_config(self) -> dict[str, Any]:
            parts = {"hosted": self.hosted, "arguments": self.arguments}
            stated = {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
            return {**super().get_config(), **stated}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            parts = {
                name: keras.saving.deserialize_keras_object(config[name], custom_objects=_HOSTED_KINDS)
                for name in ("hosted", "arguments")
            }
            return cls(**(config | parts))

    return Keras3Layer


def _without_tensors(value: Any, tensors: list[Any]) -> Any:
    """A structure with a number in place of each tensor, which is put into `tensors`."""
    if hasattr(value, "_keras_history"):
        tensors.append(value)
        return {_TENSOR: len(tensors) - 1}
    if isinstance(value, dict):
        return {key: _without_tensors(part, tensors) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without_tensors(part, tensors) for part in value)
    return value


def _with_tensors(value: Any, tensors: list[Any]) -> Any:
    """The opposite of `_without_tensors`."""
    if isinstance(value, dict):
        if _TENSOR in value:
            return tensors[value[_TENSOR]]
        return {key: _with_tensors(part, tensors) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_with_tensors(part, tensors) for part in value)
    return value
