"""Quantization-aware training: a Keras 2 model that rounds as an int8 file will, by tensorflow-model-optimization.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018,
section 3. Weights are rounded in the forward pass and stay in full precision behind it; zeros are rounded to zero.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.contracts.wording import in_one_line
from edgeprune.keras_models.tfmot.channel_scale import is_foldable, neighbours
from edgeprune.keras_models.tfmot.library import tfmot

WRAPPED = "quant_"
"""What the library puts before the name of a layer that it wraps."""
SPLIT = ("SeparableConv1D", "SeparableConv2D")
"""Layers that are split into others, which are quantized."""
ELEMENTWISE = ("Activation", "Average", "ELU", "Maximum", "Minimum", "Multiply", "PReLU", "Rescaling", "Subtract")
"""Layers that the library does not know, whose output can be rounded all the same: what reads it is int8 then."""


@dataclass(frozen=True, kw_only=True)
class QuantizationAware:
    """`model` is a copy with rounding; `in_float` are the layers in which nothing is rounded, with the reason."""

    model: KerasModel
    in_float: Mapping[str, str]

    @property
    def kernels(self) -> dict[WeightKey, Any]:
        """The live weights of two axes and more: those that are rounded in the forward pass, and those in float."""
        return {
            (layer.name, f"{index}"): weight
            for layer in self.model.layers
            for index, weight in enumerate(_matrices(layer))
        }

    def find_ranges(self, examples: tuple[Array, ...]) -> None:
        """Set the ranges of all activations to those on some examples, one array for each input.

        They start at -6..6 and move by 1/1000 a step (`MovingAverageQuantizer`): too slow for small data.
        """
        with _ranges_of_the_last_batch():
            self.model(list(examples) if len(examples) > 1 else examples[0], training=False)


def _input_names(keras2_model: Any) -> list[str]:
    names: list[str] = keras2_model.input_names
    return names


def quantization_aware(model: KerasModel, index_limits: Sequence[int | None] = ()) -> QuantizationAware:
    """A copy of a live Keras 2 model (Sequential or functional, no models inside it) with int8 rounding.

    `index_limits` says which inputs hold the rows of a table, as `Predictor` has it: these are not rounded.
    Raises ModelError where no layer can be rounded, or where the library cannot rebuild the model.
    """
    import tf_keras

    api = tfmot().quantization.keras
    indices = {name for name, limit in zip(_input_names(model), index_limits, strict=False) if limit is not None}
    before, after = neighbours(model)
    reasons = {layer.name: reason for layer in model.layers if (reason := _why_in_float(layer, before[layer.name]))}

    def annotate(layer: Any) -> Any:
        if layer.name in reasons and type(layer).__name__ not in ELEMENTWISE:
            return layer
        config = _own_config(layer, after[layer.name], layer.name in reasons)
        return api.quantize_annotate_layer(layer, config)  # None: the library's own

    if not any(_has_kernel(layer) for layer in model.layers if layer.name not in reasons):
        found = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise ModelError(
            f"--qat-epochs: no layer with a kernel can be quantized in training ({found})", "leave --qat-epochs out"
        )
    try:
        with api.quantize_scope(), _inputs_left_alone(indices):
            copy = api.quantize_apply(tf_keras.models.clone_model(model, clone_function=annotate))
    except Exception as error:  # whatever the library raises means that there is no copy
        reason = in_one_line(error, 200)
        raise ModelError(f"--qat-epochs: tensorflow-model-optimization cannot quantize the model: {reason}") from error
    return QuantizationAware(model=copy, in_float=reasons)


def _own_config(layer: Any, readers: list[Any], unknown: bool) -> Any:
    """How a layer is rounded that the library has no rule for; None where it has one.

    `unknown` layers are elementwise: what they give is rounded, and nothing in them.
    """
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_configs as configs,
    )
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_registry as registry,
    )

    kind = type(layer).__name__
    if kind == "ChannelScale":
        # What a ReLU cuts off is not rounded before it: the converter joins the two.
        joined = bool(readers) and all(_is_relu(reader) for reader in readers)
        return configs.Default8BitOutputQuantizeConfig(not joined)
    if kind == "Conv1D":
        return registry.Default8BitQuantizeConfig(["kernel"], ["activation"], False)
    if kind == "Embedding":
        return registry.Default8BitQuantizeConfig(["embeddings"], [], True)
    if kind == "MaxPooling1D":
        return configs.NoOpQuantizeConfig()
    return configs.Default8BitOutputQuantizeConfig() if unknown else None


def _matrices(layer: Any) -> list[Any]:
    """A layer's weights of two axes and more; those of a wrapped one are the wrapper's own."""
    weights = [weight for weight, _, _ in getattr(layer, "_weight_vars", ())] or layer.weights
    return [weight for weight in weights if len(weight.shape) > 1]


def _why_in_float(layer: Any, feeders: list[Any]) -> str | None:
    """Why a layer is not rounded; None where it is."""
    from tensorflow_model_optimization.python.core.quantization.keras import quantize_aware_activation
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_registry as registry,
    )

    kind = type(layer).__name__
    if kind in (*SPLIT, "InputLayer", "ChannelScale", "MaxPooling1D"):
        return None
    if kind == "Embedding":
        return "tensorflow-model-optimization hands no masks on" if layer.mask_zero else None
    if kind == "BatchNormalization":
        return None if is_foldable(feeders) else "it normalises over another axis than the last, or is called twice"
    known = registry.Default8BitQuantizeRegistry()
    if not known.supports(layer) and kind != "Conv1D":
        return f"tensorflow-model-optimization rounds no {kind}"
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if kind == "Activation":
        try:
            known.get_quantize_config(layer).get_output_quantizers(layer)
        except ValueError:
            return f"tensorflow-model-optimization rounds no {name}"
        return None
    names = quantize_aware_activation.QuantizeAwareActivation
    rounded = {*names._PRE_QUANT_ACTIVATIONS, *names._POST_QUANT_ACTIVATIONS}
    return None if name in rounded else f"tensorflow-model-optimization rounds no {name}"


def _is_relu(layer: Any) -> bool:
    """Whether a layer is an activation whose output is rounded in place of its input."""
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    kind = type(layer).__name__
    return kind == "ReLU" or (kind == "Activation" and name in ("relu", "relu6"))


def _has_kernel(layer: Any) -> bool:
    return any("kernel" in weight.name for weight in layer.weights)


@contextmanager
def _inputs_left_alone(names: Collection[str]) -> Iterator[None]:
    """Let the library round no inputs of these names: of more than 256 rows it would leave 256, and of 3 make 2."""
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import default_8bit_transforms

    transform = default_8bit_transforms.InputLayerQuantize
    plain = transform.replacement

    def replacement(self: Any, match_layer: Any) -> Any:
        return match_layer if match_layer.layer["config"]["name"] in names else plain(self, match_layer)

    transform.replacement = replacement
    try:
        yield
    finally:
        transform.replacement = plain


@contextmanager
def _ranges_of_the_last_batch() -> Iterator[None]:
    """Let quantizers find their ranges in inference, and moving averages forget all but the last batch.

    The library finds them in training alone, where normalisations and dropout compute something else, and fixes the
    averages' decay at 0.999.
    """
    from tensorflow_model_optimization.python.core.quantization.keras import quant_ops

    changes: dict[str, dict[str, Any]] = {
        "AllValuesQuantize": {"is_training": True},
        "LastValueQuantize": {"is_training": True},
        "MovingAvgQuantize": {"is_training": True, "ema_decay": 0.0},
    }
    plain = {name: getattr(quant_ops, name) for name in changes}

    def changed(name: str) -> Callable[..., Any]:
        return lambda *args, **settings: plain[name](*args, **{**settings, **changes[name]})

    for name in changes:
        setattr(quant_ops, name, changed(name))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(quant_ops, name, function)
