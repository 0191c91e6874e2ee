"""Every layer and operation with a static shape: inferred from the config alone, as Keras computes it."""

from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tests.keras_models.graph_models import graph_of, wrong_shapes

BOTH = [keras, tf_keras]


def _layers(k: Any, x: dict[str, Any]) -> list[Any]:
    """One call of each layer that both Kerases have."""
    return [
        *_windows(k, x),
        *_reshaping(k, x),
        *_merging(k, x),
        *_sequences(k, x),
        *_same(k, x),
        *_preprocessing(k, x),
        *_features(k, x),
    ]


def _windows(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    made: list[Any] = []
    for padding in ("valid", "same"):
        made += [
            layers.Conv1D(4, 3, strides=2, padding=padding)(x["line"]),
            layers.Conv1D(4, 3, dilation_rate=2, padding=padding)(x["line"]),
            layers.Conv2D(4, (3, 2), strides=(2, 1), padding=padding)(x["image"]),
            layers.Conv2D(6, 3, groups=3, padding=padding)(x["image"]),
            layers.Conv3D(4, 3, strides=2, padding=padding)(x["volume"]),
            layers.SeparableConv1D(5, 3, depth_multiplier=2, padding=padding)(x["line"]),
            layers.SeparableConv2D(5, 3, strides=2, padding=padding)(x["image"]),
            layers.DepthwiseConv1D(3, depth_multiplier=2, padding=padding)(x["line"]),
            layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding=padding)(x["image"]),
            layers.Conv1DTranspose(4, 3, strides=2, padding=padding)(x["line"]),
            layers.Conv2DTranspose(4, (3, 2), strides=(2, 3), padding=padding)(x["image"]),
            layers.Conv2DTranspose(4, 3, strides=2, output_padding=1, padding=padding)(x["image"]),
            layers.Conv3DTranspose(4, 3, strides=2, padding=padding)(x["volume"]),
            layers.MaxPooling1D(2, padding=padding)(x["line"]),
            layers.AveragePooling2D((3, 2), strides=2, padding=padding)(x["image"]),
            layers.MaxPooling3D(2, padding=padding)(x["volume"]),
        ]
    made += [layers.Conv1D(4, 3, padding="causal")(x["line"]), layers.Conv2D(4, 3)(x["open"])]
    made += [layers.AveragePooling2D(2, data_format="channels_first")(x["image"])]
    for keepdims in (False, True):
        made += [
            layers.GlobalAveragePooling1D(keepdims=keepdims)(x["line"]),
            layers.GlobalMaxPooling2D(keepdims=keepdims)(x["image"]),
            layers.GlobalAveragePooling2D(data_format="channels_first", keepdims=keepdims)(x["image"]),
            layers.GlobalAveragePooling3D(keepdims=keepdims)(x["volume"]),
        ]
    return made


