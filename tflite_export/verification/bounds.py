"""How far the outputs of a file may be from the Keras model's."""

from dataclasses import dataclass

FEW_WRONG = 0.1
"""Of the answers that a model gives by a clear margin, what a sound file may answer otherwise (and one more)."""


@dataclass(frozen=True, kw_only=True)
class ErrorBound:
    """Largest and mean relative error (`closeness.py`) allowed over examples; None: not bounded.

    A float file computes the same function up to rounding, so its largest error is bounded. A quantized one may be far
    off on single examples, whose activations it has to cut off, so its mean error is bounded.

    What right files show: `python -m benchmarks.verification_bounds`.
    """

    largest: float | None = None
    mean: float

    def scaled(self, share: float) -> "ErrorBound":
        """This share of the bound."""
        return ErrorBound(largest=None if self.largest is None else share * self.largest, mean=share * self.mean)

    @property
    def clear_margin(self) -> float:
        """The margin from which on an answer is no matter of rounding, in relation to how much the outputs vary."""
        return self.mean
