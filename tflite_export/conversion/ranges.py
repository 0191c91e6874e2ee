"""Ranges of activations, where those of the converter's calibration are other tensors'.

LiteRT computes Add, Sub, Mul and their like in the place of an input, and TensorFlow's calibrator (2.21) looks at
inputs that are overwritten (tensorflow/tensorflow#127842): what goes into a sum, as in each residual block, is given
the sum's range too, and int8 is as much coarser. So the calibrated file is run once more, with a place for each
tensor.
"""

from typing import Any

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.contents.reader import parse
from edgeprune.tflite_export.conversion.calibration import Calibration


def with_own_ranges(calibrated: bytes, calibration: Calibration) -> bytes:
    """A calibrated file, which computes in float and holds ranges, with the range of each tensor's own values.

    A file with loops or branches comes back as it is.
    """
    model = parse(calibrated, "the calibrated file")
    if len(model.subgraphs) != 1:
        return calibrated
    tensors = model.subgraphs[0].tensors
    places = [index for index, tensor in enumerate(tensors) if _has_range(tensor)]
    for index, low, high in zip(places, *_extremes(calibrated, places, calibration), strict=True):
        tensors[index].quantization.min, tensors[index].quantization.max = [low], [high]
    return packed(model)


def _has_range(tensor: Any) -> bool:
    """Whether there is one smallest and one largest value, as of activations."""
    found = tensor.quantization
    return found is not None and found.min is not None and len(found.min) == 1


def _extremes(data: bytes, places: list[int], calibration: Calibration) -> tuple[list[float], list[float]]:
    """The smallest and the largest values of these tensors over all examples."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    inputs = [detail["index"] for detail in interpreter.get_input_details()]
    rows: list[list[tuple[Array, Array]]] = []
    for example in calibration.representative_dataset():
        for index, array in zip(inputs, example.values(), strict=True):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        values = [interpreter.get_tensor(index) for index in places]
        rows.append([(array.min(), array.max()) for array in values])
    seen = np.array(rows, np.float64)
    return seen[..., 0].min(axis=0).tolist(), seen[..., 1].max(axis=0).tolist()
