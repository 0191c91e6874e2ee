"""Weights stored in 4 bits by litert-quantizer, activations quantized while running."""

import re
from typing import Any

import numpy as np

from edgeprune.tflite_export.contents.packing import packed
from edgeprune.tflite_export.contents.reader import parse
from edgeprune.tflite_export.conversion.calibration import Calibration
from edgeprune.tflite_export.conversion.finish import embed_buffers
from edgeprune.tflite_export.verification.bounds import ErrorBound

SUMMARY = "weights as 4-bit integers where LiteRT has kernels (else 8): an eighth of the size, no calibration"
NEEDS_CALIBRATION = False
IO = ("float32",)
DENSE_ONLY = True  # LiteRT reads 4-bit weights, and 8-bit ones beside float activations, with their zeros only
# A 4-bit weight is off by up to 1/14 of its channel's largest value, 18 times as much as an int8 one: seen
# on average up to 0.79.
BOUND = ErrorBound(mean=0.85)

FOUR_BITS = ("FULLY_CONNECTED", "CONV_2D", "EMBEDDING_LOOKUP")
EIGHT_BITS = ("DEPTHWISE_CONV_2D", "CONV_2D_TRANSPOSE", "BATCH_MATMUL")


def configure(converter: Any, calibration: Calibration, io: str) -> None:
    """Leave the converter's file in float32: `rework` quantizes it."""


def rework(data: bytes) -> bytes:
    """Quantize the weights of a float32 file."""
    return keep(data, set(), "float32")


def keep(data: bytes, tensors: set[str], io: str) -> bytes:
    """Quantize the weights of a float32 file, but for the operators that compute these tensors; scales by OCTAV.

    Source: Sakr et al., Optimal Clipping and Magnitude-aware Differentiation for Improved Quantization-aware
    Training, ICML 2022, equation (6), as implemented in litert-quantizer.
    """
    from litert_quantizer import qtyping, quantizer, recipe_manager
    from litert_quantizer.algorithm_manager import AlgorithmName

    recipe = recipe_manager.RecipeManager()
    for bits, operators in ((4, FOUR_BITS), (8, EIGHT_BITS)):
        for name in operators:
            operator = qtyping.TFLOperationName[name]
            recipe.add_dynamic_config(".*", operator, bits, algorithm_key=AlgorithmName.OCTAV)
    for tensor in sorted(tensors):
        recipe.add_quantization_config(
            re.escape(tensor), qtyping.TFLOperationName.ALL_SUPPORTED, algorithm_key=AlgorithmName.NO_QUANTIZE
        )
    worker = quantizer.Quantizer(bytearray(data), recipe.get_quantization_recipe())
    return _with_positive_scales(bytes(worker.quantize().quantized_model))


def _with_positive_scales(data: bytes) -> bytes:
    """A channel that is all zeros gets scale 0 (litert-quantizer 0.11), which LiteRT refuses; any other serves."""
    model = parse(data, "the quantized file")
    embed_buffers(model, data)
    for tensor in (tensor for graph in model.subgraphs for tensor in graph.tensors):
        if tensor.quantization is not None and tensor.quantization.scale is not None:
            scales = np.asarray(tensor.quantization.scale)
            tensor.quantization.scale = np.where(scales == 0, 1, scales).astype(np.float32)
    return packed(model)
