"""A cut model computes what the original does when nothing reads the removed channels, and is the same otherwise."""

from typing import Any

import numpy as np
import pytest

from edgeprune.contracts.channels import ChannelGraph, ChannelPlan
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import ModelGraph
from edgeprune.keras_models.live.variables import get_arrays
from edgeprune.keras_models.surgery.proof import prove
from edgeprune.keras_models.surgery.surgery import cut
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut
from tests.pruning.channel_oracle import examples, randomise, read
from tests.pruning.test_channels_connections import cases as connections
from tests.pruning.test_channels_layers import cases as layers
from tests.pruning.test_channels_sequences import cases as sequences

MODELS = layers | connections | sequences


def planned(model: Any, request: CutRequest) -> tuple[ModelGraph, ChannelPlan]:
    graph, channels = read(model)
    return graph, plan_cut(graph, channels, (), get_arrays(model), request)


def small(api: Any) -> Any:
    """Everything that must be kept: names, a frozen layer, a nested model, a dtype policy."""
    layers = api.layers
    inputs = api.Input((8, 8, 3), name="image")
    x = layers.Conv2D(6, 3, name="stem", trainable=False, kernel_regularizer="l2")(inputs)
    x = layers.BatchNormalization(momentum=0.7, name="norm")(x)
    body = api.Sequential([layers.Input((6, 6, 6)), layers.Conv2D(8, 3, activation="relu", name="inner")], name="body")
    x = layers.Dropout(0.5, name="drop")(layers.Flatten(name="flat")(body(x)))
    x = layers.Dense(5, activation="relu", name="half", dtype="mixed_float16")(x)
    return api.Model(inputs, layers.Dense(3, name="scores", dtype="float32")(x), name="small")


def outputs(model: Any, data: list[np.ndarray]) -> list[np.ndarray]:
    found = model(data[0] if len(data) == 1 else data, training=False)
    return [np.asarray(one) for one in (found if isinstance(found, list | tuple) else [found])]


@pytest.mark.parametrize("name", MODELS)
def test_rebuilding_with_nothing_cut_changes_nothing(api, name):
    rng = np.random.default_rng(4)
    model = MODELS[name][0](api)
    randomise(model, rng)
    graph, channels = read(model)
    same = cut(model, graph, ChannelPlan(graph=channels, kept=np.ones(len(channels.group_of), dtype=bool)))
    data = examples(model, rng)
    for before, after in zip(outputs(model, data), outputs(same, data), strict=True):
        assert np.array_equal(before, after)


def test_the_original_is_not_changed(api):
    model = small(api)
    before = get_arrays(model)
    graph, plan = planned(model, CutRequest(ratio=0.5))
    cut(model, graph, plan)
    after = get_arrays(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_names_flags_and_settings_are_kept(api):
    model = small(api)
    graph, plan = planned(model, CutRequest(ratio=0.5))
    smaller = cut(model, graph, plan)
    assert smaller.name == "small"
    assert [layer.name for layer in smaller.layers] == [layer.name for layer in model.layers]
    assert smaller.get_layer("stem").filters == 3
    assert smaller.get_layer("body").get_layer("inner").filters == 4
    assert smaller.get_layer("half").units == 3
    assert smaller.get_layer("scores").units == 3
    assert not smaller.get_layer("stem").trainable
    assert smaller.get_layer("norm").momentum == 0.7
    assert smaller.get_layer("half").compute_dtype == "float16"
    assert smaller.get_layer("stem").kernel_regularizer is not None
    assert len(smaller.trainable_weights) == len(model.trainable_weights)


def test_flags_of_layers_inside_a_frozen_model_are_kept(api):
    model = small(api)
    model.trainable = False
    model.get_layer("body").get_layer("inner").trainable = True
    graph, plan = planned(model, CutRequest(ratio=0.5))
    smaller = cut(model, graph, plan)
    assert not smaller.trainable
    assert not smaller.get_layer("scores").trainable
    assert smaller.get_layer("body").get_layer("inner").trainable


def test_compile_settings_are_kept_and_the_optimizer_starts_afresh(api):
    model = small(api)
    optimizer = api.optimizers.SGD(0.037, momentum=0.8)
    model.compile(optimizer=optimizer, loss=api.losses.Huber(delta=0.3), metrics=["mae"])
    data = np.zeros((4, 8, 8, 3), np.float32), np.zeros((4, 3), np.float32)
    model.fit(*data, verbose=0)
    graph, plan = planned(model, CutRequest(ratio=0.5))
    smaller = cut(model, graph, plan)
    assert smaller.optimizer is not model.optimizer
    assert float(smaller.optimizer.learning_rate) == pytest.approx(0.037)
    assert smaller.optimizer.momentum == 0.8
    assert int(smaller.optimizer.iterations) == 0
    assert smaller.loss is model.loss
    smaller.fit(*data, verbose=0)
    assert len(smaller.evaluate(*data, verbose=0)) == 2


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")
def test_a_cut_model_is_saved_and_loaded_by_plain_keras(api, suffix, tmp_path):
    rng = np.random.default_rng(0)
    model = small(api)
    randomise(model, rng)
    graph, plan = planned(model, CutRequest(ratio=0.5))
    smaller = cut(model, graph, plan)
    smaller.save(tmp_path / f"cut{suffix}")
    loaded = api.models.load_model(tmp_path / f"cut{suffix}")
    data = examples(model, rng)
    assert np.array_equal(outputs(smaller, data)[0], outputs(loaded, data)[0])


def test_a_cut_model_is_cut_again(api):
    rng = np.random.default_rng(5)
    model = small(api)
    randomise(model, rng)
    for _ in range(2):
        graph, plan = planned(model, CutRequest(ratio=0.34))
        smaller = cut(model, graph, plan)
        assert prove(model, smaller, plan, tuple(examples(model, rng))).holds
        model = smaller
    assert model.get_layer("stem").filters == 3


def test_a_model_that_cannot_be_built_is_an_error_that_names_the_layer(api):
    model = small(api)
    graph, plan = planned(model, CutRequest(ratio=0.5))
    channels = plan.graph
    without_edits = ChannelGraph(
        unit_of=channels.unit_of,
        group_of=channels.group_of,
        groups=channels.groups,
        weight_axes=channels.weight_axes,
        tensor_axes=channels.tensor_axes,
        edits=(),
    )
    with pytest.raises(ModelError, match=r"stem/kernel: expected the shape \(3, 3, 3, 3\), found \(3, 3, 3, 6\)"):
        cut(model, graph, ChannelPlan(graph=without_edits, kept=plan.kept))
