"""Proof of a twin: on the same inputs it gives what the Keras 3 model gives."""

from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.bridge.twin import Twin
from edgeprune.keras_models.surgery.proof import TOLERANCE, prove_equal

TWIN_EXAMPLES = 4
"""Enough for a proof: each goes through all that the model computes."""


def prove_twin(model: KerasModel, twin: Twin, examples: tuple[Array, ...]) -> float:
    """The largest error of the twin's outputs as a share of each output's range, before a last softmax or sigmoid.

    `model` is the one the twin was made from; `examples` has one array for each input. Raises ModelError above
    TOLERANCE (1e-5), unless the model answers to a change of its inputs' last bits by as much.
    """
    proof = prove_equal(model, twin.model, examples)
    if not proof.holds:
        raise ModelError(
            f"the model's twin in Keras 2 gives other outputs: they differ by {proof.relative_error:.1e} of their "
            f"range, more than {TOLERANCE:.0e}",
            hint="choose a method that trains in Keras 3 itself",
        )
    return proof.relative_error
