"""Every family of layers, in both Kerases: which units may go, and that the cut is exact."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tf_keras

from tests.pruning.channel_oracle import assert_cuts_are_exact, free_units

Builder = Callable[[Any], Any]
_cases: dict[str, tuple[Builder, dict[str, int]]] = {}


def case(**free: int) -> Callable[[Builder], Builder]:
    """A function that builds a model; the groups that may lose units, and how many units each has."""

    def register(build: Builder) -> Builder:
        _cases[build.__name__] = (build, free)
        return build

    return register


@pytest.fixture(params=[keras, tf_keras], ids=["keras3", "keras2"])
def api(request: pytest.FixtureRequest) -> Any:
    return request.param


def _head(api: Any, x: Any) -> Any:
    """An output that reads all channels of x, wherever they are."""
    return api.layers.Dense(2, name="head")(api.layers.Flatten()(x))


@case(hidden=5, deep=4)
def dense(api: Any) -> Any:
    layers = api.layers
    x = inputs = api.Input((3, 6))
    x = layers.Dense(5, activation="relu", name="hidden")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(4, activation="tanh", name="deep")(x)
    return api.Model(inputs, _head(api, x))


@case(hidden=6)
def dense_softmax_inside(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6,))
    x = layers.Dense(6, activation="softmax", name="hidden")(inputs)
    return api.Model(inputs, layers.Dense(2)(x))


@case(one=6, two=4)
def convolution(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", name="one")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(4, 3, strides=2, name="two")(x)
    x = layers.LeakyReLU()(x)
    return api.Model(inputs, _head(api, x))


@case(one=4, two=5, three=3)
def one_and_three_dimensions(api: Any) -> Any:
    layers = api.layers
    first, second = api.Input((8, 3)), api.Input((4, 4, 4, 2))
    x = layers.Conv1D(4, 3, padding="causal", name="one")(first)
    x = layers.Conv1DTranspose(5, 2, name="two")(x)
    x = layers.GlobalAveragePooling1D()(layers.UpSampling1D()(layers.ZeroPadding1D()(x)))
    y = layers.Conv3D(3, 2, name="three")(second)
    y = layers.GlobalMaxPooling3D(keepdims=True)(y)
    return api.Model([first, second], [layers.Dense(2)(x), _head(api, y)])


@case(one=3, mixed=2)
def grouped_convolution(api: Any) -> Any:
    """A unit is one channel of each group: two groups of three go in, four outputs are two a group."""
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(6, 3, name="one")(inputs)
    x = layers.Conv2D(4, 3, groups=2, name="mixed")(x)
    return api.Model(inputs, _head(api, x))


@case(one=3)
def grouped_convolution_as_depthwise(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(3, 3, name="one")(inputs)
    x = layers.Conv2D(6, 3, groups=3)(x)
    return api.Model(inputs, _head(api, x))


@case(one=4, separable=5)
def depthwise_with_multiplier(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(4, 1, name="one")(layers.DepthwiseConv2D(2, depth_multiplier=2)(inputs))
    x = layers.DepthwiseConv2D(3, depth_multiplier=3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, name="separable")(x)
    return api.Model(inputs, _head(api, x))


@case(first=8, up=4)
def generator(api: Any) -> Any:
    """Dense to image: a channel of the image is a stride of the Dense layer's units."""
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.Dense(2 * 2 * 8, name="first")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Reshape((2, 2, 8))(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, name="up")(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    return api.Model(inputs, layers.Conv2DTranspose(1, 3, activation="sigmoid")(x))


@case(embedding=6, lstm=5, last=4)
def recurrent(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((7,), dtype="int32")
    x = layers.Embedding(9, 6, name="embedding")(inputs)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.GRU(4, name="last")(layers.LayerNormalization(axis=1)(x))
    return api.Model(inputs, layers.Dense(2)(x))


@case(encoder=4, hidden=3)
def initial_states(api: Any) -> Any:
    """The decoder starts from the encoder's states: its units are theirs."""
    layers = api.layers
    first, second = api.Input((5, 3)), api.Input((4, 2))
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(first)
    x = layers.LSTM(4, return_sequences=True, name="decoder")(second, initial_state=[h, c])
    x = layers.SimpleRNN(3, name="hidden")(x)
    return api.Model([first, second], layers.Dense(2)(x))


@case(cell=4)
def recurrent_cell(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 3))
    x = layers.RNN(layers.GRUCell(4), return_sequences=True, name="cell")(inputs)
    return api.Model(inputs, _head(api, x))


@case(both=4, summed=3)
def both_directions(api: Any) -> Any:
    """Units of the two directions go in pairs."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(inputs)
    x = layers.Bidirectional(layers.GRU(3), merge_mode="sum", name="summed")(x)
    return api.Model(inputs, layers.Dense(2)(x))


@case(frames=4, steps=3)
def each_step(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3, 6, 6, 2))
    x = layers.TimeDistributed(layers.Conv2D(4, 3), name="frames")(inputs)
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.TimeDistributed(layers.Dense(3, activation="relu"), name="steps")(x)
    return api.Model(inputs, _head(api, x))


@case(words=4, lines=3)
def steps_of_steps(api: Any) -> Any:
    """A recurrent layer at each step of another, as texts are read line by line."""
    layers = api.layers
    inputs = api.Input((3, 4, 2))
    x = layers.TimeDistributed(layers.Bidirectional(layers.GRU(4)), name="words")(inputs)
    return api.Model(inputs, layers.Dense(2)(layers.LSTM(3, name="lines")(x)))


@case(convlstm=3)
def convolutional_lstm(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3, 5, 5, 2))
    x = layers.ConvLSTM2D(3, 2, name="convlstm")(inputs)
    return api.Model(inputs, _head(api, x))


@case(embed=8, attention=2, mlp=5)
def transformer_block(api: Any) -> Any:
    """Heads are units; the stream goes as one group, in which the normalisations compare all channels."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Dense(8, name="embed")(inputs)
    y = layers.MultiHeadAttention(2, 3, name="attention")(
        layers.LayerNormalization()(x), layers.LayerNormalization()(x)
    )
    x = layers.Add()([x, y])
    y = layers.Dense(5, activation="relu", name="mlp")(layers.LayerNormalization()(x))
    x = layers.Add()([x, layers.Dense(8, name="mlp_out")(y)])
    return api.Model(inputs, _head(api, x))


@case(**{"keys": 4, "values": 3, "attention": 3, "attention#2": 6})
def attention_with_a_width_of_its_own(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    keys, values = layers.Dense(4, name="keys")(inputs), layers.Dense(3, name="values")(inputs)
    x = layers.MultiHeadAttention(3, 2, value_dim=4, output_shape=6, name="attention")(inputs, values, keys)
    return api.Model(inputs, _head(api, x))


@case(values=5)
def dot_product_attention(api: Any) -> Any:
    """Queries and keys are summed over; the values' channels pass."""
    layers = api.layers
    inputs = api.Input((5, 3))
    query, value, key = (layers.Dense(n, name=name)(inputs) for n, name in ((4, "q"), (5, "values"), (4, "k")))
    return api.Model(inputs, _head(api, layers.Attention()([query, value, key])))


@case(q=4)
def additive_attention(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    query, value, key = (layers.Dense(n, name=name)(inputs) for n, name in ((4, "q"), (4, "values"), (4, "k")))
    return api.Model(inputs, _head(api, layers.AdditiveAttention()([query, value, key])))


@case(one=3)
def group_normalization(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 3, name="one")(inputs)
    return api.Model(inputs, _head(api, layers.GroupNormalization(2)(x)))


@case(one=6, two=4)
def instance_normalization(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.GroupNormalization(6)(layers.Conv2D(6, 1, name="one")(inputs))
    x = layers.GroupNormalization(-1)(layers.Conv2D(4, 1, name="two")(x))
    return api.Model(inputs, _head(api, x))


@case(stem=4, left=5, expand=6)
def squeeze_and_excite(api: Any) -> Any:
    """A gate of shape (1, 1, C) is broadcast over positions; a gate of one channel over channels is not cut."""
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, name="stem")(inputs)
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Reshape((1, 1, 4))(gate)
    gate = layers.Conv2D(5, 1, activation="relu", name="left")(gate)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="right")(gate)
    x = layers.Multiply()([x, gate])
    x = layers.Conv2D(6, 3, name="expand")(x)
    one = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    return api.Model(inputs, _head(api, layers.Multiply()([x, one])))


@case(a=4, b=6, after=5)
def merges(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    a, c = layers.Conv2D(4, 3, name="a")(inputs), layers.Conv2D(4, 3, name="c")(inputs)
    x = layers.Maximum()([layers.Subtract()([a, c]), layers.Average()([a, c])])
    x = layers.Concatenate()([x, layers.Conv2D(6, 3, name="b")(inputs), layers.Cropping2D(1)(inputs)])
    x = layers.Conv2D(5, 3, name="after")(layers.BatchNormalization()(x))
    x = layers.Concatenate(axis=1)([x, layers.Activation("tanh")(x)])
    return api.Model(inputs, _head(api, x))


@case(hidden=4)
def joined_with_the_input(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3,))
    x = layers.Dense(4, name="hidden")(inputs)
    x = layers.Add()([inputs, layers.Dense(3, name="stays")(x)])
    return api.Model(inputs, layers.Dense(2)(x))


@case(twice=4, reader=3)
def shared_layer(api: Any) -> Any:
    layers = api.layers
    first, second = api.Input((5,)), api.Input((5,))
    twice, reader = layers.Dense(4, name="twice"), layers.Dense(3, name="reader")
    x = layers.Add()([reader(twice(first)), reader(twice(second))])
    return api.Model([first, second], layers.Dense(2)(x))


@case(other=3)
def shared_layer_that_once_reads_the_input(api: Any) -> Any:
    layers = api.layers
    first = api.Input((4,))
    reader = layers.Dense(4, name="reader")
    x = layers.Dense(3, name="other")(reader(reader(first)))
    return api.Model(first, layers.Dense(2)(x))


@case(**{"outside": 4, "body/inner": 5, "body/last": 3})
def nested_model(api: Any) -> Any:
    layers = api.layers
    inside = api.Input((6, 6, 4))
    x = layers.Conv2D(5, 3, name="inner")(inside)
    body = api.Model(inside, layers.Conv2D(3, 3, name="last")(x), name="body")
    inputs = api.Input((6, 6, 2))
    x = layers.Conv2D(4, 1, name="outside")(inputs)
    return api.Model(inputs, _head(api, body(x)))


@case(tokens=3, channels=6)
def mixer(api: Any) -> Any:
    """Channels on two axes at once: steps are mixed by a Dense layer between two Permutes."""
    layers = api.layers
    inputs = api.Input((4, 3))
    x = layers.Dense(6, name="channels")(inputs)
    y = layers.Permute((2, 1))(x)
    y = layers.Dense(3, activation="relu", name="tokens")(y)
    y = layers.Permute((2, 1))(layers.Dense(4, name="back")(y))
    return api.Model(inputs, _head(api, layers.Add()([x, y])))


@case(one=3)
def shuffle(api: Any) -> Any:
    """ShuffleNet's reshape, transpose, reshape: a unit is one channel of each of two rows."""
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 1, name="one")(inputs)
    x = layers.Reshape((4, 4, 2, 3))(x)
    x = layers.Permute((1, 2, 4, 3))(x)
    x = layers.Reshape((4, 4, 6))(x)
    return api.Model(inputs, _head(api, layers.DepthwiseConv2D(3)(x)))


@case(hidden=4, rows=5)
def unknown_length(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((None, 3))
    x = layers.Dense(4, name="hidden")(inputs)
    x = layers.Conv1D(5, 3, padding="same", name="rows")(layers.Dropout(0.5)(x))
    return api.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))


