"""Training with the rounding of int8 (--qat-epochs), on a Keras 2 copy of the model; zeros and clusters are held."""

import numpy as np

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.recipes.parts import Fit
from edgeprune.dataset_io.samples import some_examples
from edgeprune.keras_models.bridge import TWIN_EXAMPLES, Twin, prove_twin, training_twin
from edgeprune.keras_models.kerases import keras_module
from edgeprune.keras_models.live.arrays import LiveArrays
from edgeprune.keras_models.live.prediction import Predictor
from edgeprune.keras_models.tfmot import QuantizationAware, quantization_aware, with_channel_scales
from edgeprune.keras_models.training.weight_sharing import share_weights
from edgeprune.pipeline.reporting import Reporter
from edgeprune.pipeline.session import Session
from edgeprune.pipeline.training.fine_tuning import FineTuner, Trainee

RANGE_EXAMPLES = 256
RATE_SHARE = 0.1
"""Of the learning rate: the weights are good already, and shall only get used to the rounding."""


def train_rounded(session: Session, fit: Fit, reporter: Reporter, clusters: int | None = None) -> KerasModel:
    """A live Keras 2 model that holds its own ranges for int8, trained for the epochs of `fit`.

    Zeros stay; where `clusters` are given, so do the shared values of kernels that have no more of them.
    The session's model is not changed. Raises ModelError for a model that cannot be carried to Keras 2 or rounded.
    """
    loaded, data = session.loaded, session.require_data()
    copied = training_twin(loaded.model, loaded.keras_major)
    twin = Twin(loaded.model, with_channel_scales(copied.model))
    prove_twin(loaded.model, twin, session.random_examples(TWIN_EXAMPLES, 0))
    rounded = quantization_aware(twin.model, session.predictor.index_limits)
    for reason in dict.fromkeys(rounded.in_float.values()):
        names = [name for name, why in rounded.in_float.items() if why == reason]
        reporter.note(f"not quantized in training, as {reason}: {', '.join(names)}")
    rounded.find_ranges(some_examples(data, RANGE_EXAMPLES, "ranges"))
    if clusters:
        _share(rounded, clusters)
    with FineTuner(
        session, rounded.kernels, fit, rate_share=RATE_SHARE, trainee=_trainee(session, rounded, clusters)
    ) as tuner:
        if tuner.run(reporter).interrupted:
            raise KeyboardInterrupt
    return rounded.model


def _share(rounded: QuantizationAware, clusters: int) -> None:
    """Hold the shared values of all kernels that have so few."""
    kernels = rounded.kernels
    members = {
        key: np.unique(array, return_inverse=True)[1].reshape(array.shape).astype(np.int32)
        for key, array in LiveArrays(kernels).items()
    }
    share_weights(rounded.model, kernels, {key: ids for key, ids in members.items() if ids.max() < clusters})


def _trainee(session: Session, rounded: QuantizationAware, clusters: int | None) -> Trainee:
    loss = session.loss.keras_loss
    if isinstance(loss, dict):  # by names of outputs, which wrappers change
        loss = [loss[port.name] for port in session.interface.outputs]
    return Trainee(
        model=rounded.model,
        keras_module=keras_module(2),
        loss=loss,
        predictor=Predictor(rounded.model, session.interface),
        kept_as=f"rounded-{clusters}-clusters" if clusters else "rounded",
    )
