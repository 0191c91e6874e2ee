"""What the user may say about their data."""

import math
from dataclasses import dataclass

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.scale import Scale

NO_LABELS = "none"
"""What `--label` says of data without labels."""
NAMED_SCALES = ("auto", "none", "standard", "torch", "caffe")
"""Conventions for the range of inputs that have a name."""


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Which data (a path or a Keras data set's name), and how it is read."""

    name: str
    options: "DataOptions"


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """How to read and prepare the data.

    label: column of a table that holds the labels, None is the last one; `none`: there are no labels, in any format.
    no_header: whether the first row of a .csv is an example; its columns are called 1, 2, … then.
    validation_split: share (0..1, both excluded) that becomes the test part where the data has none.
    target_is_input: train and score against the input itself (autoencoders); labels are not read.
    scale: what `scale_range` knows; None: as `recorded`, where that is of such values, else `auto`.
    recorded: what served earlier for the same model.
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
    scale: str | None = None
    recorded: Scale | None = None
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
        if self.scale is not None:
            scale_range(self.scale)

    @property
    def reads_labels(self) -> bool:
        """Whether a format is to read labels."""
        return self.label != NO_LABELS and not self.target_is_input

    @property
    def unlabelled(self) -> bool:
        """Whether there is nothing to hold a model's answers against but the original's."""
        return self.label == NO_LABELS and not self.target_is_input


def scale_range(scale: str) -> float | tuple[float, float]:
    """What `--scale` gives in numbers: a factor, or the range that values are brought to; 1 for what has a name.

    Raises UsageError for what is neither.
    """
    if scale in NAMED_SCALES:
        return 1.0
    low, colon, high = scale.partition(":")
    try:
        numbers = [float(number) for number in ([low, high] if colon else [low])]
    except ValueError:
        numbers = [math.nan]
    if all(map(math.isfinite, numbers)):
        if len(numbers) == 1 and numbers[0] > 0:
            return numbers[0]
        if len(numbers) == 2 and numbers[0] < numbers[1]:
            return numbers[0], numbers[1]
    raise UsageError(
        f"--scale must be {', '.join(NAMED_SCALES)}, a positive number or MIN:MAX, got {scale!r}",
        "for pixels of 0 to 255, 0:1 and a factor of 0.00392157 both give 0 to 1",
    )
