"""Layers that join several tensors."""

from edgeprune.contracts.model import Shape
from edgeprune.keras_models.shapes.rules import LayerCall, Rule, broadcast, positive_axes


def known_shapes(call: LayerCall) -> list[Shape] | None:
    """Shapes of all inputs, or None where one is unknown."""
    shapes = [shape for shape in call.inputs if shape is not None]
    return shapes if len(shapes) == len(call.inputs) else None


def _elementwise(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    if shapes is None or len({len(shape) for shape in shapes}) > 1:
        # Keras aligns different ranks at the batch axis, not as NumPy does, which no one relies on.
        return None
    return broadcast(shapes)


def concatenated(shapes: list[Shape], axis: int) -> Shape | None:
    """Shape of tensors strung together along an axis; a length known in one of them is known of all."""
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        return None
    axis = positive_axes(axis, rank)[0]
    result: list[int | None] = []
    for place, lengths in enumerate(zip(*shapes, strict=True)):
        if place == axis:
            result.append(None if None in lengths else sum(length or 0 for length in lengths))
        else:
            result.append(next((length for length in lengths if length is not None), None))
    return tuple(result)


def _concatenate(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    return None if shapes is None else concatenated(shapes, call.config.get("axis", -1))


def _dot(call: LayerCall) -> Shape | None:
    shapes = known_shapes(call)
    if shapes is None:
        return None
    left, right = shapes
    axes = call.config["axes"]
    left_axis, right_axis = axes if isinstance(axes, list | tuple) else (axes, axes)
    left_axis, right_axis = positive_axes(left_axis, len(left))[0], positive_axes(right_axis, len(right))[0]
    rest = left[:left_axis] + left[left_axis + 1 :]
    other = right[:right_axis] + right[right_axis + 1 :]
    result = rest + other[1:]
    return result if len(result) > 1 else (*result, 1)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), _elementwise),
    "Concatenate": _concatenate,
    "Dot": _dot,
}
