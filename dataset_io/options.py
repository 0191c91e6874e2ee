"""What the user may say about their data."""

import math
from dataclasses import dataclass

from edgeprune.contracts.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Which data (a path or a Keras data set's name), and how it is read."""

    name: str
    options: "DataOptions"


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """How to read and prepare the data.

    label: column of a table that holds the labels; None is the last one.
    no_header: whether the first row of a .csv is an example; its columns are called 1, 2, … then.
    validation_split: share (0..1, both excluded) that becomes the test part where the data has none.
    target_is_input: train and score against the input itself (autoencoders); labels are not read.
    scale: `auto`, `none`, or a positive number that every input value is multiplied by.
    loss: a Keras loss name; None takes the saved one, or the one that follows from output and labels.
    metric: a file of `dataset_io/metrics`; None is `accuracy` for classes, else `mse`.
    split_seed: of the choice of what is held back.
    seed: of examples that are drawn from the data.

    Raises UsageError for a value outside these ranges.
    """

    label: str | None = None
    no_header: bool = False
    validation_split: float = 0.2
    target_is_input: bool = False
    scale: str = "auto"
    loss: str | None = None
    metric: str | None = None
    split_seed: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.validation_split < 1:
            raise UsageError(
                f"--validation-split must lie between 0 and 1, got {self.validation_split}",
                "give the share of examples to test on, such as 0.2",
            )
        if self.scale not in ("auto", "none"):
            _ = self.scale_factor

    @property
    def scale_factor(self) -> float:
        """The number given as `--scale`."""
        try:
            factor = float(self.scale)
        except ValueError:
            factor = math.nan
        if not (math.isfinite(factor) and factor > 0):
            raise UsageError(
                f"--scale must be auto, none or a positive number, got {self.scale!r}",
                "for pixels of 0 to 255, a factor of 0.00392157 gives 0 to 1",
            )
        return factor
