"""How a live model takes its inputs, when they are at hand as one flat sequence in the order of `model.inputs`."""

from collections.abc import Sequence
from typing import Any

from edgeprune.contracts.keras_model import KerasModel


def model_inputs(model: KerasModel, tensors: Sequence[Any]) -> Any:
    """The tensors as the model is called with them: one, a tuple, or (Keras 3 insists) the dict it was made with."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return tensors[0] if len(tensors) == 1 else tuple(tensors)
    given = {id(placeholder): tensor for placeholder, tensor in zip(model.inputs, tensors, strict=True)}
    return _filled(structure, given)


def _filled(structure: Any, given: dict[int, Any]) -> Any:
    """A structure of dicts and tuples with the tensors in place of the placeholders."""
    if isinstance(structure, dict):
        return {name: _filled(inner, given) for name, inner in structure.items()}
    if isinstance(structure, list | tuple):
        return tuple(_filled(inner, given) for inner in structure)  # tf.data makes one tensor of a list
    return given[id(structure)]
