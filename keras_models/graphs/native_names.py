"""What Keras 2 (TensorFlow function names) and Keras 3 (operation classes) call the kinds of the vocabulary."""

import re
from collections.abc import Mapping

from edgeprune.keras_models.vocabulary import (
    REDUCTION_KINDS,
    UNARY_KINDS,
    VOCABULARY,
    NativeOperation,
    Operation,
)

_KERAS2_BINARY = {
    "add": "Add", "sub": "Subtract", "subtract": "Subtract", "multiply": "Multiply", "mul": "Multiply",
    "divide": "Divide", "truediv": "Divide", "div_no_nan": "DivideNoNan", "divide_no_nan": "DivideNoNan",
    "floordiv": "FloorDivide", "mod": "Mod", "floormod": "Mod", "pow": "Power", "maximum": "Maximum",
    "minimum": "Minimum", "squared_difference": "SquaredDifference", "equal": "Equal", "eq": "Equal",
    "not_equal": "NotEqual", "ne": "NotEqual", "less": "Less", "less_equal": "LessEqual", "greater": "Greater",
    "greater_equal": "GreaterEqual", "logical_and": "LogicalAnd", "logical_or": "LogicalOr",
    "logical_xor": "LogicalXor", "atan2": "Arctan2",
}  # fmt: skip
_KERAS3_BINARY = {
    "Add": "Add", "Subtract": "Subtract", "Multiply": "Multiply", "Divide": "Divide", "TrueDivide": "Divide",
    "DivideNoNan": "DivideNoNan", "FloorDivide": "FloorDivide", "Mod": "Mod", "Power": "Power",
    "Maximum": "Maximum", "Minimum": "Minimum", "Equal": "Equal", "NotEqual": "NotEqual", "Less": "Less",
    "LessEqual": "LessEqual", "Greater": "Greater", "GreaterEqual": "GreaterEqual", "LogicalAnd": "LogicalAnd",
    "LogicalOr": "LogicalOr", "LogicalXor": "LogicalXor", "Arctan2": "Arctan2",
}  # fmt: skip
# Names that are not the kind in snake_case.
_KERAS2_UNARY = {
    "relu6": "ReLU6", "selu": "SELU", "silu": "SiLU", "swish": "SiLU", "reciprocal": "Reciprocal",
    "reciprocal_no_nan": "Reciprocal", "asin": "Arcsin", "acos": "Arccos", "atan": "Arctan", "neg": "Negative",
    "convert_to_tensor": "Identity", "is_nan": "IsNan", "is_finite": "IsFinite",
}  # fmt: skip
_KERAS3_UNARY = {
    "Relu6": "ReLU6", "Selu": "SELU", "Silu": "SiLU", "HardSilu": "HardSwish", "Absolute": "Abs", "Isnan": "IsNan",
    "Isfinite": "IsFinite", "ConvertToTensor": "Identity",
}  # fmt: skip


