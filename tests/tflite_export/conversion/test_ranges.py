"""Ranges of int8 activations are those of their own values, not of what is computed in their place."""

import numpy as np
import pytest

from edgeprune.contracts.model import Interface, Port
from edgeprune.tflite_export.conversion.convert import Converter
from edgeprune.tflite_export.runtimes.runtime import load_interpreter
from tests.tflite_export.small_models import KERASES


@pytest.fixture(params=["keras2", "keras3"])
def normalising(request):
    """x - mean, over a small deviation: the difference is within 0.5, and the quotient, in its place, within 50."""
    layers = KERASES[request.param].layers
    normalisation = layers.Normalization(mean=[0.5] * 4, variance=[1.0, 1.0, 1.0, 1e-4])
    return KERASES[request.param].Sequential([layers.Input((4,)), normalisation, layers.Dense(3)])


def test_a_difference_has_its_own_range(normalising):
    interface = Interface(inputs=(Port(name="x", shape=(4,)),), outputs=(Port(name="y", shape=(3,)),))
    examples = np.random.default_rng(0).random((64, 4), np.float32)
    with Converter(normalising, interface) as converter:
        details = load_interpreter(converter.convert("int8", calibration=(examples,))).get_tensor_details()
    scales = [each["quantization"][0] for each in details if each["name"].split("/")[-1].lower().startswith("sub")]
    assert scales == [pytest.approx(1 / 255, rel=0.05)]