@case(one=4)
def channels_first_flatten(api: Any) -> Any:
    """Flatten with channels first puts the channels last; on a CPU only Dense layers can show it."""
    layers = api.layers
    inputs = api.Input((3, 2))
    x = layers.Dense(4, name="one")(inputs)
    x = layers.Flatten(data_format="channels_first")(layers.Permute((2, 1))(x))
    return api.Model(inputs, layers.Dense(2)(x))


@case(project=4)
def einsum_dense(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.EinsumDense("abc,cd->abd", output_shape=(5, 4), bias_axes="d", name="project")(inputs)
    return api.Model(inputs, _head(api, x))


@case(repeated=4)
def repeated(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.RepeatVector(3)(layers.Dense(4, name="repeated")(inputs))
    return api.Model(inputs, _head(api, layers.SpatialDropout1D(0.1)(x)))


@case(wide=4)
def scaled(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 4, 3))
    x = layers.Rescaling(2.0, 1.0)(layers.Conv2D(4, 1, name="wide")(layers.Rescaling([1.0, 2.0, 3.0])(inputs)))
    return api.Model(inputs, _head(api, layers.UnitNormalization()(layers.Softmax()(x))))


@case(**{"embedding": 6, "tower/hidden": 5, "tower/code": 4})
def siamese(api: Any) -> Any:
    """A nested model called twice; what the codes are multiplied along stays."""
    layers = api.layers
    inside = api.Input((4, 6))
    x = layers.Dense(5, activation="relu", name="hidden")(inside)
    tower = api.Model(inside, layers.GRU(4, name="code")(x), name="tower")
    inputs = [api.Input((4,), dtype="int32"), api.Input((4,), dtype="int32")]
    embedding = layers.Embedding(7, 6, mask_zero=False, name="embedding")
    a, b = (tower(embedding(one)) for one in inputs)
    return api.Model(
        inputs, layers.Dense(2)(layers.Concatenate()([layers.Subtract()([a, b]), layers.Multiply()([a, b])]))
    )


@case()
def cosine(api: Any) -> Any:
    layers = api.layers
    inputs = [api.Input((5,)), api.Input((5,))]
    a, b = (layers.Dense(4)(one) for one in inputs)
    return api.Model(inputs, layers.Dense(2)(layers.Dot(1)([a, b])))


@case(rows=4)
def products_of_sums(api: Any) -> Any:
    """Dot sums over the steps that both share; then rows and columns are axes, and columns are pooled over."""
    layers = api.layers
    inputs = [api.Input((5, 2)), api.Input((5, 2))]
    a, b = layers.Dense(4, name="rows")(inputs[0]), layers.Dense(3, name="columns")(inputs[1])
    x = layers.Dot((1, 1))([a, b])
    return api.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.Permute((2, 1))(x))))


