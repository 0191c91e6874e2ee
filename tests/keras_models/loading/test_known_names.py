"""The names that a saved model may use, held against everything that both installed Kerases have."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from edgeprune.keras_models.loading.known_classes import KNOWN_CLASSES
from edgeprune.keras_models.loading.known_functions import (
    KNOWN_FUNCTIONS,
    RAGGED_CLASS_METHODS,
    TENSOR_ATTRIBUTES,
    TENSOR_FUNCTIONS,
    TENSOR_NAMESPACES,
    is_tensor_function,
)
from edgeprune.keras_models.loading.operator_layers import FUNCTION_LAYERS

# What Keras ships and a file may not name, by reason.
_PROGRAMS = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
_TAKES_FUNCTIONS = {
    *("AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap", "WhileLoop", "Function"),
    *("DenseFeatures", "SequenceFeatures", "FeatureSpace", "TFDConcat", "TFDIdentity", "Distiller"),
    *("DeviceWrapper", "DropoutWrapper", "ResidualWrapper", "_RNNCellWrapper", "LinearModel", "WideDeepModel"),
}
_TAKES_DATA = {"AWQConfig", "AWQDTypePolicy", "GPTQConfig", "GPTQDTypePolicy"}
_BASES = {
    *("BaseConv", "BaseConvTranspose", "BaseDepthwiseConv", "BaseGlobalPooling", "BaseImagePreprocessingLayer"),
    *("BasePooling", "BaseSeparableConv", "BaseSpatialDropout", "ConvLSTM", "DataLayer", "IndexLookup", "Merge"),
    *("BaseAdaptiveAveragePooling", "BaseAdaptiveMaxPooling", "BaseAdaptivePooling", "BaseRandomLayer"),
    *("BatchNormalizationBase", "Quantizer"),
}
_LEFT_OUT = _PROGRAMS | _TAKES_FUNCTIONS | _TAKES_DATA | _BASES


def _public(module: ModuleType, base: type = object) -> Iterator[str]:
    for name, value in vars(module).items():
        if inspect.isclass(value) and issubclass(value, base) and name[0].isupper():
            yield name


def _subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(_subclasses, kind.__subclasses__()))


def test_every_class_of_keras_3_is_known_or_left_out_for_a_reason() -> None:
    import keras
    from keras.src.ops.operation import Operation

    modules = ("initializers", "regularizers", "constraints", "optimizers", "losses", "metrics", "dtype_policies")
    names = {name for module in modules for name in _public(getattr(keras, module))}
    names |= set(_public(keras.optimizers.schedules)) | set(_public(keras.quantizers))
    shipped = [kind for kind in _subclasses(Operation) if kind.__module__.startswith("keras.src.")]
    names |= {kind.__name__ for kind in shipped if not kind.__module__.startswith("keras.src.export")}
    assert names - KNOWN_CLASSES - _LEFT_OUT - {"Operation"} == set()
    assert not KNOWN_CLASSES & _LEFT_OUT


def test_every_class_of_keras_2_is_known_or_left_out_for_a_reason() -> None:
    import tf_keras
    from tf_keras.src.layers import serialization

    serialization.populate_deserializable_objects()
    names = {name for name, value in serialization.LOCAL.ALL_OBJECTS.items() if inspect.isclass(value)}
    for module in ("initializers", "regularizers", "constraints", "optimizers", "losses", "metrics"):
        names |= set(_public(getattr(tf_keras, module)))
    names |= set(_public(tf_keras.optimizers.schedules)) | set(_public(tf_keras.mixed_precision))
    assert names - KNOWN_CLASSES - FUNCTION_LAYERS - _LEFT_OUT - {"Reduction"} == set()


def test_every_named_function_of_both_kerases_is_known() -> None:
    import keras
    import tf_keras

    helpers = {"deserialize", "get", "serialize"}
    for library in (keras, tf_keras):
        for module in ("activations", "losses", "metrics"):
            functions = {name for name, value in vars(getattr(library, module)).items() if inspect.isfunction(value)}
            assert functions - helpers <= KNOWN_FUNCTIONS


def _resolved() -> dict[str, Any]:
    """Every TensorFlow name that the lists allow and that exists."""
    import tensorflow as tf  # noqa: F401 (exports its names)
    import tf_keras  # noqa: F401
    from tensorflow.python.util.tf_export import get_symbol_from_name

    names = [f"{space}.{last}".strip(".") for space in TENSOR_NAMESPACES for last in TENSOR_FUNCTIONS]
    found = {name: get_symbol_from_name(name) for name in names}
    return {name: symbol for name, symbol in found.items() if symbol is not None}


# Where TensorFlow keeps functions with effects beside those that compute; none of them may be reached.
_EFFECTS = (
    "importer",
    "load_library",
    "io_ops",
    "logging_ops",
    "script_ops",
    "gfile",
    "file_io",
    "dataset",
    "summary",
    "parsing_ops",
)


def test_allowed_functions_are_functions_of_tensors_alone() -> None:
    resolved = _resolved()
    assert len(resolved) > 800
    for name, symbol in resolved.items():
        assert callable(symbol), name
        assert not inspect.isclass(symbol), name
        source = inspect.unwrap(symbol).__module__
        assert source.startswith(("tensorflow.python.ops.", "tensorflow.python.framework.", "tf_keras.src.")), (
            name,
            source,
        )
        assert not any(part in source for part in _EFFECTS), (name, source)


def test_every_part_of_the_lists_is_a_name_of_tensorflow() -> None:
    lasts = {name.rpartition(".")[2] for name in _resolved()}
    older = {"mul", "sub", "neg", "mod", "ne", "div", "sparse_matmul"}  # as files of older versions have them
    assert TENSOR_FUNCTIONS - lasts <= older


# Functions of the same parts of TensorFlow that a file may not call: they take functions, print, read or write.
_NOT_FOR_FILES = {
    *("case", "cond", "foldl", "foldr", "function", "map_fn", "scan", "while_loop", "map_values", "map_flat_values"),
    *("numpy_function", "py_function", "py_func", "Print", "print", "init_scope", "no_op", "tuple", "timestamp"),
}


def test_what_keras_2_can_write_is_known() -> None:
    """Every elementwise, network, algebra and image function that TensorFlow dispatches to Keras 2's tensors."""
    import tensorflow as tf
    from tensorflow.python.util.tf_export import get_canonical_name_for_symbol

    unknown = set()
    for module in (tf.math, tf.linalg, tf.bitwise, tf.math.special):
        for symbol in vars(module).values():
            if inspect.isfunction(symbol) and hasattr(symbol, "_tf_fallback_dispatch_list"):
                name = get_canonical_name_for_symbol(symbol, add_prefix_to_v1_names=True)
                if name and not is_tensor_function(name):
                    unknown.add(name)
    assert unknown - _NOT_FOR_FILES == set()


def test_ragged_methods_are_those_that_keras_2_makes_layers_of() -> None:
    import tensorflow as tf
    from tf_keras.src.engine import keras_tensor

    own = set(vars(keras_tensor.RaggedKerasTensor)) | set(vars(keras_tensor.SparseKerasTensor))
    assert own >= TENSOR_ATTRIBUTES
    assert all(hasattr(tf.RaggedTensor, method) for method in RAGGED_CLASS_METHODS)


@pytest.mark.parametrize(
    "name",
    [
        *("io.write_file", "compat.v1.write_file", "keras.utils.get_file", "keras.models.model_from_json"),
        *("py_function", "numpy_function", "print", "io.read_file", "saved_model.load", "raw_ops.WriteFile", "map_fn"),
        *("keras.backend.print_tensor", "config.set_visible_devices", "", "math", "add.math", "math..add", "io.add"),
    ],
)
def test_functions_with_effects_are_not_allowed(name: str) -> None:
    assert not is_tensor_function(name)
