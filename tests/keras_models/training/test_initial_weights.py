"""Initial weights: drawn by the seed for what training can change, nothing else."""

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.keras_models.live.variables import get_arrays, weight_specs
from edgeprune.keras_models.training.initial_weights import reinitialise
from tests.keras_models.saved_models import every_layer, randomise

KERASES = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras3", "keras2"])


@KERASES
def test_weights_are_drawn_anew_by_the_seed(k):
    model = every_layer(k)
    drawn = []
    for seed in (1, 1, 2):
        randomise(model)
        reinitialise(model, k, seed)
        drawn.append(get_arrays(model))
    kernels = [key for key in drawn[0] if key[1] == "kernel" and "frozen" not in key[0]]
    assert kernels
    assert all(np.array_equal(drawn[0][key], drawn[1][key]) for key in drawn[0])
    assert not any(np.array_equal(drawn[0][key], drawn[2][key]) for key in kernels)


@KERASES
def test_statistics_start_anew_and_what_is_not_learnt_stays(k):
    normalization = k.layers.Normalization(name="scale")
    normalization.adapt(np.random.default_rng(0).normal(3, 2, (64, 4)).astype("float32"))
    model = k.Sequential(
        [
            k.layers.Input((4,)),
            normalization,
            k.layers.Dense(5, name="frozen", trainable=False),
            k.layers.BatchNormalization(name="bn"),
            k.layers.Dense(2, name="head"),
        ]
    )
    for path, name in [("bn", "moving_mean"), ("head", "bias")]:
        (variable,) = (v for v in model.get_layer(path).weights if name in v.name)
        variable.assign(np.full(variable.shape, 7.0))
    before = get_arrays(model)
    example = np.ones((1, 4), "float32")
    reinitialise(model, k, 0)
    after = get_arrays(model)
    assert not after["bn", "moving_mean"].any()
    assert not after["head", "bias"].any()
    assert np.abs(after["head", "kernel"]).min() > 0
    for path in ("scale", "frozen"):
        for spec in weight_specs(model)[path]:
            assert np.array_equal(after[path, spec.name], before[path, spec.name])
    assert float(np.ravel(normalization(example))[0]) == pytest.approx(-1, abs=0.5)
