"""tensorflow-model-optimization (TFMOT): what it can prune in a Keras 2 model, and the wrapped model that does it."""

from keras_models.tfmot.exact import ExactEnd
from keras_models.tfmot.support import Support, supported
from keras_models.tfmot.wrapping import LayerPruning, update_step, wrap

__all__ = ["ExactEnd", "LayerPruning", "Support", "supported", "update_step", "wrap"]
