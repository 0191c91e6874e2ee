"""A model without a region computes what the original does when the region's readers are given what goes into it."""

from typing import Any

import numpy as np
import pytest

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.live.prediction import model_outputs
from edgeprune.keras_models.live.variables import get_arrays
from edgeprune.keras_models.surgery.bypass import bypassed
from edgeprune.keras_models.surgery.proof import TOLERANCE, prove_bypasses
from edgeprune.keras_models.surgery.rewire import holding_models, remove_regions
from edgeprune.pruning.layers.candidates import removable_regions
from edgeprune.pruning.layers.region_choice import LayerChoice, LayerRequest, choose_layers
from tests.keras_models.graph_models import config_of
from tests.pruning.channel_oracle import examples, randomise, read
from tests.pruning.random_models import Grower


def residual(api: Any) -> Any:
    """A stem, a residual block whose sum is an operator, a head; with a nested model of two equal layers."""
    layers = api.layers
    inputs = api.Input((6, 6, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(inputs)
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.ReLU(name="relu")(y)
    x = x + layers.Conv2D(4, 1, name="project", trainable=False)(y)
    fed = layers.Input((6, 6, 4), name="fed")
    inner = layers.Conv2D(4, 1, name="second")(layers.Conv2D(4, 1, name="first")(fed))
    x = api.Model(fed, layers.Dense(5, name="third")(inner), name="body")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return api.Model(inputs, layers.Dense(3, name="scores")(x), name="small")


def dense_stack(api: Any) -> Any:
    layers = api.layers
    inner = api.Sequential([layers.Input((8,)), layers.Dense(8, name="one"), layers.Dense(8, name="two")], name="inner")
    stack = [layers.Dense(8, activation="relu", name="first"), layers.Dropout(0.5, name="drop"), inner]
    return api.Sequential([layers.Input((8,)), *stack, layers.Dense(3, name="scores")], name="stack")


def planned(model: Any, count: int | None = None) -> tuple[ModelGraph, LayerChoice]:
    """As much as possible (or `count` regions) goes, each time the first region that can."""
    graph, _ = read(model)
    request = LayerRequest(count=count, ratio=1.0 if count is None else None)
    return graph, choose_layers(graph, holding_models(config_of(model)), request, lambda bypasses: 0.0)


def assert_equal(model: Any, smaller: Any, graph: ModelGraph, bypasses: tuple[Bypass, ...]) -> None:
    data = tuple(examples(model, np.random.default_rng(1)))
    assert prove_bypasses(model, smaller, graph, bypasses, data).relative_error <= TOLERANCE


@pytest.mark.parametrize("make", [residual, dense_stack])
def test_each_region_that_can_go_alone(api, make):
    model = make(api)
    randomise(model, np.random.default_rng(0))
    graph, _ = read(model)
    regions = removable_regions(graph, holding_models(config_of(model)))
    gone = [{graph.nodes[index].layer for index in region.nodes} for region in regions]
    assert {"body/second"} in gone or {"inner/two"} in gone
    for region, paths in zip(regions, gone, strict=True):
        smaller = remove_regions(model, graph, [region])
        assert set(read(smaller)[0].layers) == set(graph.layers) - paths
        assert_equal(model, smaller, graph, (region,))


@pytest.mark.parametrize("seed", range(6))
def test_all_that_can_go_from_models_grown_at_random(api, seed):
    model = Grower(api, seed).model()
    randomise(model, np.random.default_rng(seed))
    graph, choice = planned(model)
    assert_equal(model, remove_regions(model, graph, choice.bypasses), graph, choice.bypasses)


def test_taking_nothing_out_changes_nothing(api):
    model = residual(api)
    graph, choice = planned(model, count=0)
    smaller = remove_regions(model, graph, choice.bypasses)
    assert set(get_arrays(smaller)) == set(get_arrays(model))
    assert_equal(model, smaller, graph, ())


def test_the_original_is_as_before(api):
    model = residual(api)
    data = tuple(examples(model, np.random.default_rng(2)))
    before, weights = model_outputs(model, data), get_arrays(model)
    graph, choice = planned(model)
    remove_regions(model, graph, choice.bypasses)
    with bypassed(model, graph, choice.bypasses):
        assert not np.array_equal(model_outputs(model, data)[0], before[0])
    assert np.array_equal(model_outputs(model, data)[0], before[0])
    assert all(np.array_equal(weights[key], array) for key, array in get_arrays(model).items())


def test_names_flags_and_compile_settings_are_kept(api):
    model = residual(api)
    model.compile(optimizer=api.optimizers.SGD(0.037), loss=api.losses.Huber(delta=0.3), metrics=["mae"])
    graph, _ = read(model)
    (region,) = [
        region
        for region in removable_regions(graph, holding_models(config_of(model)))
        if [graph.nodes[index].layer for index in region.nodes] == ["conv", "norm", "relu"]
    ]
    smaller = remove_regions(model, graph, [region])
    assert smaller.name == "small"
    kept = [layer.name for layer in model.layers if layer.name not in ("conv", "norm", "relu")]
    assert [layer.name for layer in smaller.layers] == kept
    assert not smaller.get_layer("project").trainable
    assert smaller.get_layer("stem").trainable
    assert float(smaller.optimizer.learning_rate) == pytest.approx(0.037)
    assert smaller.loss is model.loss
    smaller.fit(np.zeros((4, 6, 6, 3), np.float32), np.zeros((4, 3), np.float32), verbose=0)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")
def test_the_smaller_model_is_saved_and_loaded_by_plain_keras(api, suffix, tmp_path):
    model = residual(api)
    randomise(model, np.random.default_rng(0))
    graph, choice = planned(model)
    smaller = remove_regions(model, graph, choice.bypasses)
    smaller.save(tmp_path / f"smaller{suffix}")
    loaded = api.models.load_model(tmp_path / f"smaller{suffix}")
    data = tuple(examples(model, np.random.default_rng(3)))
    assert np.array_equal(model_outputs(smaller, data)[0], model_outputs(loaded, data)[0])


def test_lengths_that_differ_only_at_run_time_are_found_out(api):
    layers = api.layers
    inputs = api.Input((None, 4), name="steps")
    x = layers.Conv1D(4, 3, name="shorter")(inputs)
    model = api.Model(inputs, layers.Dense(2, name="scores")(x))
    graph, _ = read(model)
    regions = removable_regions(graph, holding_models(config_of(model)))
    with bypassed(model, graph, regions) as state:
        model_outputs(model, (np.zeros((2, 9, 4), np.float32),))
    assert [line.partition(":")[0] for line in state.unfit] == ["shorter"]
