"""One member of each family of keras.applications, cut and proven, each in one of the two Kerases.

All members in both are in benchmarks/applications.py.
"""

import gc

import pytest

from benchmarks.applications import keras_of, measure
from edgeprune.keras_models.surgery.proof import TOLERANCE
from edgeprune.pruning.cuts.structured_cut import CutRequest

FAMILIES = {
    "ConvNeXtTiny": 3,
    "DenseNet121": 2,
    "EfficientNetB0": 3,
    "EfficientNetV2B0": 3,
    "InceptionResNetV2": 3,
    "InceptionV3": 2,
    "MobileNet": 3,
    "MobileNetV2": 2,
    "MobileNetV3Small": 2,
    "NASNetMobile": 3,
    "RegNetX002": 2,
    "RegNetY002": 2,
    "ResNet50": 3,
    "ResNet50V2": 2,
    "ResNetRS50": 2,
    "VGG16": 3,
    "Xception": 2,
}
NORMALISE_OVER_CHANNELS = {"ConvNeXtTiny"}


@pytest.mark.parametrize("name", FAMILIES)
def test_half_of_a_models_macs_is_cut_and_proven(name):
    """Proven are all channels that are not normalised together."""
    keras = keras_of(FAMILIES[name])
    (row,) = measure(keras, FAMILIES[name], name, {"macs 0.5": CutRequest(macs=0.5)})
    keras.backend.clear_session()
    gc.collect()
    assert 0.495 <= row.macs <= 0.5
    assert row.parameters <= 0.55
    assert bool(row.inexact) == (name in NORMALISE_OVER_CHANNELS)
    assert row.error <= TOLERANCE or row.in_double.relative_error < 1e-10
