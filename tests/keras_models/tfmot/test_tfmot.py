"""What TFMOT can prune, layer by layer, and that its wrappers and counts do what is asked."""

import os

import keras
import numpy as np
import pytest
import tf_keras

from edgeprune.contracts.errors import ModelError
from edgeprune.keras_models.bridge import keras2_optimizer, prove_twin, training_twin
from edgeprune.keras_models.live.variables import variables, weight_specs
from edgeprune.keras_models.tfmot import ExactEnd, LayerPruning, supported, update_step, wrap
from edgeprune.keras_models.tfmot.library import LEGACY, pruning_api
from edgeprune.pruning.blocks import keep_largest_blocks
from edgeprune.pruning.patterns import keep_pattern

layers = tf_keras.layers


def kernels(model):
    live = variables(model)
    return {
        (path, spec.name): live[path, spec.name]
        for path, specs in weight_specs(model).items()
        for spec in specs
        if spec.is_kernel
    }


class Doubled(layers.Dense):
    """A custom layer that no library knows."""


def awkward_model():
    """Layers that TFMOT refuses, loses the mask of, or skips in silence, in a nested model too."""
    image, tokens = layers.Input((8, 8, 3)), layers.Input((5,), dtype="int32")
    inner = tf_keras.Sequential(
        [layers.Input((8, 8, 3)), layers.Rescaling(0.5), layers.Conv2D(4, 3, name="conv")], name="inner"
    )
    x = layers.DepthwiseConv2D(3, name="depthwise")(inner(image))
    x = layers.SeparableConv2D(3, 3, name="separable")(x)
    x = layers.Flatten()(x)
    y = layers.Embedding(9, 4, mask_zero=True)(tokens)
    y = layers.LSTM(3, return_sequences=True, name="masked")(y)
    y = layers.Bidirectional(layers.LSTM(2), name="both_ways")(y)
    z = layers.LSTM(3, name="lstm")(layers.Embedding(9, 4)(tokens))
    x = Doubled(4, name="custom")(layers.Concatenate()([x, y, z]))
    return tf_keras.Model([image, tokens], layers.Dense(2, name="head")(x))


def test_each_layer_that_tfmot_cannot_prune_has_its_reason():
    model = awkward_model()
    found = supported(model, kernels(model))
    assert set(found.keys) == {
        ("inner/conv", "kernel"),
        ("separable", "pointwise_kernel"),
        ("lstm", "kernel"),
        ("lstm", "recurrent_kernel"),
        ("head", "kernel"),
    }
    reasons = {path: reason for (path, _), reason in found.refused.items()}
    assert reasons == {
        "depthwise": "TFMOT does not prune the depthwise_kernel of a DepthwiseConv2D",
        "separable": "TFMOT does not prune the depthwise_kernel of a SeparableConv2D",
        "masked": "is called with a mask, which TFMOT does not hand on",
        "both_ways": "is called with a mask, which TFMOT does not hand on",
        "custom": "TFMOT has no rule for Doubled",
    }


def test_the_policy_for_xnnpack_says_why_a_layer_or_a_model_is_left_out():
    image = layers.Input((9, 9, 3))
    x = layers.Conv2D(4, 3, strides=2, name="first")(layers.ZeroPadding2D(1)(image))
    x = layers.Conv2D(4, 1, name="pointwise")(x)
    model = tf_keras.Model(image, layers.Dense(2, name="head")(layers.GlobalAveragePooling2D(keepdims=True)(x)))
    found = supported(model, kernels(model), xnnpack=True)
    assert found.keys == (("pointwise", "kernel"),)
    assert set(found.refused.values()) == {
        "XNNPACK runs only Conv2D of 1x1 sparsely, not Conv2D",
        "XNNPACK runs only Conv2D of 1x1 sparsely, not Dense",
    }
    with pytest.raises(ModelError, match=r"--policy xnnpack: .* Could not find .*; leave --policy out"):
        supported(awkward_model(), {}, xnnpack=True)


def test_the_process_is_not_told_to_use_keras_2():
    pruning_api()
    assert LEGACY not in os.environ


