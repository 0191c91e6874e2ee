"""The moving averages of normalisations, after a training that is too short for them to follow."""

from collections.abc import Sequence
from typing import Any

from edgeprune.contracts.keras_model import KerasModel

SLOW = 0.05
"""Share of the moving averages from before an epoch that may be left in them after it."""


def follows_slowly(model: KerasModel, steps: int) -> bool:
    """Whether moving averages of normalisations still hold much of what they were so many steps ago."""
    return any(
        hasattr(layer, "moving_variance") and SLOW < layer.momentum**steps < 1 for layer in model._flatten_layers()
    )


def renew_statistics(model: KerasModel, batches: Sequence[Any]) -> None:
    """Set the moving mean and variance of every BatchNormalization to those of some batches of inputs.

    With momentum m, n batches leave `m^n * before + (1 - m^n) * theirs` in a moving average, which is solved for
    theirs, as Adam corrects its moments (Kingma & Ba, 2015, section 3). Frozen layers stay as they are.
    """
    averages = [
        (variable, layer.momentum ** len(batches))
        for layer in model._flatten_layers()
        if hasattr(layer, "moving_variance") and layer.momentum < 1
        for variable in (layer.moving_mean, layer.moving_variance)
    ]
    if not averages:
        return
    before = [variable.numpy() for variable, _ in averages]
    for inputs in batches:
        model(inputs, training=True)
    for (variable, kept), old in zip(averages, before, strict=True):
        variable.assign((variable.numpy() - kept * old) / (1 - kept))
