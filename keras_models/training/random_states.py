"""The random numbers of a model's own layers (Dropout, noise, augmentation), set anew for each epoch."""

from typing import Any

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.training.feeding import derived_seed


class RandomStates:
    """All random states of a model of either Keras.

    Keras 3 keeps them in variables. Keras 2 leaves them in TensorFlow's kernels, where nothing can set them: so its
    layers use `tf.random.Generator` until `close`.
    """

    def __init__(self, model: KerasModel) -> None:
        self._variables = [found for found in model.variables if "seed_generator" in found.name]
        layers = getattr(model, "submodules", ())  # of Keras 2 alone
        found = (vars(layer).get("_random_generator") for layer in layers)
        self._generators = [each for each in found if getattr(each, "_rng_type", None) == "legacy_stateful"]
        for generator in self._generators:
            _make_stateful(generator)

    def start_epoch(self, seed: int) -> None:
        """Set every state by a seed."""
        for place, variable in enumerate(self._variables):
            variable.assign([derived_seed(seed, place), 0])
        for place, generator in enumerate(self._generators):
            generator._generator.reset_from_seed(derived_seed(seed, place))

    def close(self) -> None:
        """Give the layers their own kind of random numbers back."""
        for generator in self._generators:
            generator._rng_type, generator._generator = "legacy_stateful", None


def _make_stateful(generator: Any) -> None:
    generator._rng_type, generator._built = "stateful", False
    generator._maybe_init()
