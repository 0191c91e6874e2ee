"""How far the outputs of a file may be from the Keras model's."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ErrorBound:
    """Largest and mean absolute error allowed, as fractions (0..1) of an output's range; None: not bounded.

    A float file computes the same function up to rounding, so its largest error is bounded. A quantized one may
    flip a close decision on single examples, so its mean error is bounded, and the pipeline looks at the score.
    """

    largest: float | None = None
    mean: float | None = None
