"""Layers that both Kerases have: the same class of Keras 2 with the same arguments."""

import inspect
from collections.abc import Callable
from typing import Any

from edgeprune.keras_models.bridge.activations import keras2_activation

_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}
_AMONG_KEYWORDS = ("name", "trainable", "dtype", "activity_regularizer", "zero_output_for_mask")
"""What constructors of Keras 2 take without stating it."""

_NEVER_BY_CONFIG = ("Lambda", "TFSMLayer")
"""It holds code, or a folder's path."""

_PREFIXES = ("", "_", "forward_")
"""Under which a layer keeps an argument; `layer` of a Bidirectional is its `forward_layer`."""


class NotInKeras2(Exception):  # noqa: N818
    """Why a layer has no equal in Keras 2."""


def native_layer(layer: Any, convert: Callable[[Any], Any]) -> Any:
    """The Keras 2 layer that computes what a layer of Keras 3 does; `convert` is used for layers that it holds.

    Raises NotInKeras2 with the reason.
    """
    kind = _keras2_class(layer)
    accepted = {*_parameters(kind), *_AMONG_KEYWORDS}
    defaults = _parameters(type(layer))
    renamed = _RENAMED.get(kind.__name__, {})
    arguments = {}
    for name, stated in layer.get_config().items():
        if name.endswith("_initializer") or name == "seed":
            continue  # weights are copied, and each training draws its own numbers
        keras2_name = renamed.get(name, name)
        if keras2_name in accepted:
            arguments[keras2_name] = _keras2_value(layer, name, stated, convert)
        elif stated not in (None, False, defaults.get(name)):
            raise NotInKeras2(f"{kind.__name__} has no argument {name!r} in Keras 2")
    return kind(**arguments)


def _keras2_class(layer: Any) -> Any:
    import keras
    import tf_keras

    name = type(layer).__name__
    is_own = type(layer) is getattr(keras.layers, name, None)
    if not is_own or name in _NEVER_BY_CONFIG or _prepares_data(type(layer)) or not hasattr(tf_keras.layers, name):
        raise NotInKeras2(f"Keras 2 has no layer {name}")
    return getattr(tf_keras.layers, name)


def _prepares_data(kind: type) -> bool:
    """Augmentation and the like, much of which was written anew in Keras 3."""
    return ".preprocessing." in kind.__module__ and kind.__name__ not in ("Rescaling", "Normalization")


def _parameters(kind: type) -> dict[str, Any]:
    """Names of a class's constructor arguments, its bases' where it hands on others, with their defaults."""
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(base.__init__).parameters.values()  # type: ignore[misc]
        found = {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD} | found
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return found


def _keras2_value(layer: Any, name: str, stated: Any, convert: Callable[[Any], Any]) -> Any:
    """An argument in the form of Keras 2; `stated` is what the layer's config says, objects are taken live."""
    import keras

    if name == "dtype":
        return _policy_name(layer)
    live = next((getattr(layer, prefix + name) for prefix in _PREFIXES if hasattr(layer, prefix + name)), None)
    if isinstance(live, keras.Layer):
        return convert(live)
    if isinstance(live, list | tuple) and live and all(isinstance(part, keras.Layer) for part in live):
        return [convert(part) for part in live]
    if name.endswith("activation") and live is not None:
        return keras2_activation(live)
    if isinstance(live, keras.Regularizer | keras.constraints.Constraint):
        return _keras2_object(live)
    if isinstance(stated, dict) and "class_name" in stated:
        raise NotInKeras2(f"its argument {name!r} is of the class {stated['class_name']}")
    return stated


def _policy_name(layer: Any) -> str:
    """`float32`, `mixed_float16`, …: Keras 2 has policies of these names."""
    import keras

    policy = layer.dtype_policy
    if type(policy) is not keras.dtype_policies.DTypePolicy:
        raise NotInKeras2(f"it is quantized ({policy.name})")
    return str(policy.name)


def _keras2_object(live: Any) -> Any:
    """A regularizer or constraint of the same class."""
    import tf_keras

    kind = type(live).__name__
    for module in (tf_keras.regularizers, tf_keras.constraints):
        if type(live).__module__.startswith("keras.src.") and hasattr(module, kind):
            return getattr(module, kind).from_config(live.get_config())
    raise NotInKeras2(f"Keras 2 has no {kind}")
