"""Masks inside the compiled training step, for both Kerases: what is zero stays zero.

The model's own `train_step` is followed, in the same graph, by `w <- where(mask, w, 0)`. That holds for every
optimizer, with its moments, weight decay and averaging, and costs no round trip to Python. The masks are variables: new
values need no retracing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.array_transfer import assign, read


class WeightMasks:
    """Boolean masks for some variables of one model; all True at first."""

    def __init__(self, variables: Mapping[WeightKey, Any]) -> None:
        import tensorflow as tf

        self._variables = dict(variables)
        self._masks = {
            key: tf.Variable(np.ones(variable.shape, dtype=bool), trainable=False)
            for key, variable in self._variables.items()
        }

    def assign(self, masks: Mapping[WeightKey, Mask]) -> None:
        """Set the masks (a key that is missing keeps everything) and zero the weights at once."""
        for key, variable in self._masks.items():
            variable.assign(masks[key] if key in masks else np.ones(variable.shape, dtype=bool))
        self.apply()

    def apply(self) -> None:
        """Zero every masked weight."""
        for key, mask in self._masks.items():
            _zero(self._variables[key], mask)

    def _apply_on_all(self, strategy: Any) -> None:
        """The same for the copies of each weight on the devices of a `tf.distribute` strategy, in its own context."""
        for key, mask in self._masks.items():
            mirrored = getattr(self._variables[key], "_value", self._variables[key])  # Keras 3 wraps it
            strategy.extended.update(mirrored, _zero, args=(mask,), group=False)

    def install(self, model: KerasModel) -> None:
        """Make the model's training step end with `apply`; must come before `fit` builds its function."""
        import tensorflow as tf

        plain_step = model.train_step

        def masked_step(data: Any) -> Any:
            logs = plain_step(data)
            if tf.distribute.has_strategy():
                tf.distribute.get_replica_context().merge_call(self._apply_on_all)
            else:
                self.apply()
            return logs

        model.train_step = masked_step


def apply_masks(variables: Mapping[WeightKey, Any], masks: Mapping[WeightKey, Mask]) -> None:
    """Zero the masked weights of live variables once, one array at a time."""
    for key, mask in masks.items():
        assign(variables[key], read(variables[key]), mask)


def _zero(variable: Any, mask: Any) -> None:
    import tensorflow as tf

    value = tf.convert_to_tensor(variable)
    # Multiplication would leave -0.0, which compresses badly, and keep NaN.
    variable.assign(tf.where(mask, value, tf.zeros((), value.dtype)))
