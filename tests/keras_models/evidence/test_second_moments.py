"""How channels that a layer reads vary together, over all of its calls, and of which layers that is asked."""

from typing import Any

import numpy as np

from edgeprune.keras_models.evidence.second_moments import second_moments
from edgeprune.pruning.cuts.linear_readers import linear_readers
from tests.pruning.channel_oracle import randomise, read


def small(api: Any) -> Any:
    """A shared convolution in a nested model, a stream with a shortcut, then Flatten and Dense."""
    layers = api.layers
    body = api.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(6, 3, activation="relu", name="inner")], name="body")
    shared = layers.Conv2D(5, 1, name="shared")
    first, second = api.Input((6, 6, 2)), api.Input((6, 6, 2))
    x = layers.Add()([shared(body(first)), shared(body(second))])
    x = layers.Activation("relu")(layers.Conv2D(4, 3, use_bias=False, name="wide")(x))
    return api.Model([first, second], layers.Dense(3, name="scores")(layers.Flatten()(x)))


def inputs(count: int = 64) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=(count, 6, 6, 2)).astype(np.float32) for _ in range(2))


def test_moments_are_those_of_all_calls(api):
    model = small(api)
    randomise(model, np.random.default_rng(0))
    body = model.get_layer("body")
    read_by_shared = np.concatenate([np.asarray(body(array)).reshape(-1, 6) for array in inputs()])
    extended = np.column_stack([read_by_shared, np.ones(len(read_by_shared))])
    halves = [(tuple(array[part] for array in inputs()), ()) for part in (slice(0, 40), slice(40, 64))]
    found = second_moments(model, ["shared"], halves)
    assert np.allclose(found["shared"], extended.T @ extended / len(extended), rtol=1e-4, atol=1e-5)


def test_layers_that_read_in_another_way_are_left_alone(api):
    layers = api.layers
    image = api.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, name="made")(image)
    x = layers.SeparableConv2D(4, 3, name="separable")(layers.DepthwiseConv2D(3, padding="same", name="alone")(x))
    x = layers.Conv2D(4, 1, groups=2, name="grouped")(x)
    model = api.Model(image, layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(x)))
    assert linear_readers(*read(model)) == ["scores"]
