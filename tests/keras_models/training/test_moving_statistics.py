"""Moving averages of normalisations, where training is too short for them to follow."""

import numpy as np
import pytest

from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.moving_statistics import follows_slowly, renew_statistics
from tests.keras_models.training.small_models import KERASES, InMemory, kernels, make_model, options


@KERASES
def test_normalisations_get_the_statistics_of_the_batches(k):
    model = make_model(k)
    inputs = InMemory().x
    renew_statistics(model, [inputs[:128], inputs[128:]])
    hidden = np.maximum(inputs @ model.layers[0].get_weights()[0], 0)
    normalisation = model.layers[1]
    assert normalisation.moving_mean.numpy() == pytest.approx(hidden.mean(axis=0), rel=1e-2)
    within = [hidden[:128].var(axis=0), hidden[128:].var(axis=0)]
    assert normalisation.moving_variance.numpy() == pytest.approx(np.mean(within, axis=0), rel=2e-2)


@KERASES
def test_after_a_short_epoch_they_are_those_of_the_weights_that_it_left(k):
    model = make_model(k)
    model.layers[1].moving_mean.assign(np.full(16, 100.0))  # eight steps leave 92 of it
    Trainer(model, k, kernels(model), "sparse_categorical_crossentropy", options(epochs=1)).fit(
        data := InMemory(), {}, lambda: 0.5, True
    )
    hidden = np.maximum(data.x @ model.layers[0].get_weights()[0] + model.layers[0].get_weights()[1], 0)
    assert model.layers[1].moving_mean.numpy() == pytest.approx(hidden.mean(axis=0), abs=0.2)


@KERASES
def test_long_epochs_and_models_without_them_need_no_renewal(k):
    model = make_model(k)
    assert follows_slowly(model, 290)
    assert not follows_slowly(model, 310)
    assert not follows_slowly(k.Sequential([k.layers.Input((2,)), k.layers.Dense(1)]), 1)
