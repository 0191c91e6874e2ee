"""The one vocabulary of operations: what `a + b`, `keras.ops.reshape` or `tf.nn.relu` is called in a `ModelGraph`.

`VOCABULARY` is the table: each kind with its operands (tensors, or constants where the model says so) and its
arguments with their defaults. An operand that is a tensor stands in `Node.inputs`; one that is a constant stands
in `Node.arguments` under its name, which says which operand it is (`2.0 - t` is Subtract with inputs (t,) and
arguments {"x": 2.0}). A tensor that is no operand (a dynamic length in a target shape) stands in `inputs` after the
operands and, as a `TensorRef`, in its place in the argument. An argument that is None in the file is left out.

The same holds for layers, whose only operand is their first argument: MultiHeadAttention has all its tensors in
`inputs` and its `value` in `arguments` too, as a `TensorRef`.

Forms of the arguments that the two Kerases write differently:

    slices   one entry an axis: an index, {"start", "stop", "step"}, None (a new axis) or ... (all axes between)
    sizes    Split: the lengths of the parts; an int (how many equal parts) only where the axis has no known length
    paddings Pad: (before, after) of each axis
    shape    Reshape, BroadcastTo: with the batch axis; -1 once
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REQUIRED = "required"
"""Stands for the default of an argument that has none."""


@dataclass(frozen=True)
class Operation:
    """One kind: names of its operands in call order, and its arguments with their defaults (None: left out)."""

    operands: tuple[str, ...] = ("x",)
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NativeOperation:
    """How one Keras writes a kind: `renames` maps its argument names to the common ones, `implied` are fixed ones."""

    kind: str
    renames: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, Any] = field(default_factory=dict)


BINARY_KINDS = (
    "Add", "Subtract", "Multiply", "Divide", "DivideNoNan", "FloorDivide", "Mod", "Power", "Maximum", "Minimum",
    "SquaredDifference", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
    "LogicalOr", "LogicalXor", "Arctan2",
)  # fmt: skip
UNARY_KINDS = (
    "Abs", "Negative", "Sign", "Exp", "Expm1", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Reciprocal", "Round",
    "Floor", "Ceil", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Arcsin", "Arccos", "Arctan", "Erf", "Sigmoid",
    "LogSigmoid", "HardSigmoid", "SiLU", "HardSwish", "Tanh", "HardTanh", "ReLU6", "SELU", "Softplus", "Softsign",
    "LogicalNot", "Identity", "StopGradient", "IsNan", "IsFinite", "ZerosLike", "OnesLike",
)  # fmt: skip
REDUCTION_KINDS = ("Mean", "Sum", "Max", "Min", "Prod", "Std", "Variance", "Any", "All", "LogSumExp")

_REDUCTION = Operation(arguments={"axis": None, "keepdims": False})
_BINARY = Operation(("x", "y"))

VOCABULARY: Mapping[str, Operation] = {
    **dict.fromkeys(BINARY_KINDS, _BINARY),
    **dict.fromkeys(UNARY_KINDS, Operation()),
    **dict.fromkeys(REDUCTION_KINDS, _REDUCTION),
    "ReLU": Operation(arguments={"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "LeakyReLU": Operation(arguments={"negative_slope": 0.2}),
    "ELU": Operation(arguments={"alpha": 1.0}),
    "GELU": Operation(arguments={"approximate": False}),
    "Softmax": Operation(arguments={"axis": -1}),
    "LogSoftmax": Operation(arguments={"axis": -1}),
    "Clip": Operation(arguments={"minimum": None, "maximum": None}),
    "Cast": Operation(arguments={"dtype": REQUIRED}),
    "Where": Operation(("condition", "x", "y")),
    "ArgMax": Operation(arguments={"axis": None, "keepdims": False}),
    "ArgMin": Operation(arguments={"axis": None, "keepdims": False}),
    "CumSum": Operation(arguments={"axis": None}),
    "Normalize": Operation(arguments={"axis": -1, "epsilon": None}),
    "MatMul": Operation(("x", "y"), {"transpose_x": False, "transpose_y": False}),
    "Einsum": Operation(("values",), {"equation": REQUIRED}),
    "Reshape": Operation(arguments={"shape": REQUIRED}),
    "Transpose": Operation(arguments={"axes": None}),
    "Squeeze": Operation(arguments={"axis": None}),
    "ExpandDims": Operation(arguments={"axis": REQUIRED}),
    "GetItem": Operation(arguments={"slices": REQUIRED}),
    "Gather": Operation(("x", "indices"), {"axis": None}),
    "Split": Operation(arguments={"sizes": REQUIRED, "axis": 0}),
    "Unstack": Operation(arguments={"axis": 0, "count": None}),
    "Concatenate": Operation(("values",), {"axis": 0}),
    "Stack": Operation(("values",), {"axis": 0}),
    "Pad": Operation(arguments={"paddings": REQUIRED, "mode": "constant", "value": None}),
    "Tile": Operation(arguments={"repeats": REQUIRED}),
    "Repeat": Operation(arguments={"repeats": REQUIRED, "axis": None}),
    "BroadcastTo": Operation(arguments={"shape": REQUIRED}),
    "Flip": Operation(arguments={"axis": None}),
    "Roll": Operation(arguments={"shift": REQUIRED, "axis": None}),
    "Resize": Operation(arguments={"size": REQUIRED, "data_format": "channels_last"}),
    "DepthToSpace": Operation(arguments={"block_size": REQUIRED}),
    "SpaceToDepth": Operation(arguments={"block_size": REQUIRED}),
    "Shape": Operation(),
    "OneHot": Operation(arguments={"num_classes": REQUIRED, "axis": -1}),
}
