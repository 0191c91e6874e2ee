"""What a pass over the data says about channels: activations and sensitivities, nested and shared layers included."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from edgeprune.contracts.channel_statistics import ChannelStatistics
from edgeprune.contracts.data import Batch
from edgeprune.contracts.errors import DataError
from edgeprune.keras_models.evidence.activation_statistics import activation_statistics
from edgeprune.keras_models.evidence.sensitivity import sensitivities
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut
from tests.pruning.channel_oracle import randomise, read


def nested(api: Any) -> Any:
    """A shared layer in a nested model, behind it Flatten and Dense."""
    layers = api.layers
    body = api.Sequential([layers.Input((6, 6, 3)), layers.Conv2D(4, 3, activation="relu", name="inner")], name="body")
    shared = layers.Conv2D(5, 1, activation="relu", name="shared")
    first, second = api.Input((6, 6, 3)), api.Input((6, 6, 3))
    x = layers.Add()([shared(body(first)), shared(body(second))])
    return api.Model([first, second], layers.Dense(3, name="scores")(layers.Flatten()(x)))


@pytest.fixture
def model(api: Any) -> Any:
    built = nested(api)
    randomise(built, np.random.default_rng(0))
    return built


def batches(sizes: tuple[int, ...] = (4, 4, 2)) -> Iterator[Batch]:
    rng = np.random.default_rng(1)
    for size in sizes:
        inputs = tuple(rng.normal(size=(size, 6, 6, 3)).astype(np.float32) for _ in range(2))
        yield inputs, (rng.normal(size=(size, 3)).astype(np.float32),)


def squared(labels: Any, outputs: Any) -> Any:
    return ((labels[0] - outputs[0]) ** 2)[0, 0] + (outputs[0] ** 2)[0, 1]


def test_activations_are_those_of_all_examples(api, model):
    graph, channels = read(model)
    found = activation_statistics(model, graph, channels, batches())
    inputs = [np.concatenate(arrays) for arrays in zip(*(inputs for inputs, _ in batches()), strict=True)]
    seen = {
        "body/inner": [np.asarray(model.get_layer("body")(array)) for array in inputs],
        "flat": [np.asarray(api.Model(model.inputs, model.get_layer("scores").input)(inputs))],
    }
    assert len(found) == 3, "both calls of the shared layer, and the last"
    for (tensor, axis), statistics in found.items():
        values = seen["flat"] if axis == 1 else seen["body/inner"]
        means = [np.abs(array).mean(axis=tuple(range(array.ndim - 1))) for array in values]
        zeros = [(array == 0).mean(axis=tuple(range(array.ndim - 1))) for array in values]
        assert any(np.allclose(statistics.mean_magnitude, mean, rtol=1e-4) for mean in means), tensor
        assert any(np.allclose(statistics.zero_share, zero, atol=1e-6) for zero in zeros), tensor


def test_the_model_is_as_it_was_afterwards(model):
    graph, channels = read(model)
    before = get_arrays(model)
    activation_statistics(model, graph, channels, batches())
    sensitivities(model, channels, batches(), squared)
    assert all(np.array_equal(value, before[key]) for key, value in get_arrays(model).items())
    assert not any("call" in vars(layer) for layer in [*model.layers, *model.get_layer("body").layers])


def test_a_sensitivity_is_the_derivative_by_a_factor_before_the_channel(model):
    """Checked against the difference that such a factor makes."""
    _, channels = read(model)
    found = sensitivities(model, channels, batches((4,)), squared)
    key = ("shared", "kernel")
    assert set(found) == {(key, 2), (("scores", "kernel"), 0)}
    (inputs, labels), step = next(batches((4,))), 1e-2
    kernel = get_arrays(model, [key])[key]
    for channel in range(4):
        losses = []
        for factor in (1 + step, 1 - step):
            changed = kernel.copy()
            changed[:, :, channel] *= factor
            set_arrays(model, {key: changed})
            losses.append(float(squared(labels, [np.asarray(model(list(inputs)))])))
        slope = (losses[0] - losses[1]) / (2 * step)
        assert found[key, 2][0, channel] == pytest.approx(slope, rel=0.02, abs=0.05)


def test_frozen_layers_have_sensitivities_too(model):
    _, channels = read(model)
    free = sensitivities(model, channels, batches((4,)), squared)
    model.trainable = False
    frozen = sensitivities(model, channels, batches((4,)), squared)
    assert all(np.allclose(free[key], frozen[key]) for key in free)


@pytest.mark.parametrize("criterion", ["activation", "apoz", "taylor"])
def test_a_dead_channel_goes_first(model, criterion):
    """A channel that is always zero, and that the loss therefore does not ask for."""
    arrays = get_arrays(model, [("body/inner", "kernel"), ("body/inner", "bias")])
    arrays["body/inner", "kernel"][..., 2] = 0
    arrays["body/inner", "bias"][2] = -1
    set_arrays(model, arrays)
    graph, channels = read(model)
    statistics = ChannelStatistics(
        activations=activation_statistics(model, graph, channels, batches()),
        sensitivities=sensitivities(model, channels, batches(), squared),
    )
    request = CutRequest(criterion=criterion, ratio=0.25, include=("body/inner",))
    plan = plan_cut(graph, channels, (), get_arrays(model), request, statistics)
    assert plan.kept.sum() == len(plan.kept) - 1
    inner = next(axis for axis in channels.weight_axes if axis.weight == ("body/inner", "kernel"))
    assert plan.kept_channels(inner.channels).tolist() == [True, True, False, True]


def test_data_without_examples_is_an_error(model):
    graph, channels = read(model)
    with pytest.raises(DataError, match="no examples to measure activations on"):
        activation_statistics(model, graph, channels, ())
    with pytest.raises(DataError, match="no examples to take gradients on"):
        sensitivities(model, channels, (), squared)


def test_a_loss_that_is_no_number_is_an_error(model):
    _, channels = read(model)
    with pytest.raises(DataError, match="the loss of batch 0 is nan"):
        sensitivities(model, channels, batches((4,)), lambda labels, outputs: outputs[0][0, 0] * np.nan)
