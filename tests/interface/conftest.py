"""Tiny data, and a tiny model of either Keras."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

INPUTS, CLASSES = 6, 3


@pytest.fixture(scope="session")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Examples whose class is the largest of their first three numbers."""
    x = np.random.default_rng(0).normal(size=(90, INPUTS)).astype(np.float32)
    return x, x[:, :CLASSES].argmax(axis=1)


@pytest.fixture(scope="session")
def make() -> Callable[..., Any]:
    """`make(keras)`: a compiled model that has been trained a little, so that its optimizer has a state."""

    def build(library: Any, *layers: Any, loss: Any = "sparse_categorical_crossentropy") -> Any:
        library.utils.set_random_seed(0)
        head = library.layers.Dense(CLASSES, activation="softmax", name="head")
        hidden = library.layers.Dense(8, activation="relu", name="hidden")
        model = library.Sequential([library.Input((INPUTS,)), hidden, *layers, head], name="tiny")
        model.compile(library.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        model.fit(np.zeros((4, INPUTS)), np.zeros(4), verbose=0)
        return model

    return build


@pytest.fixture(params=[keras, tf_keras], ids=["Keras 3", "Keras 2"])
def library(request: pytest.FixtureRequest) -> Any:
    """Either Keras."""
    return request.param