def _features(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    return [
        layers.Dense(5)(x["line"]),
        layers.Dense(5)(x["image"]),
        layers.Embedding(7, 5)(x["tokens"]),
        layers.EinsumDense("abc,cd->abd", output_shape=(8, 5))(x["line"]),
        layers.EinsumDense("abc,cde->abde", output_shape=(8, 2, 3))(x["line"]),
        layers.EinsumDense("...x,xy->...y", output_shape=5)(x["line"]),
        layers.EinsumDense("ab,bc->ac", output_shape=5)(x["vector"]),
    ]


def _reshaping(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    return [
        layers.Reshape((4, -1))(x["line"]),
        layers.Reshape((6, 8))(x["line"]),
        layers.Reshape((-1, 2))(x["open"]),
        layers.Flatten()(x["image"]),
        layers.Flatten()(x["open"]),
        layers.Permute((3, 1, 2))(x["image"]),
        layers.RepeatVector(3)(x["vector"]),
        layers.ZeroPadding1D((1, 2))(x["line"]),
        layers.ZeroPadding2D(((1, 2), (3, 4)))(x["image"]),
        layers.ZeroPadding2D((1, 2), data_format="channels_first")(x["image"]),
        layers.ZeroPadding2D(2)(x["open"]),
        layers.ZeroPadding3D((1, 2, 3))(x["volume"]),
        layers.Cropping1D((1, 2))(x["line"]),
        layers.Cropping2D(((1, 2), (3, 1)))(x["image"]),
        layers.Cropping3D(1)(x["volume"]),
        layers.UpSampling1D(3)(x["line"]),
        layers.UpSampling2D((2, 3))(x["image"]),
        layers.UpSampling3D(2)(x["volume"]),
    ]


def _merging(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    line, again = x["line"], layers.Activation("relu")(x["line"])
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x["image"])
    return [
        *(kind()([line, again]) for kind in (layers.Add, layers.Average, layers.Maximum, layers.Minimum)),
        layers.Subtract()([line, again]),
        layers.Multiply()([x["image"], squeezed]),
        layers.Concatenate()([line, again]),
        layers.Concatenate(axis=1)([line, again, line]),
        layers.Dot(axes=2)([line, again]),
        layers.Dot(axes=(1, 1))([line, again]),
        layers.Dot(axes=1)([x["vector"], x["vector"]]),
    ]


def _sequences(k: Any, x: dict[str, Any]) -> list[Any]:
    layers, line = k.layers, x["line"]
    made = []
    for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN):
        made += [kind(5)(line), kind(5, return_sequences=True)(line), *flat_call(kind(5, return_state=True), line)]
    made += [
        layers.RNN(layers.LSTMCell(4), return_sequences=True)(line),
        layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(3)]))(line),
        layers.Bidirectional(layers.LSTM(4))(line),
        layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum")(line),
        *flat_call(layers.Bidirectional(layers.GRU(4), merge_mode=None), line),
        *flat_call(layers.Bidirectional(layers.LSTM(4, return_state=True)), line),
        layers.TimeDistributed(layers.Dense(3))(line),
        layers.TimeDistributed(layers.Conv2D(3, 3))(x["film"]),
        layers.TimeDistributed(k.Sequential([layers.Conv2D(3, 3), layers.Flatten()]))(x["film"]),
        layers.ConvLSTM2D(3, 3)(x["film"]),
        layers.ConvLSTM2D(3, 3, return_sequences=True, padding="same")(x["film"]),
        layers.ConvLSTM1D(3, 2, strides=2)(layers.Reshape((4, 2, 6))(line)),
        layers.Attention()([line, layers.Dense(6)(line)]),
        layers.AdditiveAttention()([line, line]),
        layers.MultiHeadAttention(2, 4)(line, line),
        layers.MultiHeadAttention(2, 4, output_shape=9)(line, line),
        *layers.MultiHeadAttention(2, 4)(line, line, return_attention_scores=True),
    ]
    return made


def flat_call(layer: Any, tensor: Any) -> list[Any]:
    return list(layer(tensor))


