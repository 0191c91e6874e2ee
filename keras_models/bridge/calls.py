"""A call of a layer or operation of Keras 3, kept apart from its tensors so that others can take their places."""

import inspect
from dataclasses import dataclass
from typing import Any

_TENSOR = "tensor of the call"
"""Key of the dict that stands for a tensor among the arguments of a call."""

_KINDS: dict[str, type] = {}
"""Classes by name: users' own, and those inside applications, which Keras cannot find when it reads a config."""


@dataclass(frozen=True)
class Keras3Call:
    """`operation` with the structure of its positional and keyword arguments, numbers in place of the tensors."""

    operation: Any
    arguments: Any

    @classmethod
    def of(cls, operation: Any, arguments: Any) -> "Keras3Call":
        """The call of an operation, or of a copy with weights of its own where it has any."""
        import keras

        _KINDS[type(operation).__name__] = type(operation)
        own = (
            keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(operation), _KINDS)
            if getattr(operation, "weights", ())
            else operation
        )
        return cls(own, _without_tensors(arguments, []))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Keras3Call":
        """The opposite of `get_config`."""
        import keras

        return cls(**{name: keras.saving.deserialize_keras_object(part, _KINDS) for name, part in config.items()})

    def get_config(self) -> dict[str, Any]:
        """As Keras 3 writes it."""
        import keras

        return {name: keras.saving.serialize_keras_object(part) for name, part in vars(self).items()}

    def __call__(self, tensors: list[Any], training: bool | None) -> tuple[Any, list[Any]]:
        """What it computes of other tensors, and the losses that it adds itself."""
        args, kwargs = _with_tensors(self.arguments, tensors)
        if "training" in inspect.signature(self.operation.call).parameters:
            kwargs = {**kwargs, "training": training}
        made = self.operation(*args, **kwargs)
        # `losses` would count those of the weights' regularizers at each call.
        return made, self.operation._get_own_losses() if hasattr(self.operation, "losses") else []


def tensors_of(arguments: Any) -> list[Any]:
    """The tensors among the arguments of a call, in the order in which `Keras3Call` takes them."""
    tensors: list[Any] = []
    _without_tensors(arguments, tensors)
    return tensors


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
