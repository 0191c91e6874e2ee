"""What stays of a layer's inputs stands in for what was removed, measured on live models."""

from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.keras_models.evidence.second_moments import second_moments
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.surgery.surgery import cut, kept_weights
from edgeprune.pruning.cuts.reconstruction import linear_readers, reconstruct
from tests.pruning.channel_oracle import randomise, read


@pytest.fixture(params=[keras, tf_keras], ids=["keras3", "keras2"])
def api(request: pytest.FixtureRequest) -> Any:
    return request.param


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


def outputs(model: Any) -> np.ndarray:
    return np.asarray(model(list(inputs()), training=False))


def without(model: Any, layer: str, units: list[int]) -> tuple[Any, Any]:
    """The model without these channels of a layer, bare and reconstructed."""
    graph, channels = read(model)
    kept = np.ones(len(channels.group_of), dtype=bool)
    made = next(axis for axis in channels.weight_axes if axis.weight == (layer, "kernel") and not axis.consumes)
    kept[channels.unit_of[made.channels[units]]] = False
    plan = ChannelPlan(graph=channels, kept=kept)
    moments = second_moments(model, linear_readers(graph, channels), [(inputs(), ())])
    bare, better = cut(model, graph, plan), cut(model, graph, plan)
    set_arrays(better, kept_weights(reconstruct(plan, moments, get_arrays(model)), plan))
    return bare, better


@pytest.mark.parametrize("layer", ["body/inner", "shared", "wide"])
def test_a_channel_that_others_determine_is_replaced(api, layer):
    model = small(api)
    randomise(model, np.random.default_rng(0))
    arrays = get_arrays(model)
    for key, array in arrays.items():
        if key[0] == layer:
            array[..., 3] = 2 * array[..., 1]
    set_arrays(model, arrays)
    expected = outputs(model)
    bare, better = without(model, layer, [3])
    span = np.ptp(expected)
    assert np.abs(outputs(bare) - expected).max() > 0.05 * span
    assert np.abs(outputs(better) - expected).max() < 0.01 * span


def test_outputs_come_nearer_where_nothing_determines_a_channel(api):
    model = small(api)
    randomise(model, np.random.default_rng(0))
    expected = outputs(model)
    bare, better = (outputs(made) for made in without(model, "wide", [0, 2]))
    assert np.square(better - expected).mean() < 0.5 * np.square(bare - expected).mean()


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
