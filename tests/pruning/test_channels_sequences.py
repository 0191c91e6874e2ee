"""Recurrent layers and attention, in both Kerases: which units may go, and that the cut is exact."""

from typing import Any

import keras
import pytest
import tf_keras

from tests.pruning.channel_cases import Cases, head

cases = Cases()


@cases.expect(embedding=6, lstm=5, last=4)
def recurrent(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((7,), dtype="int32")
    x = layers.Embedding(9, 6, name="embedding")(inputs)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.GRU(4, name="last")(layers.LayerNormalization(axis=1)(x))
    return api.Model(inputs, layers.Dense(2)(x))


@cases.expect(encoder=4, hidden=3)
def initial_states(api: Any) -> Any:
    """The decoder starts from the encoder's states: its units are theirs."""
    layers = api.layers
    first, second = api.Input((5, 3)), api.Input((4, 2))
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(first)
    x = layers.LSTM(4, return_sequences=True, name="decoder")(second, initial_state=[h, c])
    x = layers.SimpleRNN(3, name="hidden")(x)
    return api.Model([first, second], layers.Dense(2)(x))


@cases.expect(cell=4)
def recurrent_cell(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((4, 3))
    x = layers.RNN(layers.GRUCell(4), return_sequences=True, name="cell")(inputs)
    return api.Model(inputs, head(api, x))


@cases.expect(both=4, summed=3)
def both_directions(api: Any) -> Any:
    """Units of the two directions go in pairs."""
    layers = api.layers
    inputs = api.Input((5, 3))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(inputs)
    x = layers.Bidirectional(layers.GRU(3), merge_mode="sum", name="summed")(x)
    return api.Model(inputs, layers.Dense(2)(x))


@cases.expect(frames=4, steps=3)
def each_step(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3, 6, 6, 2))
    x = layers.TimeDistributed(layers.Conv2D(4, 3), name="frames")(inputs)
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.TimeDistributed(layers.Dense(3, activation="relu"), name="steps")(x)
    return api.Model(inputs, head(api, x))


@cases.expect(words=4, lines=3)
def steps_of_steps(api: Any) -> Any:
    """A recurrent layer at each step of another, as texts are read line by line."""
    layers = api.layers
    inputs = api.Input((3, 4, 2))
    x = layers.TimeDistributed(layers.Bidirectional(layers.GRU(4)), name="words")(inputs)
    return api.Model(inputs, layers.Dense(2)(layers.LSTM(3, name="lines")(x)))


@cases.expect(convlstm=3)
def convolutional_lstm(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((3, 5, 5, 2))
    x = layers.ConvLSTM2D(3, 2, name="convlstm")(inputs)
    return api.Model(inputs, head(api, x))


@cases.expect(embed=8, attention=2, mlp=5)
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
    return api.Model(inputs, head(api, x))


@cases.expect(**{"keys": 4, "values": 3, "attention": 3, "attention#2": 6})
def attention_with_a_width_of_its_own(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    keys, values = layers.Dense(4, name="keys")(inputs), layers.Dense(3, name="values")(inputs)
    x = layers.MultiHeadAttention(3, 2, value_dim=4, output_shape=6, name="attention")(inputs, values, keys)
    return api.Model(inputs, head(api, x))


@cases.expect(values=5)
def dot_product_attention(api: Any) -> Any:
    """Queries and keys are summed over; the values' channels pass."""
    layers = api.layers
    inputs = api.Input((5, 3))
    query, value, key = (layers.Dense(n, name=name)(inputs) for n, name in ((4, "q"), (5, "values"), (4, "k")))
    return api.Model(inputs, head(api, layers.Attention()([query, value, key])))


@cases.expect(q=4)
def additive_attention(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((5, 3))
    query, value, key = (layers.Dense(n, name=name)(inputs) for n, name in ((4, "q"), (4, "values"), (4, "k")))
    return api.Model(inputs, head(api, layers.AdditiveAttention()([query, value, key])))


@cases.expect(hidden=4, rows=5)
def unknown_length(api: Any) -> Any:
    layers = api.layers
    inputs = api.Input((None, 3))
    x = layers.Dense(4, name="hidden")(inputs)
    x = layers.Conv1D(5, 3, padding="same", name="rows")(layers.Dropout(0.5)(x))
    return api.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))


@cases.expect(encoder=3, hidden=4)
def states_of_both_directions(api: Any) -> Any:
    """The decoder's units are the forward states, then the backward ones."""
    layers = api.layers
    inputs = [api.Input((4, 3)), api.Input((4, 2))]
    encoder = layers.Bidirectional(layers.LSTM(3, return_state=True), name="encoder")
    _, h, c, back_h, back_c = encoder(inputs[0])
    states = [layers.Concatenate()([h, back_h]), layers.Concatenate()([c, back_c])]
    x = layers.LSTM(6, return_sequences=True, name="decoder")(inputs[1], initial_state=states)
    return api.Model(inputs, layers.Dense(2)(layers.Bidirectional(layers.GRU(4), name="hidden")(x)))


@cases.expect(embed=6, attention=2)
def attention_with_masks(api: Any) -> Any:
    layers = api.layers
    inputs = [api.Input((4, 3)), api.Input((4, 4), dtype="bool")]
    x = layers.Dense(6, name="embed")(inputs[0])
    y = layers.MultiHeadAttention(2, 2, name="attention")(x, x, attention_mask=inputs[1], use_causal_mask=True)
    return api.Model(inputs, head(api, layers.Add()([x, y])))


@pytest.mark.parametrize("api", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("name", cases)
def test_removable_units(api: Any, name: str) -> None:
    cases.check(name, api)
