"""Made-up inputs: inside the model's tables, of lengths that it takes, and as its inputs were given names."""

from typing import Any

import keras
import numpy as np
import pytest

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.model_inputs import model_inputs
from edgeprune.keras_models.live.example_inputs import random_examples, with_fixed_shapes
from edgeprune.keras_models.live.interface import interface
from edgeprune.keras_models.live.prediction import Predictor, model_outputs


def lengths(model: Any) -> list[tuple[int | None, ...]]:
    return [port.shape for port in with_fixed_shapes(model, interface(model)).inputs]


def test_indices_stay_inside_the_table_whatever_the_type_of_the_input(api):
    """Keras 2 makes an Embedding's input a float one where nobody says otherwise."""
    layers = api.layers
    words, numbers = api.Input((6,), name="words"), api.Input((4,), name="numbers")
    text = layers.GlobalAveragePooling1D()(layers.Embedding(50, 4)(words))
    model = api.Model([words, numbers], layers.Dense(2)(layers.Concatenate()([text, numbers])))
    limits = Predictor(model, interface(model)).index_limits
    assert limits == (50, None)
    drawn, plain = random_examples(interface(model), 500, 3, limits)
    assert (drawn.dtype, drawn.min(), drawn.max()) == (np.float32, 0, 49)
    assert not (drawn % 1).any()
    assert plain.min() < 0


def test_examples_follow_the_seed_and_the_port():
    image = Port(name="image", shape=(8, 8, 1))
    plain = Interface(inputs=(image,), outputs=())
    (first,), (again,), (other,) = (random_examples(plain, 32, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert 0 <= first.min() <= first.max() <= 1
    (raw,) = random_examples(Interface(inputs=(image,), outputs=(), scales_itself=True), 32, 0)
    assert 200 < raw.max() <= 255


def test_strings_are_refused_in_one_line():
    text = Interface(inputs=(Port(name="text", shape=(1,), dtype="string"),), outputs=())
    with pytest.raises(ModelError, match="input 'text': expected numbers, found strings"):
        random_examples(text, 4, 0)


def test_open_axes_get_a_length_that_the_model_takes(api):
    layers = api.layers
    inputs = api.Input((None, 3))
    assert lengths(api.Model(inputs, layers.LSTM(2)(inputs))) == [(8, 3)]
    long = layers.GlobalAveragePooling1D()(layers.Conv1D(2, 20)(inputs))
    assert lengths(api.Model(inputs, long)) == [(32, 3)]
    image = api.Input((None, None, 3))
    assert lengths(api.Model(image, layers.GlobalMaxPooling2D()(layers.Conv2D(2, 3)(image)))) == [(32, 32, 3)]
    halved = image
    for _ in range(6):
        halved = layers.MaxPooling2D(2)(halved)
    assert lengths(api.Model(image, layers.GlobalAveragePooling2D()(halved))) == [(64, 64, 3)]


def test_a_model_that_takes_no_length_is_refused(api):
    inputs = api.Input((None, 3))
    model = api.Model(inputs, api.layers.Conv1D(2, 1000)(inputs))
    with pytest.raises(ModelError, match=r"the open axes of \(None, None, 3\): "):
        with_fixed_shapes(model, interface(model))


@pytest.mark.parametrize(
    "structure",
    [lambda a, b: [a, b], lambda a, b: {"b": b, "a": a}, lambda a, b: [{"a": a}, b], lambda a, b: (a, b)],
    ids=["list", "dict", "nested", "tuple"],
)
def test_a_flat_sequence_of_inputs_reaches_each_where_it_belongs(structure):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model(structure(a, b), keras.layers.Subtract()([a, b]))
    ones, zeros = np.ones((3, 2), np.float32), np.zeros((3, 2), np.float32)
    given = [ones if tensor.name == "a" else zeros for tensor in model.inputs]
    assert np.asarray(model(model_inputs(model, given))).min() == 1
    assert model_outputs(model, tuple(given))[0].min() == 1
