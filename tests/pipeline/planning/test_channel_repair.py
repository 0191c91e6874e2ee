"""What stays of a cut model makes up for what went, whatever the layers are that read it."""

from typing import Any

import keras
import numpy as np

import edgeprune as interface
from tests.pruning.channel_oracle import randomise

EXAMPLES = 400


def branched(api: Any) -> Any:
    """A nested model that is called twice, a shortcut, depthwise, grouped and normalised layers, Flatten and Dense."""
    layers = api.layers
    body = api.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(8, 3, activation="relu", name="inner")], name="body")
    inputs = api.Input((6, 6, 2))
    x = layers.Add()([body(inputs), body(layers.ReLU()(inputs))])
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = layers.BatchNormalization(name="normalised")(layers.Conv2D(8, 1, use_bias=False, name="pointwise")(y))
    x = layers.Add()([x, layers.ReLU()(y)])
    x = layers.Conv2D(8, 3, groups=2, padding="same", activation="relu", name="grouped")(x)
    x = layers.Dense(6, activation="relu", name="wide")(layers.Flatten()(x))
    return api.Model(inputs, layers.Dense(3, name="scores")(x))


def pruned(model: Any, **flags: Any) -> Any:
    x = np.random.default_rng(1).normal(size=(EXAMPLES, 6, 6, 2)).astype(np.float32)
    y = np.asarray(model(x))
    data = ((x, y), (x, y))
    return interface.prune(model, data=data, method="structured", metric="mse", scale="none", **flags)


def test_outputs_come_nearer_to_the_original(api):
    model = branched(api)
    randomise(model, np.random.default_rng(0))
    outcome = pruned(model, ratio=0.25, check=True)
    original, bare, repaired = (row["score"] for row in outcome.rows)
    assert [row["stage"] for row in outcome.rows] == ["original", "pruned", "repaired"]
    assert original < 1e-6
    assert repaired < 0.3 * bare


def test_a_channel_that_others_determine_is_not_missed(api):
    layers = api.layers
    inputs = api.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, activation="relu", name="made")(inputs)
    x = layers.Conv2D(5, 3, name="read")(x)
    model = api.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
    randomise(model, np.random.default_rng(0))
    kernel, bias = model.get_layer("made").get_weights()
    kernel[..., 3], bias[3] = 0.1 * kernel[..., 1], 0.1 * bias[1]
    model.get_layer("made").set_weights([kernel, bias])
    outcome = pruned(model, ratio=0.25, include=["made"])
    assert outcome.model.get_layer("made").get_weights()[0].shape[-1] == 3
    _, bare, repaired = (row["score"] for row in outcome.rows)
    assert repaired < 1e-3 * bare


def test_zeros_of_what_stays_are_kept():
    model = branched(keras)
    randomise(model, np.random.default_rng(0))
    kernel, bias = model.get_layer("scores").get_weights()
    kernel[::2] = 0
    model.get_layer("scores").set_weights([kernel, bias])
    outcome = pruned(model, ratio=0.4, include=["grouped", "body/inner"])
    np.testing.assert_array_equal(outcome.model.get_layer("scores").get_weights()[0][::2], 0)


def test_without_repair_the_cut_is_bare():
    model = branched(keras)
    randomise(model, np.random.default_rng(0))
    outcome = pruned(model, ratio=0.25, repair=False)
    assert [row["stage"] for row in outcome.rows] == ["original", "pruned"]
    bias = outcome.model.get_layer("scores").get_weights()[1]
    np.testing.assert_array_equal(bias, model.get_layer("scores").get_weights()[1])
