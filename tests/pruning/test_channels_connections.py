"""How channels meet (sums, reshapes, shared layers, nested models): which units may go, and that the cut is exact."""

from typing import Any

import keras
import pytest
import tf_keras

from tests.pruning.channel_cases import Cases, head

cases = Cases()


@cases.expect(first=8, up=4)
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


@cases.expect(stem=4, left=5, expand=6)
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
    return api.Model(inputs, head(api, layers.Multiply()([x, one])))


@cases.expect(a=4, b=6, after=5)
def merges(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((6, 6, 3))
    a, c = layers.Conv2D(4, 3, name="a")(inputs), layers.Conv2D(4, 3, name="c")(inputs)
    x = layers.Maximum()([layers.Subtract()([a, c]), layers.Average()([a, c])])
    x = layers.Concatenate()([x, layers.Conv2D(6, 3, name="b")(inputs), layers.Cropping2D(1)(inputs)])
    x = layers.Conv2D(5, 3, name="after")(layers.BatchNormalization()(x))
    x = layers.Concatenate(axis=1)([x, layers.Activation("tanh")(x)])
    return api.Model(inputs, head(api, x))


@cases.expect(hidden=4)
def joined_with_the_input(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3,))
    x = layers.Dense(4, name="hidden")(inputs)
    x = layers.Add()([inputs, layers.Dense(3, name="stays")(x)])
    return api.Model(inputs, layers.Dense(2)(x))


@cases.expect(twice=4, reader=3)
def shared_layer(api: Any) -> Any:
    layers = api.layers
    first, second = api.Input((5,)), api.Input((5,))
    twice, reader = layers.Dense(4, name="twice"), layers.Dense(3, name="reader")
    x = layers.Add()([reader(twice(first)), reader(twice(second))])
    return api.Model([first, second], layers.Dense(2)(x))


@cases.expect(other=3)
def shared_layer_that_once_reads_the_input(api: Any) -> Any:
    layers = api.layers
    first = api.Input((4,))
    reader = layers.Dense(4, name="reader")
    x = layers.Dense(3, name="other")(reader(reader(first)))
    return api.Model(first, layers.Dense(2)(x))


@cases.expect(**{"outside": 4, "body/inner": 5, "body/last": 3})
def nested_model(api: Any) -> Any:
    layers = api.layers
    inside = api.Input((6, 6, 4))
    x = layers.Conv2D(5, 3, name="inner")(inside)
    body = api.Model(inside, layers.Conv2D(3, 3, name="last")(x), name="body")
    inputs = api.Input((6, 6, 2))
    x = layers.Conv2D(4, 1, name="outside")(inputs)
    return api.Model(inputs, head(api, body(x)))


@cases.expect(tokens=3, channels=6)
def mixer(api: Any) -> Any:
    """Channels on two axes at once: steps are mixed by a Dense layer between two Permutes."""
    layers = api.layers
    inputs = api.Input((4, 3))
    x = layers.Dense(6, name="channels")(inputs)
    y = layers.Permute((2, 1))(x)
    y = layers.Dense(3, activation="relu", name="tokens")(y)
    y = layers.Permute((2, 1))(layers.Dense(4, name="back")(y))
    return api.Model(inputs, head(api, layers.Add()([x, y])))


@cases.expect(one=3)
def shuffle(api: Any) -> Any:
    """ShuffleNet's reshape, transpose, reshape: a unit is one channel of each of two rows."""
    layers = api.layers
    inputs = api.Input((4, 4, 2))
    x = layers.Conv2D(6, 1, name="one")(inputs)
    x = layers.Reshape((4, 4, 2, 3))(x)
    x = layers.Permute((1, 2, 4, 3))(x)
    x = layers.Reshape((4, 4, 6))(x)
    return api.Model(inputs, head(api, layers.DepthwiseConv2D(3)(x)))


@cases.expect(one=4)
def channels_first_flatten(api: Any) -> Any:
    """Flatten with channels first puts the channels last; on a CPU only Dense layers can show it."""
    layers = api.layers
    inputs = api.Input((3, 2))
    x = layers.Dense(4, name="one")(inputs)
    x = layers.Flatten(data_format="channels_first")(layers.Permute((2, 1))(x))
    return api.Model(inputs, layers.Dense(2)(x))


@cases.expect(repeated=4)
def repeated(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5,))
    x = layers.RepeatVector(3)(layers.Dense(4, name="repeated")(inputs))
    return api.Model(inputs, head(api, layers.SpatialDropout1D(0.1)(x)))


@cases.expect(**{"embedding": 6, "tower/hidden": 5, "tower/code": 4})
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


@cases.expect()
def cosine(api: Any) -> Any:
    layers = api.layers
    inputs = [api.Input((5,)), api.Input((5,))]
    a, b = (layers.Dense(4)(one) for one in inputs)
    return api.Model(inputs, layers.Dense(2)(layers.Dot(1)([a, b])))


@cases.expect(rows=4)
def products_of_sums(api: Any) -> Any:
    """Dot sums over the steps that both share; then rows and columns are axes, and columns are pooled over."""
    layers = api.layers
    inputs = [api.Input((5, 2)), api.Input((5, 2))]
    a, b = layers.Dense(4, name="rows")(inputs[0]), layers.Dense(3, name="columns")(inputs[1])
    x = layers.Dot((1, 1))([a, b])
    return api.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.Permute((2, 1))(x))))


@pytest.mark.parametrize("api", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("name", cases)
def test_removable_units(api: Any, name: str) -> None:
    cases.check(name, api)