@case(encoder=3, hidden=4)
def states_of_both_directions(api: Any) -> Any:
    """The decoder's units are the forward states, then the backward ones."""
    layers = api.layers
    inputs = [api.Input((4, 3)), api.Input((4, 2))]
    encoder = layers.Bidirectional(layers.LSTM(3, return_state=True), name="encoder")
    _, h, c, back_h, back_c = encoder(inputs[0])
    states = [layers.Concatenate()([h, back_h]), layers.Concatenate()([c, back_c])]
    x = layers.LSTM(6, return_sequences=True, name="decoder")(inputs[1], initial_state=states)
    return api.Model(inputs, layers.Dense(2)(layers.Bidirectional(layers.GRU(4), name="hidden")(x)))


@case(embed=6, attention=2)
def attention_with_masks(api: Any) -> Any:
    layers = api.layers
    inputs = [api.Input((4, 3)), api.Input((4, 4), dtype="bool")]
    x = layers.Dense(6, name="embed")(inputs[0])
    y = layers.MultiHeadAttention(2, 2, name="attention")(x, x, attention_mask=inputs[1], use_causal_mask=True)
    return api.Model(inputs, _head(api, layers.Add()([x, y])))


@pytest.mark.parametrize("name", _cases)
def test_removable_units(api: Any, name: str) -> None:
    build, free = _cases[name]
    graph = assert_cuts_are_exact(build(api))
    assert free_units(graph) == free
    assert not graph.unread
