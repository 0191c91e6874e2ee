"""Models that round as int8 files do: which layers, how far from the model they come from, zeros and clusters held."""

import numpy as np
import pytest
import tf_keras

from edgeprune.contracts.errors import ModelError
from edgeprune.keras_models.tfmot import quantization_aware, with_channel_scales
from edgeprune.keras_models.training.weight_sharing import share_weights
from edgeprune.pruning.clusters import cluster

EXAMPLES = np.random.default_rng(0).random((64, 12, 12, 3), np.float32)


@pytest.fixture(scope="module")
def model():
    """A convolution with a normalisation, one without, a kind of layer that is not rounded, and a dense layer."""
    layers = tf_keras.layers
    inputs = x = tf_keras.Input((12, 12, 3))
    x = layers.BatchNormalization(name="first")(layers.Rescaling(2.0, name="scaling")(x))
    x = layers.Conv2D(8, 3, use_bias=False, name="conv")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="folded")(x))
    x = layers.Activation("elu", name="elu")(layers.DepthwiseConv2D(3, name="depthwise")(x))
    x = layers.GlobalAveragePooling2D()(x)
    made = tf_keras.Model(inputs, layers.Dense(4, activation="softmax", name="dense")(x))
    made.set_weights([np.random.default_rng(1).random(weight.shape) * 0.5 for weight in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def rounded(model):
    made = quantization_aware(with_channel_scales(model))
    made.find_ranges((EXAMPLES,))
    return made


def test_what_is_left_in_float_has_its_reason(rounded):
    assert set(rounded.in_float) == {"scaling", "elu"}
    assert "Rescaling" in rounded.in_float["scaling"]
    assert rounded.in_float["elu"].endswith("rounds no elu")


def test_ranges_of_one_batch_make_the_copy_compute_what_the_model_computes(model, rounded):
    difference = np.abs(model.predict(EXAMPLES, verbose=0) - rounded.model.predict(EXAMPLES, verbose=0))
    assert difference.max() < 0.02


def test_finding_ranges_changes_nothing_else(model, rounded):
    assert {"quant_conv", "quant_depthwise", "quant_dense"} <= {name for name, _ in rounded.kernels}
    conv = rounded.kernels["quant_conv", "0"].numpy()
    assert np.array_equal(conv, model.get_layer("conv").kernel.numpy())
    averages = [weight for weight in rounded.model.weights if "folded/moving_mean" in weight.name]
    assert np.array_equal(averages[0].numpy(), model.get_layer("folded").moving_mean.numpy())


def test_a_model_without_anything_to_round_is_refused():
    lstm = tf_keras.Sequential([tf_keras.Input((4, 2)), tf_keras.layers.LSTM(3, name="lstm")])
    with pytest.raises(
        ModelError, match=r"no layer with a kernel .*lstm: tensorflow-model-optimization rounds no LSTM"
    ):
        quantization_aware(lstm)


def test_normalisations_that_nothing_takes_in_become_scales_with_the_same_outputs():
    layers = tf_keras.layers
    inputs = x = tf_keras.Input((6, 6, 2))
    x = layers.BatchNormalization(name="folded")(layers.Conv2D(4, 3, name="linear")(x))
    x = layers.BatchNormalization(scale=False, name="image")(layers.Conv2D(4, 1, activation="relu")(x))
    x = layers.BatchNormalization(center=False, name="steps")(layers.Reshape((8, 8))(x))
    x = layers.Dense(5, activation="relu")(layers.Flatten()(x))
    x = layers.BatchNormalization(axis=1, name="row")(x)
    model = tf_keras.Model(inputs, layers.Dense(2)(x))
    random = np.random.default_rng(0)
    model.set_weights([random.uniform(0.2, 2, weight.shape) for weight in model.get_weights()])
    scaled = with_channel_scales(model)
    kinds = {layer.name: type(layer).__name__ for layer in scaled.layers}
    assert [kinds[name] for name in ("folded", "image", "steps", "row")] == [
        "BatchNormalization",
        *["ChannelScale"] * 3,
    ]
    images = random.normal(size=(4, 6, 6, 2)).astype(np.float32)
    np.testing.assert_allclose(scaled.predict(images, verbose=0), model.predict(images, verbose=0), rtol=1e-5)
    assert quantization_aware(scaled).in_float == {}


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_indices_of_a_table_are_not_rounded_and_the_table_is(dtype):
    """Keras 2's default for an Embedding's input is float32, of which eight bits tell 256 rows apart."""
    layers = tf_keras.layers
    inputs = tf_keras.Input((6,), dtype=dtype)
    x = layers.Embedding(1000, 4, embeddings_initializer="normal", name="words")(inputs)
    model = tf_keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
    rounded = quantization_aware(model, (1000,))
    words = np.random.default_rng(0).integers(0, 1000, (64, 6)).astype(dtype)
    rounded.find_ranges((words,))
    expected = model.predict(words, verbose=0)
    assert np.abs(rounded.model.predict(words, verbose=0) - expected).max() < 0.03 * np.ptp(expected)
    assert rounded.in_float == {}
    assert ("quant_words", "0") in rounded.kernels


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_shared_weights_stay_equal_and_still_learn(name):
    keras = pytest.importorskip(name)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5), keras.layers.Dense(1)])
    kernel = model.layers[0].kernel
    clusters = cluster(kernel.numpy(), 4)
    kernel.assign(clusters.array)
    share_weights(model, {("dense", "kernel"): kernel}, {("dense", "kernel"): clusters.members})
    model.compile("adam", "mse")
    inputs = np.random.default_rng(0).random((32, 6), np.float32)
    model.fit(inputs, inputs.sum(axis=1), epochs=3, verbose=0)
    learnt = kernel.numpy()
    assert not np.allclose(learnt, clusters.array)
    assert all(len(np.unique(learnt[clusters.members == index])) == 1 for index in range(len(clusters.values)))
