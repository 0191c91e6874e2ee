"""A small model of either Keras, data in memory for it, and options to train it with."""

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.contracts.data import Batch
from edgeprune.keras_models.live.variables import variables
from edgeprune.keras_models.training import FitOptions

KERASES = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras3", "keras2"])


class InMemory:
    """A Split of generated data: which of two noisy halves is larger."""

    def __init__(self, size=256):
        generator = np.random.default_rng(0)
        self.x = generator.normal(size=(size, 8)).astype("float32")
        self.y = (self.x[:, :4].sum(1) > self.x[:, 4:].sum(1)).astype("int64")
        self.size = size

    @property
    def arrays(self) -> Batch:
        return (self.x,), (self.y,)


def make_model(k, optimizer="adam", **settings):
    k.utils.set_random_seed(3)
    model = k.Sequential(
        [
            k.layers.Input((8,)),
            k.layers.Dense(16, activation="relu"),
            k.layers.BatchNormalization(),
            k.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", **settings)
    return model


def kernels(model):
    return {key: variable for key, variable in variables(model).items() if key[1] == "kernel"}


def some_masks(live):
    generator = np.random.default_rng(1)
    return {key: generator.random(tuple(variable.shape)) < 0.4 for key, variable in live.items()}


def options(*, epochs=3, **changes):
    usual = {"learning_rate": None, "batch_size": 32, "patience": 5, "seed": 0, "prunable_weights": 160}
    return FitOptions(**({"ends": (epochs,)} | usual | changes))