def trained(model, pruning, keys, exact=None):
    """The wrappers around `model` after two epochs of five steps, each mended where `exact` is given."""
    live = variables(model)
    weights = {key: live[key] for key in keys}
    wrapped = wrap(model, dict.fromkeys((path for path, _ in keys), pruning), weights)
    wrapped.compile("adam", "mse")
    end = ExactEnd(wrapped, weights, exact) if exact else None
    inputs = [np.random.default_rng(0).random((40, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    callbacks = [*([end.callback()] if end else []), update_step()]
    wrapped.fit(inputs, np.ones((40, model.output_shape[-1])), epochs=2, batch_size=8, verbose=0, callbacks=callbacks)
    return end


def test_ties_are_mended_to_the_exact_count():
    model = tf_keras.Sequential([layers.Input((10,)), layers.Dense(8, kernel_initializer="ones", name="dense")])
    model.layers[0].trainable = False  # so that all weights stay equal
    half = LayerPruning(schedule="polynomial", initial=0.0, final=0.5, begin=0, end=5, frequency=1)
    end = trained(model, half, [("dense", "kernel")], lambda _, array: keep_largest_blocks([array], 0.5, (1, 1))[0])
    assert np.count_nonzero(model.layers[0].kernel) == 40  # TFMOT alone leaves 80
    assert end.mended == [("dense", "kernel")]


def test_a_block_is_inputs_of_one_output_and_a_layer_called_twice_keeps_the_pace():
    first, second = layers.Input((16,)), layers.Input((16,))
    shared = layers.Dense(8, name="shared")
    model = tf_keras.Model([first, second], layers.Add()([shared(first), shared(second)]))
    blocks = LayerPruning(
        schedule="polynomial", initial=0.0, final=0.75, begin=0, end=10, frequency=1, block=(1, 4), calls=2
    )
    trained(model, blocks, [("shared", "kernel")])
    kept = shared.kernel.numpy().T.reshape(8, 4, 4) != 0
    assert np.array_equal(kept.any(axis=-1), kept.all(axis=-1))
    assert kept.mean() == 0.25


def test_a_pattern_is_along_the_inputs_with_and_without_a_rest():
    image = layers.Input((4, 4, 6))
    x = layers.Flatten()(layers.Conv2D(3, 3, name="conv")(image))
    model = tf_keras.Model(image, layers.Dense(2, name="dense")(x))
    before = {key: variable.numpy() for key, variable in variables(model).items()}
    pattern = LayerPruning(schedule="constant", initial=0.0, final=0.5, begin=0, end=5, frequency=1, pattern=(2, 4))
    trained(model, pattern, [("conv", "kernel"), ("dense", "kernel")])
    for layer in ("conv", "dense"):
        kept = variables(model)[layer, "kernel"].numpy() != 0
        assert np.array_equal(kept, keep_pattern(before[layer, "kernel"], (2, 4)))


def test_only_the_weights_that_were_chosen_are_pruned():
    model = tf_keras.Sequential([layers.Input((3, 4)), layers.LSTM(8, name="lstm")])
    half = LayerPruning(schedule="constant", initial=0.0, final=0.5, begin=0, end=5, frequency=1)
    trained(model, half, [("lstm", "recurrent_kernel")])
    live = variables(model)
    assert np.count_nonzero(live["lstm", "kernel"]) == 128
    assert np.count_nonzero(live["lstm", "recurrent_kernel"]) == 128


@pytest.mark.parametrize("k", [keras, tf_keras])
def test_a_twin_for_training_is_another_model_with_the_same_outputs(k):
    shared = k.layers.Dense(3, name="shared")
    inner = k.Sequential([k.layers.Input((3,)), shared], name="inner")
    tensor = k.layers.Input((3,))
    model = k.Model(tensor, inner(shared(tensor)))
    twin = training_twin(model, 3 if k is keras else 2)
    assert prove_twin(model, twin, (np.random.default_rng(0).normal(size=(4, 3)),)) <= 1e-5
    before = model.get_weights()
    twin.model.set_weights([weight + 1 for weight in twin.model.get_weights()])
    assert np.array_equal(model.get_weights()[0], before[0])
    twin.carry_back()
    assert np.array_equal(model.get_weights()[0], before[0] + 1)


def test_optimizers_of_both_kerases_become_those_of_keras_2():
    decay = keras.optimizers.schedules.ExponentialDecay(0.03, 100, 0.9)
    found = keras2_optimizer(keras.optimizers.SGD(decay, momentum=0.7, nesterov=True))
    assert isinstance(found, tf_keras.optimizers.SGD)
    assert (float(found.learning_rate), found.momentum, found.nesterov) == (pytest.approx(0.03), 0.7, True)
    with pytest.raises(ModelError, match=r"optimizer Muon, which Keras 2 does not have; choose another one"):
        keras2_optimizer(keras.optimizers.Muon(0.1))
