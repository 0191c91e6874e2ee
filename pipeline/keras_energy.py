"""Energy of one inference of a Keras model, estimated as that of its float32 .tflite file would be."""

from math import prod

from edgeprune.contracts.model import ModelGraph
from edgeprune.tflite_export.runtimes.energy import FLOAT32_MAC_PJ, estimate_uj

FLOAT32_BYTES = 4

FOLDED = ("BatchNormalization", "Activation", "ReLU", "Dropout", "Flatten", "Reshape")
"""Layers that the converter folds into the operator before them, or that move nothing."""


def keras_energy_uj(graph: ModelGraph, macs: int | None, parameters: int) -> float | None:
    """Microjoules, by the model of `tflite_export/runtimes/energy.py`; None where a shape is known only at run time."""
    shapes = [shape for node in graph.nodes if node.kind not in FOLDED for shape in node.output_shapes]
    if macs is None or None in shapes:
        return None
    activations = sum(prod(length or 1 for length in shape) for shape in shapes if shape is not None)
    return estimate_uj(macs * FLOAT32_MAC_PJ, FLOAT32_BYTES * parameters, FLOAT32_BYTES * activations)
