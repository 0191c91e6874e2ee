"""Operations of the common vocabulary (keras_models/vocabulary.py)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.merging import concatenated, known_shapes
from edgeprune.keras_models.shapes.reshaping import reshaped
from edgeprune.keras_models.shapes.rules import (
    LayerCall,
    Outputs,
    Rule,
    broadcast,
    einsum_shape,
    positive_axes,
    same_shape,
)
from edgeprune.keras_models.vocabulary import BINARY_KINDS, REDUCTION_KINDS, UNARY_KINDS


def split_sizes(sizes: Any, axis: int, shape: Shape | None) -> Any:
    """Lengths of the parts of a Split, where the length of its axis is known; else what the file says."""
    length = None if shape is None else shape[axis]
    if isinstance(sizes, int):
        return sizes if length is None else (length // sizes,) * sizes
    if -1 in sizes and length is not None:
        rest = length - sum(size for size in sizes if size != -1)
        return tuple(rest if size == -1 else size for size in sizes)
    return tuple(sizes)


def _binary(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    if shapes is None:
        return None
    constants = [np.shape(call.arguments[name]) for name in ("condition", "x", "y") if name in call.arguments]
    return broadcast([*shapes, *constants])


def _reduction(call: LayerCall) -> Shape | None:
    axes = positive_axes(call.arguments.get("axis"), len(call.shape))
    if call.arguments.get("keepdims"):
        return tuple(1 if place in axes else length for place, length in enumerate(call.shape))
    return tuple(length for place, length in enumerate(call.shape) if place not in axes)


def _arg_max(call: LayerCall) -> Shape | None:
    if call.arguments.get("axis") is None:
        # TensorFlow takes axis 0, NumPy (and Keras 3) the flattened tensor.
        return None if call.keras_major == 2 else ()
    return _reduction(call)


def _matmul(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    if shapes is None:
        return None
    left = np.shape(call.arguments["x"]) if "x" in call.arguments else shapes.pop(0)
    right = np.shape(call.arguments["y"]) if "y" in call.arguments else shapes.pop(0)
    if len(left) < 2 or len(right) < 2:
        return None
    if call.arguments.get("transpose_x"):
        left = (*left[:-2], left[-1], left[-2])
    if call.arguments.get("transpose_y"):
        right = (*right[:-2], right[-1], right[-2])
    leading = broadcast([left[:-2], right[:-2]])
    return None if leading is None else (*leading, left[-2], right[-1])


def _einsum(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    equation = call.arguments.get("equation")
    if shapes is None or not isinstance(equation, str) or equation.count(",") != len(shapes) - 1:
        return None
    return einsum_shape(equation, shapes)


def _reshape(call: LayerCall) -> Shape | None:
    target = call.arguments["shape"]
    return reshaped(call.shape, target) if isinstance(target, list | tuple) else None


def _broadcast_to(call: LayerCall) -> Shape | None:
    target = call.arguments["shape"]
    return tuple(n if isinstance(n, int) else None for n in target) if isinstance(target, list | tuple) else None


def _transpose(call: LayerCall) -> Shape | None:
    axes = call.arguments.get("axes")
    return call.shape[::-1] if axes is None else tuple(call.shape[axis] for axis in axes)


def _squeeze(call: LayerCall) -> Shape | None:
    axis = call.arguments.get("axis")
    if axis is None or axis == ():
        return None if None in call.shape[1:] else tuple(n for n in call.shape if n != 1)
    axes = positive_axes(axis, len(call.shape))
    return tuple(length for place, length in enumerate(call.shape) if place not in axes)


def _expand_dims(call: LayerCall) -> Shape | None:
    axis = call.arguments["axis"]
    count = len(axis) if isinstance(axis, list | tuple) else 1
    rank = len(call.shape) + count
    axes = positive_axes(axis, rank)
    lengths = iter(call.shape)
    return tuple(1 if place in axes else next(lengths) for place in range(rank))


def _get_item(call: LayerCall) -> Shape | None:
    entries = list(call.arguments["slices"])
    if any(isinstance(entry, list | tuple) for entry in entries):
        return None
    used = sum(1 for entry in entries if entry is not None and entry is not ...)
    if ... not in entries:
        entries.append(...)
    result: list[int | None] = []
    place = 0
    for entry in entries:
        if entry is None:
            result.append(1)
        elif entry is ...:
            skipped = len(call.shape) - used
            result += call.shape[place : place + skipped]
            place += skipped
        else:
            if isinstance(entry, dict):
                result.append(_slice_length(call.shape[place], entry))
            place += 1
    return tuple(result)


def _slice_length(length: int | None, bounds: dict[str, Any]) -> int | None:
    start, stop, step = bounds.get("start"), bounds.get("stop"), bounds.get("step")
    if start is None and stop is None and step in (None, 1, -1):
        return length
    if length is None or any(bound is not None and not isinstance(bound, int) for bound in (start, stop, step)):
        return None
    return len(range(length)[slice(start, stop, step)])


def _gather(call: LayerCall) -> Shape | None:
    indices = call.inputs[1] if len(call.inputs) > 1 else np.shape(call.arguments.get("indices", 0))
    axis = call.arguments.get("axis")
    if indices is None or call.arguments.get("batch_dims"):
        return None
    if axis is None:
        if call.keras_major == 3:
            return indices
        axis = 0
    axis = positive_axes(axis, len(call.shape))[0]
    return (*call.shape[:axis], *indices, *call.shape[axis + 1 :])


def _split(call: LayerCall) -> Outputs:
    sizes, axis = call.arguments["sizes"], call.arguments["axis"]
    axis = positive_axes(axis, len(call.shape))[0]
    lengths: Sequence[int | None] = (None,) * sizes if isinstance(sizes, int) else sizes
    return [(*call.shape[:axis], None if length == -1 else length, *call.shape[axis + 1 :]) for length in lengths]


def _unstack(call: LayerCall) -> Outputs | None:
    axis = positive_axes(call.arguments["axis"], len(call.shape))[0]
    count = call.arguments.get("count") or call.shape[axis]
    return None if count is None else [call.shape[:axis] + call.shape[axis + 1 :]] * count


def _concatenate(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    return None if shapes is None or "values" in call.arguments else concatenated(shapes, call.arguments["axis"])


def _stack(call: LayerCall) -> Shape | None:
    axis = positive_axes(call.arguments["axis"], len(call.shape) + 1)[0]
    if "values" in call.arguments:
        return None
    return (*call.shape[:axis], len(call.inputs), *call.shape[axis:])


def _pad(call: LayerCall) -> Shape | None:
    paddings = call.arguments["paddings"]
    if isinstance(paddings, int) or len(paddings) != len(call.shape):
        return None
    return tuple(
        None if length is None else length + before + after
        for length, (before, after) in zip(call.shape, paddings, strict=True)
    )


def _tile(call: LayerCall) -> Shape | None:
    repeats = call.arguments["repeats"]
    if not isinstance(repeats, list | tuple) or len(repeats) != len(call.shape):
        return None
    return tuple(
        length * count if length is not None and isinstance(count, int) else None if count != 1 else length
        for length, count in zip(call.shape, repeats, strict=True)
    )


def _repeat(call: LayerCall) -> Shape | None:
    repeats, axis = call.arguments["repeats"], call.arguments.get("axis")
    if not isinstance(repeats, int) or axis is None:
        return None
    axis = positive_axes(axis, len(call.shape))[0]
    length = call.shape[axis]
    return (*call.shape[:axis], None if length is None else length * repeats, *call.shape[axis + 1 :])


def _resize(call: LayerCall) -> Shape | None:
    size = call.arguments["size"]
    if not isinstance(size, list | tuple) or call.arguments.get("preserve_aspect_ratio"):
        return None
    lengths = tuple(length if isinstance(length, int) else None for length in size)
    if call.arguments.get("data_format") == "channels_first":
        return (*call.shape[:-2], *lengths)
    return (*call.shape[:-3], *lengths, call.shape[-1])


def _depth_to_space(call: LayerCall) -> Shape | None:
    return _blocks(call, call.arguments["block_size"], False)


def _space_to_depth(call: LayerCall) -> Shape | None:
    return _blocks(call, call.arguments["block_size"], True)


def _blocks(call: LayerCall, size: int, deeper: bool) -> Shape | None:
    if call.arguments.get("data_format", "NHWC") != "NHWC" or len(call.shape) != 4:
        return None
    batch, height, width, channels = call.shape

    def times(length: int | None, larger: bool, factor: int) -> int | None:
        return None if length is None else length * factor if larger else length // factor

    return (
        batch,
        times(height, not deeper, size),
        times(width, not deeper, size),
        times(channels, deeper, size * size),
    )


def _shape(call: LayerCall) -> Shape | None:
    return (len(call.shape),)


def _one_hot(call: LayerCall) -> Shape | None:
    classes = call.arguments.get("num_classes")
    axis = call.arguments.get("axis", -1)
    return (*call.shape, classes) if axis == -1 and isinstance(classes, int) else None


_KEEPS_SHAPE = (
    *UNARY_KINDS, "ReLU", "LeakyReLU", "ELU", "GELU", "Softmax", "LogSoftmax", "Clip", "Cast", "Normalize", "Flip",
    "Roll",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_KEEPS_SHAPE, same_shape),
    **dict.fromkeys((*BINARY_KINDS, "Where"), _binary),
    **dict.fromkeys(REDUCTION_KINDS, _reduction),
    "ArgMax": _arg_max,
    "ArgMin": _arg_max,
    "MatMul": _matmul,
    "Einsum": _einsum,
    "Reshape": _reshape,
    "BroadcastTo": _broadcast_to,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "ExpandDims": _expand_dims,
    "GetItem": _get_item,
    "Gather": _gather,
    "Split": _split,
    "Unstack": _unstack,
    "Concatenate": _concatenate,
    "Stack": _stack,
    "Pad": _pad,
    "Tile": _tile,
    "Repeat": _repeat,
    "Resize": _resize,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "Shape": _shape,
    "OneHot": _one_hot,
}
