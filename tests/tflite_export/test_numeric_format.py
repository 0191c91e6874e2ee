"""A file is called by the format that it computes in, as --quantize names it."""

import keras

from edgeprune.contracts import plugins
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.sparse.storage_choice import store
from tests.tflite_export.small_models import case_of

TOLD_APART = ("none", "float16", "dynamic", "int8", "int16x8", "int4")
"""By the types of what a file holds; a new format goes by the name of the one that it is like."""


def test_a_format_is_called_by_its_name_or_that_of_one_like_it():
    layers = [keras.Input((64,)), keras.layers.Dense(96, activation="relu"), keras.layers.Dense(10)]
    case = case_of(keras.Sequential(layers), ("scores",))
    with case.converter as converter:
        for quantize in plugins.catalogue(NUMERICS):
            data = converter.convert(quantize, calibration=case.examples)
            found = read_tflite(data, "file").numeric_format
            assert found == quantize if quantize in TOLD_APART else found in TOLD_APART


def test_a_table_counts_by_what_reads_its_rows():
    """litert-quantizer leaves it in float."""
    layers = [keras.Input((6,), dtype="int32"), keras.layers.Embedding(500, 32), keras.layers.GlobalAveragePooling1D()]
    case = case_of(keras.Sequential([*layers, keras.layers.Dense(64), keras.layers.Dense(10)]), ("scores",))
    with case.converter as converter:
        for quantize, name in {"float16": "float16", "dynamic": "dynamic", "int8": "int8", "int4": "none"}.items():
            data = converter.convert(quantize, calibration=case.examples)
            assert read_tflite(data, "file").numeric_format == name


def test_zeros_that_are_left_out_change_no_name():
    case = case_of(keras.Sequential([keras.Input((128,)), keras.layers.Dense(64)]), ("scores",))
    weights = case.model.get_weights()
    weights[0][16:] = 0
    case.model.set_weights(weights)
    with case.converter as converter:
        for quantize in ("none", "float16", "int8"):
            dense = converter.convert(quantize, calibration=case.examples)
            sparse = store(dense, "on", quantize, case.examples)
            assert sparse.sparse
            assert read_tflite(sparse.data, "file").numeric_format == quantize


def test_weights_in_a_loop_count_whatever_their_names():
    """The converter uses names again in the loop's part of the file."""
    layers = [keras.Input((4, 6)), keras.layers.LSTM(16, return_sequences=True), keras.layers.GRU(16)]
    case = case_of(keras.Sequential(layers), ("last",))
    with case.converter as converter:
        assert read_tflite(converter.convert("int4"), "file").numeric_format == "int4"
