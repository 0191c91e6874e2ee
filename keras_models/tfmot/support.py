"""What TFMOT can prune in a Keras 2 model, asked layer by layer: a model with one unknown layer aborts it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.tfmot.library import pruning_api


@dataclass(frozen=True, kw_only=True)
class Support:
    """Of the weights asked for: those that TFMOT can prune, and the reason for every other one."""

    keys: tuple[WeightKey, ...]
    refused: Mapping[WeightKey, str]


def supported(model: KerasModel, weights: Mapping[WeightKey, Any], *, xnnpack: bool = False) -> Support:
    """Which of the model's weights, live variables of it, TFMOT can prune; `xnnpack`: by its PruneForLatencyOnXNNPack.

    Raises ModelError for a model that the policy refuses as a whole, with TFMOT's reason.
    """
    policy = _xnnpack_policy(model) if xnnpack else None
    layers = dict(leaf_layers(model))
    known = {path: _prunable(layers[path], policy) for path in dict.fromkeys(path for path, _ in weights)}
    refused = {}
    for (path, name), variable in weights.items():
        found = known[path]
        if isinstance(found, str):
            refused[path, name] = found
        elif id(variable) not in found:
            refused[path, name] = f"TFMOT does not prune the {name} of a {type(layers[path]).__name__}"
    return Support(keys=tuple(key for key in weights if key not in refused), refused=refused)


def _xnnpack_policy(model: KerasModel) -> Any:
    policy = pruning_api().PruneForLatencyOnXNNPack()
    try:
        policy.ensure_model_supports_pruning(model)
    except ValueError as error:
        raise ModelError(
            f"--policy xnnpack: XNNPACK cannot run this model sparsely: {error}", "leave --policy out"
        ) from error
    return policy


def _prunable(layer: Any, policy: Any) -> set[int] | str:
    """Ids of the variables that TFMOT prunes in a layer, or why it cannot be wrapped."""
    kind = type(layer).__name__
    if policy and not policy.allow_pruning(layer):
        return f"XNNPACK runs only Conv2D of 1x1 sparsely, not {kind}"
    if any(getattr(tensor, "_keras_mask", None) is not None for tensor in _inputs(layer)):
        # TFMOT 0.8.1 loses masks: Dense then fails, and an LSTM computes other numbers without a word
        return "is called with a mask, which TFMOT does not hand on"
    try:
        wrapper = pruning_api().prune_low_magnitude(layer)
    except ValueError:
        return f"TFMOT has no rule for {kind}"
    return {id(variable) for variable in wrapper.layer.get_prunable_weights()}


def _inputs(layer: Any) -> list[Any]:
    """The symbolic tensors of all calls of a layer."""
    return [tensor for node in layer.inbound_nodes for tensor in node.keras_inputs]
