"""The proof finds a wrong cut, leaves the model alone, and says where nothing can be proven."""

from typing import Any

import numpy as np
import pytest

from benchmarks.randomise import randomise
from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.errors import ModelError
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.surgery.proof import ProofResult, prove, prove_equal, prove_exact_part, require
from edgeprune.keras_models.surgery.surgery import cut
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut
from tests.pruning.channel_oracle import examples, read


def residual(api: Any, normalisation: str = "BatchNormalization") -> Any:
    layers = api.layers
    inputs = api.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", name="stem")(inputs)
    y = getattr(layers, normalisation)(name="norm")(x)
    y = layers.Conv2D(6, 3, padding="same", name="branch")(layers.ReLU()(y))
    x = layers.Conv2D(8, 3, activation="relu", name="deep")(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    return api.Model(inputs, layers.Dense(4, name="scores")(x))


def cut_in_half(model: Any) -> tuple[Any, ChannelPlan, tuple[np.ndarray, ...]]:
    data = tuple(examples(model, np.random.default_rng(0)))
    randomise(model, data, seed=0)
    graph, channels = read(model)
    plan = plan_cut(graph, channels, (), get_arrays(model), CutRequest(ratio=0.5))
    return cut(model, graph, plan), plan, data


def test_a_right_cut_is_proven_and_the_original_gets_its_weights_back(api):
    model = residual(api)
    smaller, plan, data = cut_in_half(model)
    before = get_arrays(model)
    proof = prove(model, smaller, plan, data)
    assert proof.holds
    assert proof.exact
    assert all(np.array_equal(value, before[key]) for key, value in get_arrays(model).items())


def test_where_rounding_hides_equality_the_proof_allows_for_it_and_no_more(api):
    """Differences of large numbers: what is left of them is half rounding error."""
    layers = api.layers
    inputs = api.Input((6,))
    x = layers.Dense(8, name="hidden")(inputs)
    outputs = layers.Dense(2, name="scores")(layers.Dense(8, activation="tanh", name="large")(x))
    model = api.Model(inputs, outputs)
    smaller, plan, data = cut_in_half(model)
    assert prove(model, smaller, plan, data).rounding < 1e-5
    near = (1000 + data[0] / 1000).astype(np.float32)
    kernel = get_arrays(model)["hidden", "kernel"]
    set_arrays(model, {("hidden", "bias"): -(kernel * 1000).sum(axis=0)})
    graph, channels = read(model)
    plan = plan_cut(graph, channels, (), get_arrays(model), CutRequest(ratio=0.5))
    proof = prove(model, cut(model, graph, plan), plan, (near,))
    assert proof.rounding > 1e-4
    assert proof.holds
    assert not prove(model, model, plan, data).holds


def test_a_cut_of_other_channels_is_not_proven(api):
    model = residual(api)
    smaller, plan, data = cut_in_half(model)
    proof = prove(model, smaller, ChannelPlan(graph=plan.graph, kept=~plan.kept), data)
    assert not proof.holds
    assert proof.max_abs_error > 1e-3


def test_the_uncut_model_is_not_what_is_proven(api):
    model = residual(api)
    _, plan, data = cut_in_half(model)
    assert not prove(model, model, plan, data).holds


def test_where_channels_are_normalised_together_the_groups_are_named(api):
    model = residual(api, "LayerNormalization")
    smaller, plan, data = cut_in_half(model)
    proof = prove(model, smaller, plan, data)
    assert not proof.exact
    assert proof.inexact == ("stem",)
    graph, _ = read(model)
    assert prove_exact_part(model, graph, plan, data).holds


def test_outputs_that_are_no_numbers_are_refused(api):
    model = residual(api)
    smaller, plan, data = cut_in_half(model)
    with pytest.raises(ModelError, match="output 0 of the original is not finite"):
        prove(model, smaller, plan, (np.full_like(data[0], np.nan),))


def test_a_later_output_that_is_no_number_is_found(api):
    inputs = api.Input((4,))
    first, second = (api.layers.Dense(2, name=name)(inputs) for name in ("first", "second"))
    model = api.Model(inputs, [first, second])
    broken = api.models.clone_model(model)
    broken.set_weights(model.get_weights())
    set_arrays(broken, {("second", "bias"): np.full(2, np.nan, np.float32)})
    with pytest.raises(ModelError, match="output 1 of the new model is not finite"):
        prove_equal(model, broken, (np.ones((3, 4), np.float32),))


def test_an_index_in_a_float_input_stays_its_own(api):
    """Keras 2's default for an Embedding: 3 less its last bit would be row 2, and so look like rounding."""
    inputs = api.Input((5,))
    words = api.layers.Embedding(30, 4, name="words")(inputs)
    model = api.Model(inputs, api.layers.Dense(3, name="scores")(api.layers.Flatten()(words)))
    corrupt = api.models.clone_model(model)
    corrupt.set_weights([np.roll(weight, 1, axis=0) for weight in model.get_weights()])
    examples = (np.random.default_rng(0).integers(0, 30, (32, 5)).astype(np.float32),)
    proof = prove_equal(model, corrupt, examples)
    assert proof.relative_error > 0.1
    assert proof.rounding == 0
    assert not proof.holds


def test_however_much_rounding_there_is_a_wrong_model_is_not_proven():
    assert ProofResult(max_abs_error=1, relative_error=0.009, rounding=0.1).holds
    chaotic = ProofResult(max_abs_error=1, relative_error=0.9, rounding=0.1)
    assert not chaotic.holds
    with pytest.raises(ModelError, match=r"the cut model cannot be proven: rounding alone changes the outputs by 0\.1"):
        require(chaotic, "the cut model")
    with pytest.raises(ModelError, match="the cut model is wrong"):
        require(ProofResult(max_abs_error=1, relative_error=0.9, rounding=0.01), "the cut model")
