"""tensorflow-model-optimization (TFMOT): Keras 2 models that it prunes, or rounds, while they train."""

from edgeprune.keras_models.tfmot.channel_scale import with_channel_scales
from edgeprune.keras_models.tfmot.exact import ExactEnd
from edgeprune.keras_models.tfmot.quantization import WRAPPED, QuantizationAware, quantization_aware
from edgeprune.keras_models.tfmot.support import Support, supported
from edgeprune.keras_models.tfmot.wrapping import LayerPruning, update_step, wrap

__all__ = [
    "WRAPPED",
    "ExactEnd",
    "LayerPruning",
    "QuantizationAware",
    "Support",
    "quantization_aware",
    "supported",
    "update_step",
    "with_channel_scales",
    "wrap",
]