def _same(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    kinds = [
        layers.ReLU(), layers.LeakyReLU(), layers.PReLU(), layers.ELU(), layers.Softmax(), layers.Activation("tanh"),
        layers.Dropout(0.5), layers.GaussianNoise(0.1), layers.GaussianDropout(0.1), layers.AlphaDropout(0.1),
        layers.SpatialDropout2D(0.1), layers.BatchNormalization(), layers.LayerNormalization(),
        layers.UnitNormalization(), layers.GroupNormalization(3), layers.ActivityRegularization(0.1),
        layers.Rescaling(0.5), layers.Normalization(mean=0.0, variance=1.0), layers.Masking(), layers.Identity(),
        layers.RandomFlip(), layers.RandomContrast(0.1), layers.RandomRotation(0.1), layers.RandomZoom(0.1),
        layers.RandomTranslation(0.1, 0.1), layers.RandomBrightness(0.1),
    ]  # fmt: skip
    return [layer(x["image"]) for layer in kinds]


def _preprocessing(k: Any, x: dict[str, Any]) -> list[Any]:
    layers = k.layers
    return [
        layers.Resizing(5, 4)(x["image"]),
        layers.CenterCrop(3, 4)(x["image"]),
        layers.RandomCrop(3, 4)(x["image"]),
        layers.CategoryEncoding(7, output_mode="multi_hot")(x["tokens"]),
        layers.Discretization([0.0, 1.0])(x["vector"]),
    ]


def _inputs(k: Any) -> dict[str, Any]:
    return {
        "vector": k.Input((6,)),
        "tokens": k.Input((8,), dtype="int32"),
        "line": k.Input((8, 6)),
        "image": k.Input((9, 8, 6)),
        "open": k.Input((None, None, 6)),
        "volume": k.Input((6, 7, 8, 3)),
        "film": k.Input((4, 8, 8, 3)),
    }


@pytest.mark.parametrize("k", BOTH)
def test_layers(k: Any) -> None:
    x = _inputs(k)
    assert wrong_shapes(k, k.Model(list(x.values()), _layers(k, x))) == {}


def test_layers_of_keras3_alone() -> None:
    layers, x = keras.layers, _inputs(keras)
    made = [
        layers.RMSNormalization()(x["line"]),
        layers.AdaptiveAveragePooling2D((2, 3))(x["image"]),
        layers.AdaptiveMaxPooling1D(2)(x["line"]),
        layers.GroupQueryAttention(4, 4, 2)(x["line"], x["line"]),
        layers.SpectralNormalization(layers.Conv2D(3, 3))(x["image"]),
        layers.MelSpectrogram()(keras.Input((16000,))),
        layers.STFTSpectrogram(frame_length=4, frame_step=2, fft_length=8)(x["line"]),
        layers.Conv2D(4, 3, data_format="channels_first")(x["image"]),
        layers.Lambda(lambda t: t[:, :3], output_shape=(3,))(x["vector"]),
        layers.RandomShear(0.1, 0.1)(x["image"]),
    ]
    model = keras.Model([*x.values(), made[5]._keras_history.operation.input], made)
    assert wrong_shapes(keras, model) == {}


def test_layers_of_keras2_alone() -> None:
    layers, x = tf_keras.layers, _inputs(tf_keras)
    made = [
        layers.LocallyConnected1D(3, 3)(x["line"]),
        layers.LocallyConnected2D(3, 3)(x["image"]),
        layers.ThresholdedReLU()(x["line"]),
        layers.RandomHeight(0.1)(x["image"]),
        layers.RandomWidth(0.1)(x["image"]),
        layers.Hashing(5)(x["tokens"]),
        layers.LSTM(3, time_major=True)(x["line"]),
    ]
    assert wrong_shapes(tf_keras, tf_keras.Model(list(x.values()), made)) == {}


def _keras3_operations(x: dict[str, Any]) -> list[Any]:
    ops, line, image = keras.ops, x["line"], x["image"]
    return [
        line + 1.0, 2.0 - line, line * line, line / np.ones((8, 1), "float32"), ops.maximum(0.5, line), -line,
        line**2, abs(line), ops.relu(line), ops.relu6(line), ops.gelu(line), ops.silu(line), ops.softmax(line),
        ops.clip(line, 0, 6), ops.exp(line), ops.mean(line, axis=1), ops.sum(line, axis=(1, -1), keepdims=True),
        ops.max(line), ops.var(line, axis=-1), ops.argmax(line, axis=-1), ops.reshape(line, (-1, 48)),
        ops.reshape(line, (-1, 2, 4, 6)), ops.transpose(image, (0, 3, 1, 2)),
        ops.squeeze(ops.mean(line, axis=1, keepdims=True), 1), ops.expand_dims(line, -1),
        ops.pad(image, ((0, 0), (1, 2), (0, 0), (3, 0))), line[:, 2:5, ::2], line[..., 0], line[:, -3:],
        line[:, None], line[:, :, -1], *ops.split(line, 2, axis=-1), *ops.split(line, [2, 3], axis=1),
        *ops.unstack(line, axis=2), ops.stack([line, line], axis=1), ops.tile(line, (1, 2, 1)),
        ops.repeat(line, 3, axis=1), ops.concatenate([line, line], axis=1),
        ops.matmul(line, ops.transpose(line, (0, 2, 1))), line @ np.ones((6, 5), "float32"),
        ops.einsum("abc,adc->abd", line, line), ops.take(line, np.array([0, 2]), axis=1), ops.cast(line, "float16"),
        ops.where(line > 0, line, 0.0), ops.flip(line, axis=1), ops.roll(line, 1, axis=1),
        ops.one_hot(x["tokens"], 9), ops.normalize(line), ops.image.resize(image, (4, 5)),
        ops.logsumexp(line, axis=1),
    ]  # fmt: skip


def _keras2_operations(x: dict[str, Any]) -> list[Any]:
    import tensorflow as tf

    line, image = x["line"], x["image"]
    batch = tf.shape(line)[0]
    return [
        line + 1.0, 2.0 - line, line * line, line / tf.ones((8, 1)), tf.maximum(0.5, line), -line, line**2, abs(line),
        tf.nn.relu(line), tf.nn.relu6(line), tf.nn.gelu(line), tf.nn.silu(line), tf.nn.softmax(line),
        tf.clip_by_value(line, 0, 6), tf.reduce_mean(line, axis=1), tf.reduce_sum(line, axis=(1, -1), keepdims=True),
        tf.reduce_max(line), tf.math.reduce_variance(line, axis=-1), tf.argmax(line, axis=-1),
        tf.reshape(line, (-1, 48)), tf.reshape(line, (batch, 2, 4, 6)), tf.transpose(image, (0, 3, 1, 2)),
        tf.squeeze(tf.reduce_mean(line, axis=1, keepdims=True), axis=1), tf.expand_dims(line, -1),
        tf.pad(image, ((0, 0), (1, 2), (0, 0), (3, 0))), line[:, 2:5, ::2], line[..., 0], line[:, -3:],
        line[:, tf.newaxis], line[:, :, -1], *tf.split(line, 2, axis=-1), *tf.split(line, [2, 3, -1], axis=1),
        *tf.unstack(line, axis=2), tf.stack([line, line], axis=1), tf.tile(line, (1, 2, 1)),
        tf.repeat(line, 3, axis=1), tf.concat([line, line], axis=1), tf.matmul(line, line, transpose_b=True),
        line @ tf.ones((6, 5)), tf.gather(line, [0, 2], axis=1), tf.cast(line, "float16"),
        tf.where(line > 0, line, 0.0), tf.reverse(line, axis=[1]), tf.roll(line, 1, axis=1),
        tf.one_hot(x["tokens"], 9), tf.math.l2_normalize(line, axis=-1), tf.image.resize(image, (4, 5)),
        tf.nn.depth_to_space(image[:, :, :, :4], 2), tf.nn.space_to_depth(image[:, :8], 2), tf.nn.leaky_relu(line),
        tf.math.rsqrt(line), tf.identity(line),
    ]  # fmt: skip


@pytest.mark.parametrize(("k", "operations"), [(keras, _keras3_operations), (tf_keras, _keras2_operations)])
def test_operations(k: Any, operations: Any) -> None:
    x = _inputs(k)
    assert wrong_shapes(k, k.Model(list(x.values()), operations(x))) == {}


@pytest.mark.parametrize("k", BOTH)
def test_a_layer_without_a_rule_has_no_shape_and_stops_nothing(k: Any) -> None:
    class Strange(k.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs[:, :2]

    vector = k.Input((6,))
    output = k.layers.Dense(3)(Strange(name="strange")(vector))
    graph = graph_of(k, k.Model(vector, output))
    assert [node.output_shapes for node in graph.nodes] == [((None, 6),), (None,), (None,)]


@pytest.mark.parametrize("k", BOTH)
@pytest.mark.parametrize("family", ["MobileNetV3Small", "EfficientNetB0"])
def test_families_of_keras_applications(k: Any, family: str) -> None:
    """All 111 architectures agreed when they were compared once; these two have the most kinds of layers."""
    model = getattr(k.applications, family)(weights=None, classes=10, input_shape=(64, 64, 3))
    assert wrong_shapes(k, model) == {}
