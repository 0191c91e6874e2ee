"""Every architecture in every numeric format gives a file that computes what the model computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from edgeprune.contracts.errors import ExportError, UsageError
from edgeprune.contracts.model import Interface, Port
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.conversion.convert import Converter, convert
from edgeprune.tflite_export.runtimes.runtime import Runner
from edgeprune.tflite_export.verification.verify import verify

ARCHITECTURES = ("mlp", "cnn", "depthwise", "residual", "lstm", "gru", "bidirectional", "several")
FORMATS = (
    ("none", "float32"),
    ("float16", "float32"),
    ("dynamic", "float32"),
    ("int8", "float32"),
    ("int8", "int8"),
    ("int16x8", "float32"),
    ("int4", "float32"),
)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("quantize", "io"), FORMATS)
def test_each_file_computes_what_the_model_computes(cases, kind, architecture, quantize, io):
    case = cases(kind, architecture)
    if (kind, architecture, quantize) == ("keras3", "several", "int16x8"):
        # Keras 3 wraps negative indices with LESS and SELECT, which the converter's 16x8 mode cannot quantize.
        with pytest.raises(ExportError, match="TensorFlow's converter failed"):
            case.converter.convert(quantize, calibration=case.examples)
        return
    data = case.converter.convert(quantize, calibration=case.examples, io=io)

    verification = verify(data, case.reference, case.examples, quantize)

    summary = read_tflite(data, architecture)
    inputs = tuple(port.name for port in case.interface.inputs)
    outputs = tuple(port.name for port in case.interface.outputs)
    assert summary.signatures == {"serving_default": (inputs, outputs)}
    assert tuple(tensor.name for tensor in summary.inputs) == inputs
    assert tuple(tensor.name for tensor in summary.outputs) == outputs
    assert [tensor.shape for tensor in summary.inputs] == [(1, *port.shape) for port in case.interface.inputs]
    assert {tensor.dtype for tensor in summary.outputs} == {io}
    assert summary.flex_operators == ()
    assert verification.examples == len(case.examples[0])


def test_float_inputs_become_int8_and_index_inputs_stay(cases, kind):
    case = cases(kind, "several")
    summary = read_tflite(case.converter.convert("int8", calibration=case.examples, io="int8"), "several")
    assert {tensor.name: tensor.dtype for tensor in summary.inputs} == {"words": "int32", "numbers": "int8"}


def test_quantized_weights_have_the_promised_types(cases, kind):
    case = cases(kind, "mlp")
    types = {
        quantize: read_tflite(case.converter.convert(quantize, calibration=case.examples), "mlp").numeric_types
        for quantize in ("none", "float16", "int8")
    }
    assert types["none"].keys() == {"float32"}
    assert types["float16"].keys() == {"float16"}
    assert "int8" in types["int8"]
    assert "float32" not in types["int8"]


def test_converting_again_takes_the_new_weights_and_gives_the_bytes_of_a_fresh_conversion(cases, kind):
    case = cases(kind, "mlp")
    weights = case.model.get_weights()
    first = case.converter.convert("none")
    try:
        case.model.set_weights([np.where(np.abs(array) < 0.1, 0, array) for array in weights])
        second = case.converter.convert("none")
        fresh = convert(case.model, case.interface, "none")
        verify(second, case.reference, case.examples, "none")
    finally:
        case.model.set_weights(weights)
    assert second == fresh
    assert second != first
    assert case.converter.convert("none") == first


@pytest.mark.parametrize("architecture", ["cnn", "lstm"])
def test_two_converters_give_the_same_bytes(cases, kind, architecture):
    case = cases(kind, architecture)
    for quantize in ("none", "int8"):
        fresh = convert(case.model, case.interface, quantize, calibration=case.examples)
        assert fresh == case.converter.convert(quantize, calibration=case.examples)


@pytest.mark.parametrize("architecture", ["lstm", "bidirectional"])
def test_lstm_layers_of_both_kerases_become_one_operator_each(cases, kind, architecture):
    case = cases(kind, architecture)
    counts = read_tflite(case.converter.convert("none"), architecture).operator_counts
    assert counts["UNIDIRECTIONAL_SEQUENCE_LSTM"] == (2 if architecture == "bidirectional" else 1)
    assert "WHILE" not in counts


def test_masked_and_stateful_starts_are_not_fused_wrongly(kind):
    library = {"keras2": tf_keras, "keras3": keras}[kind]
    sequence = library.Input((3, 5), name="sequence")
    _, h, c = library.layers.LSTM(4, return_state=True)(sequence)
    decoded = library.layers.LSTM(4)(library.layers.Masking()(sequence), initial_state=[h, c])
    model = library.Model(sequence, decoded)
    interface = Interface(inputs=(Port(name="sequence", shape=(3, 5)),), outputs=(Port(name="out", shape=(4,)),))
    x = np.random.default_rng(0).standard_normal((64, 3, 5)).astype(np.float32)
    x[::2, 2:] = 0

    for quantize in ("none", "int8"):
        data = convert(model, interface, quantize, calibration=(x,))
        verify(data, lambda inputs: (np.asarray(model(inputs[0])),), (x,), quantize)


def flex_model(library):
    class Factorise(library.layers.Layer):
        def call(self, x):
            return tf.linalg.cholesky(tf.eye(4)[None] * (1.0 + tf.abs(x[:, :, None])))[:, 0]

    x = library.Input((4,), name="x")
    model = library.Model(x, Factorise(name="factorise")(library.layers.Dense(4)(x)))
    return model, Interface(inputs=(Port(name="x", shape=(4,)),), outputs=(Port(name="y", shape=(4,)),))


def test_operators_that_need_flex_are_refused_with_layer_and_operator(kind):
    model, interface = flex_model({"keras2": tf_keras, "keras3": keras}[kind])
    with pytest.raises(ExportError, match=r"operator Cholesky in layer 'factorise'.*--allow-flex"):
        convert(model, interface, "none")


def test_allowed_flex_operators_are_in_the_file_and_litert_alone_refuses_it():
    model, interface = flex_model(keras)
    data = convert(model, interface, "none", allow_flex=True)
    assert read_tflite(data, "flex").flex_operators == ("FlexCholesky",)
    with pytest.raises(ExportError, match=r"LiteRT refuses the file.*Flex delegate"):
        Runner(data)


def test_an_input_without_a_fixed_length_is_refused():
    model = keras.Sequential([keras.Input((None, 5), name="sequence"), keras.layers.GRU(4)])
    interface = Interface(inputs=(Port(name="sequence", shape=(None, 5)),), outputs=(Port(name="y", shape=(4,)),))
    with pytest.raises(ExportError, match=r"input 'sequence': expected a fixed shape, found \(None, None, 5\)"):
        Converter(model, interface)


def test_inputs_given_by_name_keep_their_names(kind):
    library = {"keras2": tf_keras, "keras3": keras}[kind]
    zeta, alpha = library.Input((4,), name="zeta"), library.Input((4,), name="alpha")
    out = library.layers.Dense(2)(library.layers.Subtract()([zeta, 2 * alpha]))
    model = library.Model({"zeta": zeta, "alpha": alpha}, out)
    ports = tuple(Port(name=tensor.name, shape=(4,)) for tensor in model.inputs)
    interface = Interface(inputs=ports, outputs=(Port(name="out", shape=(2,)),))
    x = np.random.default_rng(0).standard_normal((2, 32, 4)).astype(np.float32)

    def reference(inputs):
        named = {port.name: array for port, array in zip(ports, inputs, strict=True)}
        return (np.asarray(model(named)),)

    verify(convert(model, interface, "none"), reference, (x[0], x[1]), "none")


def test_models_that_litert_cannot_run_are_refused_with_the_layer(kind):
    library = {"keras2": tf_keras, "keras3": keras}[kind]
    interface = Interface(inputs=(Port(name="x", shape=(4, 2)),), outputs=(Port(name="y", shape=(3,)),))
    x = library.Input((4, 2), batch_size=1, name="x")
    stateful = library.Model(x, library.layers.LSTM(3, stateful=True, name="memory")(x))
    with pytest.raises(ExportError, match=r"layer 'memory': expected one that starts anew .*, found stateful=True"):
        Converter(stateful, interface)
    half = library.Model(x, library.layers.Dense(3, dtype="mixed_float16", name="fast")(x))
    with pytest.raises(ExportError, match="layer 'fast': expected a layer that computes in float32, found float16"):
        Converter(half, interface)
    word = library.Input((1,), dtype="string", name="word")
    table = library.Model(word, library.layers.StringLookup(vocabulary=["a", "b"])(word))
    strings = Interface(inputs=(Port(name="word", shape=(1,), dtype="string"),), outputs=(Port(name="y", shape=(1,)),))
    with pytest.raises(ExportError, match="input 'word': expected numbers, found strings"):
        Converter(table, strings)
    number = library.Input((1,), dtype="int64", name="number")
    table = library.Model(number, library.layers.IntegerLookup(vocabulary=[3, 5])(number))
    integers = Interface(
        inputs=(Port(name="number", shape=(1,), dtype="int64"),), outputs=(Port(name="y", shape=(1,)),)
    )
    with pytest.raises(ExportError, match="the model holds a table"):
        Converter(table, integers)


def test_int8_needs_examples_to_calibrate_on(cases, kind):
    with pytest.raises(ExportError, match="expected examples to calibrate on, found none; pass --data"):
        cases(kind, "mlp").converter.convert("int8")


def test_integer_inputs_are_only_for_integer_files(cases, kind):
    with pytest.raises(UsageError, match="--quantize none has inputs and outputs of float32"):
        cases(kind, "mlp").converter.convert("none", io="int8")


def test_conversion_writes_nothing_to_the_terminal(cases, kind, capfd):
    case = cases(kind, "mlp")
    case.converter.convert("int8", calibration=case.examples)
    assert capfd.readouterr() == ("", "")
