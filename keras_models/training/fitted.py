"""The model that `fit` trains: the user's own, or a copy of it on other devices; its masks and random numbers."""

from collections.abc import Mapping
from typing import Any

from edgeprune.contracts.model import WeightKey
from edgeprune.keras_models.live.variables import variables as live_variables
from edgeprune.keras_models.training.devices import Devices
from edgeprune.keras_models.training.masking import WeightMasks
from edgeprune.keras_models.training.options import Masks
from edgeprune.keras_models.training.random_states import RandomStates


class FittedModel:
    """What is trained (`model`) in place of `own`; between epochs, the weights of `own` are those that count."""

    def __init__(self, own: Any, keras_major: int, variables: Mapping[WeightKey, Any], devices: Devices) -> None:
        self._own, self._devices = own, devices
        self._own_masks = self._masks = WeightMasks(variables)
        self.model = devices.copy(own, keras_major)
        with self.scope():
            self._random_states = RandomStates(self.model)
            if self._copied:
                copies = live_variables(self.model)
                self._masks = WeightMasks({key: copies[key] for key in variables})
        self._masks.install(self.model)

    @property
    def _copied(self) -> bool:
        return self.model is not self._own

    def scope(self) -> Any:
        """Where the optimizer's variables must be made."""
        return self._devices.scope()

    def assign_masks(self, masks: Masks) -> None:
        """Put masks in force, and zero the weights of `own` at once."""
        self._own_masks.assign(masks)
        if self._copied:
            self._masks.assign(masks)

    def fit(self, dataset: Any, seed: int, **settings: Any) -> float:
        """Train for an epoch; its loss. All of the model's own random numbers follow from the seed."""
        with self.scope():
            self._random_states.start_epoch(seed)
        if self._copied:
            self.model.set_weights(self._own.get_weights())
        history = self.model.fit(dataset, verbose=0, shuffle=False, **settings)
        if self._copied:
            self._own.set_weights(self.model.get_weights())
        self._own_masks.apply()  # an optimizer that averages has just written its averages into the weights
        return float(history.history["loss"][-1])

    def close(self) -> None:
        """Take out what was put into the user's model."""
        self._random_states.close()
        for patched in ("train_step", "compute_loss"):
            vars(self.model).pop(patched, None)
