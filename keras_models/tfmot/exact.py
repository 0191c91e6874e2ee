"""Exact counts on top of TFMOT, which keeps all weights of equal magnitude: of equal ones it zeroes none at all."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.masks import Mask
from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.array_transfer import read
from edgeprune.keras_models.live.layers import leaf_layers


class ExactEnd:
    """Once a layer's schedule has ended, its masks get the exact number of zeros, before training goes on with them.

    live: variables of the wrapped layers, by the keys that `mended` is to use.
    exact: a key and its array, masked as TFMOT has it, to the mask with the right count.
    """

    def __init__(
        self, wrapped: KerasModel, live: Mapping[WeightKey, Any], exact: Callable[[WeightKey, Array], Mask]
    ) -> None:
        keys = {id(variable): key for key, variable in live.items()}
        self._masks = [
            (layer, keys[id(weight)], weight, mask)
            for _, layer in leaf_layers(wrapped)
            for weight, mask, _ in getattr(layer, "pruning_vars", ())
        ]
        self._exact = exact
        self._checked: set[WeightKey] = set()
        self.mended: list[WeightKey] = []
        """Whose masks were not exact."""

    def callback(self) -> Any:
        """For `fit`, before TFMOT's own: that zeroes the masked weights at the end of the epoch."""
        import tf_keras

        return tf_keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: self._mend())

    def _mend(self) -> None:
        for layer, key, weight, mask in self._masks:
            if key in self._checked or int(layer.pruning_step) < layer.pruning_schedule.end_step:
                continue
            self._checked.add(key)
            present = read(mask)
            exact = self._exact(key, read(weight) * present)
            if np.count_nonzero(exact) != np.count_nonzero(present):
                mask.assign(exact.astype(present.dtype))
                self.mended.append(key)
