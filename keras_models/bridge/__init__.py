"""The bridge between the Kerases: a Keras 3 model's twin in Keras 2, proven equal, and its weights carried back.

TFMOT works on models of Keras 2 alone (tensorflow/model-optimization 1119, 1141, 1167, 1172).
"""

from edgeprune.keras_models.bridge.proof import TWIN_EXAMPLES, prove_twin
from edgeprune.keras_models.bridge.training import keras2_optimizer, training_twin
from edgeprune.keras_models.bridge.twin import Twin, keras2_twin

__all__ = ["TWIN_EXAMPLES", "Twin", "keras2_optimizer", "keras2_twin", "prove_twin", "training_twin"]
