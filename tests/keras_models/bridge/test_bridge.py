"""A Keras 3 model's twin in Keras 2 computes the same, trains alone, and gives its weights back; the rest is refused.

All models of keras.applications are in benchmarks/bridge.py.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from keras import layers, ops
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from benchmarks.randomise import randomise
from edgeprune.contracts.errors import ModelError
from edgeprune.keras_models.bridge import Twin, keras2_twin, prove_twin
from edgeprune.keras_models.bridge.weights import copy_weights
from edgeprune.keras_models.live.layers import leaf_operations
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.surgery.proof import prove_equal


class Counting(layers.Layer):
    """A user's own layer, with a statistic that training changes."""

    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", regularizer="l2")
        self.steps = self.add_weight(shape=(), trainable=False, initializer="zeros", name="steps")

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self.steps.assign(self.steps + 1)
            self.add_loss(ops.sum(self.factor))
        return inputs * self.factor


class Holding(layers.Layer):
    """A user's own layer that holds another with weights."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


def convolutions() -> Any:
    inputs = keras.Input((12, 12, 4))
    x = layers.Conv2DTranspose(4, 3, strides=2, output_padding=1)(inputs)
    x = layers.BatchNormalization()(layers.ZeroPadding2D(1)(x))
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False, name="depthwise")(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.GroupNormalization(4)(x))
    x = layers.Conv2D(8, 3, groups=2, dilation_rate=2, activation="hard_silu")(x)
    x = layers.SeparableConv2D(6, 3, activation="leaky_relu")(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.AveragePooling2D(2, padding="same")(layers.UpSampling2D(interpolation="bilinear")(x))
    x = layers.Reshape((-1, 6))(layers.ReLU(max_value=6, negative_slope=0.1)(x))
    x = layers.DepthwiseConv1D(1)(layers.SeparableConv1D(3, 2)(layers.Conv1D(3, 2, padding="causal")(x)))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def recurrent() -> Any:
    inputs = keras.Input((5, 3))
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True, recurrent_activation="hard_sigmoid"))(inputs)
    x = layers.RNN(layers.StackedRNNCells([layers.SimpleRNNCell(4), layers.LSTMCell(3)]), return_sequences=True)(x)
    x, hidden, cell = layers.LSTM(4, return_state=True, return_sequences=True)(x)
    return keras.Model(inputs, layers.LSTM(4)(x, initial_state=[hidden, cell]))


def masked_words() -> Any:
    inputs = keras.Input((6,))
    x = layers.Embedding(9, 8, mask_zero=True)(inputs)
    return keras.Model(inputs, layers.SimpleRNN(3)(layers.MultiHeadAttention(2, 4)(x, x)))


def attention() -> Any:
    inputs = keras.Input((6, 8))
    x = layers.MultiHeadAttention(2, 4)(inputs, inputs, use_causal_mask=True)
    x = layers.LayerNormalization()(x + inputs)
    x = layers.Concatenate()([layers.Attention(use_scale=True)([x, inputs]), layers.AdditiveAttention()([inputs, x])])
    x = layers.EinsumDense("abc,cd->abd", output_shape=(None, 7), bias_axes="d")(x)
    return keras.Model(inputs, layers.GlobalMaxPooling1D()(x))


def nested_and_shared() -> Any:
    inner_inputs = keras.Input((6,))
    hidden = layers.Dense(5, activation="tanh")(inner_inputs)
    inner = keras.Model(inner_inputs, [hidden, hidden * 2.0], name="inner")
    first, second, shared = keras.Input((6,)), keras.Input((6,)), layers.Dense(6, name="shared")
    x = layers.Concatenate()([*inner(shared(first)), *inner(shared(second))])
    head = keras.Sequential([layers.Dense(3), layers.BatchNormalization()], name="head")
    each = layers.TimeDistributed(keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="each"))
    return keras.Model([first, second], {"scores": head(x), "steps": each(layers.Reshape((5, 3))(x[:, 5:]))})


def operators() -> Any:
    inputs = keras.Input((6, 8))
    x = ops.transpose(ops.reshape(inputs, (-1, 8, 6)), (0, 2, 1))
    left, right = ops.split(ops.concatenate([x, inputs], axis=-1), 2, axis=-1)
    x = ops.softmax(left) @ ops.transpose(right, (0, 2, 1))
    x = ops.einsum("abc,acd->abd", x, left) ** 2 / (1 + ops.abs(right))
    x = ops.maximum(1 - ops.mean(x, axis=1, keepdims=True) + right, 0.1) / 2 - np.ones(8, "float32")
    x = ops.where(x > 0.2, x, 0.0)[:, 1:-1, None]
    return keras.Model(inputs, layers.Dense(2)(ops.var(ops.squeeze(x, 2), axis=1)))


def layers_that_keras_2_lacks() -> Any:
    inputs = keras.Input((6, 6, 3))
    x = layers.CenterCrop(4, 4)(layers.RandomFlip()(layers.Rescaling(1 / 3, offset=-1)(inputs)))
    x = layers.RMSNormalization()(x)
    x = CustomScaleLayer(0.3)([x, LayerScale(0.1, 3)(x)])
    counting = Counting(name="counting")
    x = layers.Lambda(keras.activations.soft_shrink)(counting(counting(x)))
    return keras.Model(inputs, layers.Dense(3, activation="hard_sigmoid")(layers.Flatten()(x)))


MODELS = [
    convolutions, recurrent, masked_words, attention, nested_and_shared, operators, layers_that_keras_2_lacks,
]  # fmt: skip


def examples(model: Any) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(0)
    if any(isinstance(layer, layers.Embedding) for layer in model.layers):
        return (random.integers(0, 9, (4, 6)).astype(np.float32),)
    return tuple(random.normal(size=(4, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs)


def error(model: Any, twin: Twin) -> float:
    return prove_equal(model, twin.model, examples(model)).relative_error


def change(model: Any) -> None:
    random = np.random.default_rng(1)
    set_arrays(model, {k: a + random.normal(0, 0.1, a.shape).astype(a.dtype) for k, a in get_arrays(model).items()})


@pytest.fixture(scope="module", params=MODELS, ids=lambda make: make.__name__)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Twin]:
    make: Callable[[], Any] = request.param
    model = make()
    randomise(model, examples(model), seed=0)
    return model, keras2_twin(model)


def test_a_twin_computes_the_same_and_its_layers_have_the_same_names(pair):
    model, twin = pair
    assert error(model, twin) <= 1e-5
    assert prove_twin(model, twin, examples(model)) <= 1e-5
    # a Sequential model shows no input layer in Keras 3
    assert {path for path, _ in leaf_operations(model)} <= {path for path, _ in leaf_operations(twin.model)}


def test_a_changed_twin_is_not_proven_until_its_weights_are_carried_back(pair):
    model, twin = pair
    before = get_arrays(model)
    change(twin.model)
    assert all(np.array_equal(array, before[key]) for key, array in get_arrays(model).items())
    with pytest.raises(ModelError, match="gives other outputs"):
        prove_twin(model, twin, examples(model))
    twin.carry_back()
    assert error(model, twin) <= 1e-5
    assert not any(np.array_equal(array, before[key]) for key, array in get_arrays(model).items())
    carried = get_arrays(model)
    copy_weights(model, twin.model)
    twin.carry_back()
    assert all(np.array_equal(array, carried[key]) for key, array in get_arrays(model).items())


def test_what_was_cloned_from_a_twin_computes_the_same_and_can_be_carried_back(pair):
    """Libraries build models again from the config of the one that they are given."""
    model, twin = pair
    clone = tf_keras.models.clone_model(twin.model)
    clone.set_weights(twin.model.get_weights())
    twin.carry_back(clone)
    assert error(model, Twin(model, clone)) <= 1e-5


def test_training_the_twin_changes_what_training_the_model_would():
    model = layers_that_keras_2_lacks()
    twin = keras2_twin(model)
    twin.model.compile("sgd", "mse")
    before = get_arrays(model)
    (inputs,) = examples(model)
    twin.model.fit(inputs, np.ones((4, 3)), verbose=0)
    twin.carry_back()
    changed = {key for key, array in get_arrays(model).items() if not np.array_equal(array, before[key])}
    assert changed == set(before)
    assert get_arrays(model)["counting", "steps"] == 2
    assert error(model, twin) <= 1e-5


def test_the_twin_is_trained_for_the_losses_of_its_layers_too():
    model = layers_that_keras_2_lacks()
    twin = keras2_twin(model)
    (inputs,) = examples(model)
    model(inputs, training=True)
    twin.model(inputs, training=True)
    assert sum(twin.model.losses).numpy() == pytest.approx(float(sum(model.losses))) == 3 * 0.01 + 2 * 3


def test_a_dropout_that_was_called_without_training_drops_in_training():
    inputs = keras.Input((100,))
    twin = keras2_twin(keras.Model(inputs, layers.Dropout(0.5, seed=1)(inputs)))
    assert np.any(twin.model(np.ones((1, 100)), training=True) == 0)
    assert np.all(twin.model(np.ones((1, 100)), training=False) == 1)


def test_settings_of_layers_are_kept():
    inputs = keras.Input((6,), name="features")
    dense = layers.Dense(
        8,
        name="hidden",
        kernel_constraint="non_neg",
        kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
        activation=keras.layers.LeakyReLU(negative_slope=0.4),
        dtype="mixed_float16",
    )
    base = keras.Sequential([layers.BatchNormalization(), layers.Dense(4)], name="base")
    model = keras.Model(inputs, layers.Dense(2, name="scores")(base(dense(inputs), training=False)), name="whole")
    base.layers[0].trainable = False
    model.get_layer("scores").trainable = False
    twin = keras2_twin(model).model
    hidden = twin.get_layer("hidden")
    assert (twin.name, twin.input_names, type(hidden)) == ("whole", ["features"], tf_keras.layers.Dense)
    assert (hidden.compute_dtype, hidden.kernel.dtype) == ("float16", "float32")
    assert isinstance(hidden.kernel_constraint, tf_keras.constraints.NonNeg)
    assert hidden.kernel_regularizer.get_config() == pytest.approx({"l1": 0.1, "l2": 0.2})
    assert hidden.activation.alpha == pytest.approx(0.4)
    assert not twin.get_layer("scores").trainable
    assert [layer.trainable for layer in twin.get_layer("base").layers[1:]] == [False, True]


def test_a_layer_that_is_called_both_alone_and_in_a_wrapper_stays_one():
    inputs, each = keras.Input((5, 3)), layers.Dense(2)
    steps = layers.TimeDistributed(keras.Sequential([keras.Input((3,)), each]))(inputs)
    twin = keras2_twin(keras.Model(inputs, [steps, each(inputs)])).model
    assert len(twin.trainable_weights) == 2


def test_sums_and_scalings_are_what_libraries_know():
    inputs = keras.Input((6,))
    twin = keras2_twin(keras.Model(inputs, (inputs + inputs * 2.0) * inputs)).model
    assert [type(layer).__name__ for layer in twin.layers] == ["InputLayer", "TFOpLambda", "Add", "Multiply"]


def subclassed() -> Any:
    class Own(keras.Model):
        def call(self, inputs: Any) -> Any:
            return inputs

    return Own()


def applied(layer: Any) -> Any:
    inputs = keras.Input((4, 8))
    attends = isinstance(layer, layers.MultiHeadAttention | layers.GroupQueryAttention)
    return keras.Model(inputs, layer(inputs, inputs) if attends else layer(inputs))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (subclassed, "Own is a subclassed model"),
        (lambda: applied(Holding(name="mine")), "layer 'mine' (Holding) .* Keras 2 has no layer Holding, and it holds"),
        (lambda: applied(layers.GroupQueryAttention(4, 4, 2, name="group")), "layer 'group' (GroupedQueryAttention)"),
        (
            lambda: applied(layers.MultiHeadAttention(2, 4, use_gate=True)),
            "MultiHeadAttention has no argument 'use_gate' in Keras 2",
        ),
        (lambda: applied(layers.TimeDistributed(layers.RMSNormalization(), name="each")), "layer 'each'"),
        (lambda: applied(layers.Dense(2, name="1 2")), "layer '1 2' (Dense) cannot be carried to Keras 2"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_the_layer_and_the_reason(make, message):
    with pytest.raises(ModelError) as refused:
        keras2_twin(make())
    assert all(part in refused.value.message for part in message.split(" .* "))
    assert "\n" not in str(refused.value)
    assert refused.value.hint


def test_weights_of_another_model_are_not_carried_back():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="one")])
    twin = keras2_twin(model)
    before = get_arrays(model)
    for name, units, message in (("one", 3, "has the shape"), ("other", 4, "'one': its weight 'kernel' has no")):
        other = tf_keras.Sequential([tf_keras.Input((6,)), tf_keras.layers.Dense(units, name=name)])
        with pytest.raises(ModelError, match=message):
            twin.carry_back(other)
    assert all(np.array_equal(array, before[key]) for key, array in get_arrays(model).items())
