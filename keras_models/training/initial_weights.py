"""Initial weights: drawn anew for training from scratch, and not drawn where they are overwritten anyway."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.live.layers import leaf_layers
from edgeprune.keras_models.live.variables import get_arrays, set_arrays, variables

_RANDOM = ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal")


@contextmanager
def zeros_for_random(keras: ModuleType) -> Iterator[None]:
    """Random initializers give zeros meanwhile, which saves their time and several copies of each array.

    The initializers in the layers' configs stay what they are.
    """
    zeros = keras.initializers.Zeros()

    def initialise(_: Any, shape: Any, dtype: Any = None, **options: Any) -> Any:
        return zeros(shape, dtype, **options)

    with ExitStack() as restore:
        for name in _RANDOM:
            initializer = getattr(keras.initializers, name)
            restore.callback(setattr, initializer, "__call__", initializer.__call__)
            initializer.__call__ = initialise
        yield


def reinitialise(model: KerasModel, keras: ModuleType, seed: int) -> None:
    """Give a model of either Keras the weights and statistics that its own initializers make, by `seed`.

    Frozen layers, which training would leave as they are, keep theirs, and so does Normalization: it was adapted to the
    data. Raises ModelError, with what Keras says, for a model that cannot be built anew.
    """
    keras.utils.set_random_seed(seed)
    try:
        fresh = keras.models.clone_model(model)
    except Exception as error:
        raise ModelError(f"--from-scratch: the model cannot be built anew: {error}".splitlines()[0]) from error
    learns = {path for path, layer in leaf_layers(model) if layer.trainable and type(layer).__name__ != "Normalization"}
    set_arrays(model, get_arrays(fresh, [key for key in variables(model) if key[0] in learns]))