def _snake_case(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()


_KERAS2_REDUCTIONS = {"reduce_" + _snake_case(kind): kind for kind in REDUCTION_KINDS} | {
    "reduce_logsumexp": "LogSumExp"
}

KERAS2_FUNCTIONS: Mapping[str, NativeOperation] = {
    **{_snake_case(kind): NativeOperation(kind) for kind in UNARY_KINDS},
    **{name: NativeOperation(kind) for name, kind in _KERAS2_UNARY.items()},
    **{name: NativeOperation(kind) for name, kind in _KERAS2_BINARY.items()},
    "add_n": NativeOperation("Add"),
    "bias_add": NativeOperation("Add", {"bias": "y"}),
    **{name: NativeOperation(kind, {"keep_dims": "keepdims"}) for name, kind in _KERAS2_REDUCTIONS.items()},
    "matmul": NativeOperation("MatMul", {"b": "y", "transpose_a": "transpose_x", "transpose_b": "transpose_y"}),
    "einsum": NativeOperation("Einsum"),
    "relu": NativeOperation("ReLU"),
    "leaky_relu": NativeOperation("LeakyReLU", {"alpha": "negative_slope"}),
    "elu": NativeOperation("ELU"),
    "gelu": NativeOperation("GELU"),
    "softmax": NativeOperation("Softmax"),
    "log_softmax": NativeOperation("LogSoftmax"),
    "clip_by_value": NativeOperation("Clip", {"clip_value_min": "minimum", "clip_value_max": "maximum"}),
    "cast": NativeOperation("Cast"),
    "where": NativeOperation("Where"),
    "argmax": NativeOperation("ArgMax", {"dimension": "axis"}),
    "argmin": NativeOperation("ArgMin", {"dimension": "axis"}),
    "cumsum": NativeOperation("CumSum"),
    "l2_normalize": NativeOperation("Normalize"),
    "reshape": NativeOperation("Reshape"),
    "transpose": NativeOperation("Transpose", {"perm": "axes"}),
    "squeeze": NativeOperation("Squeeze", {"squeeze_dims": "axis"}),
    "expand_dims": NativeOperation("ExpandDims", {"dim": "axis"}),
    "getitem": NativeOperation("GetItem", {"slice_spec": "slices"}),
    "gather": NativeOperation("Gather"),
    "split": NativeOperation("Split", {"num_or_size_splits": "sizes"}),
    "unstack": NativeOperation("Unstack", {"num": "count"}),
    "concat": NativeOperation("Concatenate"),
    "stack": NativeOperation("Stack"),
    "pad": NativeOperation("Pad", {"constant_values": "value"}),
    "tile": NativeOperation("Tile", {"multiples": "repeats"}),
    "repeat": NativeOperation("Repeat"),
    "broadcast_to": NativeOperation("BroadcastTo"),
    "reverse": NativeOperation("Flip"),
    "roll": NativeOperation("Roll"),
    "image.resize": NativeOperation("Resize"),
    "depth_to_space": NativeOperation("DepthToSpace"),
    "space_to_depth": NativeOperation("SpaceToDepth"),
    "shape": NativeOperation("Shape"),
    "one_hot": NativeOperation("OneHot", {"depth": "num_classes"}),
}
"""By the last part of the TensorFlow name (`math.add`, `__operators__.add` and `compat.v1.add` are one function)."""

KERAS3_CLASSES: Mapping[str, NativeOperation] = {
    **{kind: NativeOperation(kind) for kind in UNARY_KINDS},
    **{name: NativeOperation(kind) for name, kind in _KERAS3_UNARY.items()},
    **{name: NativeOperation(kind, {"x1": "x", "x2": "y"}) for name, kind in _KERAS3_BINARY.items()},
    **{kind: NativeOperation(kind) for kind in REDUCTION_KINDS},
    "Var": NativeOperation("Variance"),
    "Amax": NativeOperation("Max"),
    "Amin": NativeOperation("Min"),
    "Logsumexp": NativeOperation("LogSumExp"),
    "Matmul": NativeOperation("MatMul", {"x1": "x", "x2": "y"}),
    "Einsum": NativeOperation("Einsum", {"operands": "values", "subscripts": "equation"}),
    "Relu": NativeOperation("ReLU"),
    "LeakyRelu": NativeOperation("LeakyReLU"),
    "Elu": NativeOperation("ELU"),
    "Gelu": NativeOperation("GELU"),
    "Softmax": NativeOperation("Softmax"),
    "LogSoftmax": NativeOperation("LogSoftmax"),
    "Clip": NativeOperation("Clip", {"x_min": "minimum", "x_max": "maximum"}),
    "Cast": NativeOperation("Cast"),
    "Where": NativeOperation("Where", {"x1": "x", "x2": "y"}),
    "Argmax": NativeOperation("ArgMax"),
    "Argmin": NativeOperation("ArgMin"),
    "Cumsum": NativeOperation("CumSum"),
    "Normalize": NativeOperation("Normalize"),
    "Reshape": NativeOperation("Reshape", {"newshape": "shape"}),
    "Ravel": NativeOperation("Reshape", implied={"shape": (-1,)}),
    "Transpose": NativeOperation("Transpose"),
    "Squeeze": NativeOperation("Squeeze"),
    "ExpandDims": NativeOperation("ExpandDims"),
    "GetItem": NativeOperation("GetItem", {"key": "slices"}),
    "Take": NativeOperation("Gather"),
    "Split": NativeOperation("Split", {"indices_or_sections": "sizes"}),
    "Unstack": NativeOperation("Unstack", {"num": "count"}),
    "Concatenate": NativeOperation("Concatenate", {"xs": "values"}),
    "Stack": NativeOperation("Stack", {"x": "values"}),
    "Pad": NativeOperation("Pad", {"pad_width": "paddings", "constant_values": "value"}),
    "Tile": NativeOperation("Tile"),
    "Repeat": NativeOperation("Repeat"),
    "BroadcastTo": NativeOperation("BroadcastTo"),
    "Flip": NativeOperation("Flip"),
    "Roll": NativeOperation("Roll"),
    "Resize": NativeOperation("Resize"),
    "OneHot": NativeOperation("OneHot"),
}

KERAS3_CALLS: Mapping[str, tuple[str, ...]] = {
    "GetItem": ("x", "key"),
    "Pad": ("x", "constant_values"),
    "Take": ("x", "indices"),
    "Where": ("condition", "x1", "x2"),
}
"""Positional names of the calls that are not plain (x) or, for two operands, (x1, x2)."""


def keras2_operation(function: str) -> NativeOperation:
    """The kind of a TensorFlow function by its public name; an unknown one is its last part in CamelCase."""
    last = function.rsplit(".", 1)[-1]
    found = KERAS2_FUNCTIONS.get(function) or KERAS2_FUNCTIONS.get(last if "image" not in function else function)
    return found or NativeOperation("".join(part.capitalize() for part in last.split("_")))


def keras3_operation(class_name: str) -> NativeOperation:
    """The kind of an operation class of Keras 3; an unknown one keeps its name."""
    return KERAS3_CLASSES.get(class_name) or NativeOperation(class_name)


def vocabulary_entry(kind: str) -> Operation:
    """Operands and arguments of a kind; one outside the vocabulary has the one operand `x`."""
    return VOCABULARY.get(kind) or Operation()


LAYER_CALLS: Mapping[str, tuple[str, ...]] = {
    "MultiHeadAttention": ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"),
    "GroupQueryAttention": ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"),
    "GroupedQueryAttention": ("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"),
    **dict.fromkeys(
        ("RNN", "SimpleRNN", "GRU", "LSTM", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
        ("inputs", "initial_state", "mask"),
    ),
}
"""Positional names of the layers that take more than one argument."""
