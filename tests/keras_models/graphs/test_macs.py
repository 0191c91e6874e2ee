"""Multiply-accumulates: by hand for small layers, and as published for known architectures."""

from typing import Any

import keras
import pytest
import tf_keras

from edgeprune.keras_models.graphs.macs import mac_terms, node_macs
from edgeprune.keras_models.live.variables import weight_specs
from tests.keras_models.graph_models import graph_of

BOTH = [keras, tf_keras]


def _macs(k: Any, inputs: Any, output: Any) -> int | None:
    """The count of the last node."""
    model = k.Model(inputs, output)
    graph = graph_of(k, model, weight_specs(model))
    return node_macs(graph)[len(graph.nodes) - 1]


@pytest.mark.parametrize("k", BOTH)
@pytest.mark.parametrize(
    ("shape", "make", "expected"),
    [
        ((6,), lambda n: n.Dense(5), 6 * 5),
        ((4, 6), lambda n: n.Dense(5), 4 * 6 * 5),
        ((9, 8, 6), lambda n: n.Conv2D(4, (3, 2), strides=(2, 1)), 4 * 7 * 3 * 2 * 6 * 4),
        ((9, 8, 6), lambda n: n.Conv2D(6, 3, groups=3, padding="same"), 9 * 8 * 3 * 3 * 2 * 6),
        ((9, 8, 6), lambda n: n.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), 9 * 8 * 9 * 6 * 2),
        ((9, 8, 6), lambda n: n.SeparableConv2D(5, 3, padding="same"), 9 * 8 * (9 * 6 + 6 * 5)),
        ((9, 8, 6), lambda n: n.Conv2DTranspose(4, 3, strides=2), 9 * 8 * 3 * 3 * 6 * 4),
        ((7, 6), lambda n: n.Conv1D(4, 3, padding="causal"), 7 * 3 * 6 * 4),
        ((5, 6), lambda n: n.LSTM(3), 5 * (6 + 3) * 4 * 3),
        ((5, 6), lambda n: n.GRU(3), 5 * (6 + 3) * 3 * 3),
        ((5, 6), lambda n: n.SimpleRNN(3, return_sequences=True), 5 * (6 + 3) * 3),
        ((5, 6), lambda n: n.Bidirectional(n.LSTM(3)), 2 * 5 * (6 + 3) * 4 * 3),
        ((5, 6), lambda n: n.RNN(n.StackedRNNCells([n.LSTMCell(3), n.GRUCell(4)])), 5 * (9 * 12 + 7 * 12)),
        ((5, 6), lambda n: n.TimeDistributed(n.Dense(3)), 5 * 6 * 3),
        ((5, 8, 8, 2), lambda n: n.TimeDistributed(n.Conv2D(3, 3)), 5 * 36 * 9 * 2 * 3),
        ((5, 8, 8, 2), lambda n: n.ConvLSTM2D(3, 3), 5 * 36 * 9 * (2 + 3) * 12),
        ((5, 6), lambda n: n.EinsumDense("abc,cde->abde", output_shape=(5, 2, 3)), 5 * 6 * 2 * 3),
        ((5, 6), lambda n: n.BatchNormalization(), 0),
        ((5, 6), lambda n: n.Flatten(), 0),
    ],
)  # fmt: skip
def test_by_hand(k: Any, shape: tuple[int, ...], make: Any, expected: int) -> None:
    x = k.Input(shape)
    assert _macs(k, x, make(k.layers)(x)) == expected


@pytest.mark.parametrize("k", BOTH)
def test_attention(k: Any) -> None:
    query, memory = k.Input((5, 6)), k.Input((7, 4))
    made = k.layers.MultiHeadAttention(2, 3, value_dim=4)(query, memory)
    projections = 5 * 6 * 2 * 3 + 7 * 4 * 2 * 3 + 7 * 4 * 2 * 4 + 5 * 2 * 4 * 6
    assert _macs(k, [query, memory], made) == projections + 5 * 7 * 2 * 3 + 5 * 7 * 2 * 4
    memory = k.Input((7, 6))
    assert _macs(k, [query, memory], k.layers.Attention()([query, memory])) == 2 * 5 * 7 * 6
    assert _macs(k, [query, memory], k.layers.Dot(axes=2)([query, memory])) == 5 * 7 * 6


@pytest.mark.parametrize("k", BOTH)
def test_a_model_at_each_time_step(k: Any) -> None:
    film = k.Input((5, 8, 8, 2))
    inner = k.Sequential([k.layers.Conv2D(3, 3), k.layers.Flatten(), k.layers.Dense(4)])
    assert _macs(k, film, k.layers.TimeDistributed(inner)(film)) == 5 * (36 * 9 * 2 * 3 + 36 * 3 * 4)


def test_products_of_tensors() -> None:
    x = keras.Input((5, 6))
    assert _macs(keras, x, x @ keras.ops.transpose(x, (0, 2, 1))) == 5 * 6 * 5
    assert _macs(keras, x, keras.ops.einsum("btc,bsc->bts", x, x)) == 5 * 6 * 5
    assert _macs(keras, x, x * 2.0) == 0


@pytest.mark.parametrize("k", BOTH)
def test_what_cannot_be_counted_is_none(k: Any) -> None:
    image = k.Input((None, None, 3))
    assert _macs(k, image, k.layers.Conv2D(4, 3)(image)) is None

    class Strange(k.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    x = k.Input((4,))
    assert _macs(k, x, Strange(name="strange")(x)) is None


@pytest.mark.parametrize("k", BOTH)
def test_terms_follow_the_weights(k: Any) -> None:
    x = k.Input((9, 8, 6))
    model = k.Model(x, k.layers.Conv2D(4, 3, padding="same", name="conv")(x))
    (term,) = mac_terms(graph_of(k, model, weight_specs(model)))
    assert (term.coefficient, term.weight, term.axes) == (72, ("conv", "kernel"), (0, 1, 2, 3))


@pytest.mark.parametrize("k", BOTH)
@pytest.mark.parametrize(("family", "published"), [("MobileNetV2", 300.8e6), ("ResNet50", 3.86e9), ("VGG16", 15.47e9)])
def test_known_architectures(k: Any, family: str, published: float) -> None:
    """Sandler et al. 2018, table 4 (300 M); He et al. 2016 (3.8 G); Simonyan and Zisserman 2015 (15.5 G)."""
    model = getattr(k.applications, family)(weights=None)
    counts = node_macs(graph_of(k, model, weight_specs(model)))
    assert None not in counts.values()
    assert sum(count or 0 for count in counts.values()) == pytest.approx(published, rel=0.002)
