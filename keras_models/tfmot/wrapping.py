"""A Keras 2 model with TFMOT's wrappers around some layers, which it shares: nothing has to be stripped after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.layers import is_graph_model, leaf_layers
from edgeprune.keras_models.tfmot.library import pruning_api


@dataclass(frozen=True, kw_only=True)
class LayerPruning:
    """How TFMOT prunes one layer.

    schedule: `polynomial` or `constant`. initial, final: sparsity, 0 to below 1. begin, end, frequency: in steps.
    block: (outputs, inputs) of kernels with two axes. pattern: (zeros, consecutive inputs), in place of all these.
    calls: how often the model calls the layer in one step.
    """

    schedule: str
    initial: float
    final: float
    begin: int
    end: int
    frequency: int
    block: tuple[int, int] = (1, 1)
    pattern: tuple[int, int] | None = None
    calls: int = 1


def wrap(model: KerasModel, layers: Mapping[str, LayerPruning], weights: Mapping[WeightKey, Any]) -> KerasModel:
    """The model with wrappers around `layers` (by path), which zero `weights`, live variables of them; not compiled.

    Its layers and variables are those of `model`, which so is trained with it and needs no `strip_pruning`.
    """
    import tf_keras

    chosen: dict[str, list[Any]] = {path: [] for path in layers}
    for (path, _), variable in weights.items():
        chosen[path].append(variable)
    paths = {id(layer): path for path, layer in leaf_layers(model)}

    def wrapped(layer: Any) -> Any:
        if is_graph_model(layer):
            return tf_keras.models.clone_model(layer, clone_function=wrapped)
        path = paths[id(layer)]
        return _wrapper(layer, layers[path], chosen[path]) if path in layers else layer

    whole: KerasModel = tf_keras.models.clone_model(model, clone_function=wrapped)
    return whole


def update_step() -> Any:
    """The callback without which a wrapped model does not train."""
    return pruning_api().UpdatePruningStep()


def _wrapper(layer: Any, pruning: LayerPruning, weights: list[Any]) -> Any:
    rows, columns = pruning.block
    wrapper = pruning_api().prune_low_magnitude(
        layer,
        pruning_schedule=_schedule(pruning),
        block_size=(columns, rows),  # Keras's kernels are (inputs, outputs)
        sparsity_m_by_n=pruning.pattern,
    )
    wrapper.layer.get_prunable_weights = lambda: weights
    return wrapper


def _schedule(pruning: LayerPruning) -> Any:
    """TFMOT counts the calls of a layer as steps."""
    begin, end, frequency = (steps * pruning.calls for steps in (pruning.begin, pruning.end, pruning.frequency))
    api = pruning_api()
    if pruning.schedule == "constant":
        return api.ConstantSparsity(pruning.final, max(begin, 1), end, frequency)
    return api.PolynomialDecay(pruning.initial, pruning.final, begin, end, frequency=frequency)
